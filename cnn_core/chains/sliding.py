"""Layers that slide a square window over maps: convolution, transposed convolution, pooling."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

from cnn_core.arithmetic import require, same_padding
from cnn_core.chains.layer import Layer, Shape, call, flag, maps, number
from cnn_core.errors import GeometryError
from cnn_core.windows import View, Window


class _Windowed(Layer):
    """A layer that slides a square window over maps."""

    def window(self, n: int) -> Window:
        raise NotImplementedError

    def channels(self, c: int) -> int:
        return c

    def output_shape(self, shape: Shape) -> Shape:
        c, h, w = maps(shape)
        return self.channels(c), self.window(h).output_size(h), self.window(w).output_size(w)

    def view(self, below: View, n: int) -> View:
        return below.after(self.window(n))


class _Filters(_Windowed):
    """Convolutions: ``out_channels`` filters, each over the input channels of its group."""

    out_channels: int
    kernel: int
    groups: int
    bias: bool

    def channels(self, c: int) -> int:
        require(channels=self.out_channels, groups=self.groups)
        if c % self.groups or self.out_channels % self.groups:
            raise GeometryError(
                f"{self.groups} groups must divide both the {c} input and the {self.out_channels} output channels",
                code="groups_do_not_divide",
                groups=self.groups,
                channels=c,
                out_channels=self.out_channels,
            )
        return self.out_channels

    def params(self, shape: Shape) -> int:
        return self.out_channels * (shape[0] // self.groups * self.kernel**2 + self.bias)


@dataclass(frozen=True)
class Conv(_Filters):
    """Convolution (cross-correlation, as torch computes it) with a square kernel.

    Attributes:
        same: torch's ``padding="same"``, which takes the place of ``padding`` and needs a stride of 1.
    """

    word: ClassVar[str] = "conv"
    family: ClassVar[str] = "conv"

    out_channels: int = number(16, "")
    kernel: int = number(3, "k")
    stride: int = number(1, "s")
    padding: int = number(0, "p", least=0)
    dilation: int = number(1, "d")
    groups: int = number(1, "g")
    same: bool = flag(False, "same")
    bias: bool = flag(True, "nobias")

    def window(self, n: int) -> Window:
        padding = (self.padding, self.padding)
        if self.same:
            if self.stride != 1:
                raise GeometryError(
                    f'torch takes padding="same" only with a stride of 1, not {self.stride}: give a number instead',
                    code="same_needs_stride_one",
                    stride=self.stride,
                )
            padding = same_padding(n, self.kernel, 1, self.dilation)
        return Window("conv", self.kernel, self.stride, padding, self.dilation)

    def macs(self, shape: Shape) -> int:
        return math.prod(self.output_shape(shape)) * (shape[0] // self.groups) * self.kernel**2

    def pytorch(self, shape: Shape) -> str:
        padding = "'same'" if self.same else self.padding
        return call(
            "Conv2d",
            shape[0],
            self.out_channels,
            self.kernel,
            stride=(self.stride, 1),
            padding=(padding, 0),
            dilation=(self.dilation, 1),
            groups=(self.groups, 1),
            bias=(self.bias, True),
        )


@dataclass(frozen=True)
class Transposed(_Filters):
    """Transposed convolution: every input value paints a kernel; MACs count the paint that the padding crops, too."""

    word: ClassVar[str] = "tconv"
    family: ClassVar[str] = "conv"

    out_channels: int = number(16, "")
    kernel: int = number(2, "k")
    stride: int = number(2, "s")
    padding: int = number(0, "p", least=0)
    output_padding: int = number(0, "o", least=0)
    dilation: int = number(1, "d")
    groups: int = number(1, "g")
    bias: bool = flag(True, "nobias")

    def window(self, n: int) -> Window:
        return Window("transposed", self.kernel, self.stride, (self.padding,) * 2, self.dilation, self.output_padding)

    def macs(self, shape: Shape) -> int:
        return math.prod(shape) * (self.out_channels // self.groups) * self.kernel**2

    def pytorch(self, shape: Shape) -> str:
        return call(
            "ConvTranspose2d",
            shape[0],
            self.out_channels,
            self.kernel,
            stride=(self.stride, 1),
            padding=(self.padding, 0),
            output_padding=(self.output_padding, 0),
            groups=(self.groups, 1),
            bias=(self.bias, True),
            dilation=(self.dilation, 1),
        )


@dataclass(frozen=True)
class MaxPool(_Windowed):
    """The largest value under each window."""

    word: ClassVar[str] = "max"
    family: ClassVar[str] = "pool"

    kernel: int = number(2, "")
    stride: int = number(2, "s")
    padding: int = number(0, "p", least=0)
    dilation: int = number(1, "d")
    ceil_mode: bool = flag(False, "ceil")

    def window(self, n: int) -> Window:
        return Window("pool", self.kernel, self.stride, (self.padding,) * 2, self.dilation, ceil_mode=self.ceil_mode)

    def pytorch(self, shape: Shape) -> str:
        return call(
            "MaxPool2d",
            self.kernel,
            stride=(self.stride, self.kernel),
            padding=(self.padding, 0),
            dilation=(self.dilation, 1),
            ceil_mode=(self.ceil_mode, False),
        )


@dataclass(frozen=True)
class AvgPool(_Windowed):
    """The mean of each window, padding counted as zeros (torch's default)."""

    word: ClassVar[str] = "avg"
    family: ClassVar[str] = "pool"

    kernel: int = number(2, "")
    stride: int = number(2, "s")
    padding: int = number(0, "p", least=0)
    ceil_mode: bool = flag(False, "ceil")

    def window(self, n: int) -> Window:
        return Window("pool", self.kernel, self.stride, (self.padding,) * 2, ceil_mode=self.ceil_mode)

    def pytorch(self, shape: Shape) -> str:
        return call(
            "AvgPool2d",
            self.kernel,
            stride=(self.stride, self.kernel),
            padding=(self.padding, 0),
            ceil_mode=(self.ceil_mode, False),
        )
