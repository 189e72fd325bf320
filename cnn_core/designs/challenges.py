"""Tasks that check themselves: goals on what a network costs, sees and is made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from cnn_core.designs.kind import Shape
from cnn_core.registry import Registry

Quantity = Literal[
    "params", "macs", "field", "classes", "convs", "narrowest", "filters", "window", "pools", "linears", "skips", "joins", "depthwise",
    "maps", "input", "accuracy",
]  # fmt: skip


@dataclass(frozen=True)
class Measured:
    """A whole network, as its trace shows it; ``cnn_core.inspection.measuring`` measures it.

    Attributes:
        field: receptive field of the last maps, in pixels, the shorter side; the picture's where they see all of it.
        convs: convolutions with a window of more than one pixel, depthwise ones too.
        narrowest: fewest filters of one of these; what gives the classes, and a depthwise one over the picture's own channels, left out.
        filters: of all convolutions together, depthwise ones left out.
        window: longest side of a convolution's or pooling's window; what pools whole maps has none.
        pools: poolings, those of whole maps left out.
        skips: residual blocks whose body has a convolution of more than one pixel.
        joins: blocks of branches of which at least two have convolutions, and look through different windows.
        depthwise: those among ``convs``.
        maps: (C, H, W) of the last maps before they are pooled whole or flattened.
    """

    params: int
    macs: int
    field: int
    classes: int
    convs: int
    narrowest: int
    filters: int
    window: int
    pools: int
    linears: int
    skips: int
    joins: int
    depthwise: int
    maps: Shape
    input: Shape


@dataclass(frozen=True)
class Goal:
    """One condition: a quantity at most, at least or exactly so much. Accuracy, in percent, is measured by training."""

    quantity: Quantity
    sign: Literal["≤", "≥", "="]
    target: int | Shape

    def value(self, measured: Measured) -> int | Shape:
        """What the network has of it."""
        found: int | Shape = getattr(measured, self.quantity)
        return found

    def is_met(self, measured: Measured) -> bool:
        value = self.value(measured)
        if self.sign == "=" or not isinstance(value, int) or not isinstance(self.target, int):
            return value == self.target
        return value <= self.target if self.sign == "≤" else value >= self.target


@dataclass(frozen=True)
class Challenge:
    """A task. Other languages: ``design.<id>.title`` and ``design.<id>.task``.

    Attributes:
        start: a text to begin with; empty where one begins with what is on the screen.
        solution: a text that meets every goal but an accuracy; shown to nobody, a test holds it.
        seconds: of training, where there is a goal on accuracy.
    """

    id: str
    title: str
    task: str
    goals: tuple[Goal, ...]
    start: str
    solution: str
    seconds: int = 0

    @property
    def trained(self) -> Goal | None:
        """The goal that only training can tell."""
        return next((goal for goal in self.goals if goal.quantity == "accuracy"), None)


CHALLENGES: Registry[Challenge] = Registry("challenge")

TEN = Goal("classes", "=", 10)
CIFAR, MNIST = Goal("input", "=", (3, 32, 32)), Goal("input", "=", (1, 28, 28))

LENET_TORN = """input 1x32x32
conv 6 5x5
tanh
maxpool 2
conv 16 5x5
tanh
flatten
linear 84 in 400
relu
linear 10
"""

HEAVY = """input 3x32x32
conv 32 3x3 pad 1
relu
conv 64 3x3 pad 1
relu
conv 64 5x5 pad 2
relu
maxpool 2
conv 128 3x3 pad 1
relu
gap
flatten
linear 10
"""
HEAVY_MACS = 143_492_352
"""Multiply-accumulates of ``HEAVY``, of which half are wanted."""

PLAIN = """input 3x32x32
conv 32 3x3 pad 1
relu
maxpool 2
conv 64 3x3 pad 1
relu
maxpool 2
flatten
linear 10
"""

SMALL_WIDE = """input 3x32x32
conv 16 3x3 pad 1 stride 2
relu
conv 32 3x3 pad 1 stride 2
relu
conv 32 3x3 pad 1
relu
conv 32 3x3 pad 1
relu
conv 32 3x3 pad 1
relu
gap
flatten
linear 10
"""

QUICK = """input 3x32x32
conv 24 3x3 pad 1
batchnorm
relu
maxpool 2
conv 48 3x3 pad 1
batchnorm
relu
maxpool 2
conv 64 3x3 pad 1
batchnorm
relu
maxpool 2
flatten
linear 10
"""

for _challenge in (
    Challenge(
        "repair", "Repair",
        "Somebody took a pooling out of LeNet, and it no longer runs. Make it run again: its two convolutions, the 16 maps of 5×5 that its"
        " linear layers were made for, ten classes, at most 40,000 parameters.",
        (Goal("input", "=", (1, 32, 32)), TEN, Goal("convs", "≥", 2), Goal("narrowest", "≥", 6), Goal("maps", "=", (16, 5, 5)),
         Goal("params", "≤", 40_000)), LENET_TORN,
        LENET_TORN.replace("tanh\nflatten", "tanh\nmaxpool 2\nflatten"),
    ),
    Challenge(
        "small_wide", "Small, and sees far",
        "Under 50,000 parameters, and a receptive field of at least 24 pixels on 32×32: four convolutions or more, through windows of"
        " at most 5×5.",
        (CIFAR, TEN, Goal("convs", "≥", 4), Goal("narrowest", "≥", 16), Goal("window", "≤", 5), Goal("params", "≤", 49_999),
         Goal("field", "≥", 24)), PLAIN, SMALL_WIDE,
    ),
    Challenge(
        "half_macs", "Half the work",
        "The same maps at the end, from as many convolutions and filters, with half the multiply-accumulates, and a receptive field"
        " no smaller.",
        (CIFAR, TEN, Goal("maps", "=", (128, 16, 16)), Goal("convs", "≥", 4), Goal("filters", "≥", 288), Goal("field", "≥", 14),
         Goal("macs", "≤", HEAVY_MACS // 2)), HEAVY,
        HEAVY.replace("conv 64 5x5 pad 2", "separable 64 5x5 pad 2"),
    ),
    Challenge(
        "no_linear", "Nothing but convolutions",
        "Ten classes without a linear layer and without pooling, as All-CNN does it; only the last maps are averaged whole. At least four"
        " convolutions and at most 100,000 parameters.",
        (CIFAR, TEN, Goal("linears", "=", 0), Goal("pools", "=", 0), Goal("convs", "≥", 4), Goal("narrowest", "≥", 16),
         Goal("window", "≤", 5), Goal("params", "≤", 100_000)), PLAIN,
        SMALL_WIDE.replace("gap\nflatten\nlinear 10", "conv 10 1x1\ngap\nflatten"),
    ),
    Challenge(
        "deep", "Deep, with short cuts",
        "At least 20 convolutions of 16 filters or more and 8 skips over convolutions, in at most 150,000 parameters.",
        (CIFAR, TEN, Goal("convs", "≥", 20), Goal("narrowest", "≥", 16), Goal("skips", "≥", 8), Goal("params", "≤", 150_000)), PLAIN,
        "input 3x32x32\nconv 16 3x3 pad 1\nrepeat 10\n  residual\n    conv 16 3x3 pad 1\n    relu\n    conv 16 3x3 pad 1\n  relu\n"
        "gap\nflatten\nlinear 10\n",
    ),
    Challenge(
        "inception", "Look twice",
        "Digits seen through different windows side by side, in two blocks of branches, with at most 20,000 parameters.",
        (MNIST, TEN, Goal("joins", "≥", 2), Goal("narrowest", "≥", 8), Goal("params", "≤", 20_000)),
        "input 1x28x28\nconv 16 5x5 pad 2\nrelu\nmaxpool 2\nflatten\nlinear 10\n",
        "input 1x28x28\nrepeat 2\n  branches\n    branch\n      conv 8 1x1\n    branch\n      conv 8 5x5 pad 2\n  relu\n  maxpool 2\n"
        "gap\nflatten\nlinear 10\n",
    ),
    Challenge(
        "phone", "For a phone",
        "Three depthwise convolutions or more, a receptive field of at least 20 through windows of at most 5×5, and at most 2 million"
        " multiply-accumulates.",
        (CIFAR, TEN, Goal("depthwise", "≥", 3), Goal("narrowest", "≥", 16), Goal("window", "≤", 5), Goal("field", "≥", 20),
         Goal("macs", "≤", 2_000_000)), PLAIN,
        "input 3x32x32\nconv 16 3x3 pad 1 stride 2\nrelu\nseparable 32 3x3 pad 1 stride 2\nrelu\nseparable 64 3x3 pad 1\nrelu\n"
        "separable 64 3x3 pad 1\nrelu\ngap\nflatten\nlinear 10\n",
    ),
    Challenge(
        "minute", "One minute",
        "Over 60 % of CIFAR-10's test pictures right after one minute of training on this machine, with three convolutions or more.",
        (CIFAR, TEN, Goal("convs", "≥", 3), Goal("accuracy", "≥", 60)), PLAIN, QUICK, seconds=60,
    ),
):  # fmt: skip
    CHALLENGES.add(_challenge)
