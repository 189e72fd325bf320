"""LeNet-5: the network that read cheques, as the paper has it and in the two forms of the course."""

from __future__ import annotations

from collections import OrderedDict
from random import Random

import torch
from torch import Tensor, nn

from cnn_core.architectures.catalogue import architecture, family
from cnn_core.architectures.layers import scaled

family(
    id="lenet",
    title="LeNet",
    year=1998,
    authors="Yann LeCun, Léon Bottou, Yoshua Bengio, Patrick Haffner",
    paper="LeCun et al. (1998), Proceedings of the IEEE 86(11), doi:10.1109/5.726791",
    brought="Convolution, subsampling and classifier were trained together, end to end, by gradient descent, and no "
    "feature was made by hand. Shared weights and local receptive fields kept it to 60,000 parameters, and it read "
    "cheques in banks.",
)


# The course's two forms ------------------------------------------------------------------------------------------------


@architecture(
    family="lenet",
    title="LeNet-5",
    input_shape=(1, 32, 32),
    params=61_706,
    small="lenet5_keras",
    differs="The course's PyTorch form: C3 sees all six maps of S2 (2,416 parameters; 1,516 in the paper), "
    "subsampling is a plain average without parameters, F6 has a ReLU, and a linear layer stands in place of the RBF "
    "output.",
)
def lenet5(num_classes: int = 10, in_channels: int = 1, width: float = 1.0, image_size: int = 32) -> nn.Sequential:
    c1, c3, c5, f6 = (scaled(channels, width) for channels in (6, 16, 120, 84))
    side = ((image_size - 4) // 2 - 4) // 2 - 4  # of C5's maps: 1 for 32
    return nn.Sequential(OrderedDict(
        c1=nn.Conv2d(in_channels, c1, kernel_size=5),  # (N, 6, 28, 28)
        tanh1=nn.Tanh(),
        s2=nn.AvgPool2d(2),  # (N, 6, 14, 14)
        c3=nn.Conv2d(c1, c3, kernel_size=5),  # (N, 16, 10, 10)
        tanh3=nn.Tanh(),
        s4=nn.AvgPool2d(2),  # (N, 16, 5, 5)
        c5=nn.Conv2d(c3, c5, kernel_size=5),  # (N, 120, 1, 1)
        tanh5=nn.Tanh(),
        flatten=nn.Flatten(),  # (N, 120)
        f6=nn.Linear(c5 * max(side, 1) ** 2, f6),
        relu6=nn.ReLU(),
        output=nn.Linear(f6, num_classes),
    ))


@architecture(
    family="lenet",
    title="LeNet-5 (Keras form)",
    input_shape=(1, 28, 28),
    params=61_706,
    differs="The course's Keras form on 28×28: C1 pads to keep the size, S2 takes the maximum and S4 the average, C3 "
    "sees all six maps, and the output is linear (its softmax belongs to the loss).",
)
def lenet5_keras(
    num_classes: int = 10, in_channels: int = 1, width: float = 1.0, image_size: int = 28
) -> nn.Sequential:
    c1, c3, c5, f6 = (scaled(channels, width) for channels in (6, 16, 120, 84))
    side = (image_size // 2 - 4) // 2 - 4  # of C5's maps: 1 for 28
    return nn.Sequential(OrderedDict(
        c1=nn.Conv2d(in_channels, c1, kernel_size=5, padding="same"),  # (N, 6, 28, 28)
        tanh1=nn.Tanh(),
        s2=nn.MaxPool2d(2),  # (N, 6, 14, 14)
        c3=nn.Conv2d(c1, c3, kernel_size=5),  # (N, 16, 10, 10)
        tanh3=nn.Tanh(),
        s4=nn.AvgPool2d(2),  # (N, 16, 5, 5)
        c5=nn.Conv2d(c3, c5, kernel_size=5),  # (N, 120, 1, 1)
        tanh5=nn.Tanh(),
        flatten=nn.Flatten(),  # (N, 120)
        f6=nn.Linear(c5 * max(side, 1) ** 2, f6),
        tanh6=nn.Tanh(),
        output=nn.Linear(f6, num_classes),
    ))


# The paper's own -------------------------------------------------------------------------------------------------------

# Table I of the paper: the maps of S2 that each of the sixteen maps of C3 sees.
C3_SOURCES = (
    (0, 1, 2), (1, 2, 3), (2, 3, 4), (3, 4, 5), (0, 4, 5), (0, 1, 5),
    (0, 1, 2, 3), (1, 2, 3, 4), (2, 3, 4, 5), (0, 3, 4, 5), (0, 1, 4, 5), (0, 1, 2, 5),
    (0, 1, 3, 4), (1, 2, 4, 5), (0, 2, 3, 5),
    (0, 1, 2, 3, 4, 5),
)  # fmt: skip

# Each class's aim in the 84 outputs of F6: its digit on 12 rows of 7 pixels, one hexadecimal number of 7 bits a row.
DIGITS = (
    "1c 22 41 41 41 41 41 41 41 22 1c 00",
    "08 18 28 08 08 08 08 08 08 08 3e 00",
    "1c 22 41 01 02 04 08 10 20 40 7f 00",
    "3e 41 01 01 02 1c 02 01 01 41 3e 00",
    "02 06 0a 12 22 42 7f 02 02 02 02 00",
    "7f 40 40 40 7c 02 01 01 01 42 3c 00",
    "1e 20 40 40 5c 62 41 41 41 22 1c 00",
    "7f 01 01 02 02 04 04 08 08 10 10 00",
    "1c 22 41 41 22 1c 22 41 41 22 1c 00",
    "1c 22 41 41 41 23 1d 01 01 02 3c 00",
)


class ScaledTanh(nn.Module):
    """``1.7159 · tanh(2x/3)``: it maps ±1 to ±1, where it curves most."""

    def forward(self, x: Tensor) -> Tensor:
        return 1.7159 * torch.tanh(2 / 3 * x)


class Subsampling(nn.Module):
    """The sum of each 2×2 window, times a trained coefficient, plus a trained bias: two parameters a map."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.sum = nn.AvgPool2d(2, divisor_override=1)
        self.coefficient = nn.Parameter(torch.full((channels, 1, 1), 0.25))
        self.bias = nn.Parameter(torch.zeros(channels, 1, 1))

    def forward(self, x: Tensor) -> Tensor:
        return self.coefficient * self.sum(x) + self.bias


class PartialConv2d(nn.Module):
    """A convolution each of whose output maps sees only some of the input maps."""

    def __init__(self, sources: tuple[tuple[int, ...], ...], kernel: int) -> None:
        super().__init__()
        self.sources = sources
        self.maps = nn.ModuleList(nn.Conv2d(len(seen), 1, kernel) for seen in sources)

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([conv(x[:, seen]) for conv, seen in zip(self.maps, self.sources, strict=True)], dim=1)


class RBFOutput(nn.Module):
    """Minus the squared distance of F6 to each class's fixed code of ±1: the nearest class has the largest output.

    The ten digits have their drawings for codes; further classes a code drawn by lot, the same each time.
    """

    codes: Tensor

    def __init__(self, num_classes: int) -> None:
        super().__init__()
        codes = [digit_code(digit) for digit in DIGITS[:num_classes]]
        codes += [Random(label).choices((-1.0, 1.0), k=84) for label in range(len(DIGITS), num_classes)]
        self.register_buffer("codes", torch.tensor(codes))  # (num_classes, 84), not trained

    def forward(self, x: Tensor) -> Tensor:
        return -(x[:, None, :] - self.codes).square().sum(dim=2)  # (N, num_classes)


def digit_code(rows: str) -> list[float]:
    """The 84 pixels of one drawing of ``DIGITS``, +1 for ink and −1 for paper."""
    return [1.0 if int(row, 16) >> bit & 1 else -1.0 for row in rows.split() for bit in range(6, -1, -1)]


@architecture(
    family="lenet",
    title="LeNet-5 (1998 sizes)",
    input_shape=(1, 32, 32),
    params=60_000,
    small="lenet5_keras",
    differs="The ten target codes of the RBF output are drawn anew after the paper's figure 3, and the output is "
    "minus the distance, so that the largest wins, as in every other network here.",
)
def lenet5_1998(num_classes: int = 10, in_channels: int = 1) -> nn.Sequential:
    network = nn.Sequential(OrderedDict(
        c1=nn.Conv2d(in_channels, 6, kernel_size=5),  # (N, 6, 28, 28)
        squash1=ScaledTanh(),
        s2=Subsampling(6),  # (N, 6, 14, 14)
        squash2=ScaledTanh(),
        c3=PartialConv2d(C3_SOURCES, kernel=5),  # (N, 16, 10, 10)
        squash3=ScaledTanh(),
        s4=Subsampling(16),  # (N, 16, 5, 5)
        squash4=ScaledTanh(),
        c5=nn.Conv2d(16, 120, kernel_size=5),  # (N, 120, 1, 1)
        squash5=ScaledTanh(),
        flatten=nn.Flatten(),  # (N, 120)
        f6=nn.Linear(120, 84),
        squash6=ScaledTanh(),
        output=RBFOutput(num_classes),
    ))
    for layer in network.modules():
        if isinstance(layer, nn.Conv2d | nn.Linear):  # appendix A: uniform in ±2.4 / fan-in
            fan_in = layer.weight[0].numel()
            nn.init.uniform_(layer.weight, -2.4 / fan_in, 2.4 / fan_in)
    return network
