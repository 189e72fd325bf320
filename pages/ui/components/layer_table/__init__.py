"""The layers of a network as a table: a tree of blocks in the order of execution, or sorted by what they cost."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from cnn_core.inspection import Graph, LayerRecord, Trace, opening
from pages.ui.components import register, sent
from pages.ui.components.packing import pack
from pages.ui.i18n import language, texts
from pages.ui.theme import KIND_COLORS, OTHER_COLOR

LABELS = (
    "table", "layer", "output", "params", "macs", "field", "memory", "sort", "order", "expand", "collapse", "share", "shared", "frozen",
    "functional", "block", "at_most", "everything", "shared_short", "frozen_short", "failed",
)  # fmt: skip
BLOCK, FUNCTIONAL, SHARED, FROZEN, FAILED = 1, 2, 4, 8, 16  # flags of a row
WORDS = ("ids", "names", "types", "kinds", "shapes", "fields")
FEW = 40  # layers: a network of so few opens with every block open


@dataclass(frozen=True)
class TableRows:
    """The rows of a network: blocks stand in front of their layers.

    Attributes:
        words: the columns of `WORDS`.
        costs: (rows, 3) float64: parameters, MACs, bytes of activations.
        places: (rows, 4) int32: depth, first record, the one behind the last, flags.
        opened: ids of the blocks that are open at first.
        totals: of the whole network, as ``costs``.
    """

    words: tuple[tuple[str, ...], ...]
    costs: np.ndarray
    places: np.ndarray
    opened: tuple[str, ...]
    totals: tuple[int, int, int]

    @property
    def ids(self) -> tuple[str, ...]:
        return self.words[0]


def layer_table(
    rows: TableRows, *, key: str, network: str, selected: str, on_pick: Callable[[str], None], sentence: str = ""
) -> None:
    """Draw the table; a click or the arrow keys call ``on_pick`` with the id of a layer or a block before the next run.

    Args:
        network: names what is shown; blocks stay open while it is the same.
        selected: id of the row that is marked, and made visible.
        sentence: why the layer failed that has a row of its own at the end.
    """

    def picked() -> None:
        chosen = sent(key, "pick")
        if chosen in rows.ids:
            on_pick(chosen)

    data = blob(rows, network=network, selected=selected, sentence=sentence)
    register("layer_table", Path(__file__).parent)(key=key, data=data, on_pick_change=picked)


def blob(rows: TableRows, *, network: str, selected: str, sentence: str = "") -> bytes:
    """What the browser gets: texts as JSON, numbers as arrays."""
    lang = language()
    meta = {
        "network": network, "selected": selected, "opened": rows.opened, "sentence": sentence, "language": lang,
        "totals": rows.totals, "labels": texts(lang, "layers", LABELS), "colors": KIND_COLORS, "other": OTHER_COLOR,
        **dict(zip(WORDS, rows.words, strict=True)),
    }  # fmt: skip
    return pack(meta, costs=rows.costs, places=rows.places)


def table_rows(trace: Trace, graph: Graph, failed: tuple[str, str] | None = None) -> TableRows:
    """The rows of a trace, in the order of execution.

    Args:
        failed: path and type of the layer that could not be run; a row of its own at the end.
    """
    depth_of = {block.id: block.depth for block in graph.blocks}
    words: list[tuple[str, ...]] = []
    costs: list[tuple[int, int, int]] = []
    places: list[tuple[int, int, int, int]] = []
    blocks = deque(graph.blocks)  # outer ones first
    for node in graph.nodes:
        if not node.layers:
            continue
        while blocks and blocks[0].first == node.first:
            block = blocks.popleft()
            inside = trace.layers[block.first : block.stop]
            last = inside[-1]
            words.append((block.id, _label(block.path, block.parent), block.type, "block", _shape(last), _field(last)))
            costs.append((block.params, block.macs, sum(layer.activation_bytes for layer in inside)))
            places.append((block.depth - 1, block.first, block.stop, BLOCK))
        layer = trace.layers[node.first]
        flags = FUNCTIONAL * layer.functional | SHARED * layer.shared | FROZEN * (layer.frozen_params > 0)
        words.append((node.id, node.label, node.type, node.kind, _shape(layer), _field(layer)))
        costs.append((layer.params, layer.macs, layer.activation_bytes))
        places.append((depth_of.get(node.parent, 0), node.first, node.stop, flags))
    if failed is not None:
        count = len(trace.layers)
        words.append(("@failed", failed[0], failed[1], "failed", "", ""))
        costs.append((0, 0, 0))
        places.append((0, count, count + 1, FAILED))
    opened = [block.id for block in graph.blocks] if len(trace.layers) <= FEW else sorted(opening(graph))
    return TableRows(
        tuple(zip(*words, strict=True)), np.array(costs, np.float64), np.array(places, np.int32), tuple(opened),
        (trace.params, trace.macs, trace.activation_bytes),
    )  # fmt: skip


def _label(path: str, parent: str) -> str:
    around = parent.split("@")[0]
    return path.removeprefix(f"{around}.") if around else path


def _shape(layer: LayerRecord) -> str:
    shape = layer.output_shape
    return "×".join(map(str, shape[1:] if len(shape) > 1 and shape[0] == 1 else shape))


def _field(layer: LayerRecord) -> str:
    """``7``, ``≤ 7×9`` where it may be less, ``∞`` where a value sees everything."""
    seen = layer.receptive_field
    if seen is None:
        return "∞"
    size = str(seen.size[0]) if len(set(seen.size)) == 1 else "×".join(map(str, seen.size))
    return size if seen.exact else f"≤\u202f{size}"
