"""Lines that others are indented under: where paths part and meet again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from cnn_core.designs.kind import Kind, number


class Block(Kind):
    """A line with lines of its own; what comes out depends on them (see ``checking``)."""

    family: ClassVar[str] = "block"
    opens: ClassVar[bool] = True


@dataclass(frozen=True)
class Residual(Block):
    """``x + body(x)``; with a ``shortcut`` inside, ``shortcut(x) + body(x)`` (He et al. 2016)."""

    word: ClassVar[str] = "residual"


@dataclass(frozen=True)
class Shortcut(Block):
    """The other path of a residual block, where it is more than the input itself."""

    word: ClassVar[str] = "shortcut"


@dataclass(frozen=True)
class Branches(Block):
    """Several paths over the same maps, their answers stacked channel upon channel (Szegedy et al. 2015)."""

    word: ClassVar[str] = "branches"


@dataclass(frozen=True)
class Branch(Block):
    """One of them; without lines of its own it passes its input on."""

    word: ClassVar[str] = "branch"


@dataclass(frozen=True)
class Gate(Block):
    """``x · body(x)``: a weight for each channel, C×1×1, or for every value (Hu et al. 2018)."""

    word: ClassVar[str] = "gate"


@dataclass(frozen=True)
class Repeat(Block):
    """Its lines ``times`` times in a row, each time with weights of their own."""

    word: ClassVar[str] = "repeat"

    times: int = number(2, 100, main=True)
