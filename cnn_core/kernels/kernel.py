"""What a row of the table of kernels is made of."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from cnn_core.errors import KernelError


@dataclass(frozen=True)
class Parameter:
    """A number that shapes a kernel: what a slider needs to know.

    A whole-numbered ``step`` makes the parameter whole-numbered: only ``low``, ``low + step``, … are taken.
    """

    id: str
    title: str
    low: float
    high: float
    step: float
    default: float
    unit: str = ""

    @property
    def whole(self) -> bool:
        return isinstance(self.step, int)

    def check(self, value: float) -> float:
        """``value`` itself (an int where the parameter is whole-numbered).

        Raises:
            KernelError: it is out of range, no number, or between two steps of a whole-numbered parameter.
        """
        good = math.isfinite(value) and self.low <= value <= self.high
        if not good or (self.whole and (value - self.low) % self.step != 0):
            raise KernelError(
                f"{self.title} must lie between {self.low} and {self.high}, in steps of {self.step}; not {value}",
                code="kernel_parameter",
                parameter=self.id,
                low=self.low,
                high=self.high,
                step=self.step,
                value=value,
            )
        return int(value) if self.whole else float(value)


@dataclass(frozen=True)
class Kernel:
    """One hand-made kernel and the facts about it.

    Attributes:
        id: stable, lower case; also the key of its translation.
        group: one of :data:`cnn_core.kernels.GROUPS`.
        title, answers_to: English; what it is called, and what in an image it answers to.
        source: who published it, and when.
        build: makes the weights, (kh, kw) float64, from the parameters by name.
        parameters: what ``build`` takes; empty for a fixed table of numbers.
        silent_on: the patterns it answers with zero (parameters at their defaults), among "flat", "ramp" (brightness that rises evenly),
            "vertical_stripes" and "horizontal_stripes". Tests hold this true, both ways.
    """

    id: str
    group: str
    title: str
    answers_to: str
    source: str
    build: Callable[..., np.ndarray]
    parameters: tuple[Parameter, ...] = ()
    silent_on: tuple[str, ...] = ()

    @property
    def weights(self) -> np.ndarray:
        """The weights with every parameter at its default: a new array each time, so the table cannot be damaged."""
        return self.make()

    @property
    def defaults(self) -> dict[str, float]:
        return {parameter.id: parameter.default for parameter in self.parameters}

    def make(self, **values: float) -> np.ndarray:
        """The weights for these values; what is not named keeps its default.

        Raises:
            KernelError: a value out of its range, or a parameter this kernel does not have.
        """
        unknown = sorted(values.keys() - self.defaults.keys())
        if unknown:
            raise KernelError(
                f"the kernel {self.id!r} has no parameter {unknown[0]!r}",
                code="kernel_unknown_parameter",
                id=self.id,
                parameter=unknown[0],
            )
        chosen = {
            parameter.id: parameter.check(values.get(parameter.id, parameter.default)) for parameter in self.parameters
        }
        return np.asarray(self.build(**chosen), dtype=np.float64) + 0.0  # no −0 on the screen


def fixed(*rows: tuple[float, ...], over: float = 1.0) -> Callable[[], np.ndarray]:
    """A builder for a kernel that is a table of numbers, divided by ``over``."""
    return lambda: np.array(rows, dtype=np.float64) / over
