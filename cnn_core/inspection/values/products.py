"""One value of a convolution, a transposed convolution or a linear layer."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from cnn_core.inspection.values.reading import block, mesh, numbers, regions, value
from cnn_core.inspection.worked import FormulaStep, WorkedValue, added, multiplied

Pairs = Sequence[tuple[int, int]]


def convolution(
    x: torch.Tensor, position: tuple[int, ...], weight: torch.Tensor, bias: torch.Tensor | None, *, stride: Sequence[int],
    padding: Sequence[int], dilation: Sequence[int], groups: int = 1, mode: str = "zeros",
) -> WorkedValue:
    """``Σ w·x + b`` over the window of one output pixel.

    Args:
        x: (C, *size); ``weight``: (O, C/groups, *kernel), as torch's convolutions hold it.
        padding: pixels before each axis; those behind follow from the position.
        mode: what lies in the padding: "zeros", "reflect", "replicate" or "circular".
    """
    out, *spot = position
    sizes, kernel = tuple(x.shape[1:]), tuple(weight.shape[2:])
    taps = tuple(
        at * s - p + d * np.arange(k) for at, s, p, d, k in zip(spot, stride, padding, dilation, kernel, strict=True))
    inside = mesh([(places >= 0) & (places < n) for places, n in zip(taps, sizes, strict=True)])
    channels = _seen(out, weight.shape[0], weight.shape[1], groups)
    patch = block(x, channels, [_source(places, n, mode) for places, n in zip(taps, sizes, strict=True)])
    if mode == "zeros":
        patch = np.where(inside, patch, 0.0)
    return _sum("conv", "conv", position, channels, patch, numbers(weight[out]), bias, out, taps=taps, inside=inside,
                region=regions(taps, sizes))


def transposed(
    x: torch.Tensor, position: tuple[int, ...], weight: torch.Tensor, bias: torch.Tensor | None, *, stride: Sequence[int],
    padding: Sequence[int], dilation: Sequence[int], groups: int = 1,
) -> WorkedValue:
    """Of each input pixel that reaches this output pixel, its value times the weight that carries it there.

    Args:
        weight: (C, O/groups, *kernel), as torch's transposed convolutions hold it.
    """
    out, *spot = position
    sizes, kernel = tuple(x.shape[1:]), tuple(weight.shape[2:])
    taps, used = [], []
    for at, s, p, d, k, n in zip(spot, stride, padding, dilation, kernel, sizes, strict=True):
        reach = at + p - d * np.arange(k)
        hit = (reach % s == 0) & (reach // s >= 0) & (reach // s < n)
        used.append(np.flatnonzero(hit))
        taps.append(reach[hit] // s)
    channels = _seen(out, weight.shape[1] * groups, weight.shape[0] // groups, groups)
    patch = block(x, channels, taps)
    weights = block(weight[:, out % weight.shape[1]], channels, used)
    return _sum("conv", "transposed", position, channels, patch, weights, bias, out, taps=tuple(taps),
                inside=np.ones(patch.shape[1:], bool), region=regions(taps, sizes))


def linear(x: torch.Tensor, position: tuple[int, ...], weight: torch.Tensor, bias: torch.Tensor | None) -> WorkedValue:
    """``Σ w·x + b`` over the features. ``x``: (…, features), ``weight``: (out, features)."""
    *place, out = position
    features = numbers(x[tuple(place)])
    return _sum("linear", "linear", position, np.arange(len(features)), features, numbers(weight[out]), bias, out)


def distance(x: torch.Tensor, position: tuple[int, ...], codes: torch.Tensor) -> WorkedValue:
    """``−Σ (x − c)²``: the output of a radial basis function. ``x``: (features,), ``codes``: (classes, features)."""
    features, code = numbers(x), numbers(codes[position[0]])
    squares = (features - code) ** 2
    total = -float(squares.sum())
    return WorkedValue(
        "linear", "distance", position, np.arange(len(features)), features, total,
        (FormulaStep("negative_distance", "−Σ (x − c)²", ("−(", *added(squares), ")"), total),),
        weights=code, products=squares, channel_sums=squares, magnitude=-total)


def _seen(out: int, outs: int, per_group: int, groups: int) -> np.ndarray:
    group = out // (outs // groups)
    return np.arange(group * per_group, (group + 1) * per_group)


def _source(places: np.ndarray, n: int, mode: str) -> np.ndarray:
    """Where on the input the value under each tap is copied from."""
    if mode == "circular":
        return places % n
    if mode == "reflect":
        places = np.abs(places)
        places = np.where(places >= n, 2 * (n - 1) - places, places)
    return np.clip(places, 0, n - 1)


def _sum(
    kind: str, operation: str, position: tuple[int, ...], channels: np.ndarray, patch: np.ndarray, weights: np.ndarray,
    bias: torch.Tensor | None, out: int, *, taps: tuple[np.ndarray, ...] = (), inside: np.ndarray | None = None,
    region: tuple[tuple[int, int], ...] = (),
) -> WorkedValue:
    products = weights * patch
    sums = products.reshape(len(channels), -1).sum(axis=1)
    whole = float(sums.sum())
    shift = value(bias, out, 0.0)
    total = whole + shift
    steps = []
    if kind == "linear" or products[0].size == 1:
        steps.append(FormulaStep("products", "Σ w·x", multiplied(weights.ravel(), patch.ravel()), whole))
    else:
        if len(channels) == 1:
            steps.append(FormulaStep("products", "Σ w·x", multiplied(weights.ravel(), patch.ravel()), whole))
        else:
            first = int(np.argmax(np.abs(sums)))
            steps.append(FormulaStep("one_channel", f"s{channels[first]} = Σ w·x",
                                     multiplied(weights[first].ravel(), patch[first].ravel()), float(sums[first])))
            steps.append(FormulaStep("channel_sums", "s = Σ sᵢ", added(sums), whole))
    if bias is not None:
        steps.append(FormulaStep("plus_bias", "s + b", (whole, "+", shift), total))
    return WorkedValue(
        kind, operation, position, channels, patch, total, tuple(steps), taps=taps,
        inside=np.ones((), bool) if inside is None else inside, region=region, weights=weights, products=products,
        channel_sums=sums, bias=None if bias is None else shift, magnitude=float(np.abs(products).sum()) + abs(shift))
