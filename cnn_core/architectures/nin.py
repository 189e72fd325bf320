"""Network in Network: a small multilayer perceptron at every pixel, and global average pooling in place of linear layers."""

from __future__ import annotations

from torch import nn

from cnn_core.architectures.catalogue import architecture, family
from cnn_core.architectures.layers import scaled

family(
    id="nin",
    title="Network in Network",
    year=2013,
    authors="Min Lin, Qiang Chen, Shuicheng Yan",
    paper="Lin et al. (2014), ICLR, arXiv:1312.4400",
    brought="1×1 convolutions after each convolution are a small perceptron at every pixel, which mixes the channels. "
    "The last one gives a map for each class, and its average is the class's score: no linear layer, and far fewer "
    "parameters.",
)


def mlpconv(
    in_channels: int, channels: tuple[int, int, int], kernel: int, stride: int = 1, padding: int = 0
) -> nn.Sequential:
    """A convolution and two 1×1 convolutions, each with ReLU."""
    first, second, third = channels
    return nn.Sequential(
        nn.Conv2d(in_channels, first, kernel, stride, padding),
        nn.ReLU(inplace=True),
        nn.Conv2d(first, second, kernel_size=1),
        nn.ReLU(inplace=True),
        nn.Conv2d(second, third, kernel_size=1),
        nn.ReLU(inplace=True),
    )


def global_average() -> nn.Sequential:
    return nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten())  # (N, num_classes)


@architecture(
    family="nin",
    title="NiN",
    input_shape=(3, 32, 32),
    params=966_986,
    differs="The paper does not print the sizes of its layers; these are the authors' published CIFAR-10 "
    "configuration.",
)
def nin(num_classes: int = 10, in_channels: int = 3, width: float = 1.0) -> nn.Sequential:
    c96, c160, c192 = (scaled(channels, width) for channels in (96, 160, 192))
    return nn.Sequential(
        mlpconv(in_channels, (c192, c160, c96), kernel=5, padding=2),  # (N, 96, 32, 32)
        nn.MaxPool2d(3, stride=2, ceil_mode=True),  # (N, 96, 16, 16)
        nn.Dropout(0.5),
        mlpconv(c96, (c192, c192, c192), kernel=5, padding=2),  # (N, 192, 16, 16)
        nn.AvgPool2d(3, stride=2, ceil_mode=True),  # (N, 192, 8, 8)
        nn.Dropout(0.5),
        mlpconv(c192, (c192, c192, num_classes), kernel=3, padding=1),  # (N, 10, 8, 8)
        global_average(),
    )


@architecture(
    family="nin",
    title="NiN for ImageNet",
    input_shape=(3, 224, 224),
    params=7_595_176,
    small="nin",
    differs="The authors' published ImageNet configuration, of which the paper does not speak.",
)
def nin_imagenet(num_classes: int = 1000, in_channels: int = 3, width: float = 1.0) -> nn.Sequential:
    c96, c256, c384, c1024 = (scaled(channels, width) for channels in (96, 256, 384, 1024))
    return nn.Sequential(
        mlpconv(in_channels, (c96, c96, c96), kernel=11, stride=4),  # (N, 96, 54, 54)
        nn.MaxPool2d(3, stride=2),  # (N, 96, 26, 26)
        mlpconv(c96, (c256, c256, c256), kernel=5, padding=2),  # (N, 256, 26, 26)
        nn.MaxPool2d(3, stride=2),  # (N, 256, 12, 12)
        mlpconv(c256, (c384, c384, c384), kernel=3, padding=1),  # (N, 384, 12, 12)
        nn.MaxPool2d(3, stride=2),  # (N, 384, 5, 5)
        nn.Dropout(0.5),
        mlpconv(c384, (c1024, c1024, num_classes), kernel=3, padding=1),  # (N, 1000, 5, 5)
        global_average(),
    )
