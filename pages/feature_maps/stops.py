"""The stops of a journey through a network: a row for each block, or for each convolution where there are no blocks."""

from __future__ import annotations

from dataclasses import dataclass

from cnn_core.inspection import Graph, LayerRecord, Trace

MOST = 24  # rows: what a class can still follow
CONTAINERS = ("Sequential", "ModuleList", "ModuleDict")
BEGINNINGS = ("conv", "linear", "pool", "concat", "attention")  # a row of loose layers begins with one of these
MOSTLY = 0.6  # a block of which one child is so much is only a wrapper
STAGES = ("output", "conv", "norm", "activation")


@dataclass(frozen=True)
class Stop:
    """One row: the records ``first`` to ``stop - 1`` of a trace; ``block`` is the id of their block, or empty for loose layers."""

    first: int
    stop: int
    block: str = ""

    def record(self, trace: Trace, stage: str) -> LayerRecord:
        """The record whose output is shown: the last of the row, or its last convolution (normalisation, activation).

        Where there is none of that kind, the one before it in a row's usual order: convolution, normalisation, activation.
        """
        inside = trace.layers[self.first : self.stop]
        if stage == "output":
            return inside[-1]
        for wanted in STAGES[STAGES.index(stage) : 0 : -1]:
            kinds = ("conv", "linear") if wanted == "conv" else (wanted,)
            found = [record for record in inside if record.kind in kinds]
            if found:
                return found[-1]
        return inside[-1]


def stops(trace: Trace, graph: Graph, most: int = MOST) -> tuple[Stop, ...]:
    """The rows of a network in the order of execution, at most ``most`` where its blocks allow it.

    Containers and wrappers are opened, the outermost first, as long as there is room; a residual block, an Inception module and
    the like stay one row.
    """
    opened: set[str] = set()
    rows = _rows(trace, graph, opened)
    tried: set[str] = set()
    while True:
        block = next((row.block for row in rows if row.block and row.block not in tried and _is_wrapper(graph, row.block)), "")
        if not block:
            return tuple(rows)
        tried.add(block)
        more = _rows(trace, graph, {*opened, block})
        if len(more) <= most:
            opened.add(block)
            rows = more


def _is_wrapper(graph: Graph, block_id: str) -> bool:
    block = next(block for block in graph.blocks if block.id == block_id)
    if block.type in CONTAINERS:
        return True
    if block.parent:
        return False
    children = [child.stop - child.first for child in graph.blocks if child.parent == block_id]
    return max(children, default=0) > MOSTLY * (block.stop - block.first)


def _rows(trace: Trace, graph: Graph, opened: set[str]) -> list[Stop]:
    """The rows with some blocks opened."""
    rows: list[Stop] = []
    closed = [block for block in graph.blocks if block.id not in opened and (not block.parent or block.parent in opened)]
    begins = {block.first: block for block in closed}
    index = 0
    loose = False  # whether the last row is of loose layers, which the next may join
    while index < len(trace.layers):
        block = begins.get(index)
        if block and rows and not any(layer.kind in BEGINNINGS for layer in trace.layers[block.first : block.stop]):
            rows[-1] = Stop(rows[-1].first, block.stop, rows[-1].block)  # a normalisation with its activation
            index = block.stop
            continue
        if block:
            rows.append(Stop(block.first, block.stop, block.id))
            index, loose = block.stop, False
            continue
        kind = trace.layers[index].kind
        # Loose layers behind a block (an addition, an activation) belong to it as much as to nothing.
        if rows and (loose or rows[-1].block) and kind not in BEGINNINGS:
            rows[-1] = Stop(rows[-1].first, index + 1, rows[-1].block)
        else:
            rows.append(Stop(index, index + 1))
            loose = True
        index += 1
    return rows
