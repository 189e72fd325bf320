"""What comes from outside, checked before it is computed with."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from cnn_core.errors import GeometryError, ImageError, KernelError

Pair = int | tuple[int, int]

_MAX_CHANNELS = 4
# What torch answers with a RuntimeError: a tensor that gradients flow through, one without values, …
_NOT_READABLE = "this tensor cannot be read as a table of numbers: pass tensor.detach().cpu()"


def as_weights(weights: Any) -> np.ndarray:
    """``weights`` as a (kh, kw) float64 array.

    Raises:
        KernelError: not a table of real, finite numbers, or an empty one.
    """
    try:
        array = np.asarray(weights)
        if array.dtype.kind not in "biuf":
            array = _real(array)
        array = array.astype(np.float64, copy=False)
    except (TypeError, ValueError):
        raise KernelError(
            "a kernel is a table of real numbers, every row as long as the first", code="kernel_not_numbers"
        ) from None
    except OverflowError:  # a whole number beyond every float
        raise _not_finite() from None
    except RuntimeError as err:
        raise KernelError(_NOT_READABLE, code="tensor_not_readable") from err
    if array.ndim != 2 or array.size == 0:
        raise KernelError(
            f"a kernel has rows and columns, at least one of each; this one has the shape {array.shape}",
            code="kernel_shape",
            shape=str(array.shape),
        )
    if not np.isfinite(array).all():
        raise _not_finite()
    return array


def _not_finite() -> KernelError:
    return KernelError(
        "every weight of a kernel must be a finite number; there is an infinity or a NaN among them",
        code="kernel_not_finite",
    )


def _real(array: np.ndarray) -> np.ndarray:
    if array.dtype.kind != "O":  # complex, strings and dates are refused, not silently cut down
        raise TypeError(array.dtype)
    return array


def as_pixels(image: Any) -> np.ndarray:
    """``image`` as it is, if it can be filtered: (H, W) or (H, W, C) of a real type, not empty.

    Raises:
        ImageError: it is something else.
    """
    try:
        pixels = np.asarray(image)
        if pixels.dtype.kind not in "biuf":
            pixels = _real(pixels).astype(np.float64)
    except (TypeError, ValueError, OverflowError):
        raise ImageError(
            "an image is a table of real numbers, every row as long as the first", code="image_not_numbers"
        ) from None
    except RuntimeError as err:
        raise ImageError(_NOT_READABLE, code="tensor_not_readable") from err
    planes = pixels.ndim == 2 or (pixels.ndim == 3 and pixels.shape[2] <= _MAX_CHANNELS)
    if not planes or pixels.size == 0:
        raise ImageError(
            f"an image has the shape (height, width) or (height, width, channels), not {pixels.shape}",
            code="image_shape",
            shape=str(pixels.shape),
        )
    return pixels


def pair(value: Any, least: int, what: str) -> tuple[int, int]:
    """One whole number for both axes, or two: (vertical, horizontal); the error's code is ``bad_<what>``."""
    try:
        first, second = value if isinstance(value, tuple | list) else (value, value)
        both = (operator.index(first), operator.index(second))
    except (TypeError, ValueError):
        both = (least - 1, least - 1)
    if both[0] < least or both[1] < least:
        raise GeometryError(
            f"the {what} must be one whole number or two (vertical, horizontal), {least} or more; not {value!r}",
            code=f"bad_{what}",
            value=str(value),
            least=least,
        )
    return both
