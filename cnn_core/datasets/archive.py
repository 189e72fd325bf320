"""Importing a data set that somebody already has, from a folder, a tar, a zip or single files.

Nothing is believed: only files with an expected name are read, only as far as they may be long, and only those whose
checksum is right are kept, under a name of ours. No path out of an archive is ever used to write.
"""

from __future__ import annotations

import gzip
import hashlib
import lzma
import os
import posixpath
import shutil
import tarfile
import uuid
import zipfile
import zlib
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from pathlib import Path

from cnn_core.datasets.arrays import HIDDEN, wrong_checksum
from cnn_core.datasets.files import CHUNK_BYTES, disk_errors, locked, locked_away, no_permission, sync
from cnn_core.datasets.offers import Offer, offers
from cnn_core.datasets.progress import Meter, Progress
from cnn_core.datasets.row import DATASETS, DatasetRow, row_of
from cnn_core.datasets.store import data_root, prepare
from cnn_core.errors import DatasetError

_DAMAGE = (
    tarfile.TarError, zipfile.BadZipFile, gzip.BadGzipFile, lzma.LZMAError, zlib.error, EOFError, NotImplementedError,
    RuntimeError, ValueError,
)


def import_archive(
    name: str | DatasetRow | None,
    path: str | os.PathLike[str],
    root: str | os.PathLike[str] | None = None,
    on_progress: Callable[[Progress], object] | None = None,
) -> tuple[str, ...]:
    """Take a data set over from a ``.tar.gz``, ``.zip``, folder, or MNIST's single files (packed or not).

    Args:
        name: which data set; None to take whatever complete ones the files' checksums show.

    Returns:
        The ids of the data sets that are now in the data folder, complete and converted.

    Raises:
        DatasetError: nothing there, not needed, not complete, a wrong checksum, a damaged archive, no place to write.
    """
    source, place = Path(path).expanduser(), data_root(root)
    rows = tuple(row for row in DATASETS.values() if row.members) if name is None else (row_of(name),)
    if not rows[0].members:
        raise DatasetError(
            f"{rows[0].title} is always here: there is nothing to import", code="import_not_needed", id=rows[0].id,
            title=rows[0].title,
        )
    if not source.exists():
        raise DatasetError(f"there is nothing at {source}", code="import_not_found", path=str(source))
    meter = Meter(rows[0], on_progress)
    done = _take(rows, [source], place, meter)
    for row in done:
        meter.start("converting", row.array_bytes)
        prepare(row, place, meter.add)
    return tuple(row.id for row in done)


def install(row: DatasetRow, packed: Sequence[Path], root: Path, meter: Meter) -> None:
    """Unpack what was downloaded into torchvision's layout."""
    _take((row,), packed, root, meter)


def _take(rows: Sequence[DatasetRow], sources: Iterable[Path], root: Path, meter: Meter) -> list[DatasetRow]:
    """Stage every member that is found and right, then move the complete data sets into place."""
    if locked_away(root):
        raise no_permission(root)
    stage = root / HIDDEN / f"import-{uuid.uuid4().hex[:8]}"
    names = {name for row in rows for member in row.members for name in (member.name, f"{member.name}.gz")}
    with disk_errors(root):
        stage.mkdir(parents=True)
    try:
        picker = _Picker(rows, stage, meter)
        for source in sources:
            meter.start("unpacking", sum(member.bytes_total or 0 for member in rows[0].members), file=source.name)
            try:
                for offer in offers(source, names):
                    picker.consider(offer)
            except PermissionError as err:
                raise DatasetError(
                    f"no permission to read {source}", code="import_unreadable", path=str(source),
                ) from err
            except _DAMAGE as err:
                raise DatasetError(
                    f"the archive {source.name} is damaged or not complete: copy or download it again",
                    code="archive_broken", file=source.name,
                ) from err
        complete = [row for row in rows if picker.missing(row) == []]
        if not complete:
            raise picker.nothing()
        for row in complete:
            with disk_errors(root), locked(root / HIDDEN / f"{row.id}.import.lock"):
                picker.move(row, root / row.folder)
        return complete
    finally:
        shutil.rmtree(stage, ignore_errors=True)


class _Picker:
    """Recognises members by their checksums."""

    def __init__(self, rows: Sequence[DatasetRow], stage: Path, meter: Meter) -> None:
        self.rows, self.stage, self.meter = rows, stage, meter
        self.found: dict[tuple[str, str], Path] = {}
        self.wrong: list[str] = []  # as they were called
        self.damaged: set[str] = set()  # the same, by the members' names

    def consider(self, offer: Offer) -> None:
        """Copy one file aside, no longer than it may be, and keep it if its checksum is an expected one."""
        name = offer.name.removesuffix(".gz")
        wanted = [(row, member) for row in self.rows for member in row.members if member.name == name]
        if all((row.id, member.name) in self.found for row, member in wanted):
            return  # the same file again, packed and unpacked
        limit = max(member.bytes_limit for _, member in wanted)
        copy = self.stage / uuid.uuid4().hex
        digest = hashlib.md5(usedforsecurity=False)
        size = 0
        with closing(offer.open()) as packed, disk_errors(self.stage), open(copy, "wb") as target:
            content = gzip.GzipFile(fileobj=packed) if offer.name.endswith(".gz") else packed
            while chunk := content.read(CHUNK_BYTES):
                size += len(chunk)
                if size > limit:
                    break
                digest.update(chunk)
                target.write(chunk)
                self.meter.add(len(chunk))
            sync(target)
        for row, member in wanted:
            if member.md5 == digest.hexdigest() and size <= limit:
                self.found[row.id, member.name] = copy
                return
        copy.unlink()
        self.wrong.append(posixpath.basename(offer.name))
        self.damaged.add(name)

    def missing(self, row: DatasetRow) -> list[str]:
        """What keeps a data set from being taken over: a part that is not there, or a side file that is damaged.

        A side file (``batches.meta``) that is not there at all is none of these: our arrays do not need it.
        """
        lacking = [member for member in row.members if (row.id, member.name) not in self.found]
        return [member.name for member in lacking if member.split or member.name in self.damaged]

    def move(self, row: DatasetRow, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        for member in row.members:
            staged = self.found.get((row.id, member.name))
            if staged:
                os.replace(staged, folder / member.name)

    def nothing(self) -> DatasetError:
        """Why no data set came together: a wrong file weighs more than a missing one."""
        begun = next((row for row in self.rows if self._has_part(row)), None)
        if self.wrong:
            return wrong_checksum(begun or self.rows[0], self.wrong[0])
        titles = ", ".join(row.title for row in self.rows)
        if begun:
            missing = ", ".join(self.missing(begun))
            return DatasetError(
                f"{begun.title} is not complete there; missing: {missing}",
                code="import_incomplete", id=begun.id, title=begun.title, missing=missing,
            )
        return DatasetError(
            f"no file of {titles} was found there: point to the archive as published, or to a folder in torchvision's "
            f"layout",
            code="import_nothing_found", title=titles,
        )

    def _has_part(self, row: DatasetRow) -> bool:
        return any((row.id, member.name) in self.found for member in row.members if member.split)
