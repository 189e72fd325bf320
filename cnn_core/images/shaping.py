"""Cropping, resizing and turning to grey."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from cnn_core.errors import ImageError
from cnn_core.images.limits import BAND_PIXELS, check_size

# Luminance of linear RGB with the primaries of ITU-R BT.709, as skimage.color.rgb2gray (and the course) weighs them.
GREY_WEIGHTS = (0.2125, 0.7154, 0.0721)


@dataclass(frozen=True)
class CropBox:
    """A rectangle of a picture, in whole pixels from its top left corner, to be shown and to be cut out."""

    left: int
    top: int
    width: int
    height: int

    @classmethod
    def square(cls, width: int, height: int, centre: tuple[float, float] | None = None) -> CropBox:
        """The largest square inside a picture, as near as fits to ``centre``: (x, y), each from 0 to 1.

        >>> CropBox.square(640, 480)
        CropBox(left=80, top=0, width=480, height=480)
        >>> CropBox.square(640, 480, centre=(1.0, 0.5)).left
        160
        """
        side = min(width, height)
        x, y = centre or (0.5, 0.5)
        left = min(max(round(x * width - side / 2), 0), width - side)
        top = min(max(round(y * height - side / 2), 0), height - side)
        return cls(left, top, side, side)

    def cut(self, image: NDArray[np.uint8]) -> NDArray[np.uint8]:
        return np.ascontiguousarray(image[self.top : self.top + self.height, self.left : self.left + self.width])


def square_crop(image: NDArray[np.uint8], centre: tuple[float, float] | None = None) -> NDArray[np.uint8]:
    """The largest square of a picture around ``centre`` (x, y; 0 to 1), moved inwards where it would stick out."""
    return CropBox.square(image.shape[1], image.shape[0], centre).cut(image)


def resize(image: NDArray[np.uint8], width: int, height: int) -> NDArray[np.uint8]:
    """Resize a picture to ``(height, width, 3)``.

    Along an axis that shrinks every new pixel is the mean of the area it covers (no aliasing); along one that grows the
    values are interpolated with a cubic.

    Raises:
        ImageError: a side below 1 pixel, or more than ``MAX_PIXELS`` pixels.
    """
    if width < 1 or height < 1:
        raise ImageError(
            f"a picture of {width} × {height} pixels cannot be made: each side needs at least 1",
            code="image_bad_size", width=width, height=height,
        )
    check_size("image", width, height)
    h, w = image.shape[:2]
    shrunk_to = min(width, w), min(height, h)
    if shrunk_to != (w, h):
        image = cv2.resize(image, shrunk_to, interpolation=cv2.INTER_AREA)
    if shrunk_to != (width, height):
        image = cv2.resize(image, (width, height), interpolation=cv2.INTER_CUBIC)
    return np.array(image, dtype=np.uint8)


def fit_within(image: NDArray[np.uint8], side: int) -> NDArray[np.uint8]:
    """Shrink a picture so that its longer side is ``side`` pixels, keeping its proportions; never enlarge it."""
    h, w = image.shape[:2]
    if max(h, w) <= side:
        return image
    scale = side / max(h, w)
    return resize(image, max(1, round(w * scale)), max(1, round(h * scale)))


def to_grey(image: NDArray[np.generic]) -> NDArray[np.float64]:
    """Luminance, 0 to 1: (H, W, 3) uint8, or floats of 0 to 1, to (H, W) float64; equal to ``skimage.color.rgb2gray``.

    An image that is grey already, (H, W), is only scaled.

    >>> float(to_grey(np.full((1, 1, 3), 255, np.uint8))[0, 0])
    1.0
    """
    scale = 1 / 255 if image.dtype == np.uint8 else 1.0
    if image.ndim == 2:
        return image.astype(np.float64) * scale
    weights = np.array([GREY_WEIGHTS]) * scale
    grey = np.empty(image.shape[:2])
    rows = max(1, BAND_PIXELS // max(1, image.shape[1]))
    for top in range(0, image.shape[0], rows):
        band = np.ascontiguousarray(image[top : top + rows], dtype=np.float64)
        grey[top : top + rows] = cv2.transform(band, weights)
    return grey
