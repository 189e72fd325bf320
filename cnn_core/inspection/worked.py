"""What one worked-out value is made of: arrays and structured formulas, no torch, so that a page can show it in any language."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

Part = str | float
"""A piece of a formula: a sign ("(", "·", "√") or a number, which the reader's language decides how to write."""

OPERATORS = frozenset("+−·/^")

MOST_SHOWN = 12
"""Addends that are written out; of more, the first and the last with an ellipsis between them."""


@dataclass(frozen=True)
class FormulaStep:
    """One line of the calculation.

    Attributes:
        id: what is done, by name ("plus_bias"); the page's key for a sentence.
        symbols: the line in letters: ``Σ w·x + b``.
        parts: the same line with the numbers put in.
    """

    id: str
    symbols: str
    parts: tuple[Part, ...]
    value: float

    def text(self, write: Callable[[float], str] = lambda value: f"{value:.4g}") -> str:
        """The line with its numbers and its result.

        >>> FormulaStep("plus_bias", "s + b", (1.25, "+", -0.5), 0.75).text()
        '1.25 + (−0.5) = 0.75'
        """
        line, before = "", ""
        for part in self.parts:
            if isinstance(part, str):
                line += part if part.endswith("(") or part in "),·" else f" {part}"
                line += "" if part.endswith("(") or part in ")·" else " "
                before = part
                continue
            number = write(part).replace("-", "−")
            line += f"({number})" if number.startswith("−") and before in OPERATORS else number
            before = ""
        return f"{' '.join(line.split())} = {write(self.value).replace('-', '−')}"


@dataclass(frozen=True)
class WorkedValue:
    """One output value of a layer, worked out from the layer's input and weights in double precision.

    Attributes:
        kind: "conv", "linear", "pool", "norm", "activation", "join" (add, multiply, concatenate) or "moved".
        operation: the operation within the kind ("conv", "transposed", "max_pool", "batch_norm", "gelu", …).
        position: index into the output without the batch; (channel, row, column) for maps.
        channels: (C,) the input channels (or features) that are looked at.
        patch: (C, *window) the input values, with padding filled in: zeros, −∞ for a maximum, or what the padding mode repeats.
        taps: for each axis of the window, the input coordinate of every tap; outside 0 … n − 1 in the padding.
        inside: (*window) whether a tap lies on the input.
        region: first and last input coordinate on each axis of the window, both included, cut at the input's borders.
        weights, products: (C, *window) where the layer multiplies.
        channel_sums: (C,) the products summed over the window.
        chosen: index into ``patch`` of the value a maximum took.
        numbers: what else goes in, by name (mean, variance, epsilon, scale, shift, divisor).
        total: the value as worked out here; ``computed`` is what torch holds, ``difference`` is total − computed.
        tolerance: what rounding in torch's number type can account for; |difference| stays below it.
        steps: the calculation, line by line.
    """

    kind: str
    operation: str
    position: tuple[int, ...]
    channels: np.ndarray
    patch: np.ndarray
    total: float
    steps: tuple[FormulaStep, ...]
    taps: tuple[np.ndarray, ...] = ()
    inside: np.ndarray = field(default_factory=lambda: np.ones((), bool))
    region: tuple[tuple[int, int], ...] = ()
    weights: np.ndarray | None = None
    products: np.ndarray | None = None
    channel_sums: np.ndarray | None = None
    bias: float | None = None
    chosen: tuple[int, ...] | None = None
    numbers: Mapping[str, float] = field(default_factory=dict)
    magnitude: float = 0.0
    computed: float = float("nan")
    tolerance: float = 0.0

    @property
    def difference(self) -> float:
        return self.total - self.computed if self.total != self.computed else 0.0  # also for two infinities


def added(numbers: Sequence[float] | np.ndarray) -> tuple[Part, ...]:
    """Numbers with plus signs between them, shortened where there are many.

    >>> added([1.0, 2.0])
    (1.0, '+', 2.0)
    """
    listed = [float(number) for number in numbers]
    if len(listed) > MOST_SHOWN:
        head, tail = listed[: MOST_SHOWN - 4], listed[-2:]
        return (*added(head), "+", "…", "+", *added(tail))
    return tuple(part for number in listed for part in (number, "+"))[:-1] or (0.0,)


def multiplied(weights: Sequence[float] | np.ndarray, values: Sequence[float] | np.ndarray) -> tuple[Part, ...]:
    """Sums of products, written out.

    >>> multiplied([2.0, 3.0], [0.5, 1.0])
    (2.0, '·', 0.5, '+', 3.0, '·', 1.0)
    """
    shown: list[tuple[Part, ...]] = [(float(w), "·", float(x)) for w, x in zip(weights, values, strict=True)]
    if len(shown) > MOST_SHOWN:
        shown = [*shown[: MOST_SHOWN - 4], ("…",), *shown[-2:]]
    return tuple(part for pair in shown for part in ("+", *pair))[1:] or (0.0,)
