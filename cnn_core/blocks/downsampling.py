"""Making maps smaller, pooled or with stride, and the two heads: fully connected, or one mean for each map."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from cnn_core.blocks.threads import one_thread

Floats = NDArray[np.float32]
Filter = Literal["average", "corner", "random"]

FILTERS: tuple[Filter, ...] = ("average", "corner", "random")


@dataclass(frozen=True)
class Head:
    """The maps a head receives, and the classes it tells apart; the default is the course's MNIST network."""

    channels: int = 128
    side: int = 7
    classes: int = 10

    @property
    def input_shape(self) -> tuple[int, int, int]:
        return self.channels, self.side, self.side


PRESETS = {"mnist_cnn": Head(), "cifar": Head(192, 8, 10), "imagenet": Head(512, 7, 1000)}
"""Maps as they arrive at the head of the course's CNN for MNIST, of All-CNN on CIFAR-10, and of ResNet-18 on ImageNet."""


def halving(channels: int) -> dict[str, nn.Module]:
    """Three layers that halve the side of ``channels`` maps: the largest of 2×2, their mean, a 2×2 convolution with stride 2."""
    return {"max": nn.MaxPool2d(2), "average": nn.AvgPool2d(2), "conv": nn.Conv2d(channels, channels, 2, stride=2, bias=False)}


@one_thread()
def halved(image: NDArray[np.uint8], which: Filter, seed: int = 0) -> dict[str, Floats]:
    """A picture (H, W, 3) of values 0 to 1 after each layer of ``halving``: (3, H/2, W/2).

    Args:
        which: the convolution's filter before anybody trained it: the "average" of each window (which is average pooling), its
            top left "corner" (which is leaving pixels out), or "random" weights that mix the colours.
    """
    x = torch.from_numpy(np.array(image)).permute(2, 0, 1)[None].float() / 255
    layers = halving(3)
    weight: Tensor = layers["conv"].weight
    with torch.no_grad():
        if which == "random":
            nn.init.kaiming_normal_(weight, generator=torch.Generator().manual_seed(seed))
        else:
            window = torch.full((2, 2), 0.25) if which == "average" else torch.tensor([[1.0, 0.0], [0.0, 0.0]])
            weight.copy_(torch.eye(3)[:, :, None, None] * window)
        return {name: layer(x)[0].numpy() for name, layer in layers.items()}


def heads(head: Head) -> dict[str, nn.Sequential]:
    """Both heads: flatten and a linear layer; global average pooling and a linear layer."""
    return {
        "dense": nn.Sequential(OrderedDict(flatten=nn.Flatten(), linear=nn.Linear(head.channels * head.side**2, head.classes))),
        "gap": nn.Sequential(
            OrderedDict(pool=nn.AdaptiveAvgPool2d(1), flatten=nn.Flatten(), linear=nn.Linear(head.channels, head.classes))
        ),
    }


@dataclass(frozen=True)
class Moved:
    """The answers (classes,) of both heads to some maps and to the same maps moved (round the edge), by head."""

    before: dict[str, Floats]
    after: dict[str, Floats]


@one_thread()
def moved(maps: Floats, rows: int, cols: int, classes: int = 10, seed: int = 0) -> Moved:
    """What both heads, untrained and drawn from a seed, answer to maps (C, S, S) and to the maps moved by some pixels."""
    shifted = np.roll(maps, (rows, cols), axis=(1, 2))
    generator = torch.Generator().manual_seed(seed)
    answers: list[dict[str, Floats]] = [{}, {}]
    with torch.no_grad():
        for name, network in heads(Head(maps.shape[0], maps.shape[1], classes)).items():
            nn.init.kaiming_normal_(network.linear.weight, generator=generator)
            nn.init.zeros_(network.linear.bias)
            for found, given in zip(answers, (maps, shifted), strict=True):
                found[name] = network(torch.from_numpy(np.ascontiguousarray(given))[None])[0].numpy()
    return Moved(*answers)
