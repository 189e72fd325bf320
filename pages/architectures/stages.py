"""What fills the page under the network's facts: its layers as a table or a graph, beside the chosen one, or its code."""

from __future__ import annotations

import streamlit as st

from cnn_core.errors import ConvolabError
from cnn_core.inspection import Graph, Trace
from pages.architectures.choose import Chosen
from pages.architectures.code_view import draw_code
from pages.architectures.file_view import draw_file
from pages.architectures.layer_panel import draw_layer
from pages.architectures.selection import chosen_layer
from pages.ui import cached, state
from pages.ui.components.layer_table import TableRows, layer_table, table_rows
from pages.ui.graph_view import draw_graph
from pages.ui.i18n import error_text


def table(chosen: Chosen, found: cached.Traced) -> None:
    """Every layer as a row; what could be traced of a network that failed, and the layer that did."""
    if found.trace is None or found.graph is None:
        return
    selected = chosen_layer(found)
    if not selected and found.error is None:
        return
    left, panel = st.columns([1.8, 1], gap="medium")
    with left:
        sentence = error_text(found.error) if found.error is not None else ""
        rows = _rows(chosen, found.trace, found.graph, found.error)
        layer_table(rows, key="layer-table", network=chosen.id, selected=selected, on_pick=_pick, sentence=sentence)
    with panel.container(key="arch-layer"):
        draw_layer(chosen, found, selected)


def _rows(chosen: Chosen, trace: Trace, whole: Graph, error: ConvolabError | None) -> TableRows:
    facts = error.facts if error is not None else {}
    failed = (facts["layer"], facts["type"]) if "layer" in facts else None
    made_from = ("table", chosen.id, chosen.input_shape, *sorted(chosen.options.items()))
    rows: TableRows = cached.graph_part(made_from, lambda: table_rows(trace, whole, failed))
    return rows


def graph(chosen: Chosen, found: cached.Traced) -> None:
    """The graph, wide, with the same chosen layer as the table."""
    if found.trace is None or found.graph is None:
        return
    selected = chosen_layer(found)
    drawing, panel = st.columns([2, 1], gap="medium")
    with drawing:
        clicked = draw_graph(found.trace, selected)
    if clicked is not None and clicked != selected:
        selected = clicked
        _pick(selected)
    with panel.container(key="arch-layer"):
        draw_layer(chosen, found, selected)


def code(chosen: Chosen, found: cached.Traced) -> None:
    """The network's source; there is none of what cannot be run."""
    if found.trace is not None and found.error is None:
        draw_code(chosen.row, chosen.options, found.trace)


def weights_file(chosen: Chosen, found: cached.Traced) -> None:
    """A file of the user's own; it says by itself which network it fits."""
    draw_file()


def _pick(layer_id: str) -> None:
    state.keep("layer", layer_id)
