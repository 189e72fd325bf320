"""Files that appear whole or not at all, checksums, locks, and what a failing disk says."""

from __future__ import annotations

import errno
import fcntl
import hashlib
import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from cnn_core.errors import DatasetError

CHUNK_BYTES = 1 << 20
_FULL = (errno.ENOSPC, errno.EDQUOT)
# A folder cannot be written: no right to, a read-only disk, or a file where a folder should be.
_CLOSED = (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.EEXIST)


def data_root(root: str | os.PathLike[str] | None = None) -> Path:
    """The data folder: ``root``, or ``CONVOLAB_DATA``, or ``data`` in the working directory."""
    return Path(root or os.environ.get("CONVOLAB_DATA") or "data").expanduser()


def cannot_write(err: OSError) -> bool:
    return err.errno in _CLOSED


def locked_away(folder: Path) -> bool:
    """Is a folder marked as read-only for everybody? The superuser could write there nevertheless, and should not."""
    try:
        return not folder.stat().st_mode & 0o222
    except OSError:
        return False


@contextmanager
def disk_errors(path: Path) -> Iterator[None]:
    """Turn what the operating system says while ``path`` is written into a sentence."""
    try:
        yield
    except OSError as err:
        if err.errno is None:  # not the system's: a damaged gzip, for example
            raise
        if err.errno in _FULL:
            raise disk_full(path) from err
        if cannot_write(err):
            raise no_permission(path, err) from err
        raise DatasetError(
            f"the disk failed at {path}: {err.strerror or err}", code="disk_error", path=str(path),
            reason=err.strerror or str(err),
        ) from err


def no_permission(path: Path, err: OSError | None = None) -> DatasetError:
    """Why nothing can be written at ``path``: a file lies where a folder should be, or there is no right to."""
    tried = Path(err.filename) if err and isinstance(err.filename, str | os.PathLike) else path
    in_the_way = err is None or err.errno in (errno.ENOTDIR, errno.EEXIST)
    taken = next((place for place in (tried, *tried.parents) if os.path.isfile(place)), None) if in_the_way else None
    if taken:
        return DatasetError(
            f"there is a file at {taken}, where a folder should be: choose another data folder with CONVOLAB_DATA",
            code="not_a_folder", path=str(taken),
        )
    return DatasetError(
        f"no permission to write in {path}: choose another data folder with CONVOLAB_DATA",
        code="no_permission", path=str(path),
    )


def disk_full(path: Path, needed_bytes: int = 0, free_bytes: int = 0) -> DatasetError:
    if not needed_bytes:
        return DatasetError(f"the disk of {path} is full: free some space and try again", code="disk_full", path=str(path))
    needed_mb, free_mb = round(needed_bytes / 1e6), round(free_bytes / 1e6)
    return DatasetError(
        f"{needed_mb} MB are needed at {path} and only {free_mb} MB are free: make room, or choose another data folder "
        f"with CONVOLAB_DATA",
        code="disk_too_small", path=str(path), needed_mb=needed_mb, free_mb=free_mb,
    )


def md5_of(path: Path, on_bytes: Callable[[int], None] | None = None) -> str:
    return _digest(path, hashlib.md5(usedforsecurity=False), on_bytes)


def sha256_of(path: Path, on_bytes: Callable[[int], None] | None = None) -> str:
    return _digest(path, hashlib.sha256(), on_bytes)


def _digest(path: Path, digest: Any, on_bytes: Callable[[int], None] | None) -> str:
    with open(path, "rb") as file:
        while chunk := file.read(CHUNK_BYTES):
            digest.update(chunk)
            if on_bytes:
                on_bytes(len(chunk))
    return str(digest.hexdigest())


def sync(file: BinaryIO) -> None:
    file.flush()
    os.fsync(file.fileno())


def write_json(path: Path, content: dict[str, Any]) -> None:
    """Write a small file whole: a neighbour first, then moved into its place."""
    neighbour = path.with_name(f"{path.name}.{os.getpid()}.new")
    with open(neighbour, "wb") as file:
        file.write(json.dumps(content, indent=1).encode())
        sync(file)
    os.replace(neighbour, path)


@contextmanager
def locked(path: Path, on_wait: Callable[[], None] | None = None) -> Iterator[None]:
    """Hold a lock that other threads and processes respect; it goes when the process does, however it ends.

    ``on_wait`` is called about five times a second while somebody else holds it, and may raise to give up.
    """
    with open(path, "a") as handle:
        while True:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if on_wait:
                    on_wait()
                time.sleep(0.2)
        try:
            yield
        finally:
            fcntl.flock(handle, fcntl.LOCK_UN)
