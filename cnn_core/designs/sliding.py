"""Layers that slide a window over maps: convolutions and poolings."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import ClassVar

from cnn_core.arithmetic import same_padding
from cnn_core.designs.kind import Kind, Pair, Shape, flag, maps, number, pair, same_channels
from cnn_core.errors import DesignError, GeometryError
from cnn_core.windows import Window

MOST_FILTERS, MOST_KERNEL, MOST_STRIDE = 8_192, 64, 64


class _Filters(Kind):
    """Convolutions: what they share is the window."""

    kernel: Pair
    stride: Pair
    pad: Pair
    dilation: Pair
    same: bool

    def sides(self, shape: Shape) -> tuple[int, int]:
        """Height and width of the output."""
        _, *sides = maps(shape, self.word)
        if self.same and self.stride != (1, 1):
            raise GeometryError(
                f'torch takes padding="same" only with a stride of 1, not {max(self.stride)}: give a number instead',
                code="same_needs_stride_one", stride=max(self.stride),
            )
        windows = zip(sides, self.kernel, self.stride, self.pad, self.dilation, strict=True)
        out = [
            Window("conv", k, s, same_padding(n, k, 1, d) if self.same else (p, p), d).output_size(n)
            for n, k, s, p, d in windows
        ]
        return out[0], out[1]


@dataclass(frozen=True)
class Conv(_Filters):
    """``filters`` kernels, each over all channels of its group (cross-correlation, as torch computes it).

    Attributes:
        input: the channels it expects; None takes whatever comes.
        same: pads so that the size stays (torch's ``padding="same"``), in place of ``pad``; needs a stride of 1.
    """

    word: ClassVar[str] = "conv"
    family: ClassVar[str] = "conv"

    filters: int = number(32, MOST_FILTERS, main=True)
    kernel: tuple[int, int] = pair(3, MOST_KERNEL, main=True)
    stride: tuple[int, int] = pair(1, MOST_STRIDE)
    pad: tuple[int, int] = pair(0, MOST_KERNEL, least=0)
    same: bool = flag()
    dilation: tuple[int, int] = pair(1, MOST_KERNEL)
    groups: int = number(1, MOST_FILTERS)
    input: int | None = number(None, MOST_FILTERS)
    nobias: bool = flag()

    def output_shape(self, shape: Shape) -> Shape:
        channels, _, _ = maps(shape, self.word)
        same_channels(self.input, channels, self.word)
        if channels % self.groups or self.filters % self.groups:
            raise GeometryError(
                f"{self.groups} groups must divide both the {channels} input and the {self.filters} output channels",
                code="groups_do_not_divide", groups=self.groups, channels=channels, out_channels=self.filters,
            )
        return self.filters, *self.sides(shape)

    def params(self, shape: Shape) -> int:
        return self.filters * (shape[0] // self.groups * prod(self.kernel) + (not self.nobias))

    def macs(self, shape: Shape) -> int:
        return prod(self.output_shape(shape)) * (shape[0] // self.groups) * prod(self.kernel)


@dataclass(frozen=True)
class Depthwise(_Filters):
    """One kernel for each channel, or ``multiplier`` of them: channels are not mixed."""

    word: ClassVar[str] = "depthwise"
    family: ClassVar[str] = "conv"

    kernel: tuple[int, int] = pair(3, MOST_KERNEL, main=True)
    stride: tuple[int, int] = pair(1, MOST_STRIDE)
    pad: tuple[int, int] = pair(0, MOST_KERNEL, least=0)
    same: bool = flag()
    dilation: tuple[int, int] = pair(1, MOST_KERNEL)
    multiplier: int = number(1, 64)
    nobias: bool = flag()

    def output_shape(self, shape: Shape) -> Shape:
        return maps(shape, self.word)[0] * self.multiplier, *self.sides(shape)

    def params(self, shape: Shape) -> int:
        return shape[0] * self.multiplier * (prod(self.kernel) + (not self.nobias))

    def macs(self, shape: Shape) -> int:
        return prod(self.output_shape(shape)) * prod(self.kernel)


@dataclass(frozen=True)
class Separable(_Filters):
    """A depthwise convolution and a 1×1 convolution that mixes its maps (Sifre & Mallat 2013; Howard et al. 2017)."""

    word: ClassVar[str] = "separable"
    family: ClassVar[str] = "conv"

    filters: int = number(32, MOST_FILTERS, main=True)
    kernel: tuple[int, int] = pair(3, MOST_KERNEL, main=True)
    stride: tuple[int, int] = pair(1, MOST_STRIDE)
    pad: tuple[int, int] = pair(0, MOST_KERNEL, least=0)
    same: bool = flag()
    dilation: tuple[int, int] = pair(1, MOST_KERNEL)
    nobias: bool = flag()

    def output_shape(self, shape: Shape) -> Shape:
        return self.filters, *self.sides(shape)

    def params(self, shape: Shape) -> int:
        bias = not self.nobias
        return shape[0] * (prod(self.kernel) + bias) + self.filters * (shape[0] + bias)

    def macs(self, shape: Shape) -> int:
        return prod(self.sides(shape)) * shape[0] * (prod(self.kernel) + self.filters)


class _Pool(Kind):
    """One number for each window. A stride of None is the window's own size, as in torch."""

    family: ClassVar[str] = "pool"

    kernel: Pair
    stride: Pair | None
    pad: Pair
    ceil: bool

    def output_shape(self, shape: Shape) -> Shape:
        channels, *sides = maps(shape, self.word)
        windows = zip(sides, self.kernel, self.stride or self.kernel, self.pad, strict=True)
        return channels, *(Window("pool", k, s, (p, p), ceil_mode=self.ceil).output_size(n) for n, k, s, p in windows)


@dataclass(frozen=True)
class MaxPool(_Pool):
    """The largest value under each window."""

    word: ClassVar[str] = "maxpool"

    kernel: tuple[int, int] = pair(2, MOST_KERNEL, main=True)
    stride: tuple[int, int] | None = pair(None, MOST_STRIDE)
    pad: tuple[int, int] = pair(0, MOST_KERNEL, least=0)
    ceil: bool = flag()


@dataclass(frozen=True)
class AvgPool(_Pool):
    """The mean of each window, padding counted as zeros (torch's default)."""

    word: ClassVar[str] = "avgpool"

    kernel: tuple[int, int] = pair(2, MOST_KERNEL, main=True)
    stride: tuple[int, int] | None = pair(None, MOST_STRIDE)
    pad: tuple[int, int] = pair(0, MOST_KERNEL, least=0)
    ceil: bool = flag()


class _Adaptive(Kind):
    family: ClassVar[str] = "pool"

    size: Pair

    def output_shape(self, shape: Shape) -> Shape:
        channels, height, width = maps(shape, self.word)
        if self.size[0] > height or self.size[1] > width:
            raise DesignError(
                f"{self.word} to {self.size[0]}×{self.size[1]} would enlarge maps of {height}×{width}: choose a smaller size",
                code="design_pool_enlarges", layer=self.word, rows=self.size[0], columns=self.size[1], height=height, width=width,
            )
        return channels, *self.size


@dataclass(frozen=True)
class GlobalAverage(_Adaptive):
    """The mean of each whole map, or of ``size × size`` equal parts of it."""

    word: ClassVar[str] = "gap"

    size: tuple[int, int] = pair(1, 256, main=True)


@dataclass(frozen=True)
class GlobalMax(_Adaptive):
    """The largest value of each whole map, or of ``size × size`` equal parts of it."""

    word: ClassVar[str] = "gmp"

    size: tuple[int, int] = pair(1, 256, main=True)
