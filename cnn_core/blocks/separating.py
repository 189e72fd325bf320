"""Standard, grouped and separable convolution of the same input: weights, cost, which inputs an output sees, and the maps."""

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
class Sizes:
    """A convolution that keeps its maps' size: channels in and out, kernel side, groups, and the maps' side in pixels."""

    inputs: int
    outputs: int
    kernel: int
    groups: int = 1
    side: int = 28

    def __post_init__(self) -> None:
        if self.inputs % self.groups or self.outputs % self.groups:
            raise BlockError(
                f"{self.groups} groups cannot share {self.inputs} inputs and {self.outputs} outputs evenly",
                code="uneven_groups", groups=self.groups, inputs=self.inputs, outputs=self.outputs,
            )  # fmt: skip

    @property
    def input_shape(self) -> tuple[int, int, int]:
        return self.inputs, self.side, self.side


PRESETS = {
    "course": Sizes(1, 8, 3, side=28),
    "colours": Sizes(3, 8, 3, side=32),
    "groups": Sizes(4, 8, 3, groups=2, side=32),
    "mobilenet": Sizes(32, 64, 3, side=112),
    "xception": Sizes(728, 728, 3, side=19),
}
"""The course's; the first layer of a CIFAR network; one in groups; MobileNet's first block; the middle of Xception (Chollet 2017)."""


def group_counts(inputs: int, outputs: int) -> tuple[int, ...]:
    """How many groups two numbers of channels can be shared by.

    >>> group_counts(12, 8)
    (1, 2, 4)
    """
    common = int(np.gcd(inputs, outputs))
    return tuple(n for n in range(1, common + 1) if common % n == 0)


def standard(sizes: Sizes, groups: int | None = None) -> nn.Conv2d:
    """One convolution without bias; every output sees the inputs of its group, with one group all of them."""
    groups = sizes.groups if groups is None else groups
    return nn.Conv2d(sizes.inputs, sizes.outputs, sizes.kernel, padding=sizes.kernel // 2, groups=groups, bias=False)


def separable(sizes: Sizes) -> nn.Sequential:
    """Depthwise, one kernel a channel, then pointwise, a 1×1 that mixes the channels; no bias."""
    inputs, kernel = sizes.inputs, sizes.kernel
    depthwise = nn.Conv2d(inputs, inputs, kernel, padding=kernel // 2, groups=inputs, bias=False)
    pointwise = nn.Conv2d(inputs, sizes.outputs, 1, bias=False)
    return nn.Sequential(OrderedDict(depthwise=depthwise, pointwise=pointwise))


def seen_inputs(convolution: nn.Conv2d) -> NDArray[np.bool_]:
    """Which input channels each output channel is computed from, (outputs, inputs)."""
    groups = convolution.groups
    inputs, outputs = convolution.in_channels // groups, convolution.out_channels // groups
    return np.kron(np.eye(groups, dtype=bool), np.ones((outputs, inputs), dtype=bool))


@dataclass(frozen=True)
class Maps:
    """The maps on the way, each (channels, H, W) float32: the input, one convolution's, and the separable one's two stages."""

    inputs: Floats
    whole: Floats
    depthwise: Floats
    pointwise: Floats


@one_thread()
def maps(image: NDArray[np.uint8], sizes: Sizes, seed: int = 0) -> Maps:
    """All three on one picture (H, W, 3), with weights drawn from a seed.

    One channel is the picture in grey, three are red, green and blue; any other number are random mixtures of these three.
    """
    generator = torch.Generator().manual_seed(seed)
    x = _inputs(image, sizes.inputs, generator)
    whole, (depthwise, pointwise) = standard(sizes), separable(sizes)
    with torch.no_grad():
        for layer in (whole, depthwise, pointwise):
            nn.init.kaiming_normal_(layer.weight, generator=generator)
        middle = depthwise(x)
        results = (x, whole(x), middle, pointwise(middle))
    inputs, one, two, three = (result[0].numpy() for result in results)
    return Maps(inputs, one, two, three)


def _inputs(image: NDArray[np.uint8], channels: int, generator: torch.Generator) -> Tensor:
    rgb = torch.from_numpy(np.array(image)).permute(2, 0, 1)[None].float() / 255
    if channels == 3:
        return rgb
    if channels == 1:
        return rgb.mean(dim=1, keepdim=True)
    mixtures = torch.rand(channels, 3, generator=generator)
    return torch.einsum("mc,nchw->nmhw", mixtures / mixtures.sum(dim=1, keepdim=True), rgb)
