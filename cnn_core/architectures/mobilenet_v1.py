"""MobileNet v1: depthwise separable convolutions throughout, for phones."""

from __future__ import annotations

from torch import Tensor, nn

from cnn_core.architectures.catalogue import architecture, family
from cnn_core.architectures.layers import conv_bn_relu, he_initialise, scaled

family(
    id="mobilenet_v1",
    title="MobileNet v1",
    year=2017,
    authors="Andrew G. Howard, Menglong Zhu, Bo Chen, Dmitry Kalenichenko, Weijun Wang, Tobias Weyand, Marco "
    "Andreetto, Hartwig Adam",
    paper="Howard et al. (2017), arXiv:1704.04861",
    brought="Every convolution but the first is split into a depthwise and a 1×1 one, at an eighth to a ninth of the "
    "cost. Two numbers, for width and for picture size, trade accuracy for speed, so one design serves many devices.",
)

# Table 1 of the paper: the filters and the stride of each separable block.
BLOCKS = (
    (64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2),
    (512, 1), (512, 1), (512, 1), (512, 1), (512, 1), (1024, 2), (1024, 1),
)  # fmt: skip


def separable(in_channels: int, out_channels: int, stride: int) -> nn.Sequential:
    """A 3×3 kernel for each channel, then a 1×1 convolution over the channels, each with batch normalisation and ReLU."""
    return nn.Sequential(
        conv_bn_relu(in_channels, in_channels, kernel=3, stride=stride, groups=in_channels),
        conv_bn_relu(in_channels, out_channels, kernel=1),
    )


class MobileNetV1(nn.Module):
    def __init__(self, num_classes: int, in_channels: int, width: float, small: bool = False) -> None:
        super().__init__()
        channels = scaled(32, width)
        layers = [conv_bn_relu(in_channels, channels, stride=1 if small else 2)]  # (N, 32, 112, 112)
        for index, (filters, stride) in enumerate(BLOCKS):  # … (N, 1024, 7, 7)
            filters = scaled(filters, width)
            layers.append(separable(channels, filters, stride=1 if small and index == 1 else stride))
            channels = filters
        self.features = nn.Sequential(*layers)
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.linear = nn.Linear(channels, num_classes)
        he_initialise(self)

    def forward(self, x: Tensor) -> Tensor:
        x = self.features(x)  # (N, 1024, 7, 7)
        return self.linear(self.pool(x).flatten(1))


@architecture(
    family="mobilenet_v1",
    title="MobileNet v1",
    input_shape=(3, 224, 224),
    params=4_231_976,
    small="mobilenet_v1_cifar",
    differs="The last block has stride 1, as in the authors' own code: the stride 2 that the paper's table prints "
    "there would leave 4×4 maps, and the table goes on with 7×7.",
)
def mobilenet_v1(num_classes: int = 1000, in_channels: int = 3, width: float = 1.0) -> MobileNetV1:
    return MobileNetV1(num_classes, in_channels, width)


@architecture(
    family="mobilenet_v1",
    title="MobileNet v1 for CIFAR",
    input_shape=(3, 32, 32),
    params=3_217_226,
    differs="Reduced to 32×32: the first convolution and the first strided block have stride 1.",
)
def mobilenet_v1_cifar(num_classes: int = 10, in_channels: int = 3, width: float = 1.0) -> MobileNetV1:
    return MobileNetV1(num_classes, in_channels, width, small=True)
