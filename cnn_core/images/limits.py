"""What a picture may be at most, and how a file that is not one is refused."""

from __future__ import annotations

from cnn_core.errors import ImageError

FORMATS = ("JPEG", "PNG", "WebP", "BMP", "GIF", "TIFF")
MAX_PIXELS = 40_000_000  # a 40-megapixel photograph takes 120 MB as RGB and 320 MB as one float64 channel
BAND_PIXELS = 32_768  # converted at a time: three float64 channels of these stay in the processor's cache


def truncated(kind: str) -> ImageError:
    return ImageError(
        f"the {kind} file is cut short: part of the picture is missing; copy or download it again",
        code="image_truncated", format=kind,
    )


def broken(kind: str) -> ImageError:
    return ImageError(
        f"the {kind} file is damaged, or of a rare kind that cannot be read: open it in an image editor and save it "
        f"again as PNG or JPEG",
        code="image_broken", format=kind,
    )


def check_size(kind: str, width: int, height: int) -> None:
    """Refuse a picture without pixels, or with more than ``MAX_PIXELS``."""
    if width < 1 or height < 1:
        raise broken(kind)
    if width * height > MAX_PIXELS:
        raise ImageError(
            f"the picture has {width:,} × {height:,} pixels; more than {MAX_PIXELS // 1_000_000} million are too many: "
            f"make it smaller",
            code="image_too_large", width=width, height=height, megapixels=round(width * height / 1e6),
            limit_megapixels=MAX_PIXELS // 1_000_000,
        )
