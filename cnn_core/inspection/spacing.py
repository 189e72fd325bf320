"""Where the items of a layered drawing stand within their rows: apart, in order, near what they are connected with.

References:
    The places within a row are the least-squares solution under the distances that keep boxes apart (pool adjacent
    violators; Barlow et al., 1972).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

GAP, LANE = 28.0, 22.0
"""Pixels: between boxes of a row, between a box and a line that passes by."""

PLACE_SWEEPS = 10
CROWDED, HURRIED_SWEEPS = 5_000, 2
"""With more items than this (a dense network opened to its last layer) fewer sweeps have to do."""

STRAIGHT, TRUNK = 8.0, 5000.0
"""How much more a line without a fork pulls than one of several that part or meet; how little the main path yields."""


@dataclass(slots=True)
class Item:
    """A box, or a point that an edge over several rows passes in one of them."""

    row: int
    width: float
    height: float
    real: bool
    skip: bool
    above: list[tuple[int, float]]
    below: list[tuple[int, float]]
    stiffness: float = 1.0
    x: float = 0.0


def spread(items: Sequence[Item], rows: Sequence[Sequence[int]]) -> None:
    """Horizontal places: every item near the mean of its neighbours, rows in turn, down and up.

    The first sweeps look back only, so that rows take over from one another; the last ones look both ways, or the last
    direction would pull the ends of branches to where they meet, and chains would not be straight.
    """
    for row in rows:
        _settle(items, row, [0.0] * len(row))
    sweeps = PLACE_SWEEPS if len(items) < CROWDED else HURRIED_SWEEPS
    for sweep in range(sweeps):
        down, both = sweep % 2 == 0, 2 * sweep >= sweeps
        for row in rows[1:] if down and not both else rows if down else rows[::-1] if both else rows[-2::-1]:
            wanted = []
            for i in row:
                item = items[i]
                near = [*item.above, *item.below] if both else item.above if down else item.below
                weight = sum(w for _, w in near)
                wanted.append(sum(items[j].x * w for j, w in near) / weight if near else item.x)
            _settle(items, row, wanted)
    if len(items) < CROWDED:
        _straighten(items, rows)


def _chains(items: Sequence[Item]) -> list[list[int]]:
    """Items that follow one another without a fork, longest chains first."""
    following = {i: j for i, item in enumerate(items) for j, weight in item.below if weight == STRAIGHT}
    chains = []
    for start in following.keys() - set(following.values()):
        chain = [start]
        while chain[-1] in following:
            chain.append(following[chain[-1]])
        chains.append(chain)
    return sorted(chains, key=lambda chain: (-len(chain), chain))


def _straighten(items: Sequence[Item], rows: Sequence[Sequence[int]]) -> None:
    """Puts every chain on one vertical line, pushing aside what stands in its way; a chain that was put stays straight."""
    spot = {i: at for row in rows for at, i in enumerate(row)}
    whole: dict[int, list[int]] = {}
    for chain in _chains(items):
        before = [item.x for item in items]
        x = sum(items[i].x for i in chain) / len(chain)
        for i in chain:
            items[i].x = x
        if all(_push(items, rows, spot, whole, chain, way) for way in (-1, 1)):
            whole.update(dict.fromkeys(chain, chain))
        else:
            for item, x in zip(items, before, strict=True):
                item.x = x


def _push(items: Sequence[Item], rows: Sequence[Sequence[int]], spot: Mapping[int, int], whole: Mapping[int, Sequence[int]],
          chain: Sequence[int], way: int) -> bool:
    """Moves what is too near on one side of a chain, and what is then too near to that; False where that has no end."""
    moved, budget = list(chain), 20 * len(items)
    while moved and budget:
        budget -= 1
        i = moved.pop()
        row, at = rows[items[i].row], spot[i] + way
        if not 0 <= at < len(row):
            continue
        j = row[at]
        left, right = (i, j) if way > 0 else (j, i)
        if items[right].x - items[left].x >= _distance(items[left], items[right]) - 1e-6:
            continue
        if j in chain:
            return False
        x = items[i].x + way * _distance(items[left], items[right])
        for other in whole.get(j, (j,)):
            items[other].x = x
            moved.append(other)
    return not moved


def _distance(left: Item, right: Item) -> float:
    return (left.width + right.width) / 2 + (GAP if left.real and right.real else LANE)


def _settle(items: Sequence[Item], row: Sequence[int], wanted: Sequence[float]) -> None:
    """The places nearest to the wanted ones that keep the row's order and distances (pool adjacent violators)."""
    offset, offsets = 0.0, []
    for before, i in zip([None, *row], row, strict=False):
        if before is not None:
            offset += _distance(items[before], items[i])
        offsets.append(offset)
    pools: list[tuple[float, float, int]] = []  # (mean, weight, how many)
    for i, want, shift in zip(row, wanted, offsets, strict=True):
        mean, weight, count = want - shift, items[i].stiffness, 1
        while pools and pools[-1][0] > mean:
            last, heavy, many = pools.pop()
            mean, weight, count = (mean * weight + last * heavy) / (weight + heavy), weight + heavy, count + many
        pools.append((mean, weight, count))
    means = [mean for mean, _, count in pools for _ in range(count)]
    for i, mean, shift in zip(row, means, offsets, strict=True):
        items[i].x = mean + shift
