"""A design: an input and a tree of layers and blocks; the same as rows, as the editor and the text have them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from cnn_core.designs.blocks import Block, Branch, Branches, Gate, Repeat, Residual, Shortcut
from cnn_core.designs.kind import Kind
from cnn_core.designs.plain_layers import (
    BatchNorm,
    Dropout,
    Dropout2d,
    Elu,
    Flatten,
    Gelu,
    Hardsigmoid,
    Hardswish,
    LeakyRelu,
    Linear,
    PadChannels,
    Relu,
    Relu6,
    Scale,
    Sigmoid,
    Silu,
    Tanh,
)
from cnn_core.designs.sliding import AvgPool, Conv, Depthwise, GlobalAverage, GlobalMax, MaxPool, Separable
from cnn_core.errors import DesignError

MOST_LAYERS = 400  # as they run, repeats counted each time: what a page draws and a class still follows
MOST_DEPTH = 12  # of lines indented under lines
MOST_SIDE, MOST_CHANNELS = 1_024, 1_024  # of the input
MOST_NAME = 60  # characters

KINDS: dict[str, type[Kind]] = {
    kind.word: kind
    for kind in (
        Conv, Depthwise, Separable, MaxPool, AvgPool, GlobalAverage, GlobalMax, Relu, LeakyRelu, Relu6, Elu, Gelu, Silu,
        Hardswish, Hardsigmoid, Tanh, Sigmoid, BatchNorm, Dropout, Dropout2d, Flatten, Linear, Scale, PadChannels, Residual, Shortcut,
        Branches, Branch, Gate, Repeat,
    )
}  # fmt: skip
"""Every kind by its word, in the order in which the editor offers them."""


@dataclass(frozen=True)
class Item:
    """A layer, or a block with the items inside it. ``row`` is its place among all lines, from 0."""

    row: int
    kind: Kind
    items: tuple[Item, ...] = ()

    @property
    def stop(self) -> int:
        """The row behind the last line inside."""
        return self.items[-1].stop if self.items else self.row + 1


@dataclass(frozen=True)
class Row:
    """One line: how deep it stands, and what it is."""

    depth: int
    kind: Kind


@dataclass(frozen=True)
class Design:
    """A network as it is written down.

    Attributes:
        input_shape: (C, H, W).
        rows: the lines after the input, blocks before what is in them.
        name: as the author typed it: text of unknown origin.
    """

    input_shape: tuple[int, int, int] = (3, 32, 32)
    rows: tuple[Row, ...] = ()
    name: str = ""
    items: tuple[Item, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Raises DesignError where the lines are no tree; the fact ``row`` says which."""
        _check_size(self)
        items, stop = _nest(self.rows, 0, 0, None)
        object.__setattr__(self, "items", items)
        if stop < len(self.rows):  # only a first line that is indented stops earlier
            raise _structure("design_indented", stop, self.rows[stop].kind.word)


def _check_size(design: Design) -> None:
    channels, height, width = design.input_shape
    if not (1 <= channels <= MOST_CHANNELS and 1 <= height <= MOST_SIDE and 1 <= width <= MOST_SIDE):
        raise DesignError(
            f"an input is 1 to {MOST_CHANNELS} channels of 1 to {MOST_SIDE} pixels a side, not {channels}×{height}×{width}",
            code="design_input", channels=channels, height=height, width=width, most_channels=MOST_CHANNELS, most=MOST_SIDE,
        )
    if len(design.rows) > 2 * MOST_LAYERS:
        raise too_many(len(design.rows))


def too_many(count: int) -> DesignError:
    return DesignError(
        f"a design of {count:,} layers is too long: at most {MOST_LAYERS}, repeats counted each time",
        code="design_too_many", count=count, most=MOST_LAYERS,
    )


MESSAGES = {
    "design_indented": "{layer} is indented, and there is no block above it: start it further left",
    "design_under_layer": "{layer} is indented under {above}, which holds no lines: start it further left",
    "design_too_deep": "{layer} is {depth} blocks deep: at most {most}",
    "design_stray_shortcut": "a shortcut belongs directly under residual, once",
    "design_stray_branch": "a branch belongs directly under branches",
    "design_not_a_branch": "under branches there are only branches, and {layer} is none: put it under a branch",
}


def _structure(code: str, row: int, layer: str, **facts: object) -> DesignError:
    return DesignError(MESSAGES[code].format(layer=layer, **facts), code=code, row=row, layer=layer, **facts)


def _nest(rows: Sequence[Row], start: int, depth: int, around: Kind | None) -> tuple[tuple[Item, ...], int]:
    """The items of one depth from ``start`` on, and the row where they end."""
    if depth > MOST_DEPTH:
        raise _structure("design_too_deep", start, rows[start].kind.word, depth=depth, most=MOST_DEPTH)
    items: list[Item] = []
    at = start
    while at < len(rows) and rows[at].depth >= depth:
        row = rows[at]
        if row.depth > depth:
            code = "design_under_layer" if items else "design_indented"
            raise _structure(code, at, row.kind.word, above=items[-1].kind.word if items else "")
        _check_home(row.kind, around, items, at)
        if isinstance(row.kind, Block):
            inside, stop = ((), at + 1)
            if at + 1 < len(rows) and rows[at + 1].depth > depth:
                if rows[at + 1].depth != depth + 1:
                    raise _structure("design_under_layer", at + 1, rows[at + 1].kind.word, above=row.kind.word)
                inside, stop = _nest(rows, at + 1, depth + 1, row.kind)  # type: ignore[assignment]
            items.append(Item(at, row.kind, inside))
            at = stop
        else:
            items.append(Item(at, row.kind))
            at += 1
    return tuple(items), at


def _check_home(kind: Kind, around: Kind | None, before: Sequence[Item], row: int) -> None:
    """Each line stands where it may."""
    if isinstance(kind, Shortcut):
        if not isinstance(around, Residual) or any(isinstance(item.kind, Shortcut) for item in before):
            raise _structure("design_stray_shortcut", row, kind.word)
    elif isinstance(kind, Branch):
        if not isinstance(around, Branches):
            raise _structure("design_stray_branch", row, kind.word)
    elif isinstance(around, Branches):
        raise _structure("design_not_a_branch", row, kind.word)


def flatten_items(items: Sequence[Item], depth: int = 0) -> Iterator[Row]:
    """The rows of a tree, in order."""
    for item in items:
        yield Row(depth, item.kind)
        yield from flatten_items(item.items, depth + 1)
