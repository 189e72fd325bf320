"""Squeeze-and-Excitation: a block that weighs a module's channels, on ResNet and on Inception."""

from __future__ import annotations

from torch import Tensor, nn

from cnn_core.architectures.catalogue import architecture, family
from cnn_core.architectures.inception import Inception, inception_body
from cnn_core.architectures.layers import conv_bn_relu, he_initialise, scaled

family(
    id="senet",
    title="SENet",
    year=2017,
    authors="Jie Hu, Li Shen, Samuel Albanie, Gang Sun, Enhua Wu",
    paper="Hu et al. (2018), CVPR, arXiv:1709.01507",
    brought="A small block looks at the mean of every channel and decides how much each one counts for this picture. "
    "It can be put on any network for less than 1 % more computation, and won ImageNet 2017, the last of the "
    "challenges.",
)


class SqueezeExcite(nn.Module):
    """Squeeze each channel to its mean; let two linear layers turn the means into a weight between 0 and 1 for each channel."""

    def __init__(self, channels: int, reduction: int = 16) -> None:
        super().__init__()
        hidden = max(1, channels // reduction)
        self.squeeze = nn.AdaptiveAvgPool2d(1)
        self.excite = nn.Sequential(
            nn.Conv2d(channels, hidden, kernel_size=1),  # 1×1 on a single pixel: a linear layer
            nn.ReLU(inplace=True),
            nn.Conv2d(hidden, channels, kernel_size=1),
            nn.Sigmoid(),
        )

    def forward(self, x: Tensor) -> Tensor:
        return x * self.excite(self.squeeze(x))  # (N, C, H, W) · (N, C, 1, 1)


# On ResNet -------------------------------------------------------------------------------------------------------------


class SEBottleneck(nn.Module):
    """ResNet's bottleneck (1×1, 3×3, 1×1 with four times the filters), its channels weighed before the shortcut is added."""

    def __init__(self, in_channels: int, channels: int, stride: int) -> None:
        super().__init__()
        out_channels = 4 * channels
        self.body = nn.Sequential(
            conv_bn_relu(in_channels, channels, kernel=1),
            conv_bn_relu(channels, channels, kernel=3, stride=stride),
            nn.Conv2d(channels, out_channels, kernel_size=1, bias=False),
            nn.BatchNorm2d(out_channels),
            SqueezeExcite(out_channels),
        )
        self.shortcut: nn.Module = nn.Identity()
        if stride != 1 or in_channels != out_channels:
            self.shortcut = nn.Sequential(
                nn.Conv2d(in_channels, out_channels, kernel_size=1, stride=stride, bias=False),
                nn.BatchNorm2d(out_channels),
            )
        self.relu = nn.ReLU(inplace=True)

    def forward(self, x: Tensor) -> Tensor:
        return self.relu(self.shortcut(x) + self.body(x))


class SEResNet(nn.Module):
    def __init__(
        self, blocks: tuple[int, ...], num_classes: int, in_channels: int, width: float, small: bool = False
    ) -> None:
        super().__init__()
        channels = scaled(64, width)
        if small:
            self.stem = conv_bn_relu(in_channels, channels, kernel=3)
        else:
            self.stem = nn.Sequential(
                conv_bn_relu(in_channels, channels, kernel=7, stride=2),  # (N, 64, 112, 112)
                nn.MaxPool2d(3, stride=2, padding=1),  # (N, 64, 56, 56)
            )
        self.stages = nn.Sequential()
        for index, count in enumerate(blocks):  # (N, 256, 56, 56), (N, 512, 28, 28), (N, 1024, 14, 14), (N, 2048, 7, 7)
            filters = scaled(64 * 2**index, width)
            stage = nn.Sequential()
            for block in range(count):
                stage.append(SEBottleneck(channels, filters, stride=2 if index > 0 and block == 0 else 1))
                channels = 4 * filters
            self.stages.append(stage)
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.linear = nn.Linear(channels, num_classes)
        he_initialise(self)

    def forward(self, x: Tensor) -> Tensor:
        x = self.stages(self.stem(x))  # (N, 2048, 7, 7)
        return self.linear(self.pool(x).flatten(1))


@architecture(
    family="senet",
    title="SE-ResNet-50",
    input_shape=(3, 224, 224),
    small="seresnet50_cifar",
    params=28_088_024,
    differs="The stride stands on the 3×3 convolution of a bottleneck, as in torchvision's ResNets, not on the first "
    "1×1.",
)
def seresnet50(num_classes: int = 1000, in_channels: int = 3, width: float = 1.0) -> SEResNet:
    return SEResNet((3, 4, 6, 3), num_classes, in_channels, width)


@architecture(
    family="senet",
    title="SE-ResNet-101",
    input_shape=(3, 224, 224),
    small="seresnet50_cifar",
    params=49_326_872,
    differs="The stride stands on the 3×3 convolution of a bottleneck, as in torchvision's ResNets, not on the first "
    "1×1.",
)
def seresnet101(num_classes: int = 1000, in_channels: int = 3, width: float = 1.0) -> SEResNet:
    return SEResNet((3, 4, 23, 3), num_classes, in_channels, width)


@architecture(
    family="senet",
    title="SE-ResNet-152",
    input_shape=(3, 224, 224),
    small="seresnet50_cifar",
    params=66_821_848,
    differs="The stride stands on the 3×3 convolution of a bottleneck, as in torchvision's ResNets, not on the first "
    "1×1.",
)
def seresnet152(num_classes: int = 1000, in_channels: int = 3, width: float = 1.0) -> SEResNet:
    return SEResNet((3, 8, 36, 3), num_classes, in_channels, width)


@architecture(
    family="senet",
    title="SE-ResNet-50 for CIFAR",
    input_shape=(3, 32, 32),
    params=26_051_834,
    differs="Reduced to 32×32: the first convolution is 3×3 with stride 1, and there is no pooling after it.",
)
def seresnet50_cifar(num_classes: int = 10, in_channels: int = 3, width: float = 1.0) -> SEResNet:
    return SEResNet((3, 4, 6, 3), num_classes, in_channels, width, small=True)


# On Inception ----------------------------------------------------------------------------------------------------------


class SEInception(nn.Module):
    """BN-Inception with the channels of every module's output weighed."""

    def __init__(self, num_classes: int, in_channels: int, width: float) -> None:
        super().__init__()
        body, channels = inception_body(in_channels, width)
        self.body = nn.Sequential()
        for name, module in body.named_children():
            self.body.add_module(name, module)
            if isinstance(module, Inception):
                self.body.add_module(f"se{name.removeprefix('inception')}", SqueezeExcite(module.out_channels))
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.linear = nn.Linear(channels, num_classes)
        he_initialise(self)

    def forward(self, x: Tensor) -> Tensor:
        x = self.body(x)  # (N, 1024, 7, 7)
        return self.linear(self.pool(x).flatten(1))


@architecture(
    family="senet",
    title="SE-BN-Inception",
    input_shape=(3, 224, 224),
    params=11_931_622,
    differs="No auxiliary classifiers, which serve training only.",
)
def se_inception(num_classes: int = 1000, in_channels: int = 3, width: float = 1.0) -> SEInception:
    return SEInception(num_classes, in_channels, width)
