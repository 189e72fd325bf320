"""Xception: Inception taken to its extreme, every convolution split into one of space and one of channels."""

from __future__ import annotations

from torch import Tensor, nn

from cnn_core.architectures.catalogue import architecture, family
from cnn_core.architectures.layers import conv_bn_relu, he_initialise, scaled

family(
    id="xception",
    title="Xception",
    year=2016,
    authors="François Chollet",
    paper="Chollet (2017), CVPR, arXiv:1610.02357",
    brought="If an Inception module looks at channels and space separately, a separable convolution does so to the "
    "extreme: one kernel for each channel, then a 1×1 mix. A straight stack of them with shortcuts beat Inception v3 "
    "at the same number of parameters.",
)


class SeparableConv(nn.Module):
    """A 3×3 kernel for each channel, then a 1×1 convolution over the channels, then batch normalisation. No ReLU between."""

    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__()
        self.depthwise = nn.Conv2d(in_channels, in_channels, 3, padding=1, groups=in_channels, bias=False)
        self.pointwise = nn.Conv2d(in_channels, out_channels, 1, bias=False)
        self.bn = nn.BatchNorm2d(out_channels)

    def forward(self, x: Tensor) -> Tensor:
        return self.bn(self.pointwise(self.depthwise(x)))


class Block(nn.Module):
    """Separable convolutions, each after a ReLU, and a shortcut around them.

    Args:
        channels: from the block's input to its output; there is a convolution for each step.
        stride: 2 ends in a max-pooling, and puts a 1×1 convolution with stride 2 on the shortcut.
        first_relu: False where the input has been through a ReLU already.
    """

    def __init__(self, *channels: int, stride: int = 2, first_relu: bool = True) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for index in range(len(channels) - 1):
            if index > 0 or first_relu:
                layers.append(nn.ReLU())  # not in place: the shortcut needs the block's input as it is
            layers.append(SeparableConv(channels[index], channels[index + 1]))
        self.shortcut: nn.Module = nn.Identity()
        if stride == 2:
            layers.append(nn.MaxPool2d(3, stride=2, padding=1))
            self.shortcut = nn.Sequential(
                nn.Conv2d(channels[0], channels[-1], kernel_size=1, stride=2, bias=False),
                nn.BatchNorm2d(channels[-1]),
            )
        self.body = nn.Sequential(*layers)

    def forward(self, x: Tensor) -> Tensor:
        return self.body(x) + self.shortcut(x)


class Xception(nn.Module):
    def __init__(self, num_classes: int, in_channels: int, width: float) -> None:
        super().__init__()
        c32, c64, c128, c256, c728, c1024, c1536, c2048 = (
            scaled(channels, width) for channels in (32, 64, 128, 256, 728, 1024, 1536, 2048)
        )
        self.entry = nn.Sequential(
            conv_bn_relu(in_channels, c32, stride=2, padding=0),  # (N, 32, 149, 149)
            conv_bn_relu(c32, c64, padding=0),  # (N, 64, 147, 147)
            Block(c64, c128, c128, first_relu=False),  # (N, 128, 74, 74)
            Block(c128, c256, c256),  # (N, 256, 37, 37)
            Block(c256, c728, c728),  # (N, 728, 19, 19)
        )
        self.middle = nn.Sequential(*(Block(c728, c728, c728, c728, stride=1) for _ in range(8)))
        self.exit = nn.Sequential(
            Block(c728, c728, c1024),  # (N, 1024, 10, 10)
            SeparableConv(c1024, c1536),
            nn.ReLU(inplace=True),
            SeparableConv(c1536, c2048),  # (N, 2048, 10, 10)
            nn.ReLU(inplace=True),
        )
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.linear = nn.Linear(c2048, num_classes)
        he_initialise(self)

    def forward(self, x: Tensor) -> Tensor:
        x = self.exit(self.middle(self.entry(x)))  # (N, 2048, 10, 10)
        return self.linear(self.pool(x).flatten(1))


@architecture(family="xception", title="Xception", input_shape=(3, 299, 299), params=22_855_952)
def xception(num_classes: int = 1000, in_channels: int = 3, width: float = 1.0) -> Xception:
    return Xception(num_classes, in_channels, width)
