"""The Inception block: up to four branches side by side, with or without 1×1 bottlenecks, concatenated."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from cnn_core.blocks.threads import one_thread
from cnn_core.errors import BlockError
from cnn_core.kernels import KERNELS

Floats = NDArray[np.float32]

BRANCHES = ("one", "three", "five", "pool")


@dataclass(frozen=True)
class Widths:
    """Channels of a block: in, out of each branch, and of the 1×1 in front of 3×3 and 5×5 and behind the pooling.

    A reduction of 0 is none; without one behind the pooling all its channels go on.
    """

    inputs: int
    one: int
    three: int
    five: int
    reduce_three: int = 0
    reduce_five: int = 0
    pool: int = 0
    side: int = 28

    @property
    def input_shape(self) -> tuple[int, int, int]:
        return self.inputs, self.side, self.side

    @property
    def has_bottlenecks(self) -> bool:
        return bool(self.reduce_three or self.reduce_five or self.pool)

    def without_bottlenecks(self) -> Widths:
        return Widths(self.inputs, self.one, self.three, self.five, side=self.side)


PRESETS = {
    "course": Widths(16, 32, 32, 32, side=28),
    "googlenet_3a": Widths(192, 64, 128, 32, 96, 16, 32, side=28),
    "googlenet_4e": Widths(528, 256, 320, 128, 160, 32, 128, side=14),
}
"""The course's mini-Inception, and two blocks of GoogLeNet (Szegedy et al. 2015, table 1)."""


class InceptionBlock(nn.Module):
    """The branches that are on, each with ReLU behind every convolution, concatenated over the channels.

    Raises:
        BlockError: no branch is on.
    """

    def __init__(self, widths: Widths, on: Collection[str] = BRANCHES) -> None:
        super().__init__()
        if not any(name in on for name in BRANCHES):
            raise BlockError("an Inception block needs a branch: switch one on", code="no_branch")
        w = widths
        branches = {
            "one": _conv(w.inputs, w.one, 1),
            "three": _reduced(w.inputs, w.reduce_three, w.three, 3),
            "five": _reduced(w.inputs, w.reduce_five, w.five, 5),
            "pool": nn.Sequential(nn.MaxPool2d(3, stride=1, padding=1), *(_conv(w.inputs, w.pool, 1) if w.pool else ())),
        }
        self.branches = nn.ModuleDict({name: branches[name] for name in BRANCHES if name in on})

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([branch(x) for branch in self.branches.values()], dim=1)


def _conv(inputs: int, outputs: int, kernel: int) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(inputs, outputs, kernel, padding=kernel // 2), nn.ReLU())


def _reduced(inputs: int, reduction: int, outputs: int, kernel: int) -> nn.Sequential:
    if not reduction:
        return _conv(inputs, outputs, kernel)
    return nn.Sequential(*_conv(inputs, reduction, 1), *_conv(reduction, outputs, kernel))


# On a picture ----------------------------------------------------------------------------------------------------------

MIXTURES = {"brightness": (1 / 3, 1 / 3, 1 / 3), "redness": (1, -0.5, -0.5), "greenness": (-0.5, 1, -0.5), "blueness": (-0.5, -0.5, 1)}
"""What the four 1×1 filters weigh red, green and blue with."""

HAND_MADE = {
    "one": tuple(MIXTURES),
    "three": ("horizontal", "vertical", "diagonal_falling", "laplacian"),
    "five": ("laws_e5l5", "log", "dog", "gaussian"),
    "pool": ("R", "G", "B"),
}
"""The names of the maps on a picture: mixtures of colours, kernels of the kernel table, and the three colours' maxima."""


def picture_block(on: Collection[str] = BRANCHES) -> InceptionBlock:
    """A block over red, green and blue whose filters are made by hand: four of 1×1, of 3×3 and of 5×5; pooling passes on."""
    block = InceptionBlock(Widths(3, 4, 4, 4), on)
    with torch.no_grad():
        for name, branch in block.branches.items():
            if name == "pool":
                continue
            conv = branch[0]
            conv.weight.copy_(torch.from_numpy(_filters(name, conv.kernel_size[0])))
            conv.bias.zero_()
    return block


def _filters(branch: str, side: int) -> Floats:
    if branch == "one":
        return np.array(list(MIXTURES.values()), np.float32)[:, :, None, None]
    filters = np.zeros((len(HAND_MADE[branch]), 3, side, side), np.float32)
    for index, name in enumerate(HAND_MADE[branch]):
        weights = _centred(KERNELS[name].weights[::-1, ::-1], side)
        filters[index] = weights / max(np.abs(weights).sum(), 1e-9) / 3  # the mean of the colours is the grey
    return filters


def _centred(weights: NDArray[np.float64], side: int) -> NDArray[np.float64]:
    """A kernel cut or padded with zeros to a square, its middle kept."""
    out = np.zeros((side, side))
    rows, cols = (min(n, side) for n in weights.shape)
    top, left = (weights.shape[0] - rows) // 2, (weights.shape[1] - cols) // 2
    to, at = (side - rows) // 2, (side - cols) // 2
    out[to : to + rows, at : at + cols] = weights[top : top + rows, left : left + cols]
    return out


@one_thread()
def run(block: InceptionBlock, image: NDArray[np.uint8]) -> dict[str, Floats]:
    """Each branch's maps on a picture (H, W, 3) of values 0 to 1, by branch: (C, H, W). Their concatenation is the output."""
    x = torch.from_numpy(np.array(image)).permute(2, 0, 1)[None].float() / 255
    with torch.no_grad():
        return {name: branch(x)[0].numpy() for name, branch in block.branches.items()}
