"""How a layer's output lies: which axis holds the channels, and the maps behind tokens or channels-last tensors. No weights, no hooks."""

from __future__ import annotations

from collections.abc import Callable
from math import log, sqrt

import torch

from cnn_core.errors import InspectionError
from cnn_core.inspection.fields import Shape

Size = tuple[int, int]


def channel_axis(shape: Shape, input_size: Size) -> int:
    """The axis of the channels (features) of an output with its batch in front: 1 or −1.

    >>> channel_axis((1, 64, 56, 56), (224, 224)), channel_axis((1, 7, 7, 768), (224, 224)), channel_axis((1, 197, 768), (224, 224))
    (1, -1, -1)
    """
    if len(shape) == 4:
        return -1 if _aspect_off(shape[1:3], input_size) < _aspect_off(shape[2:4], input_size) else 1
    return -1 if len(shape) == 3 else 1


def grid(shape: Shape, input_size: Size) -> Size | None:
    """Rows and columns of the maps in an output, (1, 1) of a vector; None where tokens make no grid.

    >>> grid((1, 197, 768), (224, 224)), grid((1, 512, 7, 7), (224, 224)), grid((1, 10), (224, 224))
    ((14, 14), (7, 7), (1, 1))
    """
    if len(shape) == 4:
        return (shape[1], shape[2]) if channel_axis(shape, input_size) == -1 else (shape[2], shape[3])
    if len(shape) == 2:
        return 1, 1
    if len(shape) == 3:
        for count in (shape[1] - 1, shape[1]):  # with a class token in front, or without
            rows = round(sqrt(count * input_size[0] / input_size[1])) if count > 0 else 0
            if rows and count % rows == 0 and _aspect_off((rows, count // rows), input_size) < 0.5:
                return rows, count // rows
    return None


def through_maps(
    output: torch.Tensor, input_size: Size, function: Callable[[torch.Tensor], torch.Tensor]
) -> torch.Tensor:
    """The output after ``function`` has had its maps as (N, C, rows, columns); a class token stays as it is.

    Raises:
        InspectionError: it has no maps (``no_maps``).
    """
    size = grid(tuple(output.shape), input_size)
    if size is None:
        raise no_maps(tuple(output.shape))
    if output.dim() == 4:
        if channel_axis(tuple(output.shape), input_size) == 1:
            return function(output)
        return function(output.permute(0, 3, 1, 2)).permute(0, 2, 3, 1)
    if output.dim() == 2:
        return function(output[:, :, None, None])[:, :, 0, 0]
    front = output.shape[1] - size[0] * size[1]
    maps = output[:, front:].transpose(1, 2).unflatten(2, size)
    back = function(maps).flatten(2).transpose(1, 2)
    return torch.cat((output[:, :front].expand(back.shape[0], -1, -1), back), dim=1) if front else back


def no_maps(shape: Shape) -> InspectionError:
    text = "×".join(map(str, shape))
    return InspectionError(f"an output of {text} holds no maps: choose a layer with rows and columns", code="no_maps", shape=text)


def _aspect_off(size: tuple[int, ...], input_size: Size) -> float:
    return abs(log(size[0] / size[1]) - log(input_size[0] / input_size[1]))
