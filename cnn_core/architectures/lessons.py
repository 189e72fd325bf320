"""Small networks that differ in one thing only, for training side by side."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor, nn

from cnn_core.architectures.catalogue import architecture, family
from cnn_core.architectures.layers import he_initialise, scaled

family(
    id="lessons",
    title="Lesson networks",
    year=2026,
    authors="Convolab",
    paper="Convolab (2026), networks of this project for comparing one idea at a time",
    brought="One small network and its relatives: each differs from it in one thing only, so that a difference between two "
    "curves has one cause. Small enough to train within a minute on a laptop.",
)

Activation = Callable[[], nn.Module]
WIDTHS = (16, 32, 64)


def _conv(
    channels_in: int, channels_out: int, *, norm: bool = True, activation: Activation = nn.ReLU, stride: int = 1, separable: bool = False,
) -> nn.Sequential:
    """3×3 with "same" padding, normalised where told, activated; depthwise and then 1×1 where ``separable``."""
    parts: list[nn.Module] = []
    if separable:
        parts += [
            nn.Conv2d(channels_in, channels_in, 3, stride, 1, groups=channels_in, bias=False),
            nn.Conv2d(channels_in, channels_out, 1, bias=not norm),
        ]
    else:
        parts.append(nn.Conv2d(channels_in, channels_out, 3, stride, 1, bias=not norm))
    if norm:
        parts.append(nn.BatchNorm2d(channels_out))
    return nn.Sequential(*parts, activation())


class Lesson(nn.Module):
    """Three stages of two convolutions, halved in size between them; then global average pooling and one linear layer."""

    def __init__(
        self, num_classes: int, in_channels: int, width: float, *, norm: bool = True, activation: Activation = nn.ReLU,
        strided: bool = False, separable: bool = False, dropout: float = 0.0, flat_side: int = 0,
    ) -> None:
        super().__init__()
        stages: list[nn.Module] = []
        before = in_channels
        for index, channels in enumerate(scaled(c, width) for c in WIDTHS):
            last = index == len(WIDTHS) - 1
            stride = 2 if strided and not last else 1
            stages += [
                _conv(before, channels, norm=norm, activation=activation),  # the first sees colours: never separable
                _conv(channels, channels, norm=norm, activation=activation, stride=stride, separable=separable),
            ]
            if not strided and not last:
                stages.append(nn.MaxPool2d(2))
            if dropout:
                stages.append(nn.Dropout2d(dropout))
            before = channels
        self.features = nn.Sequential(*stages)
        self.pool = nn.Identity() if flat_side else nn.AdaptiveAvgPool2d(1)
        self.classifier = nn.Linear(before * max(flat_side, 1) ** 2, num_classes)

    def forward(self, x: Tensor) -> Tensor:
        x = self.features(x)  # (N, 64, 8, 8) for 32×32
        return self.classifier(self.pool(x).flatten(1))


class Deep(nn.Module):
    """Twenty-four 3×3 convolutions in twelve blocks of one width; with ``skip`` each block's input is added to its output."""

    def __init__(self, num_classes: int, in_channels: int, width: float, skip: bool) -> None:
        super().__init__()
        channels = scaled(16, width)
        self.stem = nn.Sequential(_conv(in_channels, channels), nn.MaxPool2d(2))
        self.blocks = nn.Sequential(*(DeepBlock(channels, skip) for _ in range(12)))
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.classifier = nn.Linear(channels, num_classes)

    def forward(self, x: Tensor) -> Tensor:
        x = self.blocks(self.stem(x))
        return self.classifier(self.pool(x).flatten(1))


class DeepBlock(nn.Module):
    def __init__(self, channels: int, skip: bool) -> None:
        super().__init__()
        self.conv1 = _conv(channels, channels)
        self.conv2 = nn.Sequential(nn.Conv2d(channels, channels, 3, padding=1, bias=False), nn.BatchNorm2d(channels))
        self.relu = nn.ReLU()
        self.skip = skip

    def forward(self, x: Tensor) -> Tensor:
        out = self.conv2(self.conv1(x))
        return self.relu(out + x if self.skip else out)


@architecture(family="lessons", title="Lesson network", input_shape=(3, 32, 32), params=72_954)
def lesson(num_classes: int = 10, in_channels: int = 3, width: float = 1.0) -> Lesson:
    return Lesson(num_classes, in_channels, width)


@architecture(
    family="lessons", title="Lesson network without batch normalisation", input_shape=(3, 32, 32), params=72_730,
    differs="Its convolutions have a bias instead, drawn as He et al. (2015) do.",
)
def lesson_no_norm(num_classes: int = 10, in_channels: int = 3, width: float = 1.0) -> Lesson:
    network = Lesson(num_classes, in_channels, width, norm=False)
    he_initialise(network)
    return network


@architecture(family="lessons", title="Lesson network with dropout of maps", input_shape=(3, 32, 32), params=72_954)
def lesson_dropout2d(num_classes: int = 10, in_channels: int = 3, width: float = 1.0) -> Lesson:
    return Lesson(num_classes, in_channels, width, dropout=0.1)


@architecture(family="lessons", title="Lesson network with separable convolutions", input_shape=(3, 32, 32), params=30_954)
def lesson_separable(num_classes: int = 10, in_channels: int = 3, width: float = 1.0) -> Lesson:
    return Lesson(num_classes, in_channels, width, separable=True)


@architecture(family="lessons", title="Lesson network with strides for max-pooling", input_shape=(3, 32, 32), params=72_954)
def lesson_strided(num_classes: int = 10, in_channels: int = 3, width: float = 1.0) -> Lesson:
    return Lesson(num_classes, in_channels, width, strided=True)


@architecture(family="lessons", title="Lesson network with tanh", input_shape=(3, 32, 32), params=72_730)
def lesson_tanh(num_classes: int = 10, in_channels: int = 3, width: float = 1.0) -> Lesson:
    return Lesson(num_classes, in_channels, width, norm=False, activation=nn.Tanh)


@architecture(family="lessons", title="Lesson network with a fully connected head", input_shape=(3, 32, 32), params=113_274)
def lesson_flat(num_classes: int = 10, in_channels: int = 3, width: float = 1.0, image_size: int = 32) -> Lesson:
    return Lesson(num_classes, in_channels, width, flat_side=image_size // 4)


@architecture(family="lessons", title="Deep network with skip connections", input_shape=(3, 32, 32), params=56_698)
def lesson_deep_skip(num_classes: int = 10, in_channels: int = 3, width: float = 1.0) -> Deep:
    return Deep(num_classes, in_channels, width, skip=True)


@architecture(family="lessons", title="Deep network without skip connections", input_shape=(3, 32, 32), params=56_698)
def lesson_deep_plain(num_classes: int = 10, in_channels: int = 3, width: float = 1.0) -> Deep:
    return Deep(num_classes, in_channels, width, skip=False)
