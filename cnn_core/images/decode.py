"""Decoding: from a file that has been checked to pixels, whatever the decoder makes of it."""

from __future__ import annotations

from io import BytesIO

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import (
    BmpImagePlugin,
    GifImagePlugin,
    ImageFile,
    JpegImagePlugin,
    PngImagePlugin,
    TiffImagePlugin,
    WebPImagePlugin,
)

from cnn_core.errors import ImageError
from cnn_core.images.files import Picture, inspect
from cnn_core.images.limits import BAND_PIXELS, broken, check_size, truncated

# The decoders by name: Image.open would warn about, or refuse, sizes by a global setting of Pillow's own.
_DECODERS: dict[str, type[ImageFile.ImageFile]] = {
    "JPEG": JpegImagePlugin.JpegImageFile, "PNG": PngImagePlugin.PngImageFile, "WebP": WebPImagePlugin.WebPImageFile,
    "BMP": BmpImagePlugin.BmpImageFile, "GIF": GifImagePlugin.GifImageFile, "TIFF": TiffImagePlugin.TiffImageFile,
}


def load_image(data: bytes) -> NDArray[np.uint8]:
    """Decode a JPEG, PNG, WebP, BMP, GIF or TIFF file to ``(H, W, 3)`` uint8.

    Turned upright as its EXIF says; transparency laid on white; CMYK, palettes and grey become RGB; 16-bit values are
    scaled to 8; of an animation or a file of several pages, the first. Profiles and comments are not looked at.

    Raises:
        ImageError: empty, none of these formats, cut short, damaged, or more than ``MAX_PIXELS`` pixels.
    """
    kind = "image"
    try:
        picture = inspect(bytes(data))
        kind = picture.format
        return _upright(_decode(picture), picture.orientation)
    except ImageError:
        raise
    except Exception as err:  # a decoder given a broken file raises anything: struct.error, SyntaxError, MemoryError …
        cut = isinstance(err, OSError) and "truncated" in str(err)
        raise (truncated if cut else broken)(kind) from err


def _decode(picture: Picture) -> NDArray[np.uint8]:
    with _DECODERS[picture.format](BytesIO(picture.data)) as image:
        check_size(picture.format, *image.size)  # a decoder may see a larger frame than the header announces
        image.load()
        if image.mode.startswith("I;16"):
            return _from_wide_grey(np.asarray(image), picture, image.info.get("transparency"))
        if image.mode in ("I", "F"):
            return _grey_to_rgb(_from_numbers(np.asarray(image)))
        if not image.has_transparency_data:
            return np.array(image if image.mode == "RGB" else image.convert("RGB"))
        return _on_white(np.asarray(image.convert("RGBA")))


def _on_white(rgba: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Lay (H, W, 4) on white: ``colour·a + 255·(1 − a)``, rounded, in bands that stay in the processor's cache."""
    pixels = np.empty((*rgba.shape[:2], 3), np.uint8)
    rows = max(1, BAND_PIXELS // rgba.shape[1])
    for top in range(0, len(rgba), rows):
        band = rgba[top : top + rows].astype(np.uint16)
        alpha = band[:, :, 3:]
        mixed = band[:, :, :3] * alpha + (255 - alpha) * 255 + 128  # at most 65,153: fits
        pixels[top : top + rows] = (mixed + (mixed >> 8)) >> 8  # division by 255
    return pixels


def _from_wide_grey(values: NDArray[np.generic], picture: Picture, transparent: object) -> NDArray[np.uint8]:
    """Whole grey values of 9 to 16 bits, (H, W), to eight bits; 65535 becomes 255."""
    full = 2 ** (picture.bits if 8 < picture.bits < 16 else 16) - 1
    wide = values.astype(np.uint32)
    eight = np.minimum((wide * 255 + full // 2) // full, 255).astype(np.uint8)
    if picture.white_is_zero:
        eight = 255 - eight
    if isinstance(transparent, int):
        eight[wide == transparent] = 255
    return _grey_to_rgb(eight)


def _from_numbers(values: NDArray[np.generic]) -> NDArray[np.uint8]:
    """Measurements, (H, W), to eight bits: 0..1, 0..255 and 0..65535 keep their meaning, any other range is stretched.

    What is not a number is black.
    """
    with np.errstate(invalid="ignore"):  # a signalling NaN, which a file may hold, warns when it is cast
        v = values.astype(np.float64)
    v[~np.isfinite(v)] = 0
    low, high = float(v.min()), float(v.max())
    whole = values.dtype.kind in "iu"
    if low >= 0 and high <= 1 and not whole:
        v *= 255
    elif low >= 0 and 255 < high <= 65535 and whole:
        v /= 257
    elif low < 0 or high > 255:
        v = v / 2 - low / 2  # halves, so that no difference overflows
        v = v / (v.max() or 1.0) * 255  # divided first: 255 over the smallest numbers is infinite
    return np.rint(v).astype(np.uint8)


def _grey_to_rgb(grey: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return np.repeat(grey[:, :, None], 3, axis=2)


def _upright(pixels: NDArray[np.uint8], orientation: int) -> NDArray[np.uint8]:
    """Undo what EXIF orientation 1 to 8 says the camera did: which side of the file is the picture's top and left."""
    turned: cv2.typing.MatLike = pixels
    if orientation in (5, 6, 7, 8):
        turned = cv2.transpose(turned)
    upside_down, mirrored = orientation in (3, 4, 7, 8), orientation in (2, 3, 6, 7)
    if upside_down or mirrored:
        turned = cv2.flip(turned, -1 if upside_down and mirrored else int(mirrored))
    return np.ascontiguousarray(turned, dtype=np.uint8)
