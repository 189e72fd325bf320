"""Learned filters as pictures: in colour where a filter sees the picture's own channels, else one channel at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from cnn_core.errors import InspectionError

if TYPE_CHECKING:
    from torch import nn


def first_convolution(model: nn.Module) -> str:
    """Path of the convolution that sees the picture: the first one in the order of definition.

    Raises:
        InspectionError: there is none (``no_convolution``).
    """
    from torch import nn

    for path, module in model.named_modules():
        if isinstance(module, nn.Conv2d):
            return path
    raise InspectionError("the network has no convolution", code="no_convolution")


def filter_images(weights: Any, per: str = "filter") -> np.ndarray:
    """Filters over one or three channels as pictures, (O, kh, kw, I) uint8, a weight of zero at middle grey.

    Middle grey is 128, and the largest weight (by size) is 1 or 255; so a colour says which channel counts in favour, its
    complement which counts against.

    Args:
        weights: (O, I, kh, kw), array or tensor, I = 1 or 3.
        per: "filter" gives each filter the whole range, "layer" makes them comparable.

    >>> filter_images(np.array([[[[1.0, 0.0, -1.0]]]])).ravel()
    array([255, 128,   1], dtype=uint8)
    """
    values = as_filters(weights)
    if values.shape[1] not in (1, 3):
        raise InspectionError(
            f"a filter over {values.shape[1]} channels is no colour image: show it channel by channel", code="filter_not_colour",
            channels=values.shape[1])
    if per not in ("filter", "layer"):
        raise InspectionError(f"filters are scaled per filter or per layer, not per {per!r}", code="filter_scale", per=per)
    axes = (1, 2, 3) if per == "filter" else None
    top = np.abs(values).max(axis=axes, keepdims=True)
    scaled = np.divide(values, top, out=np.zeros_like(values), where=top > 0)
    return np.rint(128 + 127 * scaled).astype(np.uint8).transpose(0, 2, 3, 1)


def filter_norms(weights: Any) -> np.ndarray:
    """How strongly each filter looks at each of its input channels: (O, I), the square root of the sum of squares."""
    return np.sqrt((as_filters(weights) ** 2).sum(axis=(2, 3)))


def filter_slices(weights: Any, out_channel: int) -> np.ndarray:
    """One filter, input channel by input channel: (I, kh, kw)."""
    values = as_filters(weights)
    check_filter(out_channel, len(values))
    return values[out_channel]


def as_filters(weights: Any) -> np.ndarray:
    """(O, I, kh, kw) float64.

    Raises:
        InspectionError: of another shape (``filter_shape``).
    """
    values = weights.detach().cpu().double().numpy() if hasattr(weights, "detach") else np.asarray(weights, np.float64)
    if values.ndim != 4 or not values.size:
        shape = "×".join(map(str, values.shape))
        raise InspectionError(f"filters come as (out, in, height, width), not as {shape}", code="filter_shape", shape=shape)
    return values


def check_filter(out_channel: int, count: int) -> None:
    if not 0 <= out_channel < count:
        raise InspectionError(f"there is no filter {out_channel}: the layer has {count}", code="no_such_filter", filter=out_channel,
                              filters=count)  # fmt: skip
