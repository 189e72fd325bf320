"""A window sliding along one axis: its formula with numbers put in, the pixels under it, those it never meets."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from math import gcd
from typing import Literal

from cnn_core.arithmetic import conv_output_size, extent, pool_output_size, require, transposed_output_size
from cnn_core.errors import GeometryError

Kind = Literal["conv", "pool", "transposed"]


@dataclass(frozen=True)
class Window:
    """One axis of a convolution, a pooling or a transposed convolution.

    Attributes:
        padding: pixels added before and after; for a transposed convolution, cropped from its output.
        output_padding: extra pixels at the far end; transposed convolution only.
        ceil_mode: pooling only.
    """

    kind: Kind
    kernel: int
    stride: int = 1
    padding: tuple[int, int] = (0, 0)
    dilation: int = 1
    output_padding: int = 0
    ceil_mode: bool = False

    def output_size(self, n: int) -> int:
        """Length of the output.

        Raises:
            GeometryError: as the functions of ``cnn_core.arithmetic``; also unequal padding where torch takes none.
        """
        before, after = self.padding
        k, s, d = self.kernel, self.stride, self.dilation
        if before != after and self.kind != "conv":
            raise GeometryError(
                "only a convolution can be padded unequally: give both sides the same padding",
                code="unequal_padding",
                before=before,
                after=after,
            )
        if self.kind == "pool":
            return pool_output_size(n, k, s, before, d, self.ceil_mode)
        if self.kind == "transposed":
            return transposed_output_size(n, k, s, before, self.output_padding, d)
        if before == after:
            return conv_output_size(n, k, s, before, d)
        require(size=n, padding=min(before, after))
        return conv_output_size(n + before + after, k, s, 0, d)

    def expression(self, n: int) -> str:
        """The right-hand side of the formula with the numbers put in; also for numbers that leave no output."""
        before, after = self.padding
        padding = f"2·{before}" if before == after else f"{before} + {after}"
        if self.kind == "transposed":
            taps = f"{self.dilation}·({self.kernel} − 1) + 1" if self.dilation > 1 else str(self.kernel)
            extra = f" + {self.output_padding}" if self.output_padding else ""
            return f"({n} − 1)·{self.stride} − {padding} + {taps}{extra}"
        kernel = f"{self.dilation}·({self.kernel} − 1) − 1" if self.dilation > 1 else str(self.kernel)
        left, right = "⌈⌉" if self.ceil_mode else "⌊⌋"
        return f"{left}({n} + {padding} − {kernel})/{self.stride}{right} + 1"

    def formula(self, n: int) -> str:
        """The calculation with the numbers put in, the same in every language.

        >>> Window("conv", kernel=3, stride=2, padding=(1, 1)).formula(32)
        '⌊(32 + 2·1 − 3)/2⌋ + 1 = 16'
        """
        size = self.output_size(n)
        return f"{self.expression(n)}{' − 1' if self.drops_last(n) else ''} = {size}"

    def drops_last(self, n: int) -> bool:
        """Whether ``ceil_mode`` counts a window that torch drops again, because it would start in the far padding.

        >>> Window("pool", kernel=1, stride=2, ceil_mode=True).drops_last(4)
        True
        """
        span = n + sum(self.padding) - extent(self.kernel, self.dilation)
        return self.ceil_mode and -(-span // self.stride) + 1 > self.output_size(n)

    def symbols(self) -> str:
        """The formula in letters: i input, k kernel, s stride, p padding, d dilation, a output padding.

        >>> Window("conv", kernel=3).symbols()
        'o = ⌊(i + 2p − k)/s⌋ + 1'
        """
        before, after = self.padding
        if self.kind == "transposed":
            taps = "d·(k − 1) + 1" if self.dilation > 1 else "k"
            return f"o = (i − 1)·s − 2p + {taps}{' + a' if self.output_padding else ''}"
        left, right = "⌈⌉" if self.ceil_mode else "⌊⌋"
        kernel = "k" if self.dilation == 1 else "d·(k − 1) − 1"
        return f"o = {left}(i + {'2p' if before == after else 'p₁ + p₂'} − {kernel})/s{right} + 1"

    def taps(self, unit: int) -> tuple[int, ...]:
        """Indices of the input pixels that make up one output, in order; those outside the input are padding.

        A transposed convolution meets between ``floor(kernel/stride)`` and ``ceil(kernel/stride)`` of them, or none.

        >>> Window("conv", kernel=3, stride=2, padding=(1, 1)).taps(0)
        (-1, 0, 1)
        """
        offsets = range(0, extent(self.kernel, self.dilation), self.dilation)
        if self.kind == "transposed":
            reached = (unit + self.padding[0] - offset for offset in offsets)
            return tuple(sorted(spot // self.stride for spot in reached if spot % self.stride == 0))
        return tuple(unit * self.stride - self.padding[0] + offset for offset in offsets)

    def unseen(self, n: int) -> tuple[int, ...]:
        """Indices of the input pixels that no output depends on: cut off at the far end, or stepped over.

        >>> Window("conv", kernel=3, stride=2).unseen(32)
        (31,)
        """
        seen = {tap for unit in range(self.output_size(n)) for tap in self.taps(unit)}
        return tuple(pixel for pixel in range(n) if pixel not in seen)


class View:
    """What the units of a map see of the network's input along one axis, layer on layer.

    The theory of an endless image: units may lie outside the map, and a field may be longer than the image. Exact for
    strides, dilations, transposed convolutions and uneven adaptive poolings: the taps are followed, not averaged.

    Attributes:
        period: number of units after which the pattern of fields repeats (1 for plain convolutions and poolings).
    """

    def __init__(
        self, below: View | None = None, taps: Callable[[int], tuple[int, ...]] | None = None, period: int = 1
    ) -> None:
        self._below, self._taps, self.period = below, taps, period
        self._known: dict[int, tuple[int, int] | None] = {}

    def after(self, window: Window) -> View:
        """The view one layer further up."""
        if window.kind == "transposed":
            return View(self, window.taps, self.period * window.stride)
        return View(self, window.taps, self.period // gcd(self.period, window.stride))

    def after_adaptive(self, n: int, size: int) -> View:
        """The view after an adaptive pooling of ``n`` units to ``size``."""

        def taps(unit: int) -> tuple[int, ...]:
            return tuple(range(unit * n // size, -(-(unit + 1) * n // size)))

        stride = n // gcd(n, size)  # units below per repetition of the cut, which holds size / gcd units
        return View(self, taps, size // gcd(n, size) * (self.period // gcd(self.period, stride)))

    def span(self, unit: int) -> tuple[int, int] | None:
        """First and last input pixel that ``unit`` can depend on, or None where it depends on none."""
        if self._below is None or self._taps is None:
            return unit, unit
        if unit not in self._known:
            spans = [span for tap in self._taps(unit) if (span := self._below.span(tap)) is not None]
            self._known[unit] = (min(low for low, _ in spans), max(high for _, high in spans)) if spans else None
        return self._known[unit]

    @property
    def field(self) -> int:
        """The receptive field in pixels: of the unit that sees most, where units differ."""
        spans = (self.span(unit) for unit in range(self.period))
        return max((high - low + 1 for low, high in filter(None, spans)), default=0)

    @property
    def jump(self) -> Fraction:
        """Input pixels from one unit's field to the next one's; below 1 after a transposed convolution."""
        for unit in range(self.period):
            here, there = self.span(unit), self.span(unit + self.period)
            if here and there:
                return Fraction(there[0] - here[0], self.period)
        return Fraction(0)

    @property
    def start(self) -> int:
        """First input pixel of unit 0's field, negative where it begins in the padding."""
        span = self.span(0)
        return span[0] if span else 0
