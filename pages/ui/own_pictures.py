"""The pictures people bring: kept on the server, bounded, found again by their digest after a refresh."""

from __future__ import annotations

import hashlib
import re
import secrets
import threading
import unicodedata
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from cnn_core import images
from pages.ui.plain import plain

MAX_SIDE = 1024  # px; what a screen can show, and no lesson needs more
MAX_PICTURES = 300
MAX_BYTES = 300_000_000
MAX_GALLERIES = 1_000
MAX_TITLE = 48  # characters
_TOKEN = re.compile(r"[0-9a-f]{32}")


def harmless(name: str, *, ending: bool = False) -> str:
    """A file's name as a title: in one line, with no sign that Markdown or HTML would act on, and without its ending.

    >>> harmless("<b>my cat</b>.jpg")
    '‹b›my cat‹/b›'
    """
    visible = " ".join("".join(" " if unicodedata.category(sign)[0] in "CZ" else sign for sign in name).split())
    stem = visible if ending else re.sub(r"(?<=.)\.\w{2,5}$", "", visible)
    title = stem if len(stem) <= MAX_TITLE else stem[: MAX_TITLE - 1] + "…"
    return plain(title) or "?"


@dataclass(frozen=True)
class OwnPicture:
    """One picture that somebody brought: (H, W, 3) uint8, at most ``MAX_SIDE`` pixels a side; ``original_size`` is (H, W)."""

    digest: str
    title: str
    image: np.ndarray
    original_size: tuple[int, int]

    @property
    def id(self) -> str:
        return f"own-{self.digest}"


class OwnPictures:
    """All own pictures of the server's sessions, and each session's gallery: which of them are its own, newest first.

    Beyond the bounds the picture that nobody has looked at for longest goes. A picture lives under the digest of its name
    and pixels: who has the digest has the picture, and nobody finds it by guessing. Safe to use from several threads.
    """

    def __init__(self, max_pictures: int = MAX_PICTURES, max_bytes: int = MAX_BYTES) -> None:
        self._max_pictures, self._max_bytes = max_pictures, max_bytes
        self._pictures: OrderedDict[str, OwnPicture] = OrderedDict()
        self._galleries: OrderedDict[str, list[str]] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()

    def add(self, gallery: str, name: str, data: bytes) -> OwnPicture:
        """Decode a file and put it first in a gallery.

        Raises:
            ImageError: it is no picture, broken, or too large.
        """
        full = images.load_image(data)
        image = np.ascontiguousarray(images.fit_within(full, MAX_SIDE))
        image.flags.writeable = False  # every page gets the same array
        title = harmless(name)
        digest = hashlib.blake2b(image.data, digest_size=10, person=b"convolab", salt=_salt(title, image)).hexdigest()
        picture = OwnPicture(digest, title, image, (full.shape[0], full.shape[1]))
        with self._lock:
            if digest not in self._pictures:
                self._pictures[digest] = picture
                self._bytes += image.nbytes
            self._pictures.move_to_end(digest)
            mine = self._galleries.setdefault(gallery, [])
            if digest not in mine:
                mine.insert(0, digest)
            self._galleries.move_to_end(gallery)
            self._keep_bounds()
        return picture

    def get(self, digest: str) -> OwnPicture | None:
        with self._lock:
            if digest not in self._pictures:
                return None
            self._pictures.move_to_end(digest)
            return self._pictures[digest]

    def gallery(self, gallery: str) -> tuple[OwnPicture, ...]:
        with self._lock:
            return tuple(self._pictures[d] for d in self._galleries.get(gallery, ()) if d in self._pictures)

    def remove(self, gallery: str, digests: Iterable[str]) -> None:
        """Take pictures out of a gallery; one that no other gallery holds leaves the server at once."""
        with self._lock:
            gone = set(digests)
            self._galleries[gallery] = [d for d in self._galleries.get(gallery, ()) if d not in gone]
            held = {digest for mine in self._galleries.values() for digest in mine}
            for digest in gone - held:
                self._drop(digest)

    def _keep_bounds(self) -> None:
        while len(self._pictures) > self._max_pictures or (self._bytes > self._max_bytes and len(self._pictures) > 1):
            self._drop(next(iter(self._pictures)))
        while len(self._galleries) > MAX_GALLERIES:
            self._galleries.popitem(last=False)

    def _drop(self, digest: str) -> None:
        picture = self._pictures.pop(digest, None)
        self._bytes -= picture.image.nbytes if picture else 0


def _salt(title: str, image: np.ndarray) -> bytes:
    """The same pixels under another name, or in another shape, are another picture: nobody meets a stranger's file name."""
    return hashlib.blake2b(f"{title} {image.shape}".encode(), digest_size=16).digest()


def new_gallery() -> str:
    """A name for a gallery that nobody can guess."""
    return secrets.token_hex(16)


def is_gallery(token: object) -> bool:
    return isinstance(token, str) and _TOKEN.fullmatch(token) is not None
