"""Pooling an image, as torch's ``max_pool2d`` and ``avg_pool2d`` do, in NumPy; and the minimum, which torch lacks."""

from __future__ import annotations

from typing import Literal

import numpy as np

from cnn_core.arithmetic import pool_output_size
from cnn_core.errors import GeometryError

Reduction = Literal["max", "average", "min"]
REDUCTIONS: tuple[Reduction, ...] = ("max", "average", "min")


def pool(
    image: np.ndarray,
    reduction: Reduction,
    kernel: int,
    *,
    stride: int | None = None,
    padding: int = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
) -> np.ndarray:
    """Each channel of an image, one value for each position of a square window.

    Args:
        image: (H, W) or (H, W, C), any real dtype.
        stride: None for the kernel's length.
        padding: pixels added on every side: never chosen by the maximum or minimum, zeros to the average.
        ceil_mode: a last, incomplete window counts too.
        count_include_pad: whether the average divides by the padding too (torch's default) or by real pixels only.

    Returns:
        (H', W') or (H', W', C); the image's dtype for the maximum and minimum, float64 for the average.

    Raises:
        GeometryError: no window fits, or the padding exceeds half of the window.

    >>> pool(np.arange(16).reshape(4, 4), "max", 2).tolist()
    [[5, 7], [13, 15]]
    """
    if reduction not in REDUCTIONS:
        raise GeometryError(
            f"no pooling {reduction!r}; there are: {', '.join(REDUCTIONS)}", code="unknown_pooling", reduction=reduction
        )
    stride = kernel if stride is None else stride
    if reduction == "average":
        total = _reduce_axis(
            _reduce_axis(image.astype(np.float64), np.add, 0.0, 0, kernel, stride, padding, ceil_mode),
            np.add,
            0.0,
            1,
            kernel,
            stride,
            padding,
            ceil_mode,
        )
        counts = [_covered(n, kernel, stride, padding, ceil_mode, count_include_pad) for n in image.shape[:2]]
        area = np.outer(*counts)
        return total / area.reshape(area.shape + (1,) * (image.ndim - 2))
    join = np.maximum if reduction == "max" else np.minimum
    neutral = _neutral(image.dtype, largest=reduction == "min")
    rows = _reduce_axis(image, join, neutral, 0, kernel, stride, padding, ceil_mode)
    return _reduce_axis(rows, join, neutral, 1, kernel, stride, padding, ceil_mode)


def _reduce_axis(
    image: np.ndarray,
    join: np.ufunc,
    neutral: float,
    axis: int,
    kernel: int,
    stride: int,
    padding: int,
    ceil_mode: bool,
) -> np.ndarray:
    """One axis at a time: ``kernel`` joins of whole planes in place of ``kernel²``."""
    n = image.shape[axis]
    size = pool_output_size(n, kernel, stride, padding, ceil_mode=ceil_mode)
    after = max((size - 1) * stride + kernel - n - padding, 0)
    widths = [(padding, after) if which == axis else (0, 0) for which in range(image.ndim)]
    padded = np.moveaxis(np.pad(image, widths, constant_values=neutral), axis, 0)
    last = (size - 1) * stride + 1
    out = padded[:last:stride].copy()
    for offset in range(1, kernel):
        join(out, padded[offset : offset + last : stride], out=out)
    return np.moveaxis(out, 0, axis)


def _covered(n: int, kernel: int, stride: int, padding: int, ceil_mode: bool, count_include_pad: bool) -> np.ndarray:
    """Pixels that count under each window along one axis; what ``ceil_mode`` adds beyond the padding never does."""
    starts = np.arange(pool_output_size(n, kernel, stride, padding, ceil_mode=ceil_mode)) * stride - padding
    ends = starts + kernel
    if count_include_pad:
        return np.minimum(ends, n + padding) - starts
    return np.minimum(ends, n) - np.maximum(starts, 0)


def _neutral(dtype: np.dtype, *, largest: bool) -> float:
    """The value that never wins: padding is invisible to the maximum (or the minimum)."""
    if np.issubdtype(dtype, np.floating):
        return np.inf if largest else -np.inf
    if dtype == np.bool_:
        return largest
    return int(np.iinfo(dtype).max if largest else np.iinfo(dtype).min)
