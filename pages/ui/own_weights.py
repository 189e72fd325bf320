"""The weight files people bring: kept on the server's disk as long as it runs, bounded, found again by their digest."""

from __future__ import annotations

import hashlib
import tempfile
import threading
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path

from cnn_core import weights
from cnn_core.errors import WeightsError
from pages.ui.own_pictures import harmless

MAX_FILES = 60
MAX_BYTES = 2_000_000_000
MAX_GALLERIES = 1_000


@dataclass(frozen=True)
class OwnWeights:
    """One file that somebody brought; ``shapes`` are its tensors', ``title`` is harmless in Markdown and HTML."""

    digest: str
    title: str
    path: Path
    bytes: int
    format: str
    nested: tuple[str, ...]
    shapes: dict[str, tuple[int, ...]]

    @property
    def id(self) -> str:
        return f"file:{self.digest}"


class OwnWeightFiles:
    """All weight files of the server's sessions, and which of them each session brought, newest first.

    Only what can be read as tensors comes in, and nobody's Python is run to find out. Beyond the bounds the file that nobody has used
    for longest goes. A file lives under the digest of its name and bytes: who has the digest has the file. Safe to use from several
    threads.
    """

    def __init__(self, max_files: int = MAX_FILES, max_bytes: int = MAX_BYTES) -> None:
        self._max_files, self._max_bytes = max_files, max_bytes
        self._folder = tempfile.TemporaryDirectory(prefix="convolab-weights-")  # gone with the server
        self._files: OrderedDict[str, OwnWeights] = OrderedDict()
        self._galleries: OrderedDict[str, list[str]] = OrderedDict()
        self._lock = threading.Lock()

    def add(self, gallery: str, name: str, data: bytes) -> OwnWeights:
        """Look into a file, keep it, and put it first among a session's own.

        Raises:
            WeightsError: it is too large, broken, of neither format, wants to run something, or is what a run is resumed from; or there
                is no room for it.
        """
        opened = weights.open_weights(data)
        weights.refuse_run_state(opened.shapes)
        title = harmless(name, ending=True)
        digest = hashlib.blake2b(data, digest_size=10, person=b"convolab", salt=_salt(title)).hexdigest()
        path = Path(self._folder.name) / digest
        with self._lock:
            if digest not in self._files:
                _write(path, data)
                self._files[digest] = OwnWeights(digest, title, path, len(data), opened.format, opened.nested, opened.shapes)
            self._files.move_to_end(digest)
            mine = self._galleries.setdefault(gallery, [])
            if digest not in mine:
                mine.insert(0, digest)
            self._galleries.move_to_end(gallery)
            self._keep_bounds()
            return self._files[digest]

    def get(self, digest: str) -> OwnWeights | None:
        with self._lock:
            if digest not in self._files:
                return None
            self._files.move_to_end(digest)
            return self._files[digest]

    def gallery(self, gallery: str) -> tuple[OwnWeights, ...]:
        with self._lock:
            return tuple(self._files[digest] for digest in self._galleries.get(gallery, ()) if digest in self._files)

    def _keep_bounds(self) -> None:
        while len(self._files) > 1 and (
            len(self._files) > self._max_files or sum(file.bytes for file in self._files.values()) > self._max_bytes
        ):
            self._files.popitem(last=False)[1].path.unlink(missing_ok=True)
        while len(self._galleries) > MAX_GALLERIES:
            self._galleries.popitem(last=False)


def _write(path: Path, data: bytes) -> None:
    try:
        path.write_bytes(data)
    except OSError as error:
        path.unlink(missing_ok=True)
        raise WeightsError(
            f"this server has no room for a file of {len(data) / 1e6:,.0f} MB now: ask who runs it", code="weight_file_no_room",
            megabytes=round(len(data) / 1e6),
        ) from error  # fmt: skip


def _salt(title: str) -> bytes:
    """The same bytes under another name are another file: nobody meets a stranger's file name."""
    return hashlib.blake2b(title.encode(), digest_size=16).digest()
