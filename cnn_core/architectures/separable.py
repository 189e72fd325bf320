"""A network of standard convolutions beside its depthwise-separable twin: the same maps, at a fraction of the parameters."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor, nn

from cnn_core.architectures.catalogue import architecture, family
from cnn_core.architectures.layers import scaled

family(
    id="separable",
    title="Standard and separable convolutions",
    year=2014,
    authors="Laurent Sifre; the twins are the course's",
    paper="Sifre (2014), \"Rigid-motion scattering for image classification\", thesis, École Polytechnique",
    brought="A convolution looks at space and at channels at once; a separable one looks at space first, with one "
    "kernel a channel, and then mixes the channels. 3×3 with 8 filters on one channel needs 72 weights, and split in "
    "two it needs 9 + 8.",
)

Convolution = Callable[[int, int, int], nn.Module]


def standard(in_channels: int, out_channels: int, stride: int) -> nn.Module:
    return nn.Conv2d(in_channels, out_channels, kernel_size=3, stride=stride, padding=1, bias=False)


def separable(in_channels: int, out_channels: int, stride: int) -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(in_channels, in_channels, 3, stride, padding=1, groups=in_channels, bias=False),  # depthwise
        nn.Conv2d(in_channels, out_channels, kernel_size=1, bias=False),  # pointwise
    )


class Twin(nn.Module):
    """Four blocks of one kind of convolution without bias, batch normalisation and ReLU; the average; a linear layer."""

    def __init__(self, convolution: Convolution, num_classes: int, in_channels: int, width: float) -> None:
        super().__init__()
        c8, c16, c32, c64 = (scaled(channels, width) for channels in (8, 16, 32, 64))
        self.blocks = nn.Sequential(
            block(convolution, in_channels, c8, stride=1),  # (N, 8, 28, 28)
            block(convolution, c8, c16, stride=2),  # (N, 16, 14, 14)
            block(convolution, c16, c32, stride=2),  # (N, 32, 7, 7)
            block(convolution, c32, c64, stride=1),  # (N, 64, 7, 7)
        )
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.linear = nn.Linear(c64, num_classes)

    def forward(self, x: Tensor) -> Tensor:
        x = self.blocks(x)  # (N, 64, 7, 7)
        return self.linear(self.pool(x).flatten(1))


def block(convolution: Convolution, in_channels: int, out_channels: int, stride: int) -> nn.Sequential:
    return nn.Sequential(
        convolution(in_channels, out_channels, stride),
        nn.BatchNorm2d(out_channels),
        nn.ReLU(inplace=True),
    )


@architecture(
    family="separable",
    title="Standard convolutions (twin)",
    input_shape=(1, 28, 28),
    params=25_154,
    differs="A teaching network, of no paper.",
)
def standard_cnn(num_classes: int = 10, in_channels: int = 1, width: float = 1.0) -> Twin:
    return Twin(standard, num_classes, in_channels, width)


@architecture(
    family="separable",
    title="Separable convolutions (twin)",
    input_shape=(1, 28, 28),
    params=4_099,
    differs="A teaching network, of no paper.",
)
def separable_cnn(num_classes: int = 10, in_channels: int = 1, width: float = 1.0) -> Twin:
    return Twin(separable, num_classes, in_channels, width)
