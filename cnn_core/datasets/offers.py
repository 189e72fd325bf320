"""Looking for expected files in a folder, a tar or a zip, without believing a word of what these say."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import posixpath
import stat
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO, cast

from cnn_core.datasets.arrays import HIDDEN
from cnn_core.datasets.files import CHUNK_BYTES
from cnn_core.errors import DatasetError

MAX_UNPACKED_BYTES = 2_000_000_000  # of a whole archive; the largest expected holds 0.2 GB
MAX_ENTRIES = 20_000
MAX_DEPTH = 4  # of folders that are searched


@dataclass(frozen=True)
class Offer:
    """A file that has the right name; ``open`` gives its content, which may be anything."""

    name: str
    open: Callable[[], IO[bytes]]


def offers(source: Path, names: set[str]) -> Iterator[Offer]:
    if source.is_dir():
        return _in_folder(source, names, MAX_DEPTH)
    with open(source, "rb") as file:
        head = file.read(4)
    if head[:4] == b"PK\x03\x04":
        return _in_zip(source, names)
    opener = _UNPACKERS.get(head[:2], _open_plain)
    with opener(source) as content:
        start = content.read(512)
    if start[257:262] == b"ustar":
        return _in_tar(source, opener, names)
    if source.name in names:  # one of several files that belong together: its neighbours are looked at as well
        return _in_folder(source.parent, names, 1)
    raise DatasetError(
        f"{source.name} is neither an archive (tar.gz, zip) nor a file of a known data set",
        code="import_unknown_file", file=source.name,
    )


def _open_plain(path: Path) -> IO[bytes]:
    return open(path, "rb")


_Opener = Callable[[Path], IO[bytes]]
_UNPACKERS: dict[bytes, _Opener] = {
    b"\x1f\x8b": cast(_Opener, gzip.open), b"BZ": cast(_Opener, bz2.open), b"\xfd7": cast(_Opener, lzma.open),
}


def _in_folder(folder: Path, names: set[str], depth: int) -> Iterator[Offer]:
    """Regular files with an expected name, in this folder and some levels below."""
    seen = 0
    for here, folders, files in os.walk(folder):
        level = len(Path(here).relative_to(folder).parts) + 1
        folders[:] = sorted(name for name in folders if name != HIDDEN) if level < depth else []
        for name in sorted(files):
            seen += 1
            if seen > MAX_ENTRIES:
                return
            path = Path(here, name)
            if name in names and stat.S_ISREG(path.stat().st_mode):
                yield Offer(name, partial(_open_plain, path))


def _in_zip(path: Path, names: set[str]) -> Iterator[Offer]:
    with zipfile.ZipFile(path) as archive:
        for info in archive.infolist()[:MAX_ENTRIES]:
            name = posixpath.basename(info.filename)
            if name in names and not info.is_dir():
                yield Offer(name, partial(archive.open, info))


def _in_tar(path: Path, opener: Callable[[Path], IO[bytes]], names: set[str]) -> Iterator[Offer]:
    """Walk a tar from front to back, header by header; links, devices and long-name records are passed over.

    (``tarfile`` would read a record of any announced length into memory.)
    """
    with opener(path) as stream:
        budget = MAX_UNPACKED_BYTES
        for _ in range(MAX_ENTRIES):
            head = stream.read(tarfile.BLOCKSIZE)
            if not head.strip(b"\0"):
                return
            info = tarfile.TarInfo.frombuf(head, "utf-8", "surrogateescape")
            budget -= info.size + tarfile.BLOCKSIZE
            if budget < 0 or info.size < 0:
                break
            body = _Window(stream, info.size)
            name = posixpath.basename(info.name)
            if info.type in (tarfile.REGTYPE, tarfile.AREGTYPE) and name in names:
                yield Offer(name, partial(io.BufferedReader, body))
            body.skip_rest()
            stream.read(-info.size % tarfile.BLOCKSIZE)
    raise DatasetError(
        f"{path.name} unpacks to far more than a data set: it was not read to the end", code="archive_too_large",
        file=path.name,
    )


class _Window(io.RawIOBase):
    """The next ``size`` bytes of a stream, as a file of their own."""

    def __init__(self, stream: IO[bytes], size: int) -> None:
        self._stream, self._left = stream, size

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        chunk = self._stream.read(min(len(buffer), self._left))
        if not chunk and self._left:
            raise EOFError("the archive ends in the middle of a file")
        self._left -= len(chunk)
        buffer[: len(chunk)] = chunk
        return len(chunk)

    def skip_rest(self) -> None:
        while self._left:
            chunk = self._stream.read(min(CHUNK_BYTES, self._left))
            if not chunk:
                raise EOFError("the archive ends in the middle of a file")
            self._left -= len(chunk)
