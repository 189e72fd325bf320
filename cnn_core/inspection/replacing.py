"""A hand-made kernel in the place of a learned filter."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import nn

from cnn_core.errors import InspectionError
from cnn_core.inspection.filters import check_filter
from cnn_core.inspection.likening import SILENT
from cnn_core.inspection.touching import check_channel
from cnn_core.inspection.twins import twin
from cnn_core.kernels import as_weights


def with_filter_replaced(
    model: nn.Module, path: str, out_channel: int, kernel: Any, *, channel: int | None = None, keep_bias: bool = True
) -> nn.Module:
    """A copy of the network in which a hand-made kernel stands for one filter; all other weights are shared with the model.

    The kernel is turned by half a turn, because torch does not turn its filters, and scaled to the strength (norm) of the filter it
    replaces, so that the layers behind get numbers of the size they know. It stands in the middle of the filter; what is larger is
    cut to the filter's size, and a kernel that is silent on even brightness stays so.

    Args:
        path: a two-dimensional convolution.
        channel: the filter's input channel that gets the kernel, the others being zero; None for all channels alike.
        keep_bias: keep the filter's bias; otherwise it is zero.

    Raises:
        InspectionError: no convolution of that path (``not_a_filter_layer``), no such filter (``no_such_filter``) or channel
            (``no_such_channel``).
        KernelError: the kernel is no table of numbers.
    """
    copy = twin(model)
    layer = dict(copy.named_modules()).get(path)
    if not isinstance(layer, nn.Conv2d):
        raise InspectionError(f"{path!r} is no two-dimensional convolution of this network", code="not_a_filter_layer", layer=path)
    weight = layer.weight.detach()
    check_filter(out_channel, len(weight))
    channels = weight.shape[1]
    if channel is not None:
        check_channel(path, channel, channels)
    plane = torch.as_tensor(_fitted(as_weights(kernel), (weight.shape[2], weight.shape[3])).copy())
    wanted = torch.zeros(weight.shape[1:], dtype=torch.float64)
    wanted[slice(None) if channel is None else channel] = plane
    norm = wanted.norm()
    strength = weight[out_channel].double().norm().cpu()
    new = weight.clone()
    new[out_channel] = (wanted * (strength / norm if norm > 0 else 0.0)).to(weight)
    layer.weight = nn.Parameter(new, requires_grad=False)
    if layer.bias is not None and not keep_bias:
        bias = layer.bias.detach().clone()
        bias[out_channel] = 0.0
        layer.bias = nn.Parameter(bias, requires_grad=False)
    return copy


def _fitted(kernel: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """The turned kernel in the middle of a table of that size."""
    turned = kernel[::-1, ::-1]
    out = np.zeros(size)
    here, there = [], []
    for have, want in zip(turned.shape, size, strict=True):
        first = abs(have - want) // 2
        here.append(slice(first, first + min(have, want)) if have > want else slice(None))
        there.append(slice(first, first + min(have, want)) if want > have else slice(None))
    out[tuple(there)] = turned[tuple(here)]
    silent = abs(kernel.sum()) <= SILENT * np.abs(kernel).sum()
    if silent and kernel.shape != out.shape and abs(out.sum()) > SILENT * np.abs(out).sum():
        out -= out.mean()
    return out
