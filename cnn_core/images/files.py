"""The six picture formats, looked at from outside before anything is decoded.

A decoder believes what a file says. Here every file is first walked through, marker by marker: is it one of the six,
does it end where it should, how many pixels does it have, which way is up. What goes on to the decoder is, as far as
the format allows, the first frame without metadata: neither a bad profile nor a comment of a gigabyte can do harm.

References:
    ITU-T T.81 (JPEG); W3C "PNG Specification" (third edition, 2025); CompuServe "GIF89a" (1990); RFC 9649 (WebP);
    Microsoft "BITMAPV5HEADER".
"""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass

from cnn_core.errors import ImageError
from cnn_core.images.limits import MAX_PIXELS, broken, check_size, truncated
from cnn_core.images.tiff import orientation, read_page

MAX_SEGMENTS = 4_096  # of a JPEG; photographs with depth maps and long profiles have a few hundred
MAX_CHUNKS = 100_000  # of a PNG; 8 KiB each is usual
MAX_BLOCKS = 400_000  # of a GIF, at most 255 bytes each, and mostly just that
# A progressive JPEG is decoded once a scan; ten scans are usual, and hundreds over a large picture are a bomb.
MAX_SCANS = 256
MAX_SCANNED_PIXELS = 32 * MAX_PIXELS
# Pillow unpacks run-length BMPs in Python, about a microsecond a run; they hold icons and drawings, not photographs.
MAX_RUN_LENGTH_BYTES, MAX_RUN_LENGTH_PIXELS = 1_000_000, 4_000_000


@dataclass(frozen=True)
class Picture:
    """A file that has been checked: its first frame, and what is needed to show it right."""

    format: str
    data: bytes
    width: int
    height: int
    orientation: int = 1
    bits: int = 8  # of one grey value, where there are more than 8
    white_is_zero: bool = False


def inspect(data: bytes) -> Picture:
    """Recognise and check a file, without decoding it.

    Raises:
        ImageError: empty, none of the six formats, cut short, damaged, or too large.
    """
    if not data:
        raise ImageError("the file is empty: there is no picture in it", code="image_empty")
    for signature, read in _FORMATS:
        if signature.match(data):
            return read(data)
    for kind, beginning in _BEGINNINGS:
        if beginning.startswith(data) or (len(data) < 18 and data.startswith(beginning)):
            raise truncated(kind)
    found = _other_format(data)
    if found:
        raise ImageError(
            f"this file is of another format ({found}); JPEG, PNG, WebP, BMP, GIF and TIFF can be read: save it as one of these",
            code="image_unknown_format", found=found,
        )
    raise ImageError(
        "this is not a picture: only JPEG, PNG, WebP, BMP, GIF and TIFF can be read", code="image_not_an_image",
    )


def _jpeg(data: bytes) -> Picture:
    kept = [b"\xff\xd8"]
    at, width, height, scans, turn = 2, 0, 0, 0, 1
    for _ in range(MAX_SEGMENTS):
        start = at
        fill = _FILL_BYTES.match(data, at)
        at = fill.end() if fill else at
        if at + 2 > len(data):
            raise truncated("JPEG")
        mark = data[at + 1]
        if data[at] != 0xFF or mark == 0xD8:
            raise broken("JPEG")
        if mark == 0xD9:
            check_size("JPEG", width, height)
            if not scans:
                raise broken("JPEG")
            return Picture("JPEG", b"".join((*kept, b"\xff\xd9")), width, height, turn)
        if 0xD0 <= mark <= 0xD7 or mark in (0x00, 0x01):
            at += 2
            continue
        size = _number(data, at + 2, ">H", "JPEG")
        end = at + 2 + size
        if end > len(data):
            raise truncated("JPEG")
        if 0xC0 <= mark <= 0xCF and mark not in (0xC4, 0xC8, 0xCC):
            if width:
                raise broken("JPEG")  # a second frame could be of another size
            height, width = _number(data, at + 5, ">H", "JPEG"), _number(data, at + 7, ">H", "JPEG")
            check_size("JPEG", width, height)
        elif mark == 0xE1 and data[at + 4 : at + 10] == b"Exif\0\0" and turn == 1:
            turn = orientation(data[at + 10 : end])
        if mark == 0xDA:
            scans += 1
            if scans > MAX_SCANS or scans * width * height > MAX_SCANNED_PIXELS:
                raise broken("JPEG")
            following = _NEXT_MARKER.search(data, end)
            if following is None:
                raise truncated("JPEG")
            end = following.start()
        if not (0xE1 <= mark <= 0xED or mark in (0xEF, 0xFE)):  # JFIF and Adobe tell how the colours are stored
            kept.append(data[start:end])
        at = end
    raise broken("JPEG")


_FILL_BYTES = re.compile(rb"\xff+(?=\xff)")
_NEXT_MARKER = re.compile(rb"\xff[^\x00\xff\xd0-\xd7]")


def _png(data: bytes) -> Picture:
    kept = [data[:8]]
    at, width, height, turn = 8, 0, 0, 1
    for _ in range(MAX_CHUNKS):
        size, name = _number(data, at, ">I", "PNG"), data[at + 4 : at + 8]
        end = at + 12 + size
        if name == b"IHDR" and not width:
            width, height = _number(data, at + 8, ">I", "PNG"), _number(data, at + 12, ">I", "PNG")
            check_size("PNG", width, height)
        elif (name == b"IHDR") == bool(width):
            raise broken("PNG")  # two headers, or none at the beginning
        if end > len(data):
            raise truncated("PNG")
        if name in (b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND"):
            if zlib.crc32(memoryview(data)[at + 4 : end - 4]) != _number(data, end - 4, ">I", "PNG"):
                raise broken("PNG")
            kept.append(data[at:end])
        elif name == b"eXIf":
            turn = orientation(data[at + 8 : end - 4])
        if name == b"IEND":
            return Picture("PNG", b"".join(kept), width, height, turn)
        at = end
    raise broken("PNG")


def _gif(data: bytes) -> Picture:
    width, height, flags = _number(data, 6, "<H", "GIF"), _number(data, 8, "<H", "GIF"), _number(data, 10, "B", "GIF")
    check_size("GIF", width, height)
    at = 13 + (3 << ((flags & 7) + 1) if flags & 0x80 else 0)
    head, control, frame = data[:at], b"", b""
    budget = MAX_BLOCKS
    while budget > 0:
        start, mark = at, _number(data, at, "B", "GIF")
        if mark == 0x3B:
            if not frame:
                raise broken("GIF")
            return Picture("GIF", b"".join((head, control, frame, b";")), width, height)
        if mark == 0x2C:
            local = _number(data, at + 9, "B", "GIF")
            at += 11 + (3 << ((local & 7) + 1) if local & 0x80 else 0)
        elif mark == 0x21:
            at += 2
        else:
            raise broken("GIF")
        while budget > 0 and (size := _number(data, at, "B", "GIF")):
            at += 1 + size
            budget -= 1
        at += 1
        budget -= 1
        if mark == 0x2C and not frame:
            frame = data[start:at]
        elif data[start : start + 2] == b"\x21\xf9" and not frame:
            control = data[start:at]
    raise broken("GIF")


def _bmp(data: bytes) -> Picture:
    offset, header = _number(data, 10, "<I", "BMP"), _number(data, 14, "<I", "BMP")
    if header == 12:
        width, height, bits = (_number(data, at, "<H", "BMP") for at in (18, 20, 24))
        packing = 0
    else:
        width, height = _number(data, 18, "<i", "BMP"), abs(_number(data, 22, "<i", "BMP"))
        bits, packing = _number(data, 28, "<H", "BMP"), _number(data, 30, "<I", "BMP")
    check_size("BMP", width, height)
    if packing in (1, 2):  # run lengths: the header says how many bytes
        need = max(2, _number(data, 34, "<I", "BMP"))
        if len(data) > MAX_RUN_LENGTH_BYTES or width * height > MAX_RUN_LENGTH_PIXELS:
            raise broken("BMP")
    else:
        need = (width * bits + 31) // 32 * 4 * height
    profile = _number(data, 126, "<I", "BMP") + 14 + _number(data, 130, "<I", "BMP") if header == 124 else 0
    if max(offset + need, profile) > len(data):
        raise truncated("BMP")
    return Picture("BMP", data, width, height)


def _webp(data: bytes) -> Picture:
    end = _number(data, 4, "<I", "WebP") + 8
    name = data[12:16]
    if name == b"VP8X":
        width = 1 + (_number(data, 24, "<I", "WebP") & 0xFFFFFF)
        height = 1 + (_number(data, 26, "<I", "WebP") >> 8)
    elif name == b"VP8L":
        packed = _number(data, 21, "<I", "WebP")
        width, height = 1 + (packed & 0x3FFF), 1 + (packed >> 14 & 0x3FFF)
    elif name == b"VP8 ":
        width, height = _number(data, 26, "<H", "WebP") & 0x3FFF, _number(data, 28, "<H", "WebP") & 0x3FFF
    else:
        raise broken("WebP")
    check_size("WebP", width, height)
    if end > len(data):
        raise truncated("WebP")
    turn, at = 1, 12
    for _ in range(MAX_CHUNKS):
        if at + 8 > end:
            break
        size = _number(data, at + 4, "<I", "WebP")
        if data[at : at + 4] == b"EXIF":
            turn = orientation(data[at + 8 : at + 8 + size].removeprefix(b"Exif\0\0"))
        at += 8 + size + size % 2
    return Picture("WebP", data[:end], width, height, turn)


def _tiff(data: bytes) -> Picture:
    if data[8:10] == b"CR":
        raise ImageError(
            "this file is of another format (camera raw); JPEG, PNG, WebP, BMP, GIF and TIFF can be read: save it as one of these",
            code="image_unknown_format", found="camera raw",
        )
    page = read_page(data)
    return Picture("TIFF", page.data, page.width, page.height, page.orientation, page.bits, page.white_is_zero)


def _number(data: bytes, at: int, code: str, kind: str) -> int:
    try:
        return int(struct.unpack_from(code, data, at)[0])
    except struct.error:
        raise truncated(kind) from None


_FORMATS: tuple[tuple[re.Pattern[bytes], Callable[[bytes], Picture]], ...] = (
    (re.compile(rb"\xff\xd8\xff"), _jpeg),
    (re.compile(rb"\x89PNG\r\n\x1a\n"), _png),
    (re.compile(rb"GIF8[79]a"), _gif),
    (re.compile(rb"RIFF....WEBP", re.DOTALL), _webp),
    (re.compile(rb"BM.{12}[\x0c\x28\x34\x38\x40\x6c\x7c]\0\0\0", re.DOTALL), _bmp),
    (re.compile(rb"II[*+]\0|MM\0[*+]"), _tiff),
)
_BEGINNINGS = (
    ("JPEG", b"\xff\xd8\xff"), ("PNG", b"\x89PNG\r\n\x1a\n"), ("GIF", b"GIF87a"), ("GIF", b"GIF89a"), ("BMP", b"BM"),
    ("WebP", b"RIFF"), ("TIFF", b"II*\0"), ("TIFF", b"MM\0*"),
)

_OTHERS = (
    ("PDF", rb"%PDF"), ("PostScript", rb"%!PS"), ("Photoshop", rb"8BPS"), ("ICO", rb"\0\0[\x01\x02]\0[^\0]\0"),
    ("ICNS", rb"icns"), ("JPEG 2000", rb"\0\0\0\x0cjP  |\xff\x4f\xff\x51"), ("JPEG XL", rb"\0\0\0\x0cJXL |\xff\x0a"),
    ("HEIC", rb".{4}ftyp(?:hei|hev|mif|msf)"), ("AVIF", rb".{4}ftypavi"),
    ("video", rb".{4}ftyp|RIFF.{4}AVI |\x1aE\xdf\xa3"),
    ("SVG", rb"(?:\xef\xbb\xbf)?\s*<svg|(?:\xef\xbb\xbf)?\s*<(?:\?xml|!--|!DOCTYPE).{0,2000}<svg"),
    ("HTML", rb"(?i:\s*<(?:!doctype html|html|head|body))"),
    ("DDS", rb"DDS "), ("QOI", rb"qoif"), ("FITS", rb"SIMPLE  ="),
    ("Netpbm", rb"P[1-7]\s"), ("Radiance HDR", rb"#\?RADIANCE|#\?RGBE"), ("OpenEXR", rb"v/1\x01"),
    ("ZIP", rb"PK\x03\x04"), ("gzip", rb"\x1f\x8b"), ("WAV", rb"RIFF.{4}WAVE"), ("NumPy", rb"\x93NUMPY"),
    # TGA begins with no signature of its own: no palette and five zeros, or one; its kind; a size; the bits of a pixel.
    ("TGA", rb"(?:.\0[\x02\x03\x0a\x0b]\0{5}|.\x01[\x01\x09].{4}[\x0f\x10\x18\x20])"
            rb".{4}(?!\0\0)..(?!\0\0)..[\x08\x0f\x10\x18\x20][\0-\x3f]"),
)
_OTHER_PATTERNS = tuple((name, re.compile(pattern, re.DOTALL)) for name, pattern in _OTHERS)


def _other_format(data: bytes) -> str:
    return next((name for name, pattern in _OTHER_PATTERNS if pattern.match(data[:4096])), "")
