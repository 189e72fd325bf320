"""Inception modules: the course's small one, and Inception with batch normalisation, which Squeeze-and-Excitation builds on."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from cnn_core.architectures.catalogue import architecture, family
from cnn_core.architectures.layers import conv_bn_relu, he_initialise, scaled

family(
    id="mini_inception",
    title="mini-Inception",
    year=2014,
    authors="The course, after Christian Szegedy et al.",
    paper="The course's fourth lesson, after Szegedy et al. (2015), CVPR, arXiv:1409.4842",
    brought="Kernels of several sizes look at the same maps in parallel, and the next layer gets all of their "
    "answers. Nobody has to choose between 1×1, 3×3 and 5×5: training does.",
)
family(
    id="bn_inception",
    title="BN-Inception",
    year=2015,
    authors="Sergey Ioffe, Christian Szegedy",
    paper="Ioffe & Szegedy (2015), ICML, arXiv:1502.03167",
    brought="Batch normalisation gives every layer inputs of mean 0 and deviation 1 over the batch, whatever the "
    "layers before it do. The same accuracy came in a fourteenth of the training steps, and with larger learning "
    "rates.",
)


# The course's ----------------------------------------------------------------------------------------------------------


class MiniInception(nn.Module):
    def __init__(self, num_classes: int, in_channels: int, width: float, image_size: int) -> None:
        super().__init__()
        c16, c32 = scaled(16, width), scaled(32, width)
        self.stem = nn.Conv2d(in_channels, c16, kernel_size=5, padding="same")
        self.branch1x1 = nn.Conv2d(c16, c32, kernel_size=1)
        self.branch5x5 = nn.Conv2d(c16, c32, kernel_size=5, padding="same")
        self.branch3x3 = nn.Conv2d(c16, c32, kernel_size=3, padding="same")
        self.pool = nn.MaxPool2d(3, stride=1, padding=1)
        self.relu = nn.ReLU()
        self.linear = nn.Linear((3 * c32 + c16) * image_size**2, num_classes)

    def forward(self, x: Tensor) -> Tensor:
        x = self.relu(self.stem(x))  # (N, 16, 28, 28)
        x = torch.cat([
            self.relu(self.branch1x1(x)),
            self.relu(self.branch5x5(x)),
            self.relu(self.branch3x3(x)),
            self.pool(x),
        ], dim=1)  # (N, 112, 28, 28)
        return self.linear(x.flatten(1))  # (N, 87808) → (N, 10)


@architecture(
    family="mini_inception",
    title="mini-Inception",
    input_shape=(1, 28, 28),
    params=896_522,
    differs="One module of a kind: the 3×3 and 5×5 branches have no 1×1 reduction before them, and a linear layer "
    "takes every pixel.",
)
def mini_inception(
    num_classes: int = 10, in_channels: int = 1, width: float = 1.0, image_size: int = 28
) -> MiniInception:
    return MiniInception(num_classes, in_channels, width, image_size)


# Inception with batch normalisation ------------------------------------------------------------------------------------


class Inception(nn.Module):
    """Up to four branches side by side: 1×1; 1×1 and 3×3; 1×1 and two 3×3; pooling and 1×1.

    Args:
        filters: of the 1×1 (0 leaves it out, and the module halves the size); of the reduction and the 3×3 of the second
            branch; of the reduction and the two 3×3 of the third, which see as far as one 5×5; after the pooling (0 passes
            the maxima on as they are).
        average: whether the pooling takes the average or the maximum.
    """

    def __init__(self, in_channels: int, filters: Sequence[int], average: bool) -> None:
        super().__init__()
        c1, r3, c3, r5, c5, pool = filters
        stride = 1 if c1 else 2
        self.branches = nn.ModuleList()
        if c1:
            self.branches.append(conv_bn_relu(in_channels, c1, kernel=1))
        self.branches.append(nn.Sequential(
            conv_bn_relu(in_channels, r3, kernel=1),
            conv_bn_relu(r3, c3, kernel=3, stride=stride),
        ))
        self.branches.append(nn.Sequential(
            conv_bn_relu(in_channels, r5, kernel=1),
            conv_bn_relu(r5, c5, kernel=3),
            conv_bn_relu(c5, c5, kernel=3, stride=stride),
        ))
        window = nn.AvgPool2d(3, stride, padding=1) if average else nn.MaxPool2d(3, stride, padding=1)
        self.branches.append(nn.Sequential(window, conv_bn_relu(in_channels, pool, kernel=1)) if pool else window)
        self.out_channels = c1 + c3 + c5 + (pool or in_channels)

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([branch(x) for branch in self.branches], dim=1)


# Figure 5 of the paper: 1×1; 3×3 reduction, 3×3; double 3×3 reduction, double 3×3; after the pooling; is it an average.
MODULES = {
    "3a": ((64, 64, 64, 64, 96, 32), True),
    "3b": ((64, 64, 96, 64, 96, 64), True),
    "3c": ((0, 128, 160, 64, 96, 0), False),
    "4a": ((224, 64, 96, 96, 128, 128), True),
    "4b": ((192, 96, 128, 96, 128, 128), True),
    "4c": ((160, 128, 160, 128, 160, 128), True),
    "4d": ((96, 128, 192, 160, 192, 128), True),
    "4e": ((0, 128, 192, 192, 256, 0), False),
    "5a": ((352, 192, 320, 160, 224, 128), True),
    "5b": ((352, 192, 320, 192, 224, 128), False),
}


def inception_body(in_channels: int, width: float) -> tuple[nn.Sequential, int]:
    """Stem and ten modules, and the channels that come out of the last."""
    c64, c192 = scaled(64, width), scaled(192, width)
    body = nn.Sequential()
    body.add_module("conv1", conv_bn_relu(in_channels, c64, kernel=7, stride=2))  # (N, 64, 112, 112)
    body.add_module("pool1", nn.MaxPool2d(3, stride=2, padding=1))  # (N, 64, 56, 56)
    body.add_module("reduce2", conv_bn_relu(c64, c64, kernel=1))
    body.add_module("conv2", conv_bn_relu(c64, c192, kernel=3))  # (N, 192, 56, 56)
    body.add_module("pool2", nn.MaxPool2d(3, stride=2, padding=1))  # (N, 192, 28, 28)
    channels = c192
    for name, (filters, average) in MODULES.items():  # 3c → (N, 576, 14, 14), 4e → (N, 1056, 7, 7)
        module = Inception(channels, [scaled(n, width) if n else 0 for n in filters], average)
        body.add_module(f"inception{name}", module)
        channels = module.out_channels
    return body, channels


class BNInception(nn.Module):
    def __init__(self, num_classes: int, in_channels: int, width: float) -> None:
        super().__init__()
        self.body, channels = inception_body(in_channels, width)
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.linear = nn.Linear(channels, num_classes)
        he_initialise(self)

    def forward(self, x: Tensor) -> Tensor:
        x = self.body(x)  # (N, 1024, 7, 7)
        return self.linear(self.pool(x).flatten(1))


@architecture(
    family="bn_inception",
    title="BN-Inception",
    input_shape=(3, 224, 224),
    params=11_285_224,
    differs="No auxiliary classifiers, which serve training only. Modules 4c and 4d put out 608 channels and 4e "
    "1,056, which is what the branches of the paper's table add up to; its column of totals prints 576 and 1,024.",
)
def bn_inception(num_classes: int = 1000, in_channels: int = 3, width: float = 1.0) -> BNInception:
    return BNInception(num_classes, in_channels, width)
