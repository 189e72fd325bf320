"""The kinds of layers a chain is made of. A new kind is one class, here or in ``sliding``, and a name in ``KINDS``."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import ClassVar, Literal

from cnn_core.arithmetic import require
from cnn_core.chains.layer import Layer, Shape, call, flag, maps, number
from cnn_core.chains.sliding import AvgPool, Conv, MaxPool, Transposed
from cnn_core.errors import GeometryError
from cnn_core.windows import View


@dataclass(frozen=True)
class GlobalPool(Layer):
    """Adaptive average pooling to ``size × size``, whatever comes in; 1 is global average pooling."""

    word: ClassVar[str] = "gap"
    family: ClassVar[str] = "pool"

    size: int = number(1, "")

    def output_shape(self, shape: Shape) -> Shape:
        require(output_size=self.size)
        return maps(shape)[0], self.size, self.size

    def view(self, below: View, n: int) -> View:
        return below.after_adaptive(n, self.size)

    def pytorch(self, shape: Shape) -> str:
        return call("AdaptiveAvgPool2d", self.size)


@dataclass(frozen=True)
class BatchNorm(Layer):
    """A scale and a shift for each channel (Ioffe & Szegedy 2015)."""

    word: ClassVar[str] = "bn"
    family: ClassVar[str] = "norm"

    def params(self, shape: Shape) -> int:
        return 2 * shape[0]

    def pytorch(self, shape: Shape) -> str:
        return call("BatchNorm2d" if len(shape) == 3 else "BatchNorm1d", shape[0])


Function = Literal["relu", "tanh", "sigmoid", "gelu"]
_FUNCTIONS = {"relu": "ReLU", "tanh": "Tanh", "sigmoid": "Sigmoid", "gelu": "GELU"}


@dataclass(frozen=True)
class Activation(Layer):
    """A function of each value alone."""

    word: ClassVar[str] = "act"

    function: Function = field(default="relu", metadata={"letter": "", "choices": tuple(_FUNCTIONS)})

    def pytorch(self, shape: Shape) -> str:
        return call(_FUNCTIONS[self.function])


@dataclass(frozen=True)
class Dropout(Layer):
    """Zeroes ``percent`` of the values while training; nothing changes in the table."""

    word: ClassVar[str] = "drop"
    family: ClassVar[str] = "norm"

    percent: int = number(50, "", least=0)

    def output_shape(self, shape: Shape) -> Shape:
        if not 0 <= self.percent <= 100:
            raise GeometryError(
                f"a dropout of {self.percent} % is not between 0 and 100",
                code="bad_percent",
                value=self.percent,
                least=0,
            )
        return shape

    def pytorch(self, shape: Shape) -> str:
        return call("Dropout", self.percent / 100)


@dataclass(frozen=True)
class Flatten(Layer):
    """Maps in a row: one feature for each pixel of each channel."""

    word: ClassVar[str] = "flat"
    family: ClassVar[str] = "flatten"

    def output_shape(self, shape: Shape) -> Shape:
        return (math.prod(shape),)

    def pytorch(self, shape: Shape) -> str:
        return call("Flatten")


@dataclass(frozen=True)
class Linear(Layer):
    """Fully connected: every output sees every input."""

    word: ClassVar[str] = "lin"
    family: ClassVar[str] = "linear"

    out_features: int = number(10, "")
    bias: bool = flag(True, "nobias")

    def output_shape(self, shape: Shape) -> Shape:
        require(features=self.out_features)
        if len(shape) != 1:
            raise GeometryError(
                "a linear layer takes features, not maps: put a flatten row before it", code="needs_flat"
            )
        return (self.out_features,)

    def params(self, shape: Shape) -> int:
        return self.out_features * (shape[0] + self.bias)

    def macs(self, shape: Shape) -> int:
        return self.out_features * shape[0]

    def pytorch(self, shape: Shape) -> str:
        return call("Linear", shape[0], self.out_features, bias=(self.bias, True))


KINDS: dict[str, type[Layer]] = {
    kind.word: kind
    for kind in (Conv, Transposed, MaxPool, AvgPool, GlobalPool, BatchNorm, Activation, Dropout, Flatten, Linear)
}
