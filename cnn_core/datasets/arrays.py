"""The plain arrays that are made of a data set's files once, and where they are kept.

They go beside the files, into ``.convolab/<id>-here-<key>/``, or into the user's cache folder where the data folder cannot
be written. The key comes from the names, sizes and times of the source files, so arrays of other files are never taken
for theirs.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import shutil
import uuid
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cnn_core.datasets.decode import decode
from cnn_core.datasets.files import md5_of, sync, write_json
from cnn_core.datasets.row import Arrays, DatasetRow, Member
from cnn_core.errors import DatasetError

LAYOUT_VERSION = 1  # of the arrays; another number makes them anew
HIDDEN = ".convolab"  # what this project keeps inside a data folder: arrays, locks, downloads under way
OnBytes = Callable[[int], None]


def needed(row: DatasetRow) -> set[str]:
    """The members that carry images or labels."""
    return {member.name for member in row.members if member.split}


def array_folders(row: DatasetRow, root: Path, files: Mapping[str, Path]) -> tuple[Path, Path]:
    """Where the arrays of just these files may be: beside them, or in the user's cache."""
    facts: list[object] = [LAYOUT_VERSION]
    for name in sorted(needed(row) & files.keys()):
        info = os.stat(files[name])
        facts.append((name, info.st_size, info.st_mtime_ns))
    if row.made:
        facts.append(sorted(row.made.sha256.items()))
    key = hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:16]
    place = hashlib.sha256(os.path.realpath(root).encode()).hexdigest()[:8]
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return root / HIDDEN / f"{row.id}-here-{key}", cache / "convolab" / "datasets" / f"{row.id}-{place}-{key}"


def build(row: DatasetRow, files: Mapping[str, Path], folder: Path, on_bytes: OnBytes | None) -> None:
    """Check every file, then write the arrays next to their place and move them there in one step."""
    draft = folder.with_name(f"{folder.name}.{uuid.uuid4().hex[:8]}.new")
    draft.mkdir()
    try:
        digests: dict[str, str] = {}
        for split, n in row.splits.items():
            if row.made:
                _save_made(row, split, draft, on_bytes)
            else:
                _build_split(row, split, n, files, draft, on_bytes)
            for kind in ("images", "labels"):
                digests[f"{split}_{kind}.npy"] = md5_of(draft / f"{split}_{kind}.npy")
        source = "" if row.made else str(next(iter(files.values())).parent)
        write_json(draft / "manifest.json", {
            "id": row.id, "version": LAYOUT_VERSION, "source": source, "md5": digests,
        })
        shutil.rmtree(folder, ignore_errors=True)  # the remains of something that had no manifest
        os.replace(draft, folder)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    family = folder.name.rpartition("-")[0]
    for old in folder.parent.glob(f"{family}-*"):  # of files that have changed since; open maps stay valid
        if old != folder:
            shutil.rmtree(old, ignore_errors=True)


def make(row: DatasetRow, split: str) -> Arrays:
    """One split of a data set that is made here.

    Raises:
        DatasetError: what it is made from is not here, or something else came of it.
    """
    assert row.made is not None
    images, labels = row.made.make(split)
    if images.shape != (row.splits[split], *row.image_shape) or arrays_sha256(images, labels) != row.made.sha256[split]:
        raise DatasetError(
            f"{row.title} came out differently from what it should: install the packages of requirements.txt again",
            code="dataset_made_differently", id=row.id, title=row.title, split=split,
        )
    return images, labels


def arrays_sha256(images: NDArray[np.uint8], labels: NDArray[np.int64]) -> str:
    """The checksum of a split's images and labels, the same on every machine."""
    digest = hashlib.sha256(np.ascontiguousarray(images).data)
    digest.update(labels.astype("<i8").tobytes())
    return digest.hexdigest()


def _save_made(row: DatasetRow, split: str, draft: Path, on_bytes: OnBytes | None) -> None:
    images, labels = make(row, split)
    arrays: dict[str, NDArray[Any]] = {"images": images, "labels": labels}
    for kind, values in arrays.items():
        save_array(draft / f"{split}_{kind}.npy", values)
        if on_bytes:
            on_bytes(values.nbytes)


def save_array(path: Path, values: NDArray[np.generic]) -> None:
    """Write an array and wait until it is on the disk."""
    with open(path, "wb") as file:
        np.save(file, values, allow_pickle=False)
        sync(file)


def _build_split(
    row: DatasetRow, split: str, n: int, files: Mapping[str, Path], draft: Path, on_bytes: OnBytes | None
) -> None:
    images = np.lib.format.open_memmap(draft / f"{split}_images.npy", "w+", np.uint8, (n, *row.image_shape))
    labels = np.lib.format.open_memmap(draft / f"{split}_labels.npy", "w+", np.int64, (n,))
    filled = {"images": 0, "labels": 0}
    for member in row.parts(split):
        some_images, some_labels = decode(row, member, read_checked(row, member, files[member.name]))
        for kind, target, values in (("images", images, some_images), ("labels", labels, some_labels)):
            if values is not None:
                at = filled[kind]
                target[at : at + len(values)] = values
                filled[kind] = at + len(values)
                if on_bytes:
                    on_bytes(values.nbytes)
    if set(filled.values()) != {n}:
        raise DatasetError(
            f"{row.title} should have {n} images in {split!r}, and has {min(filled.values())}: fetch or import it again",
            code="dataset_count", title=row.title, id=row.id, split=split, expected=n, found=min(filled.values()),
        )
    del images, labels  # flushes
    for kind in filled:
        with open(draft / f"{split}_{kind}.npy", "rb+") as file:
            sync(file)


def read_checked(row: DatasetRow, member: Member, path: Path) -> bytes:
    """A member's content, unpacked, after its size and checksum were found right; only then may it be decoded.

    Raises:
        DatasetError: another file, a damaged one, or one that unpacks to more than it should.
    """
    data = b""
    try:
        with (gzip.open if path.suffix == ".gz" else open)(path, "rb") as file:
            data = file.read(member.bytes_limit + 1)
    except (EOFError, zlib.error, gzip.BadGzipFile):
        pass  # the checksum of nothing is wrong as well
    if hashlib.md5(data, usedforsecurity=False).hexdigest() != member.md5:
        raise wrong_checksum(row, path.name)
    return data


def wrong_checksum(row: DatasetRow, file: str) -> DatasetError:
    return DatasetError(
        f"the file {file} is not {row.title}'s: its checksum is wrong, so nothing of it was read; fetch or import the data "
        f"set again",
        code="checksum_mismatch", file=file, title=row.title, id=row.id,
    )
