"""GoogLeNet as the paper has it: 5×5 branches that are 5×5, and no batch normalisation."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from cnn_core.architectures.catalogue import architecture, family
from cnn_core.architectures.layers import scaled

family(
    id="googlenet",
    title="GoogLeNet",
    year=2014,
    authors="Christian Szegedy, Wei Liu, Yangqing Jia, Pierre Sermanet, Scott Reed, Dragomir Anguelov, Dumitru Erhan, "
    "Vincent Vanhoucke, Andrew Rabinovich",
    paper="Szegedy et al. (2015), CVPR, arXiv:1409.4842",
    brought="Inception modules look at the same maps with kernels of several sizes in parallel, after 1×1 "
    "convolutions have reduced the channels. It won ImageNet 2014 with 22 layers and a twelfth of AlexNet's "
    "parameters.",
)


def conv_relu(in_channels: int, out_channels: int, kernel: int, stride: int = 1) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(in_channels, out_channels, kernel, stride, padding=kernel // 2),
        nn.ReLU(inplace=True),
    )


class Inception(nn.Module):
    """Four branches side by side: 1×1; 1×1 and 3×3; 1×1 and 5×5; 3×3 maximum and 1×1."""

    def __init__(self, in_channels: int, c1: int, r3: int, c3: int, r5: int, c5: int, pool: int) -> None:
        super().__init__()
        self.branch1x1 = conv_relu(in_channels, c1, 1)
        self.branch3x3 = nn.Sequential(conv_relu(in_channels, r3, 1), conv_relu(r3, c3, 3))
        self.branch5x5 = nn.Sequential(conv_relu(in_channels, r5, 1), conv_relu(r5, c5, 5))
        self.branch_pool = nn.Sequential(nn.MaxPool2d(3, stride=1, padding=1), conv_relu(in_channels, pool, 1))
        self.out_channels = c1 + c3 + c5 + pool

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([self.branch1x1(x), self.branch3x3(x), self.branch5x5(x), self.branch_pool(x)], dim=1)


# Table 1 of the paper: #1×1, #3×3 reduce, #3×3, #5×5 reduce, #5×5, pool proj; None is a max-pooling.
MODULES: dict[str, tuple[int, ...] | None] = {
    "3a": (64, 96, 128, 16, 32, 32),
    "3b": (128, 128, 192, 32, 96, 64),
    "pool3": None,
    "4a": (192, 96, 208, 16, 48, 64),
    "4b": (160, 112, 224, 24, 64, 64),
    "4c": (128, 128, 256, 24, 64, 64),
    "4d": (112, 144, 288, 32, 64, 64),
    "4e": (256, 160, 320, 32, 128, 128),
    "pool4": None,
    "5a": (256, 160, 320, 32, 128, 128),
    "5b": (384, 192, 384, 48, 128, 128),
}


def max_pool() -> nn.MaxPool2d:
    return nn.MaxPool2d(3, stride=2, ceil_mode=True)


def response_norm() -> nn.LocalResponseNorm:
    return nn.LocalResponseNorm(size=5, alpha=1e-4, beta=0.75)


class GoogLeNet(nn.Module):
    def __init__(self, num_classes: int, in_channels: int, width: float) -> None:
        super().__init__()
        c64, c192 = scaled(64, width), scaled(192, width)
        self.stem = nn.Sequential(
            conv_relu(in_channels, c64, kernel=7, stride=2),  # (N, 64, 112, 112)
            max_pool(),  # (N, 64, 56, 56)
            response_norm(),
            conv_relu(c64, c64, kernel=1),
            conv_relu(c64, c192, kernel=3),  # (N, 192, 56, 56)
            response_norm(),
            max_pool(),  # (N, 192, 28, 28)
        )
        self.body = nn.Sequential()
        channels = c192
        for name, filters in MODULES.items():  # pool3 → (N, 480, 14, 14), pool4 → (N, 832, 7, 7)
            if filters is None:
                self.body.add_module(name, max_pool())
            else:
                module = Inception(channels, *(scaled(n, width) for n in filters))
                self.body.add_module(f"inception{name}", module)
                channels = module.out_channels
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.dropout = nn.Dropout(0.4)
        self.linear = nn.Linear(channels, num_classes)

    def forward(self, x: Tensor) -> Tensor:
        x = self.body(self.stem(x))  # (N, 1024, 7, 7)
        x = self.pool(x).flatten(1)  # (N, 1024)
        return self.linear(self.dropout(x))


@architecture(
    family="googlenet",
    title="GoogLeNet (2014)",
    input_shape=(3, 224, 224),
    params=6_998_552,
    small="googlenet_cifar",
    differs="Without the two auxiliary classifiers, which serve training only (torchvision's googlenet can have them).",
)
def googlenet_2014(num_classes: int = 1000, in_channels: int = 3, width: float = 1.0) -> GoogLeNet:
    return GoogLeNet(num_classes, in_channels, width)
