"""Where data sets lie on disk, and opening them.

A data folder in torchvision's layout is used as it lies and never changed.
"""

from __future__ import annotations

import json
import os
import shutil
import stat
from enum import StrEnum
from pathlib import Path

import numpy as np

from cnn_core.datasets.arrays import OnBytes, array_folders, build, make, needed, read_checked
from cnn_core.datasets.dataset import Dataset
from cnn_core.datasets.files import cannot_write, data_root, disk_errors, locked, locked_away, md5_of, no_permission
from cnn_core.datasets.own_store import is_own, load_own, own_set
from cnn_core.datasets.row import DATASETS, DatasetRow, Member, check_split, row_of
from cnn_core.errors import DatasetError

NOWHERE_TO_WRITE = ("no_permission", "not_a_folder", "disk_full", "disk_error")


class Status(StrEnum):
    """What is in the data folder."""

    PRESENT = "present"  # the arrays are ready: opens in milliseconds
    IMPORTABLE = "importable"  # here, and checked and converted (or made) when it is first opened
    DAMAGED = "damaged"  # some files are missing, or of another size
    ABSENT = "absent"


def load(name: str | DatasetRow, split: str = "test", root: str | os.PathLike[str] | None = None) -> Dataset:
    """Open one split of a data set that is in the data folder, made here, or somebody's own (``own:NAME``).

    Nothing is fetched.

    The first time its files are checked and turned into arrays, which takes seconds; then it takes about a millisecond.
    What is made here opens even where no folder can be written: it is made anew in memory.

    Raises:
        UnknownEntry: there is no such data set.
        DatasetError: it is not here, damaged, or has no such split.
    """
    if isinstance(name, str) and is_own(name):
        return load_own(name, split, root)
    row, place = row_of(name), data_root(root)
    check_split(row, split)
    try:
        folder = prepare(row, place)
    except DatasetError as err:
        if row.made is None or err.code not in NOWHERE_TO_WRITE:
            raise
        images, labels = make(row, split)
        images.flags.writeable = labels.flags.writeable = False
        return Dataset(row.id, row.title, split, images, labels, row.class_names)
    try:
        return _open(row, split, folder)
    except (OSError, ValueError, EOFError):  # somebody cut or removed the arrays: they can be made again
        shutil.rmtree(folder, ignore_errors=True)
        return _open(row, split, prepare(row, place))


def describe(name: str | DatasetRow, root: str | os.PathLike[str] | None = None) -> DatasetRow:
    """What is known of a data set (shape, classes, splits) by its name, somebody's own ones (``own:NAME``) included.

    Raises:
        UnknownEntry: there is no such data set.
        DatasetError: there is no such collection of somebody's own, or it is damaged.
    """
    return own_set(name, root).row if isinstance(name, str) and is_own(name) else row_of(name)


def _open(row: DatasetRow, split: str, folder: Path) -> Dataset:
    images = np.load(folder / f"{split}_images.npy", mmap_mode="r", allow_pickle=False)
    labels = np.load(folder / f"{split}_labels.npy", mmap_mode="r", allow_pickle=False)
    if images.shape != (row.splits[split], *row.image_shape) or images.dtype != np.uint8 or len(labels) != len(images):
        raise ValueError(f"{folder} holds other arrays")
    return Dataset(row.id, row.title, split, images, labels, row.class_names)


def source_files(row: DatasetRow, root: Path) -> dict[str, Path]:
    """The members that are in the folder, by name; gzip-packed ones (as torchvision keeps MNIST's) where not unpacked."""
    found: dict[str, Path] = {}
    for member in row.members:
        path = root / row.folder / member.name
        for candidate in (path, path.with_name(path.name + ".gz")):
            try:
                info = os.stat(candidate)
            except OSError:
                continue
            whole = candidate != path or member.bytes_total in (None, info.st_size)
            if stat.S_ISREG(info.st_mode) and whole:
                found[member.name] = candidate
                break
    return found


def status(name: str | DatasetRow, root: str | os.PathLike[str] | None = None) -> Status:
    """Look, without reading any file's content."""
    row, place = row_of(name), data_root(root)
    files = source_files(row, place)
    if needed(row) <= files.keys():
        ready = any((folder / "manifest.json").is_file() for folder in array_folders(row, place, files))
        return Status.PRESENT if ready else Status.IMPORTABLE
    if archive_in(row, place):
        return Status.IMPORTABLE
    return Status.DAMAGED if _traces(row, place) else Status.ABSENT


def available(root: str | os.PathLike[str] | None = None) -> tuple[str, ...]:
    """Ids of the data sets that ``load`` can open without a network."""
    return tuple(row.id for row in DATASETS.values() if status(row, root) in (Status.PRESENT, Status.IMPORTABLE))


def archive_in(row: DatasetRow, root: Path) -> Path | None:
    """The data set's one archive, whole by its size, if somebody has put it into the data folder."""
    if len(row.archives) != 1:
        return None
    path = root / row.archives[0].name
    return path if path.is_file() and path.stat().st_size == row.archives[0].bytes_total else None


def _traces(row: DatasetRow, root: Path) -> bool:
    folder = root / row.folder
    return any((folder / name).exists() for name in needed(row))


def absent(row: DatasetRow, root: Path) -> DatasetError:
    """What to say, and do, about a data set whose files are not all here."""
    if status(row, root) is Status.DAMAGED:
        missing = sorted(needed(row) - source_files(row, root).keys())
        return DatasetError(
            f"{row.title} in {root} is damaged ({', '.join(missing)}): fetch or import it again",
            code="dataset_damaged", id=row.id, title=row.title, root=str(root), files=", ".join(missing),
        )
    return DatasetError(
        f"{row.title} is not in {root}: run `python -m cnn_core.datasets fetch {row.id}`, or import an archive of it",
        code="dataset_absent", id=row.id, title=row.title, root=str(root),
    )


def prepare(row: DatasetRow, root: Path, on_bytes: OnBytes | None = None) -> Path:
    """The folder of the ready-made arrays, made now if it is not there.

    Raises:
        DatasetError: the source is missing or damaged, or there is nowhere to write.
    """
    files = source_files(row, root)
    if not needed(row) <= files.keys():
        archive = archive_in(row, root)
        if archive is None:
            raise absent(row, root)
        from cnn_core.datasets.archive import import_archive  # the two call each other

        import_archive(row, archive, root)
        files = source_files(row, root)
    folders = array_folders(row, root, files)
    for folder in folders:
        if (folder / "manifest.json").is_file():
            return folder
    for folder in folders:
        if folder == folders[0] and locked_away(root):
            continue
        try:
            folder.parent.mkdir(parents=True, exist_ok=True)
            (folder.parent / f"{row.id}.lock").open("a").close()
        except OSError as err:
            if cannot_write(err):
                continue
        with disk_errors(folder.parent), locked(folder.parent / f"{row.id}.lock"):
            if not (folder / "manifest.json").is_file():
                build(row, files, folder, on_bytes)
            return folder
    raise no_permission(folders[0].parent)


def verify(name: str | DatasetRow, root: str | os.PathLike[str] | None = None, on_bytes: OnBytes | None = None) -> int:
    """Read every byte of a data set and compare checksums; arrays that changed are thrown away and made again.

    Returns:
        The number of files found right.

    Raises:
        DatasetError: absent or damaged; also where only a side file is (``batches.meta``), which torchvision needs and
            ``load`` does not.
    """
    row, place = row_of(name), data_root(root)
    folder = prepare(row, place, on_bytes)
    files = source_files(row, place)
    for member in row.members:
        if member.split:
            read_checked(row, member, files[member.name])
            if on_bytes:
                on_bytes(files[member.name].stat().st_size)
    digests = json.loads((folder / "manifest.json").read_text())["md5"]
    if any(not (folder / file).is_file() or md5_of(folder / file) != md5 for file, md5 in digests.items()):
        shutil.rmtree(folder, ignore_errors=True)
        prepare(row, place)
    for member in row.members:
        if not member.split:
            _check_side_file(row, member, place / row.folder / member.name)
    return len(row.members) or len(digests)


def _check_side_file(row: DatasetRow, member: Member, path: Path) -> None:
    if not path.is_file():
        raise DatasetError(
            f"{row.title}'s images and labels are right, but the file {member.name}, which torchvision needs, is missing: "
            f"import the archive as published to have it",
            code="dataset_side_file_missing", id=row.id, title=row.title, file=member.name,
        )
    try:
        read_checked(row, member, path)
    except DatasetError as err:
        raise DatasetError(
            f"{row.title}'s images and labels are right, but the file {member.name}, which torchvision needs, is damaged: "
            f"import the archive as published to replace it",
            code="dataset_side_file_damaged", id=row.id, title=row.title, file=member.name,
        ) from err
