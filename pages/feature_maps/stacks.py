"""Any layer's output as maps to look at: convolutional maps, tokens of a transformer, the values of a linear layer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import isqrt

import numpy as np

from cnn_core.inspection import LayerRecord
from pages.ui.components.map_grid import Place

FIGURES = ("mean", "deviation", "minimum", "maximum", "zeros")
SORTS = ("index", "mean", "maximum", "zeros")


@dataclass(frozen=True)
class Stack:
    """Maps of one layer.

    Attributes:
        maps: (n, h, w) numbers, a view of the layer's output wherever that is possible.
        channels: what each map is called: its channel.
        place: where their values lie on the picture; None where a value sees everything, or has no place.
        form: "maps", "tokens" (a transformer's, in their places; the class token is left out), "values" (of a linear layer or
            a global pooling, folded into a rectangle) or "planes" (anything else, its last two dimensions).
    """

    maps: np.ndarray
    channels: Sequence[int]
    place: Place | None
    form: str

    @property
    def flat(self) -> bool:
        return self.form in ("values", "planes")


def stack(values: np.ndarray, record: LayerRecord, input_size: tuple[int, int]) -> Stack:
    """A layer's output, without the batch, as maps.

    Args:
        values: (C, h, w), (h, w, C), (T, D), (F,) or of any other shape.
        input_size: (H, W) of the network's input.
    """
    if values.ndim == 3:
        maps = np.moveaxis(values, 2, 0) if channels_last(values.shape, record, input_size) else values
        if maps.shape[1:] == (1, 1):
            return _folded(maps.reshape(-1))
        return Stack(maps, range(len(maps)), _place(record), "maps")
    if values.ndim == 2:
        tokens, features = values.shape
        side = isqrt(tokens)
        if side > 1 and tokens - side * side in (0, 1):
            maps = values[tokens - side * side :].T.reshape(features, side, side)
            return Stack(maps, range(features), None, "tokens")
    if values.ndim <= 1:
        return _folded(values.reshape(-1))
    planes = values.reshape(-1, *values.shape[-2:])
    return Stack(planes, range(len(planes)), None, "planes")


def channels_last(shape: tuple[int, ...], record: LayerRecord, input_size: tuple[int, int]) -> bool:
    """Whether an output of three dimensions is (h, w, C), as some transformers keep it.

    Where the field of a value is known, its steps say how many values go down and across the picture; else two equal leading sides do.
    """
    seen = record.receptive_field
    if seen is not None and len(seen.jump) == 2:
        def uneven(rows: int, columns: int) -> float:
            return abs(rows * seen.jump[0] / input_size[0] - columns * seen.jump[1] / input_size[1])

        return uneven(*shape[:2]) < uneven(*shape[1:])
    return shape[0] == shape[1] != shape[2]


def _folded(values: np.ndarray) -> Stack:
    """F values in a rectangle as near to a square as F allows, read row by row."""
    count = values.size
    rows = next(rows for rows in range(isqrt(max(count, 1)), 0, -1) if count % rows == 0)
    return Stack(values.reshape(1, rows, -1), (0,), None, "values")


def _place(record: LayerRecord) -> Place | None:
    seen = record.receptive_field
    if seen is None or len(seen.jump) != 2:
        return None
    size, jump, start = ((float(down), float(across)) for down, across in (seen.size, seen.jump, seen.start))
    return Place(size, jump, start, seen.exact)


def figures(maps: np.ndarray) -> dict[str, np.ndarray]:
    """The statistics of each map: (n,) numbers by name; ``zeros`` is the share of values that are exactly zero."""
    flat = maps.reshape(len(maps), -1)
    mean = flat.mean(axis=1)
    with np.errstate(invalid="ignore"):  # of infinite values
        centred = flat - mean[:, None]
    np.square(centred, out=centred)
    return {
        "mean": mean,
        "deviation": np.sqrt(centred.mean(axis=1)),
        "minimum": flat.min(axis=1),
        "maximum": flat.max(axis=1),
        "zeros": 1.0 - np.count_nonzero(flat, axis=1) / flat.shape[1],
    }


def dead(found: dict[str, np.ndarray]) -> np.ndarray:
    """Which maps hold one value only, for this picture."""
    return found["minimum"] == found["maximum"]


def order(found: dict[str, np.ndarray], sort: str) -> np.ndarray:
    """The maps in the order in which they are shown: by channel, or the largest first."""
    if sort == "index":
        return np.arange(len(found["mean"]))
    return np.argsort(-found[sort], kind="stable")


def limits(found: dict[str, np.ndarray], reach: str, network: float | None = None) -> tuple[np.ndarray, str]:
    """The values at the ends of each map's colours, (n, 2), and the scale: signed ones are symmetric around zero.

    Args:
        found: statistics of the whole layer.
        reach: "map", "layer" or "network".
        network: the end of the colours of all layers, for "network": signed ones, so that zero looks the same in each.
    """
    if reach == "network" and network is not None:
        return np.tile([-network, network], (len(found["minimum"]), 1)), "signed"
    low, high = found["minimum"].astype(np.float64), found["maximum"].astype(np.float64)
    scale = "signed" if low.min(initial=0.0) < 0 else "magnitude"
    if reach != "map":
        low, high = np.full_like(low, low.min(initial=0.0)), np.full_like(high, high.max(initial=0.0))
    if scale == "signed":
        high = np.maximum(np.abs(low), np.abs(high))
        low = -high
    else:
        low = np.minimum(low, 0.0)
    return np.stack([low, high], axis=1), scale
