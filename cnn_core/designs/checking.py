"""Shapes and cost of every line, worked out without torch; where lines do not meet, which, and why.

The trace of the built network gives the same shapes (a test holds that); this is what a network can be built from, because
it says what comes into each layer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import prod

from cnn_core.designs.blocks import Branches, Gate, Repeat, Residual, Shortcut
from cnn_core.designs.design import MOST_LAYERS, Design, Item, too_many
from cnn_core.designs.kind import Shape, shape_text
from cnn_core.errors import ConvolabError, DesignError

LIMITS = frozenset({"design_too_many", "design_too_heavy", "design_too_wide"})
"""Codes of problems of the whole: the line itself could work."""

MOST_PARAMS = 100_000_000  # 400 MB of weights
MOST_VISITS = 10 * MOST_LAYERS  # of lines, those that hold no layer included: blocks repeat blocks
MOST_VALUES = 100_000_000  # numbers between the layers, for one picture: 400 MB


@dataclass(frozen=True)
class Facts:
    """What is known of one line: ``output_shape`` is None at a problem and behind it.

    ``params`` and ``macs`` are of all runs of the line and of what is inside; shapes are those of the first run.
    """

    input_shape: Shape | None = None
    output_shape: Shape | None = None
    params: int = 0
    macs: int = 0


@dataclass(frozen=True)
class Problem:
    """Why a line cannot work, and the input with which it cannot: under ``repeat`` perhaps not that of the first time."""

    row: int
    error: ConvolabError
    input_shape: Shape = ()


@dataclass(frozen=True)
class Checked:
    """A design worked out as far as it goes.

    Attributes:
        facts: one for each row.
        problems: those that can be seen at once, first line first; other branches are looked at all the same.
        output_shape: None where there is a problem.
        layers: how many layers run, repeats counted each time.
    """

    design: Design
    facts: tuple[Facts, ...]
    problems: tuple[Problem, ...]
    output_shape: Shape | None
    params: int
    macs: int
    layers: int

    @property
    def whole(self) -> bool:
        return not self.problems

    @property
    def classes(self) -> int | None:
        """Outputs of a classifier; None where the design is none: broken, or its output is maps."""
        return self.output_shape[0] if self.output_shape is not None and len(self.output_shape) == 1 else None

    def require(self) -> Checked:
        """The same, whole.

        Raises:
            ConvolabError: the first problem; the fact ``row`` says where.
        """
        for problem in self.problems:
            error = problem.error
            raise type(error)(str(error), code=error.code, **{**error.facts, "row": problem.row})
        return self


def check(design: Design) -> Checked:
    """Work a design out; never fails."""
    worker = _Worker([Facts() for _ in design.rows])
    out = worker.sequence(design.items, design.input_shape)
    if not design.rows:
        worker.refuse(0, DesignError("there is no layer yet: add one", code="design_empty"), design.input_shape)
    return Checked(
        design, tuple(worker.facts), tuple(sorted(worker.problems, key=lambda problem: problem.row)),
        None if worker.problems else out, worker.params, worker.macs, worker.layers,
    )


@dataclass
class _Worker:
    """Totals so far, and what was found."""

    facts: list[Facts]
    problems: list[Problem] = field(default_factory=list)
    params: int = 0
    macs: int = 0
    values: int = 0
    layers: int = 0
    visits: int = 0

    def refuse(self, row: int, error: ConvolabError, shape: Shape) -> None:
        if all(problem.row != row for problem in self.problems):
            self.problems.append(Problem(row, error, shape))

    def sequence(self, items: Sequence[Item], shape: Shape) -> Shape | None:
        out: Shape | None = shape
        for item in items:
            if out is None:
                return None
            out = self.item(item, out)
        return out

    def item(self, item: Item, shape: Shape) -> Shape | None:
        params, macs = self.params, self.macs
        self.visits += 1
        try:
            if self.visits > MOST_VISITS:
                raise too_many(self.visits)
            out = self._after(item, shape)
        except ConvolabError as error:
            self.refuse(item.row, error, shape)
            out = None
        before = self.facts[item.row]
        first = before.input_shape is None
        self.facts[item.row] = Facts(
            shape if first else before.input_shape, out if first else before.output_shape,
            before.params + self.params - params, before.macs + self.macs - macs,
        )  # fmt: skip
        return out

    def _after(self, item: Item, shape: Shape) -> Shape | None:
        kind = item.kind
        if isinstance(kind, Repeat):
            out: Shape | None = shape
            for _ in range(kind.times):
                out = self.sequence(item.items, out) if out is not None else None
            return out
        if isinstance(kind, Residual):
            return self._residual(item, shape)
        if isinstance(kind, Branches):
            return self._branches(item, shape)
        if isinstance(kind, Gate):
            return self._gate(item, shape)
        if kind.opens:
            return self.sequence(item.items, shape)
        out = kind.output_shape(shape)
        self._count(kind.params(shape), kind.macs(shape), prod(out))
        return out

    def _count(self, params: int, macs: int, values: int) -> None:
        """Adds a layer up.

        Raises:
            DesignError: the network becomes too large to be built here.
        """
        self.layers += 1
        if self.layers > MOST_LAYERS:
            raise too_many(self.layers)
        if self.params + params > MOST_PARAMS:
            raise DesignError(
                f"with this layer the network has {self.params + params:,} parameters, more than the {MOST_PARAMS:,} that are built here:"
                " use fewer filters, or pool before it",
                code="design_too_heavy", params=self.params + params, most=MOST_PARAMS,
            )
        if self.values + values > MOST_VALUES:
            raise DesignError(
                f"with this layer one picture needs {self.values + values:,} numbers between the layers, more than {MOST_VALUES:,}:"
                " use a smaller input, fewer filters, or pool earlier",
                code="design_too_wide", values=self.values + values, most=MOST_VALUES,
            )
        self.params, self.macs, self.values = self.params + params, self.macs + macs, self.values + values

    def _residual(self, item: Item, shape: Shape) -> Shape | None:
        body = self.sequence([one for one in item.items if not isinstance(one.kind, Shortcut)], shape)
        other: Shape | None = shape
        for one in item.items:
            if isinstance(one.kind, Shortcut):
                other = self.item(one, shape)
        if body is None or other is None:
            return None
        out = added(body, other)
        self._count(0, 0, prod(out))
        return out

    def _branches(self, item: Item, shape: Shape) -> Shape | None:
        ends = [self.item(one, shape) for one in item.items]
        if None in ends:
            return None
        out = stacked([end for end in ends if end is not None])
        if len(ends) > 1:
            self._count(0, 0, prod(out))
        return out

    def _gate(self, item: Item, shape: Shape) -> Shape | None:
        body = self.sequence(item.items, shape)
        if body is None:
            return None
        self._count(0, 0, prod(gated(shape, body)))
        return shape


def added(body: Shape, other: Shape) -> Shape:
    """What a residual block gives. Raises DesignError where its two paths end in different shapes."""
    if body != other:
        raise DesignError(
            f"the body gives {shape_text(body)} and the shortcut {shape_text(other)}, which cannot be added: pad the body's convolutions,"
            " or give the shortcut a 1×1 convolution",
            code="design_add", body=shape_text(body), shortcut=shape_text(other),
        )
    return body


def stacked(ends: Sequence[Shape]) -> Shape:
    """What branches give together. Raises DesignError where there is none, or their maps differ in size."""
    if not ends:
        raise DesignError("there is no branch yet: add one", code="design_no_branch")
    if len({end[1:] for end in ends}) > 1 or len({len(end) for end in ends}) > 1:
        shapes = ", ".join(map(shape_text, ends))
        raise DesignError(
            f"the branches end in {shapes}: their maps must have one size to be stacked; pad them alike",
            code="design_concat", shapes=shapes,
        )
    return (sum(end[0] for end in ends), *ends[0][1:])


def gated(shape: Shape, body: Shape) -> Shape:
    """What a gate gives. Raises DesignError where its weights are neither one a channel nor one a value."""
    if body != shape and (len(shape) != 3 or body != (shape[0], 1, 1)):
        wanted = f"{shape[0]}×1×1" if len(shape) == 3 else str(shape[0])
        raise DesignError(
            f"the gate's weights are {shape_text(body)} for an input of {shape_text(shape)}: they must be {wanted}, or one for every value",
            code="design_gate", body=shape_text(body), input=shape_text(shape), wanted=wanted,
        )
    return shape
