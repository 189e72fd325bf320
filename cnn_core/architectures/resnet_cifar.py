"""The ResNets that the paper built for CIFAR-10: three stages of 16, 32 and 64 filters, 6n + 2 layers.

They are other networks than the ImageNet ones of torchvision (``resnet18`` …), forty times smaller, and not those with another last layer.
"""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional

from cnn_core.architectures.catalogue import architecture
from cnn_core.architectures.layers import he_initialise, scaled


class Block(nn.Module):
    """``ReLU(shortcut(x) + BN(conv(ReLU(BN(conv(x))))))``.

    Where the size halves, the shortcut takes every second pixel and fills the new channels with zeros (the paper's option A): it
    has no parameters.
    """

    def __init__(self, in_channels: int, out_channels: int, stride: int) -> None:
        super().__init__()
        self.stride = stride
        self.new_channels = out_channels - in_channels
        self.conv1 = nn.Conv2d(in_channels, out_channels, kernel_size=3, stride=stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(out_channels)
        self.conv2 = nn.Conv2d(out_channels, out_channels, kernel_size=3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(out_channels)
        self.relu = nn.ReLU(inplace=True)

    def shortcut(self, x: Tensor) -> Tensor:
        if self.stride == 1 and self.new_channels == 0:
            return x
        before, after = self.new_channels // 2, self.new_channels - self.new_channels // 2
        return functional.pad(x[:, :, :: self.stride, :: self.stride], (0, 0, 0, 0, before, after))

    def forward(self, x: Tensor) -> Tensor:
        y = self.relu(self.bn1(self.conv1(x)))
        y = self.bn2(self.conv2(y))
        return self.relu(self.shortcut(x) + y)


class CifarResNet(nn.Module):
    def __init__(self, depth: int, num_classes: int, in_channels: int, width: float) -> None:
        super().__init__()
        blocks = (depth - 2) // 6  # in each stage; every block has two weight layers, and there are two more
        c16, c32, c64 = (scaled(channels, width) for channels in (16, 32, 64))
        self.conv = nn.Conv2d(in_channels, c16, kernel_size=3, padding=1, bias=False)
        self.bn = nn.BatchNorm2d(c16)
        self.relu = nn.ReLU(inplace=True)
        self.stage1 = stage(c16, c16, blocks, stride=1)
        self.stage2 = stage(c16, c32, blocks, stride=2)
        self.stage3 = stage(c32, c64, blocks, stride=2)
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.linear = nn.Linear(c64, num_classes)
        he_initialise(self)

    def forward(self, x: Tensor) -> Tensor:
        x = self.relu(self.bn(self.conv(x)))  # (N, 16, 32, 32)
        x = self.stage1(x)
        x = self.stage2(x)  # (N, 32, 16, 16)
        x = self.stage3(x)  # (N, 64, 8, 8)
        return self.linear(self.pool(x).flatten(1))


def stage(in_channels: int, out_channels: int, blocks: int, stride: int) -> nn.Sequential:
    """``blocks`` blocks, of which the first changes size and channels."""
    first = Block(in_channels, out_channels, stride)
    return nn.Sequential(first, *(Block(out_channels, out_channels, stride=1) for _ in range(blocks - 1)))


@architecture(family="resnet", title="ResNet-20 (CIFAR)", input_shape=(3, 32, 32), params=269_722)
def resnet20(num_classes: int = 10, in_channels: int = 3, width: float = 1.0) -> CifarResNet:
    return CifarResNet(20, num_classes, in_channels, width)


@architecture(family="resnet", title="ResNet-32 (CIFAR)", input_shape=(3, 32, 32), params=464_154)
def resnet32(num_classes: int = 10, in_channels: int = 3, width: float = 1.0) -> CifarResNet:
    return CifarResNet(32, num_classes, in_channels, width)


@architecture(family="resnet", title="ResNet-44 (CIFAR)", input_shape=(3, 32, 32), params=658_586)
def resnet44(num_classes: int = 10, in_channels: int = 3, width: float = 1.0) -> CifarResNet:
    return CifarResNet(44, num_classes, in_channels, width)


@architecture(family="resnet", title="ResNet-56 (CIFAR)", input_shape=(3, 32, 32), params=853_018)
def resnet56(num_classes: int = 10, in_channels: int = 3, width: float = 1.0) -> CifarResNet:
    return CifarResNet(56, num_classes, in_channels, width)


@architecture(family="resnet", title="ResNet-110 (CIFAR)", input_shape=(3, 32, 32), params=1_727_962)
def resnet110(num_classes: int = 10, in_channels: int = 3, width: float = 1.0) -> CifarResNet:
    return CifarResNet(110, num_classes, in_channels, width)
