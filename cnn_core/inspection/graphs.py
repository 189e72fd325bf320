"""A trace as a graph whose blocks open and close: what is connected to what, which shape flows, which path is a skip."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from cnn_core.inspection.fields import Shape
from cnn_core.inspection.records import INPUT, Trace

SOURCE, SINK = "@input", "@output"
"""Ids of the two nodes that stand for the network's input and output."""

CONTAINERS = frozenset({"Sequential", "ModuleList", "ModuleDict"})
"""Blocks that only hold others in a row: opened at once, where there is room."""

FEW = 12
"""With fewer nodes than this on the screen every block is opened, not only rows of blocks."""


@dataclass(frozen=True, slots=True)
class Node:
    """A layer, a closed block, the input or the output.

    Attributes:
        id: the path; "@2" and so on are added to a second use of the same module. The same for every input size.
        label: the path without that of the enclosing block.
        kind: the layer's kind; "block" for a closed block, "input" and "output" for the ends.
        type: the class ("Bottleneck", "Conv2d") or the operation ("add").
        parent: id of the enclosing block, "" at the top.
        first, stop: the trace's records ``first`` to ``stop - 1`` are in it.
        params, macs: totals of those records.
    """

    id: str
    label: str
    kind: str
    type: str
    parent: str
    first: int
    stop: int
    output_shape: Shape
    params: int = 0
    macs: int = 0

    @property
    def layers(self) -> int:
        return self.stop - self.first


@dataclass(frozen=True, slots=True)
class Edge:
    """``shape`` flows from ``source`` to ``target``.

    ``role`` is "skip" where the edge by-passes layers that also lead there (a shortcut), "branch" where parallel paths
    part or meet, else "main".
    """

    source: str
    target: str
    shape: Shape
    role: str = "main"


@dataclass(frozen=True, slots=True)
class Block:
    """A module with layers of its own: the records ``first`` to ``stop - 1``, and the block around it."""

    id: str
    path: str
    type: str
    parent: str
    depth: int
    first: int
    stop: int
    params: int
    macs: int


@dataclass(frozen=True, slots=True)
class Graph:
    """Every layer with every connection, and the blocks in which they lie, outer ones first."""

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class View:
    """What is visible with some blocks open: nodes in the order of execution, edges between them, the open blocks."""

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    groups: tuple[Block, ...]


def graph(trace: Trace) -> Graph:
    """The graph of a trace, also of one that stopped half-way (it then has no output node)."""
    blocks = tuple(_blocks(trace))
    nodes = [Node(SOURCE, "", "input", "input", "", 0, 0, trace.input_shape)]
    seen: dict[str, int] = {}
    parents = _innermost(blocks, len(trace.layers))
    for layer in trace.layers:
        parent = parents[layer.index]
        nodes.append(Node(
            _unique(layer.path or layer.type, seen), _label(layer.path or layer.type, parent.path if parent else ""),
            layer.kind, layer.type, parent.id if parent else "", layer.index, layer.index + 1, layer.output_shape,
            layer.params, layer.macs))
    edges = [Edge(SOURCE if source == INPUT else nodes[source + 1].id, nodes[layer.index + 1].id, shape)
             for layer in trace.layers for source, shape in zip(layer.inputs, layer.input_shapes, strict=True)]
    if trace.complete:
        count = len(trace.layers)
        nodes.append(Node(SINK, "", "output", "output", "", count, count, trace.output_shape or ()))
        used = {source for layer in trace.layers for source in layer.inputs}
        ends = [layer for layer in trace.layers if layer.index not in used] or list(trace.layers[-1:])
        edges += [Edge(nodes[layer.index + 1].id, SINK, layer.output_shape) for layer in ends]
        if not ends:
            edges.append(Edge(SOURCE, SINK, trace.input_shape))
    return Graph(tuple(nodes), tuple(_roles(nodes, edges)), blocks)


def collapse(whole: Graph, expanded: Collection[str] = ()) -> View:
    """The graph with only the blocks named in ``expanded`` open (each needs its enclosing blocks open too)."""
    open_ = {""} | set(expanded)
    groups: list[Block] = []
    closed: list[Block] = []
    for block in whole.blocks:  # outer ones first
        if block.parent in open_ and not _covers(closed, block):
            (groups if block.id in open_ else closed).append(block)
        else:
            open_.discard(block.id)
    home: dict[str, str] = {}
    nodes: list[Node] = []
    boxes = {i: block for block in closed for i in range(block.first, block.stop)}
    for node in whole.nodes:
        box = boxes.get(node.first) if node.layers else None
        if box is None:
            nodes.append(node)
        elif node.first == box.first:
            nodes.append(_closed(box, whole))
        home[node.id] = nodes[-1].id
    edges = dict.fromkeys(Edge(home[e.source], home[e.target], e.shape) for e in whole.edges if home[e.source] != home[e.target])
    first = {(e.source, e.target): e for e in reversed(edges)}  # one edge for two tensors between the same two nodes
    return View(tuple(nodes), tuple(_roles(nodes, [e for e in edges if first[e.source, e.target] is e])), tuple(groups))


def opening(whole: Graph, limit: int = 48) -> frozenset[str]:
    """The blocks to open at first: rows of blocks, level by level, while at most ``limit`` nodes are visible."""
    opened: frozenset[str] = frozenset()
    while True:
        view = collapse(whole, opened)
        closed = [node for node in view.nodes if node.kind == "block"]
        rows = closed if len(view.nodes) < FEW else [node for node in closed if node.type in CONTAINERS]
        deeper = opened | {node.id for node in rows}
        if deeper == opened or len(collapse(whole, deeper).nodes) > limit:
            return opened
        opened = deeper


def _closed(block: Block, whole: Graph) -> Node:
    around = next((b.path for b in whole.blocks if b.id == block.parent), "")
    return Node(block.id, _label(block.path, around), "block", block.type, block.parent, block.first, block.stop,
                whole.nodes[block.stop].output_shape, block.params, block.macs)


def _blocks(trace: Trace) -> Iterator[Block]:
    """The blocks worth a node: the network itself is always open, and one that holds a single layer is that layer."""
    seen: dict[str, int] = {}
    stack: list[Block] = []
    inner = [record for record in trace.blocks if record.path and record.stop - record.first > 1]
    for (first, stop), same in groupby(inner, key=lambda record: (record.first, record.stop)):
        # Of nested modules that hold the same layers one is shown: a named block rather than a row of one.
        nested = list(same)
        record = next((one for one in nested if one.type not in CONTAINERS), nested[0])
        while stack and stack[-1].stop <= first:
            stack.pop()
        stack.append(Block(_unique(record.path, seen), record.path, record.type, stack[-1].id if stack else "",
                           len(stack) + 1, first, stop, record.params, record.macs))
        yield stack[-1]


def _innermost(blocks: Sequence[Block], count: int) -> list[Block | None]:
    homes: list[Block | None] = [None] * count
    for block in blocks:  # outer ones first, so inner ones overwrite them
        homes[block.first:block.stop] = [block] * (block.stop - block.first)
    return homes


def _covers(closed: Sequence[Block], block: Block) -> bool:
    return bool(closed) and closed[-1].stop > block.first


def _unique(path: str, seen: dict[str, int]) -> str:
    seen[path] = seen.get(path, 0) + 1
    return path if seen[path] == 1 else f"{path}@{seen[path]}"


def _label(path: str, around: str) -> str:
    inside = path.removeprefix(around) if around and path.startswith((f"{around}.", f"{around}:")) else path
    return inside.lstrip(".:")


def _roles(nodes: Sequence[Node], edges: Sequence[Edge]) -> Iterator[Edge]:
    """Marks edges that by-pass something, and those that part or join parallel paths."""
    place = {node.id: i for i, node in enumerate(nodes)}
    following: dict[str, list[str]] = {}
    for edge in edges:
        following.setdefault(edge.source, []).append(edge.target)
    reach = [0] * len(nodes)  # bit j of reach[i]: node j can be reached from node i
    for i in range(len(nodes) - 1, -1, -1):
        for target in following.get(nodes[i].id, ()):
            reach[i] |= 1 << place[target] | reach[place[target]]
    skips = {edge for edge in edges if any(
        reach[place[other]] >> place[edge.target] & 1 for other in following[edge.source] if other != edge.target)}
    leaving: dict[str, int] = {}
    entering: dict[str, int] = {}
    for edge in edges:
        if edge not in skips:
            leaving[edge.source] = leaving.get(edge.source, 0) + 1
            entering[edge.target] = entering.get(edge.target, 0) + 1
    for edge in edges:
        if edge in skips:
            role = "skip"
        else:
            role = "branch" if leaving[edge.source] > 1 or entering[edge.target] > 1 else "main"
        yield Edge(edge.source, edge.target, edge.shape, role)
