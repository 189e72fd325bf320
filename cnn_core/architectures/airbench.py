"""The networks of the CIFAR-10 speed records: a whitening layer that does not learn, then three short groups."""

from __future__ import annotations

from torch import Tensor, nn

from cnn_core.architectures.catalogue import architecture, family
from cnn_core.architectures.layers import scaled

family(
    id="airbench",
    title="airbench",
    year=2024,
    authors="Keller Jordan",
    paper="Jordan (2024), \"94% on CIFAR-10 in 3.29 seconds on a single GPU\", arXiv:2404.00498",
    brought="A first layer that whitens the picture's 2×2 patches is computed from the data instead of learned, and training "
    "starts where other networks arrive after an epoch. It brought 94 % on CIFAR-10 down to seconds on one GPU.",
    differs="Batch normalisation is the usual one here; the paper keeps its scale fixed at 1. The last pooling takes the maximum of the "
    "whole map, so that other sizes work too.",
)

LOGIT_SLOPE = 1 / 9  # of the logits, from the paper: keeps the first steps at a large rate from running away


class Group(nn.Sequential):
    """conv 3×3, pooling, normalisation, GELU; conv 3×3, normalisation, GELU."""

    def __init__(self, channels_in: int, channels_out: int) -> None:
        super().__init__(
            nn.Conv2d(channels_in, channels_out, 3, padding=1, bias=False), nn.MaxPool2d(2), nn.BatchNorm2d(channels_out), nn.GELU(),
            nn.Conv2d(channels_out, channels_out, 3, padding=1, bias=False), nn.BatchNorm2d(channels_out), nn.GELU(),
        )


class Airbench(nn.Module):
    def __init__(self, widths: tuple[int, int, int], num_classes: int, in_channels: int, width: float) -> None:
        super().__init__()
        first, second, third = (scaled(channels, width) for channels in widths)
        whitened = 2 * in_channels * 2 * 2  # each direction of a 2×2 patch, with both signs
        self.whiten = nn.Conv2d(in_channels, whitened, 2)
        self.activation = nn.GELU()
        self.group1 = Group(whitened, first)
        self.group2 = Group(first, second)
        self.group3 = Group(second, third)
        self.pool = nn.AdaptiveMaxPool2d(1)
        self.linear = nn.Linear(third, num_classes, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        x = self.activation(self.whiten(x))  # (N, 24, 31, 31)
        x = self.group1(x)  # (N, 64, 15, 15)
        x = self.group2(x)  # (N, 256, 7, 7)
        x = self.group3(x)  # (N, 256, 3, 3)
        x = self.pool(x).flatten(1)  # (N, 256)
        return LOGIT_SLOPE * self.linear(x)


@architecture(family="airbench", title="airbench94", input_shape=(3, 32, 32), params=1_972_792)
def airbench94(num_classes: int = 10, in_channels: int = 3, width: float = 1.0) -> Airbench:
    return Airbench((64, 256, 256), num_classes, in_channels, width)


@architecture(
    family="airbench",
    title="airbench, small",
    input_shape=(3, 32, 32),
    params=295_096,
    differs="Groups of 32, 64 and 128 channels, this project's choice for machines without a GPU; the paper's are 64, 256 and 256.",
)
def airbench_small(num_classes: int = 10, in_channels: int = 3, width: float = 1.0) -> Airbench:
    return Airbench((32, 64, 128), num_classes, in_channels, width)
