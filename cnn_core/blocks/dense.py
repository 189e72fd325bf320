"""Fully connected layers written as convolutions: the course's numbers, any two-layer head, and the head on a larger picture."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from cnn_core.blocks.threads import one_thread
from cnn_core.errors import BlockError

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Numbers:
    """A small layer in numbers: input (2, 2), one row of four weights for each output, one bias each."""

    x: tuple[tuple[float, float], tuple[float, float]]
    weights: tuple[tuple[float, float, float, float], ...]
    bias: tuple[float, ...]


COURSE = Numbers(((1, 2), (3, 4)), ((1.1, 1.2, 1.3, 1.4), (1.5, 1.6, 1.7, 1.8)), (1.9, 2.0))
"""The course's: ReLU of 14.9 and 19.0, whichever way it is written."""

WAYS = ("linear", "window", "pixel")


def three_ways(numbers: Numbers = COURSE) -> dict[str, nn.Sequential]:
    """The same layer as a linear layer, a 2×2 convolution, and a 1×1 convolution over four channels; ReLU behind each.

    The last takes the four values as four channels of one pixel, so its input is ``x.reshape(1, 4, 1, 1)``.
    """
    weights, bias = torch.tensor(numbers.weights, dtype=torch.float64), torch.tensor(numbers.bias, dtype=torch.float64)
    n = len(numbers.bias)
    layers = {"linear": nn.Linear(4, n), "window": nn.Conv2d(1, n, 2), "pixel": nn.Conv2d(4, n, 1)}
    with torch.no_grad():
        for layer in layers.values():
            layer.double()
            layer.weight.copy_(weights.reshape(layer.weight.shape))
            layer.bias.copy_(bias)
    flat = {"linear": [nn.Flatten()], "window": [], "pixel": []}
    return {name: nn.Sequential(*flat[name], layer, nn.ReLU()) for name, layer in layers.items()}


def answers(numbers: Numbers = COURSE) -> dict[str, NDArray[np.float64]]:
    """What each of ``three_ways`` computes in double precision, (outputs,).

    >>> {way: [round(float(v), 4) for v in found] for way, found in answers().items()}
    {'linear': [14.9, 19.0], 'window': [14.9, 19.0], 'pixel': [14.9, 19.0]}
    """
    x = torch.tensor(numbers.x, dtype=torch.float64)[None, None]
    inputs = {"linear": x, "window": x, "pixel": x.reshape(1, 4, 1, 1)}
    with torch.no_grad():
        return {name: network(inputs[name]).flatten().numpy() for name, network in three_ways(numbers).items()}


@dataclass(frozen=True)
class HeadSizes:
    """A head of two linear layers: the maps it takes, its hidden units, its classes."""

    channels: int
    height: int
    width: int
    hidden: int
    classes: int

    @property
    def input_shape(self) -> tuple[int, int, int]:
        return self.channels, self.height, self.width


def linear_head(sizes: HeadSizes) -> nn.Sequential:
    """Flatten, linear, ReLU, linear."""
    first = nn.Linear(sizes.channels * sizes.height * sizes.width, sizes.hidden)
    return nn.Sequential(
        OrderedDict(flatten=nn.Flatten(), hidden=first, relu=nn.ReLU(), classes=nn.Linear(sizes.hidden, sizes.classes))
    )


def as_convolutions(head: nn.Sequential, sizes: HeadSizes) -> nn.Sequential:
    """The same head as a convolution as large as its input and a 1×1 convolution, with the same weights.

    References:
        Long et al. (2015), "Fully convolutional networks for semantic segmentation", CVPR, arXiv:1411.4038, figure 2.
    """
    first = nn.Conv2d(sizes.channels, sizes.hidden, (sizes.height, sizes.width))
    second = nn.Conv2d(sizes.hidden, sizes.classes, 1)
    with torch.no_grad():
        for conv, linear in ((first, head.hidden), (second, head.classes)):
            conv.weight.copy_(linear.weight.reshape(conv.weight.shape))
            conv.bias.copy_(linear.bias)
    return nn.Sequential(OrderedDict(hidden=first, relu=nn.ReLU(), classes=second))


# On a picture ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Searched:
    """A head that knows some pieces of a picture, run on all of it.

    Attributes:
        corners: (row, column) of the top left pixel of each piece, one a class.
        scores: (classes, H − side + 1, W − side + 1): the head's answers at every place.
        place: where both forms of the head were compared.
        hidden: (classes,) what the first layer answers there, after ReLU; one unit a class.
        linear, convolution: (classes,) their answers there, the linear head's to the piece cut out.
        largest_difference: between the two, over all classes.
    """

    corners: tuple[tuple[int, int], ...]
    scores: Floats
    place: tuple[int, int]
    hidden: Floats
    linear: Floats
    convolution: Floats
    largest_difference: float


def piece_head(image: NDArray[np.uint8], side: int, classes: int) -> tuple[nn.Sequential, HeadSizes, tuple[tuple[int, int], ...]]:
    """A two-layer head that answers to pieces of a picture: one hidden unit a piece, weighed by its own pixels.

    The hidden weights of a unit are its piece's values less their mean, of length 1; the second layer takes each unit for its
    class and holds it against the mean of the others. The pieces are the ones of a grid with the most contrast.

    Raises:
        BlockError: the picture is smaller than a piece.
    """
    corners = liveliest(image, side, classes)
    x = _values(image)[0]
    sizes = HeadSizes(3, side, side, len(corners), len(corners))
    head = linear_head(sizes)
    with torch.no_grad():
        for unit, (r, c) in enumerate(corners):
            piece = x[:, r : r + side, c : c + side]
            piece = piece - piece.mean(dim=(1, 2), keepdim=True)
            head.hidden.weight[unit] = (piece / piece.norm().clamp_min(1e-6)).flatten()
        head.hidden.bias.zero_()
        others = 1 / max(len(corners) - 1, 1)
        head.classes.weight.copy_((1 + others) * torch.eye(len(corners)) - others)
        head.classes.bias.zero_()
    return head, sizes, corners


@one_thread()
def search(image: NDArray[np.uint8], side: int, classes: int, place: tuple[int, int]) -> Searched:
    """Run ``piece_head`` as convolutions on the whole picture (H, W, 3), and as linear layers at one place (clipped)."""
    head, sizes, corners = piece_head(image, side, classes)
    x = _values(image)
    with torch.no_grad():
        scores = as_convolutions(head, sizes)(x)[0]
        row, col = (min(max(at, 0), n - 1) for at, n in zip(place, scores.shape[1:], strict=True))
        window = x[:, :, row : row + side, col : col + side]
        hidden, linear = head[:3](window)[0], head(window)[0]
    convolution = scores[:, row, col]
    worst = float((linear - convolution).abs().max())
    return Searched(corners, scores.numpy(), (row, col), hidden.numpy(), linear.numpy(), convolution.numpy(), worst)


def liveliest(image: NDArray[np.uint8], side: int, count: int) -> tuple[tuple[int, int], ...]:
    """The pieces of a picture's grid with the most contrast that do not overlap, by their corners, in reading order; at most ``count``.

    Raises:
        BlockError: the picture is smaller than a piece.
    """
    height, width = image.shape[:2]
    if side > min(height, width):
        raise BlockError(
            f"a window of {side}×{side} does not fit a picture of {height}×{width}: choose a smaller one",
            code="window_over_picture", side=side, height=height, width=width,
        )  # fmt: skip
    x, step = _values(image)[0], max(side // 2, 1)
    places = [(r, c) for r in range(0, height - side + 1, step) for c in range(0, width - side + 1, step)]
    contrast = {(r, c): float(x[:, r : r + side, c : c + side].std()) for r, c in places}
    chosen: list[tuple[int, int]] = []
    for place in sorted(places, key=lambda place: -contrast[place]):
        if all(max(abs(place[0] - r), abs(place[1] - c)) >= side for r, c in chosen):
            chosen.append(place)
        if len(chosen) == count:
            break
    return tuple(sorted(chosen))


def _values(image: NDArray[np.uint8]) -> Tensor:
    return torch.from_numpy(np.array(image)).permute(2, 0, 1)[None].float() / 255
