"""Where somebody's own collections of pictures are kept: ``own/<name>/`` in the data folder, arrays and one JSON file.

A collection is opened by its name, ``own:<name>``, as every other data set is, by whatever process.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import time
import unicodedata
import uuid
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cnn_core.datasets.arrays import HIDDEN, arrays_sha256, save_array
from cnn_core.datasets.dataset import Dataset
from cnn_core.datasets.files import data_root, disk_errors, locked, locked_away, no_permission, write_json
from cnn_core.datasets.gathering import Skipped
from cnn_core.datasets.row import Arrays, DatasetRow, check_split
from cnn_core.errors import DatasetError

PREFIX = "own:"
FOLDER = "own"
CARD = "own.json"
VERSION = 1
MAX_SETS = 100
MAX_TOTAL_BYTES = 8_000_000_000  # of all collections together
SWEEP_AFTER_S = 3_600.0  # writing takes seconds

_UNREADABLE = (OSError, ValueError, KeyError, TypeError, AttributeError)  # what a card cut short or edited by hand raises
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")


@dataclass(frozen=True)
class OwnSet:
    """What is known of one collection, without opening its arrays.

    ``counts`` are, for "train" and "test", the pictures of each class; ``files`` the name of every picture's file, in the order
    of the arrays; ``skipped`` the files that were left out and why. ``sha256`` is, for each split, that of images and labels.
    """

    name: str
    title: str
    class_names: tuple[str, ...]
    side: int  # px
    seed: int
    counts: Mapping[str, tuple[int, ...]]
    files: Mapping[str, tuple[str, ...]]
    skipped: tuple[Skipped, ...]
    sha256: Mapping[str, str]
    made: str  # ISO date and time, UTC

    @property
    def id(self) -> str:
        return PREFIX + self.name

    @property
    def row(self) -> DatasetRow:
        """The collection as a row, for whatever asks a data set for its shape, classes and splits."""
        return DatasetRow(
            id=self.id, title=self.title, about="", source="", class_names=self.class_names,
            image_shape=(self.side, self.side, 3), splits={split: sum(counts) for split, counts in self.counts.items()},
        )

    @property
    def bytes_total(self) -> int:
        return self.row.array_bytes


def is_own(dataset: str) -> bool:
    return dataset.startswith(PREFIX)


def own_name(title: str) -> str:
    """A name for a folder and a link, made of what somebody called a collection.

    >>> own_name("Mis gatos y peñas (2)"), own_name("猫")
    ('mis-gatos-y-penas-2', 'pictures')
    """
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9_]+", "-", plain).strip("-_")[:40].rstrip("-_") or "pictures"


def own_sets(root: str | os.PathLike[str] | None = None) -> tuple[OwnSet, ...]:
    """All collections that are whole, by name."""
    found = []
    for card in sorted((data_root(root) / FOLDER).glob(f"*/{CARD}")):
        if _NAME.fullmatch(card.parent.name):
            try:
                found.append(_read(card))
            except _UNREADABLE:
                continue  # opening it by name says that it is damaged
    return tuple(found)


def own_set(name: str, root: str | os.PathLike[str] | None = None) -> OwnSet:
    """One collection, by its name with or without ``own:``.

    Raises:
        DatasetError: there is none of this name, or its file cannot be read.
    """
    bare = name.removeprefix(PREFIX)
    card = data_root(root) / FOLDER / bare / CARD
    if not _NAME.fullmatch(bare) or not card.is_file():
        here = ", ".join(one.name for one in own_sets(root)) or "–"
        raise DatasetError(
            f"there are no pictures of your own called {bare!r} (there are: {here}): add them again",
            code="own_absent", name=bare, here=here,
        )
    try:
        return _read(card)
    except _UNREADABLE as err:
        raise _damaged(bare) from err


def version(dataset: str, root: str | os.PathLike[str] | None = None) -> str:
    """What tells a collection's content from that of another one of the same name, before or after; "" for all other data sets.

    For the keys of whatever is kept of a data set: somebody's own may be replaced or deleted at any moment.
    """
    if not is_own(dataset):
        return ""
    try:
        return ":".join(own_set(dataset, root).sha256.values())
    except DatasetError as err:
        return err.code


def load_own(name: str, split: str = "test", root: str | os.PathLike[str] | None = None) -> Dataset:
    """Open one split of a collection, memory-mapped.

    Raises:
        DatasetError: there is no such collection or split, or it is damaged.
    """
    own = own_set(name, root)
    row = own.row
    check_split(row, split)
    folder = data_root(root) / FOLDER / own.name
    try:
        images = np.load(folder / f"{split}_images.npy", mmap_mode="r", allow_pickle=False)
        labels = np.load(folder / f"{split}_labels.npy", mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError, EOFError) as err:
        raise _damaged(own.name) from err
    whole = (images.shape, images.dtype) == ((row.splits[split], *row.image_shape), np.uint8)
    if not whole or labels.dtype != np.int64 or _count(labels, len(own.class_names)) != own.counts[split]:
        raise _damaged(own.name)
    return Dataset(own.id, own.title, split, images, labels, own.class_names)


def _count(labels: NDArray[np.int64], n_classes: int) -> tuple[int, ...]:
    """How many there are of each class; empty where a number stands for none."""
    if labels.ndim != 1 or not labels.size or not 0 <= labels.min() <= labels.max() < n_classes:
        return ()
    return tuple(np.bincount(labels, minlength=n_classes).tolist())


def remove_own(name: str, root: str | os.PathLike[str] | None = None) -> None:
    """Delete a collection, a damaged one too; arrays that somebody has open stay valid.

    Raises:
        DatasetError: there is none of this name, or it cannot be deleted.
    """
    bare = name.removeprefix(PREFIX)
    folder = data_root(root) / FOLDER / bare
    if not _NAME.fullmatch(bare) or not folder.is_dir():
        own_set(name, root)  # says so
    with disk_errors(folder), _lock(data_root(root)):
        _put_away(folder)


def save(own: OwnSet, arrays: Mapping[str, Arrays], root: str | os.PathLike[str] | None, replace: bool) -> OwnSet:
    """Write a new collection whole; one of the same name stays as it is unless ``replace``.

    Raises:
        DatasetError: the name is taken, there are too many collections, or it cannot be written.
    """
    place = data_root(root)
    if locked_away(place):
        raise no_permission(place)
    folder = place / FOLDER / own.name
    draft = place / FOLDER / f".{own.name}.{uuid.uuid4().hex[:8]}.new"
    with disk_errors(place):
        draft.mkdir(parents=True)
    _sweep(draft.parent)
    try:
        with disk_errors(draft):
            for split, (images, labels) in arrays.items():
                save_array(draft / f"{split}_images.npy", images)
                save_array(draft / f"{split}_labels.npy", labels)
            write_json(draft / CARD, {"version": VERSION, **asdict(own)})
        with disk_errors(place), _lock(place):
            _check_room(own, root, replace)
            if folder.exists():
                _put_away(folder)
            os.replace(draft, folder)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return own


def _check_room(own: OwnSet, root: str | os.PathLike[str] | None, replace: bool) -> None:
    """Refuse a collection whose name is taken, or for which the others leave no room."""
    check_name(own.name, root, replace)
    others = [one for one in own_sets(root) if one.name != own.name]
    if len(others) >= MAX_SETS or own.bytes_total + sum(one.bytes_total for one in others) > MAX_TOTAL_BYTES:
        raise DatasetError(
            f"there are {len(others)} collections of pictures already, and no room for more: delete one first",
            code="own_no_room", count=len(others),
        )


def check_name(name: str, root: str | os.PathLike[str] | None, replace: bool) -> None:
    """Refuse a name that no folder can have, or that is taken."""
    if not _NAME.fullmatch(name):
        raise DatasetError(
            f"{name!r} cannot be a name: use up to 40 small letters, digits, - and _", code="own_bad_name", name=name
        )
    if not replace and (data_root(root) / FOLDER / name).exists():
        raise DatasetError(
            f"there are pictures of your own called {name!r} already: choose another name, or delete those",
            code="own_exists", name=name,
        )


def digests(arrays: Mapping[str, Arrays]) -> dict[str, str]:
    return {split: arrays_sha256(images, labels) for split, (images, labels) in arrays.items()}


def _lock(place: Path) -> Any:
    (place / HIDDEN).mkdir(parents=True, exist_ok=True)
    return locked(place / HIDDEN / "own.lock")


def _put_away(folder: Path) -> None:
    """First out of sight in one step, then deleted: nobody ever opens half a collection."""
    gone = folder.with_name(f".{folder.name}.{uuid.uuid4().hex[:8]}.old")
    os.replace(folder, gone)
    shutil.rmtree(gone, ignore_errors=True)


def _sweep(folder: Path) -> None:
    """Remove what a process that was killed has left half written."""
    for left_over in (*folder.glob(".*.new"), *folder.glob(".*.old")):
        with contextlib.suppress(OSError):
            if time.time() - left_over.stat().st_mtime > SWEEP_AFTER_S:
                shutil.rmtree(left_over, ignore_errors=True)


def _read(card: Path) -> OwnSet:
    facts = json.loads(card.read_text("utf-8"))
    if facts.pop("version") != VERSION or facts["name"] != card.parent.name:
        raise ValueError(card)
    facts["class_names"] = tuple(map(str, facts["class_names"]))
    for field, kind in (("counts", int), ("files", str)):
        facts[field] = {split: tuple(map(kind, facts[field][split])) for split in ("train", "test")}
    facts |= {field: int(facts[field]) for field in ("side", "seed")}
    facts["skipped"] = tuple(Skipped(**one) for one in facts["skipped"])
    return OwnSet(**facts)


def _damaged(name: str) -> DatasetError:
    return DatasetError(
        f"your pictures {name!r} are damaged on the disk: delete them and add them again", code="own_damaged", name=name
    )
