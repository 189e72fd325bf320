"""All-CNN: a network of nothing but convolutions, and the three twins of the paper that show what each change does."""

from __future__ import annotations

from torch import nn

from cnn_core.architectures.catalogue import architecture, family
from cnn_core.architectures.layers import scaled

family(
    id="all_cnn",
    title="All-CNN",
    year=2014,
    authors="Jost Tobias Springenberg, Alexey Dosovitskiy, Thomas Brox, Martin Riedmiller",
    paper="Springenberg et al. (2015), ICLR workshop, arXiv:1412.6806",
    brought="A convolution with stride 2 takes the place of max-pooling: a pooling that is learned. Nothing else than "
    "convolutions and one average is needed to reach the best results of its time on CIFAR-10.",
)


def conv(in_channels: int, out_channels: int, kernel: int = 3, stride: int = 1, padding: int = 1) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(in_channels, out_channels, kernel, stride, padding),
        nn.ReLU(inplace=True),
    )


def max_pool() -> nn.MaxPool2d:
    return nn.MaxPool2d(3, stride=2, padding=1)


def head(channels: int, num_classes: int) -> nn.Sequential:
    """The end that all four share: 3×3, two 1×1, and the average of each class's map."""
    return nn.Sequential(
        conv(channels, channels, padding=0),  # (N, 192, 6, 6)
        conv(channels, channels, kernel=1, padding=0),
        conv(channels, num_classes, kernel=1, padding=0),  # (N, 10, 6, 6)
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),  # (N, 10)
    )


@architecture(family="all_cnn", title="All-CNN-C", input_shape=(3, 32, 32), params=1_369_738)
def all_cnn(num_classes: int = 10, in_channels: int = 3, width: float = 1.0) -> nn.Sequential:
    """Two convolutions, then one with stride 2 where the base has its pooling."""
    c96, c192 = scaled(96, width), scaled(192, width)
    return nn.Sequential(
        nn.Dropout(0.2),
        conv(in_channels, c96),  # (N, 96, 32, 32)
        conv(c96, c96),
        conv(c96, c96, stride=2),  # (N, 96, 16, 16)
        nn.Dropout(0.5),
        conv(c96, c192),  # (N, 192, 16, 16)
        conv(c192, c192),
        conv(c192, c192, stride=2),  # (N, 192, 8, 8)
        nn.Dropout(0.5),
        head(c192, num_classes),
    )


@architecture(family="all_cnn", title="Model C (base of All-CNN)", input_shape=(3, 32, 32), params=954_730)
def all_cnn_base(num_classes: int = 10, in_channels: int = 3, width: float = 1.0) -> nn.Sequential:
    """Two convolutions and a max-pooling, twice."""
    c96, c192 = scaled(96, width), scaled(192, width)
    return nn.Sequential(
        nn.Dropout(0.2),
        conv(in_channels, c96),  # (N, 96, 32, 32)
        conv(c96, c96),
        max_pool(),  # (N, 96, 16, 16)
        nn.Dropout(0.5),
        conv(c96, c192),  # (N, 192, 16, 16)
        conv(c192, c192),
        max_pool(),  # (N, 192, 8, 8)
        nn.Dropout(0.5),
        head(c192, num_classes),
    )


@architecture(family="all_cnn", title="Strided-CNN-C", input_shape=(3, 32, 32), params=954_730)
def all_cnn_strided(num_classes: int = 10, in_channels: int = 3, width: float = 1.0) -> nn.Sequential:
    """The base without pooling: the convolution before each takes its stride."""
    c96, c192 = scaled(96, width), scaled(192, width)
    return nn.Sequential(
        nn.Dropout(0.2),
        conv(in_channels, c96),  # (N, 96, 32, 32)
        conv(c96, c96, stride=2),  # (N, 96, 16, 16)
        nn.Dropout(0.5),
        conv(c96, c192),  # (N, 192, 16, 16)
        conv(c192, c192, stride=2),  # (N, 192, 8, 8)
        nn.Dropout(0.5),
        head(c192, num_classes),
    )


@architecture(family="all_cnn", title="ConvPool-CNN-C", input_shape=(3, 32, 32), params=1_369_738)
def all_cnn_convpool(num_classes: int = 10, in_channels: int = 3, width: float = 1.0) -> nn.Sequential:
    """As many convolutions as All-CNN-C, and the poolings of the base."""
    c96, c192 = scaled(96, width), scaled(192, width)
    return nn.Sequential(
        nn.Dropout(0.2),
        conv(in_channels, c96),  # (N, 96, 32, 32)
        conv(c96, c96),
        conv(c96, c96),
        max_pool(),  # (N, 96, 16, 16)
        nn.Dropout(0.5),
        conv(c96, c192),  # (N, 192, 16, 16)
        conv(c192, c192),
        conv(c192, c192),
        max_pool(),  # (N, 192, 8, 8)
        nn.Dropout(0.5),
        head(c192, num_classes),
    )
