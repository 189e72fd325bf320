"""Fetching a data set: one file at a time, resumed where it broke off, checked before it counts."""

from __future__ import annotations

import contextlib
import http.client
import os
import re
import shutil
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from cnn_core.datasets.archive import install
from cnn_core.datasets.arrays import HIDDEN, needed
from cnn_core.datasets.files import disk_errors, disk_full, locked, locked_away, md5_of, no_permission, sha256_of, sync
from cnn_core.datasets.progress import Meter, Progress, Wanted
from cnn_core.datasets.row import Archive, DatasetRow, row_of
from cnn_core.datasets.store import Status, data_root, prepare, source_files, status, verify
from cnn_core.errors import DatasetError

TIMEOUT_S = 20.0  # to connect, and between two pieces of data
TRIES = 3  # in a row without a new byte, for one source
READ_BYTES = 1 << 16
_AGENT = {"User-Agent": "Convolab", "Accept-Encoding": "identity"}
_WRONG_FILES = ("checksum_mismatch", "dataset_unexpected", "dataset_count", "archive_broken", "import_incomplete",
                "dataset_side_file_damaged")
_RETRY = (408, 425, 429, 500, 502, 503, 504)


class _Broken(Exception):
    """The connection failed in a way that may pass."""

    def __init__(self, reason: str, answered: bool = False) -> None:
        super().__init__(reason)
        self.answered = answered


class _Useless(Exception):
    """This source will not give the file; ``answered`` tells whether anything was there at all."""

    def __init__(self, reason: str, answered: bool) -> None:
        super().__init__(reason)
        self.answered = answered


def fetch(
    name: str | DatasetRow,
    root: str | os.PathLike[str] | None = None,
    on_progress: Callable[[Progress], object] | None = None,
    sources: Sequence[str] | None = None,
    *,
    should_stop: Callable[[], bool] | None = None,
    timeout_s: float = TIMEOUT_S,
    retry_pause_s: float = 1.0,
) -> Path:
    """Download a data set into the data folder, unless it is there and whole, and make its arrays.

    A second call for the same data set, from whatever thread or process, waits for the first and then finds the work
    done. What was downloaded before a break, a stop or an end of the process is kept, and the next call goes on there.

    Args:
        on_progress: gets a ``Progress`` at most ten times a second; what it raises stops the fetch and passes through.
        sources: addresses to which the archives' names are appended, in place of the row's own.
        should_stop: asked as often; true ends the fetch with the code ``fetch_cancelled``.

    Returns:
        The folder, in torchvision's layout, that now holds the data set.

    Raises:
        DatasetError: ``no_network``, ``download_failed``, ``download_corrupt``, ``disk_full``, ``disk_too_small``,
            ``no_permission``, ``fetch_cancelled``.
    """
    row, place = row_of(name), data_root(root)
    mirrors = tuple(row.mirrors if sources is None else sources)
    for address in mirrors:
        if urlsplit(address).scheme not in ("http", "https"):
            raise DatasetError(f"{address} is not a web address", code="bad_source", source=address)
    meter = Meter(row, on_progress, should_stop)
    if _ready(row, place, meter):
        return place / row.folder
    if locked_away(place):
        raise no_permission(place)
    parts = place / HIDDEN / "downloads" / row.id
    with disk_errors(place):
        parts.mkdir(parents=True, exist_ok=True)
    with disk_errors(place), locked(place / HIDDEN / f"{row.id}.fetch.lock", meter.waiting):
        if not _ready(row, place, meter):  # somebody else may have finished while we waited
            parts.mkdir(exist_ok=True)
            _check_space(row, place, parts)
            job = Job(row, parts, mirrors, meter, timeout_s, retry_pause_s)
            packed = [job.obtain(archive) for archive in row.archives]
            install(row, packed, place, meter)
            shutil.rmtree(parts, ignore_errors=True)
            meter.start("converting", row.array_bytes)
            prepare(row, place, meter.add)
    return place / row.folder


def _ready(row: DatasetRow, root: Path, meter: Meter) -> bool:
    """Make the arrays from files that are already here, or check both; false where there are none, or wrong ones."""
    state = status(row, root)
    if state is Status.PRESENT and row.members:
        files = source_files(row, root)
        meter.start("checking", sum(os.stat(path).st_size for name, path in files.items() if name in needed(row)))
        try:
            verify(row, root, meter.add)
        except DatasetError as err:
            if err.code == "dataset_side_file_missing":  # which only torchvision needs
                return True
            if err.code in _WRONG_FILES:
                return False
            raise
    if state is Status.IMPORTABLE:
        meter.start("converting", row.array_bytes)
        try:
            prepare(row, root, meter.add)
        except DatasetError as err:
            if err.code not in _WRONG_FILES:
                raise
            return False
    return state in (Status.PRESENT, Status.IMPORTABLE)


def partial_bytes(name: str | DatasetRow, root: str | os.PathLike[str] | None = None) -> int:
    """How much of a data set an interrupted fetch has left, to be gone on with."""
    row = row_of(name)
    parts = data_root(root) / HIDDEN / "downloads" / row.id
    total = 0
    for archive in row.archives:
        for path in (parts / archive.name, parts / f"{archive.name}.part"):
            with contextlib.suppress(OSError):
                total += path.stat().st_size
    return total


def _check_space(row: DatasetRow, root: Path, parts: Path) -> None:
    unpacked = sum(member.bytes_total or member.bytes_limit for member in row.members if member.split)
    here = sum(path.stat().st_size for path in parts.iterdir())
    needed = row.archive_bytes - here + unpacked + row.array_bytes
    free = shutil.disk_usage(root).free
    if free < needed:
        raise disk_full(root, needed, free)


@dataclass
class Job:
    """One fetch under way, of files into the folder ``parts``."""

    row: Wanted
    parts: Path
    mirrors: tuple[str, ...]
    meter: Meter
    timeout_s: float
    retry_pause_s: float
    earlier_bytes: int = 0  # of the archives that are complete
    pieced: bool = False  # the part under way came in more than one answer

    def obtain(self, archive: Archive) -> Path:
        """The whole file, its checksum right, from the first source that gives it."""
        whole, part = self.parts / archive.name, self.parts / f"{archive.name}.part"
        if whole.is_file():  # the process ended after the download and before the unpacking
            if _matches(archive, whole):
                self.earlier_bytes += archive.bytes_total
                return whole
            whole.unlink()
        failures: list[tuple[str, _Useless]] = []
        for mirror in self.mirrors:
            try:
                self._from_source(archive, mirror, part)
            except _Useless as err:
                failures.append((mirror, err))
                continue
            with open(part, "rb+") as file:
                sync(file)
            os.replace(part, whole)
            self.earlier_bytes += archive.bytes_total
            return whole
        raise self._no_source(archive, failures)

    def _from_source(self, archive: Archive, mirror: str, part: Path) -> None:
        """Fill ``part`` from one source. Pieces that do not fit together are thrown away, and it starts from nothing."""
        url = mirror + archive.name
        while True:
            self.pieced = part.is_file() and part.stat().st_size > 0
            self._fill(archive, url, part)
            self.meter.start("checking", archive.bytes_total, file=archive.name, source=url)
            if _matches(archive, part, self.meter.add):
                return
            part.unlink()
            if not self.pieced:
                raise _Useless("wrong checksum", answered=True)

    def _fill(self, archive: Archive, url: str, part: Path) -> None:
        idle = 0
        while (size := part.stat().st_size if part.is_file() else 0) != archive.bytes_total:
            if size > archive.bytes_total:
                part.unlink()
                size = 0
            self.meter.start(
                "downloading", self.row.archive_bytes, self.earlier_bytes + size, archive.name, url,
            )
            try:
                self._stream(archive, url, part, size)
            except _Broken as err:
                now = part.stat().st_size if part.is_file() else 0
                idle = 0 if now > size else idle + 1
                if idle >= TRIES:
                    raise _Useless(str(err), answered=err.answered or now > 0) from err
                self._pause()

    def _stream(self, archive: Archive, url: str, part: Path, offset: int) -> None:
        """One request: append what comes to ``part``, or begin anew where the server does not know ranges."""
        headers = _AGENT | ({"Range": f"bytes={offset}-"} if offset else {})
        try:
            response = urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=self.timeout_s)
        except urllib.error.HTTPError as err:
            err.close()
            if err.code == 416:  # the part is not what this server has
                part.unlink(missing_ok=True)
                raise _Broken("the server refused to go on where we stopped", answered=True) from err
            if err.code in _RETRY:
                raise _Broken(f"HTTP {err.code}", answered=True) from err
            raise _Useless(f"HTTP {err.code}", answered=True) from err
        except urllib.error.URLError as err:
            if offset:
                raise _Broken(str(err.reason)) from err
            raise _Useless(str(err.reason), answered=False) from err
        except (OSError, http.client.HTTPException) as err:  # no answer in time, or not one of HTTP
            raise _Broken(str(err) or type(err).__name__) from err
        with response:
            start, total = _announced(response, offset)
            if total not in (None, archive.bytes_total):
                raise _Useless(f"offers {total} bytes instead of {archive.bytes_total}", answered=True)
            if start not in (0, offset):
                part.unlink(missing_ok=True)
                raise _Broken("the server sent another part than was asked for")
            if start != offset:
                self.meter.start("downloading", self.row.archive_bytes, self.earlier_bytes, archive.name, url)
            size = start
            with open(part, "ab" if start else "wb") as file:
                self.pieced = start > 0
                while chunk := _read(response):
                    size += len(chunk)
                    if size > archive.bytes_total:
                        file.truncate(0)
                        raise _Useless("sends more than the file has", answered=True)
                    file.write(chunk)
                    self.meter.add(len(chunk))
            if size < archive.bytes_total:
                raise _Broken(f"the connection closed after {size} bytes")

    def _pause(self) -> None:
        """Wait a little before the next try, and keep telling, so that a stop is heard."""
        bell = threading.Event()
        for _ in range(5):
            self.meter.tell(force=True)
            bell.wait(self.retry_pause_s / 5)

    def _no_source(self, archive: Archive, failures: list[tuple[str, _Useless]]) -> DatasetError:
        facts = {
            "id": self.row.id, "title": self.row.title, "file": archive.name,
            "details": "; ".join(f"{urlsplit(mirror).netloc}: {err}" for mirror, err in failures),
        }
        if not any(err.answered for _, err in failures):
            return DatasetError(
                f"none of the places that offer {self.row.title} can be reached: connect to the internet, or import an "
                f"archive of it",
                code="no_network", **facts,
            )
        if any(str(err) == "wrong checksum" for _, err in failures):
            return DatasetError(
                f"what was downloaded as {archive.name} is not {self.row.title}'s file (its checksum is wrong), and was "
                f"thrown away: try again later, or import an archive",
                code="download_corrupt", **facts,
            )
        return DatasetError(
            f"{self.row.title} could not be downloaded ({facts['details']}): try again, and it goes on where it stopped",
            code="download_failed", **facts,
        )


def _matches(archive: Archive, path: Path, on_bytes: Callable[[int], None] | None = None) -> bool:
    if archive.sha256_prefix:
        return sha256_of(path, on_bytes).startswith(archive.sha256_prefix)
    return md5_of(path, on_bytes) == archive.md5


def _read(response: http.client.HTTPResponse) -> bytes:
    try:
        return response.read1(READ_BYTES)
    except (OSError, http.client.HTTPException) as err:
        raise _Broken(str(err) or type(err).__name__, answered=True) from err


def _announced(response: http.client.HTTPResponse, offset: int) -> tuple[int, int | None]:
    """Where the answer begins, and the size of the whole file, as far as the server says."""
    if offset and response.status == 206:
        match = re.fullmatch(r"bytes (\d+)-\d+/(\d+|\*)", response.headers.get("Content-Range", ""))
        if not match:
            return -1, None
        return int(match[1]), None if match[2] == "*" else int(match[2])
    length = response.headers.get("Content-Length", "")
    return 0, int(length) if length.isdigit() else None
