"""mini-ResNet: the course's one residual block."""

from __future__ import annotations

from torch import Tensor, nn

from cnn_core.architectures.catalogue import architecture, family
from cnn_core.architectures.layers import scaled

family(
    id="mini_resnet",
    title="mini-ResNet",
    year=2015,
    authors="The course, after Kaiming He et al.",
    paper="The course's fourth lesson, after He et al. (2016), CVPR, arXiv:1512.03385",
    brought="One residual block: what two convolutions compute is added to what came in, so they only have to learn "
    "the difference. With weights of zero the block is the identity, because the ReLU lets positive values through.",
)


class ResidualBlock(nn.Module):
    """``ReLU(x + conv(ReLU(conv(x))))``."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels, channels, kernel_size=3, padding=1)
        self.conv2 = nn.Conv2d(channels, channels, kernel_size=3, padding=1)
        self.relu = nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:
        y = self.relu(self.conv1(x))
        y = self.conv2(y)
        return self.relu(x + y)


class MiniResNet(nn.Module):
    def __init__(self, num_classes: int, in_channels: int, width: float, image_size: int) -> None:
        super().__init__()
        channels = scaled(32, width)
        self.stem = nn.Conv2d(in_channels, channels, kernel_size=5, padding="same")
        self.relu = nn.ReLU()
        self.block = ResidualBlock(channels)
        self.linear = nn.Linear(channels * image_size**2, num_classes)

    def forward(self, x: Tensor) -> Tensor:
        x = self.relu(self.stem(x))  # (N, 32, 28, 28)
        x = self.block(x)
        return self.linear(x.flatten(1))  # (N, 25088) → (N, 10)


@architecture(
    family="mini_resnet",
    title="mini-ResNet",
    input_shape=(1, 28, 28),
    params=270_218,
    differs="One block without batch normalisation, and a linear layer that takes every pixel.",
)
def mini_resnet(num_classes: int = 10, in_channels: int = 1, width: float = 1.0, image_size: int = 28) -> MiniResNet:
    return MiniResNet(num_classes, in_channels, width, image_size)
