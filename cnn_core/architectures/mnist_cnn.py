"""The course's first network: two blocks of convolution, ReLU and max-pooling, and one linear layer."""

from __future__ import annotations

from torch import Tensor, nn

from cnn_core.architectures.catalogue import architecture, family
from cnn_core.architectures.layers import scaled

family(
    id="course_cnn",
    title="The course's MNIST CNN",
    year=2010,
    authors="The course",
    paper="The course's first lesson; the ReLU: Nair & Hinton (2010), ICML, "
    "\"Rectified linear units improve restricted Boltzmann machines\"",
    brought="The ReLU does not saturate, so gradients reach the first layers and training is quick. Two such blocks "
    "and one linear layer already read MNIST's digits with 99 % accuracy.",
)


def block(in_channels: int, out_channels: int) -> nn.Sequential:
    """Convolution, ReLU, and the maximum of each 2×2 window: half the size."""
    return nn.Sequential(
        nn.Conv2d(in_channels, out_channels, kernel_size=3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
    )


class MnistCNN(nn.Module):
    def __init__(self, num_classes: int, in_channels: int, width: float, image_size: int) -> None:
        super().__init__()
        first, second = scaled(64, width), scaled(128, width)
        self.block1 = block(in_channels, first)
        self.block2 = block(first, second)
        self.linear = nn.Linear(second * max(image_size // 4, 1) ** 2, num_classes)

    def forward(self, x: Tensor) -> Tensor:
        x = self.block1(x)  # (N, 64, 14, 14)
        x = self.block2(x)  # (N, 128, 7, 7)
        return self.linear(x.flatten(1))  # (N, 6272) → (N, 10)


@architecture(
    family="course_cnn",
    title="MNIST CNN",
    input_shape=(1, 28, 28),
    params=137_226,
    differs="A teaching network, of no paper; its year is that of the ReLU in deep networks.",
)
def mnist_cnn(num_classes: int = 10, in_channels: int = 1, width: float = 1.0, image_size: int = 28) -> MnistCNN:
    return MnistCNN(num_classes, in_channels, width, image_size)
