"""Where the maps of a network halve: for each resolution, the last layer that has it, with a few of its maps."""

from __future__ import annotations

from math import isqrt, log2

import numpy as np

from cnn_core import inspection
from cnn_core.inspection import LayerRecord
from pages.feature_maps import stacks
from pages.feature_maps.scene import Scene
from pages.feature_maps.side_table import Cell
from pages.feature_maps.stops import stops
from pages.ui import cached


def cells(scene: Scene, sort: str, count: int) -> dict[int, Cell]:
    """For each resolution the last layer that has it, where a block ends."""
    if scene.found.graph is None:
        return {}
    places = cached.graph_part(("stops", scene.found.trace), lambda: stops(scene.trace, scene.found.graph))
    last: dict[int, tuple[str, LayerRecord]] = {}
    for place in places:
        record = place.record(scene.trace, "output")
        side = side_of(record, scene.input_size)
        if side > 1:
            last[octave(side)] = (place.block or scene.trace.layers[place.first].path, record)
    outputs = scene.activations(*(inspection.address(record) for _, record in last.values())).maps
    return {row: _cell(scene, title, record, outputs[inspection.address(record)], sort, count) for row, (title, record) in last.items()}


def _cell(scene: Scene, title: str, record: LayerRecord, values: np.ndarray, sort: str, count: int) -> Cell:
    stack = stacks.stack(values, record, scene.input_size)
    shown = np.sort(stacks.order(stacks.figures(stack.maps), sort)[:count])
    node = next(node.id for node in scene.found.graph.nodes if node.layers and node.first == record.index)  # type: ignore[union-attr]
    names = [str(stack.channels[k]) for k in shown]
    return Cell(node, title, "×".join(map(str, values.shape)), len(stack.maps), stack.maps[shown], names)


def side_of(record: LayerRecord, input_size: tuple[int, int]) -> int:
    """The height of a layer's maps; 0 where it has none."""
    shape = record.output_shape[1:]
    if len(shape) == 3:
        return shape[0] if stacks.channels_last(shape, record, input_size) else shape[1]
    if len(shape) == 2:
        side = isqrt(shape[0])
        return side if side > 1 and shape[0] - side * side in (0, 1) else 0
    return 0


def octave(side: int) -> int:
    """Which row: sizes that are nearer to each other than to half or double share one.

    >>> [octave(side) for side in (224, 112, 55, 56, 28, 27, 14, 7, 1)]
    [8, 7, 6, 6, 5, 5, 4, 3, 0]
    """
    return round(log2(side))
