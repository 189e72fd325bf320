"""From bytes to a safe RGB array; the sample photographs; cropping, resizing and grey.

A picture is an array ``(H, W, 3)`` of uint8, rows from the top, red first.
"""

from __future__ import annotations

from cnn_core.errors import ImageError
from cnn_core.images.decode import load_image
from cnn_core.images.limits import FORMATS, MAX_PIXELS
from cnn_core.images.photographs import SAMPLES, Sample, samples
from cnn_core.images.shaping import GREY_WEIGHTS, CropBox, fit_within, resize, square_crop, to_grey

__all__ = [
    "FORMATS", "GREY_WEIGHTS", "MAX_PIXELS", "SAMPLES", "CropBox", "ImageError", "Sample", "fit_within", "load_image",
    "resize", "samples", "square_crop", "to_grey",
]
