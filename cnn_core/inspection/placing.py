"""Where to draw the nodes of a graph: a layered layout, the same every time, in a few milliseconds.

References:
    Sugiyama, Tagawa & Toda (1981), "Methods for visual understanding of hierarchical system structures",
    doi:10.1109/TSMC.1981.4308636.
"""

from __future__ import annotations

from bisect import bisect_right, insort
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from cnn_core.inspection.graphs import View
from cnn_core.inspection.spacing import CROWDED, HURRIED_SWEEPS, STRAIGHT, TRUNK, Item, spread

ROW_GAP, MARGIN = 34.0, 24.0
"""Pixels: between rows, around the drawing."""

ORDER_SWEEPS = 6


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle: its upper left corner and its size, in pixels."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Layout:
    """Boxes by node id, open blocks by block id, and the points each edge passes, by (source, target)."""

    width: float
    height: float
    boxes: Mapping[str, Box]
    groups: Mapping[str, Box]
    routes: Mapping[tuple[str, str], tuple[tuple[float, float], ...]]


def layout(view: View, sizes: Mapping[str, tuple[float, float]] | None = None, *, across: bool = False) -> Layout:
    """Places for a view's nodes, top to bottom, or left to right with ``across``.

    Args:
        sizes: (width, height) of each node in pixels, by id; by default from the length of its label.
    """
    sizes = {node.id: (sizes or {}).get(node.id, _size(node.label or node.type)) for node in view.nodes}
    if across:
        sizes = {key: (height, width) for key, (width, height) in sizes.items()}
    items, paths = _items(view, sizes)
    rows = _ordered(items)
    spread(items, rows)
    tops, heights = _tops(items, rows)
    left = min((item.x - item.width / 2 for item in items), default=0.0) - MARGIN
    boxes = {}
    for node, item in zip(view.nodes, items, strict=False):
        y = tops[item.row] + (heights[item.row] - item.height) / 2
        boxes[node.id] = Box(round(item.x - item.width / 2 - left, 1), round(y, 1), item.width, item.height)
    routes = {key: _route([items[i] for i in path], tops, heights, left) for key, path in paths.items()}
    width = max((item.x + item.width / 2 for item in items), default=0.0) - left + MARGIN
    height = tops[-1] + heights[-1] + MARGIN if tops else 0.0
    if across:
        boxes = {key: Box(box.y, box.x, box.height, box.width) for key, box in boxes.items()}
        routes = {key: tuple((y, x) for x, y in points) for key, points in routes.items()}
        width, height = height, width
    return Layout(round(width, 1), round(height, 1), boxes, _groups(view, boxes), routes)


def _size(text: str) -> tuple[float, float]:
    return max(96.0, 7.5 * len(text) + 28), 44.0


def _items(view: View, sizes: Mapping[str, tuple[float, float]]) -> tuple[list[Item], dict[tuple[str, str], list[int]]]:
    """One item a node, in the view's order, then one for every row that an edge passes on its way."""
    place = {node.id: i for i, node in enumerate(view.nodes)}
    row = [0] * len(view.nodes)
    for edge in sorted(view.edges, key=lambda e: place[e.source]):  # nodes come in an order that respects all edges
        row[place[edge.target]] = max(row[place[edge.target]], row[place[edge.source]] + 1)
    items = [Item(row[i], *sizes[node.id], True, False, [], []) for i, node in enumerate(view.nodes)]
    _stiffen(view, items, place)
    paths = {}
    leaving = Counter(edge.source for edge in view.edges if edge.role != "skip")
    entering = Counter(edge.target for edge in view.edges if edge.role != "skip")
    for edge in view.edges:
        path, skip = [place[edge.source]], edge.role == "skip"
        for r in range(row[path[0]] + 1, row[place[edge.target]]):
            path.append(len(items))
            items.append(Item(r, 1.0, 0.0, False, skip, [], []))
        path.append(place[edge.target])
        for upper, lower in pairwise(path):
            # A shortcut bends to its ends, its ends do not move towards it; chains and long lines want to be straight.
            parts = items[upper].real and leaving[edge.source] > 1
            meets = items[lower].real and entering[edge.target] > 1
            between = not items[upper].real and not items[lower].real
            trunk = min(items[upper].stiffness, items[lower].stiffness) == TRUNK
            straight = between or (not skip and (trunk or not (parts or meets)))
            weight = STRAIGHT if straight else 0.02 if skip else 1.0
            items[upper].below.append((lower, weight))
            items[lower].above.append((upper, weight))
        paths[edge.source, edge.target] = path
    return items, paths


def _stiffen(view: View, items: Sequence[Item], place: Mapping[str, int]) -> None:
    """Boxes yield less than lines; where a row holds one detour, the longest path through the network stays straight."""
    depth = [node.layers for node in view.nodes]
    parent: dict[int, int] = {}
    for edge in sorted(view.edges, key=lambda e: place[e.source]):
        source, target = place[edge.source], place[edge.target]
        if source not in parent and source:
            continue
        length = depth[source] + view.nodes[target].layers
        if target not in parent or length > depth[target]:
            depth[target], parent[target] = length, source
    crowd: dict[int, int] = {}
    for item in items:
        item.stiffness = 50.0
        crowd[item.row] = crowd.get(item.row, 0) + 1
    at: int | None = len(view.nodes) - 1
    while at is not None:
        if crowd[items[at].row] <= 2:
            items[at].stiffness = TRUNK
        at = parent.get(at)


def _ordered(items: Sequence[Item]) -> list[list[int]]:
    """Rows of items, ordered so that few lines cross: shortcuts start on the right, then means of neighbours."""
    rows: list[list[int]] = [[] for _ in range(max((item.row for item in items), default=-1) + 1)]
    for i, item in enumerate(items):
        rows[item.row].append(i)
    for row in rows:
        row.sort(key=lambda i: (items[i].skip, i))
    best, fewest = [list(row) for row in rows], _crossings(items, rows)
    for sweep in range(ORDER_SWEEPS if len(items) < CROWDED else HURRIED_SWEEPS):
        if fewest == 0:
            break
        down = sweep % 2 == 0
        spot = {i: p for row in rows for p, i in enumerate(row)}
        for row in rows if down else rows[::-1]:
            means = {}
            for p, i in enumerate(row):
                near = items[i].above if down else items[i].below
                means[i] = sum(spot[j] for j, _ in near) / len(near) if near else float(p)
            row.sort(key=lambda i: (means[i], items[i].skip, i))
            spot.update((i, p) for p, i in enumerate(row))
        crossings = _crossings(items, rows)
        if crossings < fewest:
            best, fewest = [list(row) for row in rows], crossings
    return best


def _crossings(items: Sequence[Item], rows: Sequence[Sequence[int]]) -> int:
    """How many pairs of lines between neighbouring rows cross."""
    total = 0
    for lower in rows[1:]:
        spot = {i: p for p, i in enumerate(lower)}
        upper = rows[items[lower[0]].row - 1]
        passed: list[int] = []
        for i in upper:
            ends = sorted(spot[j] for j, _ in items[i].below)
            total += sum(len(passed) - bisect_right(passed, end) for end in ends)
            for end in ends:
                insort(passed, end)
    return total


def _tops(items: Sequence[Item], rows: Sequence[Sequence[int]]) -> tuple[list[float], list[float]]:
    heights = [max(items[i].height for i in row) for row in rows]
    tops, y = [], MARGIN
    for height in heights:
        tops.append(y)
        y += height + ROW_GAP
    return tops, heights


def _route(path: Sequence[Item], tops: Sequence[float], heights: Sequence[float], left: float) -> tuple[tuple[float, float], ...]:
    first, *between, last = path
    points = [(first.x - left, tops[first.row] + (heights[first.row] + first.height) / 2)]
    for item in between:  # straight past the whole row, so that no box is touched
        points += [(item.x - left, tops[item.row]), (item.x - left, tops[item.row] + heights[item.row])]
    points.append((last.x - left, tops[last.row] + (heights[last.row] - last.height) / 2))
    rounded = [(round(x, 1), round(y, 1)) for x, y in points]
    kept = [rounded[0]]
    for a, b, c in zip(rounded, rounded[1:], rounded[2:], strict=False):
        if not a[0] == b[0] == c[0]:
            kept.append(b)
    return (*kept, rounded[-1])


def _groups(view: View, boxes: Mapping[str, Box]) -> dict[str, Box]:
    """The frame around each open block, wider for outer ones."""
    frames = {}
    deepest = max((group.depth for group in view.groups), default=0)
    for group in view.groups:
        inside = [boxes[node.id] for node in view.nodes if node.kind not in ("input", "output")
                  and group.first <= node.first < group.stop]
        pad = 6.0 + 4.0 * (deepest - group.depth)
        x, y = min(box.x for box in inside) - pad, min(box.y for box in inside) - pad
        frames[group.id] = Box(round(x, 1), round(y, 1),
                               round(max(box.x + box.width for box in inside) + pad - x, 1),
                               round(max(box.y + box.height for box in inside) + pad - y, 1))
    return frames
