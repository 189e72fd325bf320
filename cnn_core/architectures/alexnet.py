"""AlexNet as it won in 2012, on two GPUs, and a form of it for small pictures. torchvision's ``alexnet`` is another network, of 2014."""

from __future__ import annotations

from torch import nn

from cnn_core.architectures.catalogue import architecture, family
from cnn_core.architectures.layers import scaled

family(
    id="alexnet",
    title="AlexNet",
    year=2012,
    authors="Alex Krizhevsky, Ilya Sutskever, Geoffrey E. Hinton",
    paper="Krizhevsky et al. (2012), NeurIPS, doi:10.1145/3065386",
    brought="Trained on two GPUs, it won ImageNet 2012 with 15.3 % top-5 error, where the second had 26.2 %, and "
    "turned computer vision to deep networks. ReLU, dropout, augmentation and local response normalisation made sixty "
    "million parameters trainable.",
)


def response_norm() -> nn.LocalResponseNorm:
    """The paper's k = 2, n = 5, α = 1e-4, β = 0.75. PyTorch divides α by n, which the paper does not: hence 5e-4."""
    return nn.LocalResponseNorm(size=5, alpha=5e-4, beta=0.75, k=2.0)


@architecture(
    family="alexnet",
    title="AlexNet (2012)",
    input_shape=(3, 227, 227),
    params=60_965_224,
    small="alexnet_cifar",
    differs="The two GPUs are two groups of one convolution. The paper says 224×224, but its 55×55 first maps need "
    "227×227 without padding: 55 = ⌊(227 − 11)/4⌋ + 1.",
)
def alexnet_2012(
    num_classes: int = 1000, in_channels: int = 3, width: float = 1.0, image_size: int = 227
) -> nn.Sequential:
    # Half of the width, doubled: the layers that are split between the two GPUs need even numbers.
    c1, c2, c3, c4, c5 = (2 * scaled(half, width) for half in (48, 128, 192, 192, 128))
    hidden = scaled(4096, width)
    side = image_size
    for kernel, stride in ((11, 4), (3, 2), (3, 2), (3, 2)):  # the first convolution and the three poolings
        side = max((side - kernel) // stride + 1, 1)

    features = nn.Sequential(
        nn.Conv2d(in_channels, c1, kernel_size=11, stride=4),  # (N, 96, 55, 55)
        nn.ReLU(inplace=True),
        response_norm(),
        nn.MaxPool2d(3, stride=2),  # (N, 96, 27, 27)
        nn.Conv2d(c1, c2, kernel_size=5, padding=2, groups=2),  # (N, 256, 27, 27)
        nn.ReLU(inplace=True),
        response_norm(),
        nn.MaxPool2d(3, stride=2),  # (N, 256, 13, 13)
        nn.Conv2d(c2, c3, kernel_size=3, padding=1),  # (N, 384, 13, 13); here the GPUs exchange their maps
        nn.ReLU(inplace=True),
        nn.Conv2d(c3, c4, kernel_size=3, padding=1, groups=2),
        nn.ReLU(inplace=True),
        nn.Conv2d(c4, c5, kernel_size=3, padding=1, groups=2),  # (N, 256, 13, 13)
        nn.ReLU(inplace=True),
        nn.MaxPool2d(3, stride=2),  # (N, 256, 6, 6)
    )
    classifier = nn.Sequential(
        nn.Flatten(),  # (N, 9216)
        nn.Dropout(0.5),
        nn.Linear(c5 * side * side, hidden),
        nn.ReLU(inplace=True),
        nn.Dropout(0.5),
        nn.Linear(hidden, hidden),
        nn.ReLU(inplace=True),
        nn.Linear(hidden, num_classes),
    )
    network = nn.Sequential(features, classifier)
    initialise(network)
    return network


def initialise(network: nn.Sequential) -> None:
    """Section 5: weights of deviation 0.01; biases 1 in convolutions 2, 4, 5 and the hidden linear layers, 0 elsewhere."""
    layers = [layer for layer in network.modules() if isinstance(layer, nn.Conv2d | nn.Linear)]
    for layer, bias in zip(layers, (0, 1, 0, 1, 1, 1, 1, 0), strict=True):
        nn.init.normal_(layer.weight, std=0.01)
        if layer.bias is not None:
            nn.init.constant_(layer.bias, bias)


@architecture(
    family="alexnet",
    title="AlexNet for CIFAR",
    input_shape=(3, 32, 32),
    params=5_871_434,
    differs="Reduced to 32×32: the first convolution is 5×5 with stride 1, the hidden layers have 1,024 units, one "
    "group, and no local response normalisation.",
)
def alexnet_cifar(
    num_classes: int = 10, in_channels: int = 3, width: float = 1.0, image_size: int = 32
) -> nn.Sequential:
    c1, c2, c3, c4, c5, hidden = (scaled(channels, width) for channels in (64, 192, 384, 256, 256, 1024))
    side = image_size
    for _ in range(3):  # poolings
        side = max((side - 3) // 2 + 1, 1)

    features = nn.Sequential(
        nn.Conv2d(in_channels, c1, kernel_size=5, padding=2),  # (N, 64, 32, 32)
        nn.ReLU(inplace=True),
        nn.MaxPool2d(3, stride=2),  # (N, 64, 15, 15)
        nn.Conv2d(c1, c2, kernel_size=5, padding=2),  # (N, 192, 15, 15)
        nn.ReLU(inplace=True),
        nn.MaxPool2d(3, stride=2),  # (N, 192, 7, 7)
        nn.Conv2d(c2, c3, kernel_size=3, padding=1),  # (N, 384, 7, 7)
        nn.ReLU(inplace=True),
        nn.Conv2d(c3, c4, kernel_size=3, padding=1),
        nn.ReLU(inplace=True),
        nn.Conv2d(c4, c5, kernel_size=3, padding=1),  # (N, 256, 7, 7)
        nn.ReLU(inplace=True),
        nn.MaxPool2d(3, stride=2),  # (N, 256, 3, 3)
    )
    classifier = nn.Sequential(
        nn.Flatten(),  # (N, 2304)
        nn.Dropout(0.5),
        nn.Linear(c5 * side * side, hidden),
        nn.ReLU(inplace=True),
        nn.Dropout(0.5),
        nn.Linear(hidden, hidden),
        nn.ReLU(inplace=True),
        nn.Linear(hidden, num_classes),
    )
    return nn.Sequential(features, classifier)
