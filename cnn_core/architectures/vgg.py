"""VGG: the six networks of the paper's table 1, and a form with batch normalisation for small pictures."""

from __future__ import annotations

from torch import Tensor, nn

from cnn_core.architectures.alexnet import response_norm
from cnn_core.architectures.catalogue import architecture, family
from cnn_core.architectures.layers import he_initialise, scaled

family(
    id="vgg",
    title="VGG",
    year=2014,
    authors="Karen Simonyan, Andrew Zisserman",
    paper="Simonyan & Zisserman (2015), ICLR, arXiv:1409.1556",
    brought="Nothing but 3×3 convolutions, stacked: two see as far as one of 5×5, with fewer parameters and one more "
    "ReLU. Depth went from 8 to 19 layers by one simple rule: double the filters after each pooling.",
)
family(
    id="vgg_cifar",
    title="VGG for CIFAR",
    year=2015,
    authors="Shuying Liu, Weihong Deng",
    paper="Liu & Deng (2015), ACPR, doi:10.1109/ACPR.2015.7486599",
    brought="The very deep network of ImageNet was made to learn from 50,000 small pictures. Batch normalisation and "
    "strong dropout kept it from over-fitting.",
    differs="One linear layer stands on the average of the last maps, with one dropout before it; the paper keeps two "
    "linear layers and drops out after most convolutions too.",
)

# Table 1 of the paper: a number is a 3×3 convolution of so many filters, "1x1" one that keeps the filters, M a max-pooling.
TABLE = {
    "A": "64 M 128 M 256 256 M 512 512 M 512 512 M",
    "A-LRN": "64 LRN M 128 M 256 256 M 512 512 M 512 512 M",
    "B": "64 64 M 128 128 M 256 256 M 512 512 M 512 512 M",
    "C": "64 64 M 128 128 M 256 256 1x1 M 512 512 1x1 M 512 512 1x1 M",
    "D": "64 64 M 128 128 M 256 256 256 M 512 512 512 M 512 512 512 M",
    "E": "64 64 M 128 128 M 256 256 256 256 M 512 512 512 512 M 512 512 512 512 M",
}


def features(column: str, in_channels: int, width: float, small: bool = False) -> nn.Sequential:
    """The convolutions and poolings of one column of the table; the small form adds batch normalisation, and its poolings keep
    the last pixels of an odd size: 28 → 14 → 7 → 4 → 2 → 1.
    """
    layers: list[nn.Module] = []
    channels = in_channels
    for word in TABLE[column].split():
        if word == "M":
            layers.append(nn.MaxPool2d(2, ceil_mode=small))
        elif word == "LRN":
            layers.append(response_norm())
        else:
            kernel, filters = (1, channels) if word == "1x1" else (3, scaled(int(word), width))
            layers.append(nn.Conv2d(channels, filters, kernel, padding=kernel // 2, bias=not small))
            layers += [nn.BatchNorm2d(filters), nn.ReLU(inplace=True)] if small else [nn.ReLU(inplace=True)]
            channels = filters
    return nn.Sequential(*layers)


class VGG(nn.Module):
    """Five stages of convolutions, each half the size of the last, and three linear layers."""

    def __init__(self, column: str, num_classes: int, in_channels: int, width: float, image_size: int) -> None:
        super().__init__()
        side = max(image_size // 32, 1)  # of the last maps: 7 for 224
        hidden = scaled(4096, width)
        self.features = features(column, in_channels, width)
        self.classifier = nn.Sequential(
            nn.Linear(scaled(512, width) * side * side, hidden),
            nn.ReLU(inplace=True),
            nn.Dropout(0.5),
            nn.Linear(hidden, hidden),
            nn.ReLU(inplace=True),
            nn.Dropout(0.5),
            nn.Linear(hidden, num_classes),
        )
        initialise(self)

    def forward(self, x: Tensor) -> Tensor:
        x = self.features(x)  # (N, 512, 7, 7)
        return self.classifier(x.flatten(1))  # (N, 25088) → (N, 1000)


def initialise(network: nn.Module) -> None:
    """Glorot's uniform weights, with which the paper found that no shallower network need be trained first; biases of zero."""
    for layer in network.modules():
        if isinstance(layer, nn.Conv2d | nn.Linear):
            nn.init.xavier_uniform_(layer.weight)
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)


@architecture(
    family="vgg", title="VGG A (11 layers)", input_shape=(3, 224, 224), params=132_863_336, small="vgg11_cifar"
)
def vgg_a(num_classes: int = 1000, in_channels: int = 3, width: float = 1.0, image_size: int = 224) -> VGG:
    return VGG("A", num_classes, in_channels, width, image_size)


@architecture(
    family="vgg", title="VGG A-LRN (11 layers)", input_shape=(3, 224, 224), params=132_863_336, small="vgg11_cifar"
)
def vgg_a_lrn(num_classes: int = 1000, in_channels: int = 3, width: float = 1.0, image_size: int = 224) -> VGG:
    return VGG("A-LRN", num_classes, in_channels, width, image_size)


@architecture(
    family="vgg", title="VGG B (13 layers)", input_shape=(3, 224, 224), params=133_047_848, small="vgg13_cifar"
)
def vgg_b(num_classes: int = 1000, in_channels: int = 3, width: float = 1.0, image_size: int = 224) -> VGG:
    return VGG("B", num_classes, in_channels, width, image_size)


@architecture(
    family="vgg", title="VGG C (16 layers)", input_shape=(3, 224, 224), params=133_638_952, small="vgg16_cifar"
)
def vgg_c(num_classes: int = 1000, in_channels: int = 3, width: float = 1.0, image_size: int = 224) -> VGG:
    return VGG("C", num_classes, in_channels, width, image_size)


@architecture(
    family="vgg", title="VGG D (16 layers)", input_shape=(3, 224, 224), params=138_357_544, small="vgg16_cifar"
)
def vgg_d(num_classes: int = 1000, in_channels: int = 3, width: float = 1.0, image_size: int = 224) -> VGG:
    return VGG("D", num_classes, in_channels, width, image_size)


@architecture(
    family="vgg", title="VGG E (19 layers)", input_shape=(3, 224, 224), params=143_667_240, small="vgg19_cifar"
)
def vgg_e(num_classes: int = 1000, in_channels: int = 3, width: float = 1.0, image_size: int = 224) -> VGG:
    return VGG("E", num_classes, in_channels, width, image_size)


class SmallVGG(nn.Module):
    """A column of the table with batch normalisation, and one linear layer on the average of the last maps."""

    def __init__(self, column: str, num_classes: int, in_channels: int, width: float) -> None:
        super().__init__()
        self.features = features(column, in_channels, width, small=True)
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.dropout = nn.Dropout(0.5)
        self.linear = nn.Linear(scaled(512, width), num_classes)
        he_initialise(self)

    def forward(self, x: Tensor) -> Tensor:
        x = self.features(x)  # (N, 512, 1, 1)
        x = self.pool(x).flatten(1)  # (N, 512)
        return self.linear(self.dropout(x))


@architecture(family="vgg_cifar", title="VGG-11 for CIFAR", input_shape=(3, 32, 32), params=9_228_362)
def vgg11_cifar(num_classes: int = 10, in_channels: int = 3, width: float = 1.0) -> SmallVGG:
    return SmallVGG("A", num_classes, in_channels, width)


@architecture(family="vgg_cifar", title="VGG-13 for CIFAR", input_shape=(3, 32, 32), params=9_413_066)
def vgg13_cifar(num_classes: int = 10, in_channels: int = 3, width: float = 1.0) -> SmallVGG:
    return SmallVGG("B", num_classes, in_channels, width)


@architecture(family="vgg_cifar", title="VGG-16 for CIFAR", input_shape=(3, 32, 32), params=14_724_042)
def vgg16_cifar(num_classes: int = 10, in_channels: int = 3, width: float = 1.0) -> SmallVGG:
    return SmallVGG("D", num_classes, in_channels, width)


@architecture(family="vgg_cifar", title="VGG-19 for CIFAR", input_shape=(3, 32, 32), params=20_035_018)
def vgg19_cifar(num_classes: int = 10, in_channels: int = 3, width: float = 1.0) -> SmallVGG:
    return SmallVGG("E", num_classes, in_channels, width)
