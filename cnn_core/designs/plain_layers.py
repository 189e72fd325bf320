"""Layers without a window: linear, normalisation, activations, dropout, and what changes shape alone."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import ClassVar

from cnn_core.designs.kind import Kind, Shape, flag, maps, number, real, shape_text
from cnn_core.designs.sliding import MOST_FILTERS
from cnn_core.errors import DesignError


@dataclass(frozen=True)
class Linear(Kind):
    """Every output from every input. ``input`` is how many it expects; None takes whatever comes."""

    word: ClassVar[str] = "linear"
    family: ClassVar[str] = "linear"

    outputs: int = number(10, 65_536, main=True)
    input: int | None = number(None, 100_000_000)
    nobias: bool = flag()

    def output_shape(self, shape: Shape) -> Shape:
        if len(shape) != 1:
            raise DesignError(
                f"linear takes a row of numbers, and gets maps of {shape_text(shape)}: put a flatten before it",
                code="design_needs_flat", shape=shape_text(shape),
            )
        if self.input is not None and self.input != shape[0]:
            raise DesignError(
                f"Linear expects {self.input:,} inputs, gets {shape[0]:,}: set it, leave it open, or insert pooling",
                code="design_features", expected=self.input, got=shape[0],
            )
        return (self.outputs,)

    def params(self, shape: Shape) -> int:
        return self.outputs * (shape[0] + (not self.nobias))

    def macs(self, shape: Shape) -> int:
        return self.outputs * shape[0]


@dataclass(frozen=True)
class Flatten(Kind):
    """All numbers of the maps in one row."""

    word: ClassVar[str] = "flatten"
    family: ClassVar[str] = "flatten"

    def output_shape(self, shape: Shape) -> Shape:
        return (prod(shape),)


@dataclass(frozen=True)
class BatchNorm(Kind):
    """A scale and a shift for each channel, after its mean and deviation over the batch (Ioffe & Szegedy 2015)."""

    word: ClassVar[str] = "batchnorm"
    family: ClassVar[str] = "norm"

    eps: float = real(1e-5, 1e-8, 1, main=False)
    momentum: float = real(0.1, 0, 1, main=False)

    def params(self, shape: Shape) -> int:
        return 2 * shape[0]


@dataclass(frozen=True)
class Dropout(Kind):
    """Zeroes each value with probability ``p`` while training."""

    word: ClassVar[str] = "dropout"
    family: ClassVar[str] = "norm"

    p: float = real(0.5, 0, 0.99)


@dataclass(frozen=True)
class Dropout2d(Kind):
    """Zeroes whole maps with probability ``p`` while training (Tompson et al. 2015)."""

    word: ClassVar[str] = "dropout2d"
    family: ClassVar[str] = "norm"

    p: float = real(0.2, 0, 0.99)

    def output_shape(self, shape: Shape) -> Shape:
        return maps(shape, self.word)


@dataclass(frozen=True)
class Scale(Kind):
    """Every value times a fixed number."""

    word: ClassVar[str] = "scale"
    family: ClassVar[str] = "add"

    factor: float = real(1.0, -1000, 1000)


@dataclass(frozen=True)
class PadChannels(Kind):
    """Maps of zeros around the channels, half before and half behind, until there are ``channels`` (He et al. 2016, option A)."""

    word: ClassVar[str] = "padchannels"
    family: ClassVar[str] = "add"

    channels: int = number(32, MOST_FILTERS, main=True)

    def output_shape(self, shape: Shape) -> Shape:
        channels, height, width = maps(shape, self.word)
        if self.channels < channels:
            raise DesignError(
                f"padchannels to {self.channels} gets {channels} channels already: give a number of at least {channels}",
                code="design_pads_nothing", channels=self.channels, got=channels,
            )
        return self.channels, height, width


class Activation(Kind):
    """A function of each value alone; the word is its name."""


@dataclass(frozen=True)
class Relu(Activation):
    word: ClassVar[str] = "relu"


@dataclass(frozen=True)
class LeakyRelu(Activation):
    word: ClassVar[str] = "leakyrelu"

    slope: float = real(0.01, 0, 1)


@dataclass(frozen=True)
class Relu6(Activation):
    word: ClassVar[str] = "relu6"


@dataclass(frozen=True)
class Elu(Activation):
    word: ClassVar[str] = "elu"


@dataclass(frozen=True)
class Gelu(Activation):
    word: ClassVar[str] = "gelu"


@dataclass(frozen=True)
class Silu(Activation):
    word: ClassVar[str] = "silu"


@dataclass(frozen=True)
class Hardswish(Activation):
    word: ClassVar[str] = "hardswish"


@dataclass(frozen=True)
class Hardsigmoid(Activation):
    word: ClassVar[str] = "hardsigmoid"


@dataclass(frozen=True)
class Tanh(Activation):
    word: ClassVar[str] = "tanh"


@dataclass(frozen=True)
class Sigmoid(Activation):
    word: ClassVar[str] = "sigmoid"
