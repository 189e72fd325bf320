"""ResNet-9: a short residual network made to be trained on CIFAR-10 in minutes."""

from __future__ import annotations

from torch import Tensor, nn

from cnn_core.architectures.catalogue import architecture, family
from cnn_core.architectures.layers import conv_bn_relu, scaled

family(
    id="resnet9",
    title="ResNet-9",
    year=2018,
    authors="David Page",
    paper="Page (2018), \"How to train your ResNet\", Myrtle.ai",
    brought="Eight convolutions with two shortcuts are enough for 94 % on CIFAR-10, when depth is given up for wide "
    "layers that keep a GPU busy. It headed the DAWNBench list of training speed, and made that race one that a "
    "single GPU can run.",
)


class Residual(nn.Module):
    """``x + block(block(x))``."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.block1 = conv_bn_relu(channels, channels)
        self.block2 = conv_bn_relu(channels, channels)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.block2(self.block1(x))


class ResNet9(nn.Module):
    def __init__(self, num_classes: int, in_channels: int, width: float) -> None:
        super().__init__()
        c64, c128, c256, c512 = (scaled(channels, width) for channels in (64, 128, 256, 512))
        self.prepare = conv_bn_relu(in_channels, c64)
        self.layer1 = nn.Sequential(conv_bn_relu(c64, c128), nn.MaxPool2d(2), Residual(c128))
        self.layer2 = nn.Sequential(conv_bn_relu(c128, c256), nn.MaxPool2d(2))
        self.layer3 = nn.Sequential(conv_bn_relu(c256, c512), nn.MaxPool2d(2), Residual(c512))
        self.pool = nn.AdaptiveMaxPool2d(1)
        self.linear = nn.Linear(c512, num_classes, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        x = self.prepare(x)  # (N, 64, 32, 32)
        x = self.layer1(x)  # (N, 128, 16, 16)
        x = self.layer2(x)  # (N, 256, 8, 8)
        x = self.layer3(x)  # (N, 512, 4, 4)
        x = self.pool(x).flatten(1)  # (N, 512)
        return 0.125 * self.linear(x)  # a small slope keeps the first steps at a large learning rate from running away


@architecture(
    family="resnet9",
    title="ResNet-9",
    input_shape=(3, 32, 32),
    params=6_573_120,
    differs="The last pooling takes the maximum of the whole map, whatever its size (4×4 for CIFAR-10), so that other "
    "sizes work too.",
)
def resnet9(num_classes: int = 10, in_channels: int = 3, width: float = 1.0) -> ResNet9:
    return ResNet9(num_classes, in_channels, width)
