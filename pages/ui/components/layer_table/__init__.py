"""The layers of a network as a table: a tree of blocks in the order of execution, or sorted by what they cost."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import streamlit as st

from cnn_core.inspection import Graph, LayerRecord, Trace, opening
from pages.ui.components import register
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


def layer_table(
    trace: Trace, graph: Graph, *, key: str, network: str, selected: str, on_pick: Callable[[str], None],
    failed: tuple[str, str, str] | None = None,
) -> None:  # fmt: skip
    """Draw the table; a click or the arrow keys call ``on_pick`` with the id of a layer or a block before the next run.

    Args:
        network: names what is shown; blocks stay open while it is the same.
        selected: id of the row that is marked, and made visible.
        failed: path, type and the sentence of the layer that could not be run; a row of its own at the end.
    """
    ids = {node.id for node in graph.nodes} | {block.id for block in graph.blocks}

    def picked() -> None:
        chosen = st.session_state[key].get("pick")
        if chosen in ids:
            on_pick(chosen)

    data = blob(trace, graph, network=network, selected=selected, failed=failed)
    register("layer_table", Path(__file__).parent)(key=key, data=data, on_pick_change=picked)


def blob(trace: Trace, graph: Graph, *, network: str, selected: str, failed: tuple[str, str, str] | None = None) -> bytes:
    """What the browser gets: texts as JSON, numbers as arrays; blocks stand in front of their layers."""
    rows = _Rows()
    depth_of = {block.id: block.depth for block in graph.blocks}
    blocks = iter((*graph.blocks, None))
    block = next(blocks)
    for node in graph.nodes:
        if not node.layers:
            continue
        while block is not None and block.first == node.first:
            inside = trace.layers[block.first : block.stop]
            rows.add(
                (block.id, _label(block.path, block.parent), block.type, "block", _shape(inside[-1]), _field(inside[-1])),
                (block.params, block.macs, sum(layer.activation_bytes for layer in inside)),
                (block.depth - 1, block.first, block.stop, BLOCK),
            )
            block = next(blocks)
        layer = trace.layers[node.first]
        flags = FUNCTIONAL * layer.functional | SHARED * layer.shared | FROZEN * (layer.frozen_params > 0)
        rows.add(
            (node.id, node.label, node.type, node.kind, _shape(layer), _field(layer)),
            (layer.params, layer.macs, layer.activation_bytes), (depth_of.get(node.parent, 0), node.first, node.stop, flags),
        )  # fmt: skip
    sentence = ""
    if failed is not None:
        path, type_, sentence = failed
        count = len(trace.layers)
        rows.add(("@failed", path, type_, "failed", "", ""), (0, 0, 0), (0, count, count + 1, FAILED))
    opened = [block.id for block in graph.blocks] if len(trace.layers) <= FEW else sorted(opening(graph))
    lang = language()
    meta = {
        "network": network, "selected": selected, "opened": opened, "sentence": sentence, "language": lang,
        "totals": [trace.params, trace.macs, trace.activation_bytes], "labels": texts(lang, "layers", LABELS),
        "colors": KIND_COLORS, "other": OTHER_COLOR,
        **dict(zip(WORDS, zip(*rows.words, strict=True), strict=True)),
    }  # fmt: skip
    return pack(meta, costs=np.array(rows.costs, np.float64), places=np.array(rows.places, np.int32))


class _Rows:
    """Columns in the making."""

    def __init__(self) -> None:
        self.words: list[tuple[str, str, str, str, str, str]] = []
        self.costs: list[tuple[int, int, int]] = []
        self.places: list[tuple[int, int, int, int]] = []

    def add(self, words: tuple[str, str, str, str, str, str], costs: tuple[int, int, int], places: tuple[int, int, int, int]) -> None:
        self.words.append(words)
        self.costs.append(costs)
        self.places.append(places)


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
