"""One value of a pooling: the maximum or the mean of a window of one channel."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from cnn_core.inspection.values.reading import block, mesh, regions
from cnn_core.inspection.worked import FormulaStep, WorkedValue, added


def maximum(
    x: torch.Tensor, position: tuple[int, ...], *, kernel: Sequence[int], stride: Sequence[int], padding: Sequence[int],
    dilation: Sequence[int],
) -> WorkedValue:
    """The largest value under the window; padding never wins. ``x``: (C, *size)."""
    channel, *spot = position
    taps = tuple(
        at * s - p + d * np.arange(k) for at, s, p, d, k in zip(spot, stride, padding, dilation, kernel, strict=True))
    return _largest(x, position, channel, taps)


def average(
    x: torch.Tensor, position: tuple[int, ...], *, kernel: Sequence[int], stride: Sequence[int], padding: Sequence[int],
    count_include_pad: bool = True, divisor: int | None = None,
) -> WorkedValue:
    """The mean under the window; what ``ceil_mode`` adds beyond the padding never counts. ``x``: (C, *size)."""
    channel, *spot = position
    sizes = tuple(x.shape[1:])
    taps = tuple(
        np.arange(at * s - p, min(at * s - p + k, n + p))
        for at, s, p, k, n in zip(spot, stride, padding, kernel, sizes, strict=True))
    real = np.prod([((places >= 0) & (places < n)).sum() for places, n in zip(taps, sizes, strict=True)])
    counted = int(np.prod([len(places) for places in taps])) if count_include_pad else int(real)
    return _mean(x, position, channel, taps, divisor or counted)


def adaptive(
    x: torch.Tensor, position: tuple[int, ...], *, output_size: Sequence[int], largest: bool = False
) -> WorkedValue:
    """Mean or maximum of one of the windows into which adaptive pooling cuts the map. ``x``: (C, *size)."""
    channel, *spot = position
    taps = tuple(
        np.arange(at * n // m, -(-(at + 1) * n // m)) for at, n, m in zip(spot, x.shape[1:], output_size, strict=True))
    if largest:
        return _largest(x, position, channel, taps)
    return _mean(x, position, channel, taps, int(np.prod([len(places) for places in taps])))


def over_axes(x: torch.Tensor, position: tuple[int, ...]) -> WorkedValue:
    """The mean of a whole map, as ``x.mean((2, 3))`` takes it; the position is the channel, with or without kept axes."""
    taps = tuple(np.arange(n) for n in x.shape[1:])
    return _mean(x, position, position[0], taps, int(np.prod(x.shape[1:])))


def _read(x: torch.Tensor, channel: int, taps: Sequence[np.ndarray], outside: float) -> tuple[np.ndarray, np.ndarray]:
    sizes = tuple(x.shape[1:])
    inside = mesh([(places >= 0) & (places < n) for places, n in zip(taps, sizes, strict=True)])
    patch = block(x, [channel], [np.clip(places, 0, n - 1) for places, n in zip(taps, sizes, strict=True)])
    return np.where(inside, patch, outside), inside


def _largest(x: torch.Tensor, position: tuple[int, ...], channel: int, taps: tuple[np.ndarray, ...]) -> WorkedValue:
    patch, inside = _read(x, channel, taps, -np.inf)
    chosen = tuple(int(i) for i in np.unravel_index(int(np.argmax(patch)), patch.shape))
    total = float(patch[chosen])
    shown = added(patch[0][inside])
    parts = tuple("," if part == "+" else part for part in shown)
    return WorkedValue(
        "pool", "max_pool", position, np.array([channel]), patch, total,
        (FormulaStep("largest", "max x", ("max(", *parts, ")"), total),), taps=taps, inside=inside,
        region=regions(taps, x.shape[1:]), chosen=chosen)


def _mean(
    x: torch.Tensor, position: tuple[int, ...], channel: int, taps: tuple[np.ndarray, ...], divisor: int
) -> WorkedValue:
    patch, inside = _read(x, channel, taps, 0.0)
    whole = float(patch.sum())
    weights = np.full(patch.shape, 1.0 / divisor)
    products = patch * weights
    steps = (
        FormulaStep("sum", "Σ x", added(patch[0].ravel()), whole),
        FormulaStep("divided", "Σ x / n", (whole, "/", float(divisor)), whole / divisor),
    )
    return WorkedValue(
        "pool", "avg_pool", position, np.array([channel]), patch, whole / divisor, steps, taps=taps, inside=inside,
        region=regions(taps, x.shape[1:]), weights=weights, products=products, channel_sums=np.array([whole / divisor]),
        numbers={"divisor": float(divisor)}, magnitude=float(np.abs(products).sum()))
