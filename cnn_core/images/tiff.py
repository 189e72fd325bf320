"""Directories of TIFF files, read without trusting them: which tags, where the pixels lie, which way is up.

EXIF is a small TIFF inside another file, so the orientation of a photograph is found here too.

References:
    Adobe (1992), "TIFF Revision 6.0"; JEITA CP-3451 (EXIF 2.3), tag 274.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator
from dataclasses import dataclass

from cnn_core.errors import ImageError
from cnn_core.images.limits import MAX_PIXELS, broken, check_size, truncated

MAX_ENTRIES = 200_000  # tags read in one file, and strips or tiles of one page: bounds the time a hostile file can take
ORIENTATION = 274

_TYPE_BYTES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8, 17: 8, 18: 8}
_INT_CODES = {1: "B", 3: "H", 4: "I", 13: "I", 16: "Q"}
_WIDTH, _HEIGHT, _BITS, _PHOTOMETRIC = 256, 257, 258, 262
_ROWS_PER_STRIP, _TILE_WIDTH, _TILE_HEIGHT = 278, 322, 323
_PLACES = ((273, 279), (324, 325))  # (offsets, byte counts) of strips and of tiles
# What the decoder needs to paint the first page. Everything else (metadata, previews, profiles) is left out.
_NEEDED = frozenset({
    _WIDTH, _HEIGHT, _BITS, 259, _PHOTOMETRIC, 266, 273, 277, _ROWS_PER_STRIP, 279, 284, 292, 293, 317, 320, _TILE_WIDTH,
    _TILE_HEIGHT, 324, 325, 332, 338, 339, 347, 512, 513, 514, 515, 519, 520, 521, 529, 530, 531, 532,
})


@dataclass(frozen=True)
class _Tag:
    raw: bytes  # the entry as it stands in the directory
    type: int
    count: int
    start: int  # of the value, in bytes from the beginning of the file

    @property
    def end(self) -> int:
        return self.start + self.count * _TYPE_BYTES[self.type]


class _Reader:
    """Reads numbers in the file's byte order, from a classic (32-bit) or a Big (64-bit) TIFF."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.order = "<" if data[:2] == b"II" else ">"
        magic = self.unpack("H", 2)[0] if len(data) >= 4 else 0
        if data[:2] not in (b"II", b"MM") or magic not in (42, 43):
            raise broken("TIFF")
        self.big = magic == 43
        self.word = "Q" if self.big else "I"
        self.count_code = "Q" if self.big else "H"
        self.inline = 8 if self.big else 4
        self.header = 8 if self.big else 4  # where the offset of the first directory stands
        self.budget = MAX_ENTRIES

    def unpack(self, code: str, at: int) -> tuple[int, ...]:
        try:
            return struct.unpack_from(self.order + code, self.data, at)
        except (struct.error, OverflowError):
            raise truncated("TIFF") from None

    def directory(self, at: int) -> tuple[dict[int, _Tag], int]:
        """The tags of the directory at a position (the first of each number), and where it ends."""
        (n,) = self.unpack(self.count_code, at)
        if n > MAX_ENTRIES:
            raise broken("TIFF")
        self.budget -= n + 1
        at += struct.calcsize("=" + self.count_code)
        entry = struct.Struct(f"{self.order}HH{self.word}")
        step = entry.size + self.inline
        after = at + n * step
        if after > len(self.data):
            raise truncated("TIFF")
        tags: dict[int, _Tag] = {}
        for here in range(at, after, step):
            number, kind, count = entry.unpack_from(self.data, here)
            size = _TYPE_BYTES.get(kind, 0) * count
            if not size or number in tags:
                continue
            inline = size <= self.inline
            start = here + entry.size if inline else self.unpack(self.word, here + entry.size)[0]
            tags[number] = _Tag(self.data[here : here + step], kind, count, start)
        return tags, after

    def ints(self, tag: _Tag | None) -> tuple[int, ...]:
        if tag is None or tag.type not in _INT_CODES:
            return ()
        if tag.count > MAX_ENTRIES:
            raise broken("TIFF")
        self.budget -= tag.count
        return self.unpack(f"{tag.count}{_INT_CODES[tag.type]}", tag.start)

    def first(self, tag: _Tag | None, default: int) -> int:
        return next(iter(self.ints(tag)), default)


@dataclass(frozen=True)
class TiffPage:
    """The first page of a TIFF, checked, and a copy of the file whose only directory describes that page."""

    data: bytes
    width: int
    height: int
    orientation: int
    bits: int
    white_is_zero: bool


def read_page(data: bytes) -> TiffPage:
    """Check that all pages of a TIFF lie wholly in the file, and isolate the first.

    Raises:
        ImageError: the file ends early, contradicts itself, or its first page is too large.
    """
    reader = _Reader(data)
    page: dict[int, _Tag] | None = None
    for tags in _directories(reader):
        if page is None:
            page = tags
            width, height = reader.first(tags.get(_WIDTH), 0), reader.first(tags.get(_HEIGHT), 0)
            check_size("TIFF", width, height)
            _check_pieces(reader, tags, width, height)
        _check_inside(reader, tags)
    if page is None:
        raise broken("TIFF")
    needed = {number: tag for number, tag in page.items() if number in _NEEDED}
    if any(tag.count > MAX_ENTRIES for tag in needed.values()):
        raise broken("TIFF")
    return TiffPage(
        _with_only(reader, needed), width, height, orientation(data), reader.first(page.get(_BITS), 1),
        reader.first(page.get(_PHOTOMETRIC), 1) == 0,
    )


def orientation(exif: bytes) -> int:
    """EXIF orientation, 1 to 8, of a block of EXIF data; 1 (upright) where it says nothing that makes sense."""
    try:
        reader = _Reader(exif)
        tags, _ = reader.directory(reader.unpack(reader.word, reader.header)[0])
        turn = reader.first(tags.get(ORIENTATION), 1)
    except ImageError:
        return 1
    return turn if 1 <= turn <= 8 else 1


def _directories(reader: _Reader) -> Iterator[dict[int, _Tag]]:
    """Every page's tags, in order. A chain that runs in a circle ends; a very long one is followed only so far."""
    (at,) = reader.unpack(reader.word, reader.header)
    seen: set[int] = set()
    while at and at not in seen and reader.budget > 0:
        seen.add(at)
        tags, end = reader.directory(at)
        (at,) = reader.unpack(reader.word, end)
        yield tags


def _check_inside(reader: _Reader, tags: dict[int, _Tag]) -> None:
    if any(tag.end > len(reader.data) for tag in tags.values()):
        raise truncated("TIFF")
    for offsets, counts in _PLACES:
        ends = zip(reader.ints(tags.get(offsets)), reader.ints(tags.get(counts)), strict=False)
        if any(start + n > len(reader.data) for start, n in ends):
            raise truncated("TIFF")


def _check_pieces(reader: _Reader, tags: dict[int, _Tag], width: int, height: int) -> None:
    """Is there a strip or tile for every pixel? Tiles are decoded whole: enormous ones on a small picture are a bomb."""
    tiled = 324 in tags
    across = reader.first(tags.get(_TILE_WIDTH), 0) if tiled else width
    down = reader.first(tags.get(_TILE_HEIGHT), 0) if tiled else reader.first(tags.get(_ROWS_PER_STRIP), height)
    if across < 1 or down < 1:
        raise broken("TIFF")
    pieces = math.ceil(width / across) * math.ceil(height / down)
    if tiled and pieces * across * down > 4 * MAX_PIXELS:
        raise broken("TIFF")
    places = tags.get(324 if tiled else 273)
    if places is None or places.count < pieces:  # the decoder would leave the rest black
        raise broken("TIFF")


def _with_only(reader: _Reader, tags: dict[int, _Tag]) -> bytes:
    """The file with one new directory, at its end, that holds these tags and no more pages."""
    body = bytearray(reader.data)
    body += b"\0" * (-len(body) % 8)
    at = len(body)
    body += struct.pack(reader.order + reader.count_code, len(tags))
    for number in sorted(tags):
        tag = tags[number]
        body += tag.raw
    body += b"\0" * reader.inline
    struct.pack_into(reader.order + reader.word, body, reader.header, at)
    return bytes(body)
