"""Looking for somebody's own pictures in a folder or a zip: a folder for each class.

Nothing of an archive is ever written to disk, and no name in it is used as a path: a name only tells the class. Links are
not followed, and nothing is read further than a picture may be large.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import stat
import struct
import unicodedata
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

from cnn_core.errors import ConvolabError, DatasetError

MAX_ENTRIES = 20_000  # files looked at in one folder or zip
MAX_ZIP_BYTES = 1_000_000_000
MAX_FILE_BYTES = 60_000_000  # of one picture; a TIFF of 20 megapixels
MAX_READ_BYTES = 2_000_000_000  # unpacked, of all together
MAX_DEPTH = 8
MAX_NAME = 60  # characters of a class

# Some collections come divided already: train/cats, train/dogs, val/cats, val/dogs.
TRAIN_NAMES = frozenset({"train", "training", "entrenamiento"})
TEST_NAMES = frozenset({"val", "valid", "validation", "test", "testing", "validacion", "validación", "prueba"})

_SYSTEM_FILES = frozenset({"thumbs.db", "ehthumbs.db", "desktop.ini", "__macosx", "$recycle.bin"})
_READABLE = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)  # the others unpack without a limit on memory
_DAMAGE = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError, struct.error)


@dataclass(frozen=True)
class Skipped:
    """A file that was left out, by the name its owner knows, and why: the facts of an error."""

    file: str
    code: str
    message: str
    facts: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def because(cls, file: str, error: ConvolabError) -> Skipped:
        plain = {name: fact for name, fact in error.facts.items() if isinstance(fact, str | int | float)}
        return cls(file, error.code, str(error), plain)

    @property
    def error(self) -> DatasetError:
        """The reason as an error, for a page to say in its language."""
        return DatasetError(self.message, code=self.code, **self.facts)


@dataclass(frozen=True)
class Found:
    """A file that may be a picture: what its owner calls it, where it lies, folder by folder, and how to read it.

    ``read`` raises a ``DatasetError`` that says why this one file cannot be used. ``class_name`` and ``split`` (empty where
    the collection does not come divided) are known when all files are.
    """

    file: str
    parts: tuple[str, ...]
    read: Callable[[], bytes]
    class_name: str = ""
    split: str = ""


@dataclass
class Gathered:
    """What was found, and what was left out from the start."""

    found: list[Found] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)

    def skip(self, file: str, error: DatasetError) -> None:
        self.skipped.append(Skipped.because(file, error))


def gather_folder(folder: Path) -> Gathered:
    """The files below a folder.

    Raises:
        DatasetError: there is no such folder, or far too much in it.
    """
    if not folder.exists():
        raise DatasetError(f"there is nothing at {folder}", code="import_not_found", path=str(folder))
    if not folder.is_dir():
        raise DatasetError(
            f"{folder} is not a folder: give a folder that holds one folder of pictures for each class",
            code="own_not_a_folder", path=str(folder),
        )
    gathered = Gathered()
    for seen, (parts, error) in enumerate(_walk(folder), 1):
        _check_count(seen)
        if error is not None:
            gathered.skip(shown("/".join(parts)), error)
        else:
            gathered.found.append(Found(shown("/".join(parts)), parts, partial(_read_file, folder.joinpath(*parts))))
    return _in_classes(gathered)


def _walk(folder: Path) -> Iterator[tuple[tuple[str, ...], DatasetError | None]]:
    """Every visible file in order, as the parts of its path; with the reason where it is not to be read."""
    troubles: list[OSError] = []
    for here, folders, files in os.walk(folder, onerror=troubles.append):
        below = Path(here).relative_to(folder).parts
        visible = sorted(name for name in folders if not _hidden(name))
        folders[:] = visible if len(below) < MAX_DEPTH else []
        for name in (*visible, *sorted(files)):
            path = Path(here, name)
            if path.is_symlink() or (name in files and not stat.S_ISREG(path.lstat().st_mode)):
                yield (*below, name), _link()
            elif name in files and not _hidden(name):
                yield (*below, name), None
    for trouble in troubles:
        yield Path(trouble.filename).relative_to(folder).parts, _damaged(trouble.strerror or str(trouble))


def _read_file(path: Path) -> bytes:
    try:
        # A name may have become a link, or a pipe, since it was looked at.
        number = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))
        with open(number, "rb") as file:
            data = file.read(MAX_FILE_BYTES + 1)
    except OSError as err:
        raise _damaged(err.strerror or str(err)) from err
    if len(data) > MAX_FILE_BYTES:
        raise _too_large()
    return data


def gather_zip(data: bytes) -> Gathered:
    """The files in a zip.

    Raises:
        DatasetError: it is no zip, damaged, or holds far too much.
    """
    if len(data) > MAX_ZIP_BYTES:
        raise DatasetError(
            f"the zip is larger than {MAX_ZIP_BYTES // 10**6} MB: make the pictures smaller",
            code="own_zip_too_large", limit_mb=MAX_ZIP_BYTES // 10**6,
        )
    _check_count(data.count(b"PK\x01\x02"))  # its directory's entries: zipfile would make an object of each of millions
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
    except (*_DAMAGE, OSError) as err:
        raise DatasetError(
            "this is not a zip, or it is damaged: zip the folder again", code="own_zip_broken"
        ) from err
    gathered = Gathered()
    for info in archive.infolist():
        name = _name_in_zip(info)
        if info.is_dir() or name.endswith("/"):
            continue
        parts = tuple(part for part in name.split("/") if part not in ("", "."))
        if any(_hidden(part) for part in parts if part != ".."):
            continue
        if stat.S_ISLNK(info.external_attr >> 16):
            gathered.skip(name, _link())
        elif not parts or ".." in parts or name.startswith("/") or re.match(r"[A-Za-z]:", name):
            gathered.skip(name, DatasetError(
                "its place in the zip points out of the zip: zip the folder again", code="own_unsafe_path"
            ))
        else:
            gathered.found.append(Found(name, parts, partial(_read_member, archive, info)))
    return _in_classes(gathered)


def _name_in_zip(info: zipfile.ZipInfo) -> str:
    """As its owner wrote it: many programs write UTF-8 without saying so, and Windows wrote its own separators."""
    name = info.filename
    if not info.flag_bits & 0x800:
        with contextlib.suppress(UnicodeError):  # where it really is of the old code page
            name = name.encode("cp437").decode("utf-8")
    return shown(unicodedata.normalize("NFC", name.replace("\\", "/")))


def shown(name: str) -> str:
    """A file's name with a sign in place of what no screen or JSON file should get: control characters, half characters."""
    return "".join("�" if unicodedata.category(sign)[0] == "C" else sign for sign in name)


def _read_member(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
    if info.flag_bits & 1:
        raise DatasetError("it is locked with a password: zip the folder without one", code="own_zip_locked")
    if info.compress_type not in _READABLE:
        raise DatasetError("it is packed in a way that is not read here: make an ordinary zip", code="own_zip_method")
    if info.file_size > MAX_FILE_BYTES:
        raise _too_large()
    try:
        with archive.open(info) as file:
            return file.read(MAX_FILE_BYTES + 1)  # never more than the size that was announced
    except (*_DAMAGE, OSError) as err:
        raise _damaged("zip") from err


def _in_classes(gathered: Gathered) -> Gathered:
    """Say of every file which class it shows: the first folder below what all have in common."""
    found = gathered.found
    while len({f.parts[0] for f in found}) == 1 and any(len(f.parts) > 2 for f in found):
        found = [replace(f, parts=f.parts[1:]) for f in found]
    tops = {f.parts[0].casefold() for f in found if len(f.parts) > 1}
    divided = tops <= TRAIN_NAMES | TEST_NAMES and bool(tops & TRAIN_NAMES) and bool(tops & TEST_NAMES)
    gathered.found = []
    for f in found:
        folders = f.parts[:-1]
        split = ""
        if divided and folders:
            split = "train" if folders[0].casefold() in TRAIN_NAMES else "test"
            folders = folders[1:]
        name = class_name(folders[0]) if folders else ""
        if name:
            gathered.found.append(replace(f, class_name=name, split=split))
        else:
            gathered.skip(f.file, DatasetError(
                "it lies in no folder of a class: put the pictures of each class into a folder of its own", code="own_loose"
            ))
    return gathered


def class_name(folder: str) -> str:
    """What a class is called: its folder's name, in one line.

    >>> class_name("  Gatos \\n negros ")
    'Gatos negros'
    """
    visible = "".join(" " if unicodedata.category(sign)[0] in "CZ" else sign for sign in unicodedata.normalize("NFC", folder))
    return " ".join(visible.split())[:MAX_NAME]


def in_order(names: Sequence[str]) -> list[str]:
    """Names in the order people expect, numbers by their value.

    >>> in_order(["b", "10", "A", "9"])
    ['9', '10', 'A', 'b']
    """
    def key(name: str) -> list[tuple[int, int, str]]:
        pieces = re.findall(r"[0-9]+|[^0-9]+", name.casefold())
        return [(0, int(piece), "") if piece.isdecimal() else (1, 0, piece) for piece in pieces]

    return sorted(names, key=lambda name: (key(name), name))


def _hidden(name: str) -> bool:
    """What operating systems leave in folders, and nobody calls a picture."""
    return name.startswith(".") or name.casefold() in _SYSTEM_FILES


def _check_count(n: int) -> None:
    if n > MAX_ENTRIES:
        raise DatasetError(
            f"there are more than {MAX_ENTRIES} files: give a folder with only the pictures to learn from",
            code="own_too_many_files", limit=MAX_ENTRIES,
        )


def _link() -> DatasetError:
    return DatasetError("it is a link and not a file: put the picture itself there", code="own_link")


def _too_large() -> DatasetError:
    limit = MAX_FILE_BYTES // 10**6
    return DatasetError(f"it is larger than {limit} MB: save the picture smaller", code="own_file_too_large", limit_mb=limit)


def _damaged(reason: str) -> DatasetError:
    return DatasetError(f"it cannot be read ({reason}): copy it again", code="own_file_unreadable", reason=reason)
