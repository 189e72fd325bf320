"""The Squeeze-and-Excitation gate on a picture's maps: squeezed, excited, weighed, step by step."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from cnn_core.architectures.senet import SqueezeExcite
from cnn_core.blocks.threads import one_thread
from cnn_core.kernels import KERNELS

Floats = NDArray[np.float32]
Weights = Literal["by_hand", "random"]

CHANNELS = ("horizontal", "vertical", "diagonal_falling", "diagonal_rising", "laplacian", "line_horizontal", "line_vertical", "log")
"""The kernels whose answers are the maps that are weighed: edges, points, lines and blobs."""


@dataclass(frozen=True)
class Gated:
    """One pass, float32: maps (C, H, W), their means (C,), the hidden layer (C/r,), the weights (C,), and the weighed maps."""

    maps: Floats
    means: Floats
    hidden: Floats
    weights: Floats
    weighed: Floats


@one_thread()
def first_maps(image: NDArray[np.uint8]) -> Floats:
    """A picture (H, W, 3) under each kernel of ``CHANNELS``, negative answers cut off: (C, H, W).

    Every kernel is divided by the sum of its weights' magnitudes, and all maps by the largest of their means, which then is 1
    (in a network the batch normalisation before the gate sees to that).
    """
    grey = torch.from_numpy(np.array(image)).float().mean(dim=2)[None, None] / 255
    answers = []
    for name in CHANNELS:
        weights = KERNELS[name].weights[::-1, ::-1]  # Conv2d does not flip; the table is written for convolution
        kernel = torch.from_numpy((weights / np.abs(weights).sum()).astype(np.float32))[None, None]
        pads = (weights.shape[1] // 2,) * 2 + (weights.shape[0] // 2,) * 2
        answers.append(F.relu(F.conv2d(F.pad(grey, pads, mode="replicate"), kernel))[0, 0])
    maps: Floats = torch.stack(answers).numpy()
    return maps / max(float(maps.mean(axis=(1, 2)).max()), 1e-6)


def gate(channels: int, reduction: int) -> SqueezeExcite:
    """The gate as the catalogue's SENets have it: two 1×1 convolutions on a single pixel, ReLU between, sigmoid behind."""
    return SqueezeExcite(channels, reduction)


def weighted_gate(channels: int, reduction: int, how: Weights, strength: float, seed: int) -> SqueezeExcite:
    """A gate with weights one can follow.

    Args:
        how: "by_hand", for a reduction of 1: a map whose mean is above the average of all means is let through, one below is
            held back; "random", He's initialisation from the seed.
        strength: what the second layer's weights are multiplied by.
    """
    block = gate(channels, reduction)
    first, second = block.excite[0], block.excite[2]
    with torch.no_grad():
        if how == "by_hand":
            eye = torch.eye(channels)
            first.weight.copy_(eye[:, :, None, None])
            second.weight.copy_((strength * (eye - 1 / channels))[:, :, None, None])
        else:
            generator = torch.Generator().manual_seed(seed)
            for layer, times in ((first, 1.0), (second, strength)):
                nn.init.kaiming_normal_(layer.weight, generator=generator).mul_(times)
        for layer in (first, second):
            nn.init.zeros_(layer.bias)
    return block.eval()


@one_thread()
def run(block: SqueezeExcite, maps: Floats) -> Gated:
    """One pass through the gate, every stage kept."""
    x = torch.from_numpy(maps)[None]
    with torch.no_grad():
        means = block.squeeze(x)
        hidden = F.relu(block.excite[0](means))
        weights = torch.sigmoid(block.excite[2](hidden))
        return Gated(maps, _flat(means), _flat(hidden), _flat(weights), block(x)[0].numpy())


def _flat(x: Tensor) -> Floats:
    values: Floats = x.flatten().numpy()
    return values
