"""Choosing a layer: the table or the graph of the architectures page, in one column."""

from __future__ import annotations

import streamlit as st

from cnn_core.inspection import Graph, LayerRecord
from pages.ui import cached, state
from pages.ui.components.layer_table import TableRows, layer_table, table_rows
from pages.ui.graph_view import draw_graph
from pages.ui.i18n import language, t, texts

LISTS = ("table", "graph")
_SUITED = "_fm_suited_layer"  # in session_state: the layer that the page itself last chose
CHANNEL = "channel_at"  # the channel that is open; it belongs to the layer, so it goes with it


def chosen_layer(found: cached.Traced, view: str) -> tuple[str, LayerRecord]:
    """The id of the chosen layer or block, and its record (of a block, its last); where none was chosen, one that suits the view."""
    trace, whole = found.trace, found.graph
    if trace is None or whole is None:
        raise ValueError("there is no layer to choose in a network that was not traced")
    suited = _opening(whole, arithmetic=view == "value")
    if st.session_state.get(_SUITED) == st.session_state.get("map_layer", suited) != suited:  # nobody has chosen it
        state.keep("map_layer", suited)
    st.session_state[_SUITED] = suited
    layer = str(state.choice("map_layer", suited, allowed=_ids(whole)))
    node = next((node for node in whole.nodes if node.id == layer and node.layers), None)
    if node is not None:
        return layer, trace.layers[node.first]
    block = next(block for block in whole.blocks if block.id == layer)
    return layer, trace.layers[block.stop - 1]


def choose_layer(found: cached.Traced, network: str, selected: str) -> None:
    """Draw the list of layers; a click is the choice of the next run."""
    if found.trace is None or found.graph is None:
        return
    shown = state.choice("layer_list", "table", allowed=LISTS)
    labels = texts(language(), "feature_maps.list", LISTS)
    st.segmented_control(
        t("feature_maps.list"), LISTS, format_func=labels.__getitem__, key="layer_list", required=True, label_visibility="collapsed",
        width="content",
    )  # fmt: skip
    if shown == "graph":
        clicked = draw_graph(found.trace, selected, key="map-layer-graph", parameter="map_layer")
        if clicked is not None and clicked != selected:
            pick(clicked)
            st.rerun()
        return
    rows: TableRows = cached.graph_part(("table", network), lambda: table_rows(found.trace, found.graph))
    layer_table(rows, key="map-layer-table", network=network, selected=selected, on_pick=pick)


def pick(layer_id: str) -> None:
    """Make a layer the chosen one; for callbacks."""
    state.keep("map_layer", layer_id)
    state.keep(CHANNEL, -1)
    state.keep("maps_page", 1)
    state.keep("value_at", -1)


def _ids(whole: Graph) -> frozenset[str]:
    return frozenset(node.id for node in whole.nodes if node.layers) | frozenset(block.id for block in whole.blocks)


def _opening(whole: Graph, arithmetic: bool) -> str:
    """What the first convolution finds, after its normalisation and activation; where its arithmetic is asked for, itself."""
    layers = [node for node in whole.nodes if node.layers]
    first = next((k for k, node in enumerate(layers) if node.kind == "conv"), 0)
    if arithmetic:
        return layers[first].id
    last = first
    while last + 1 < len(layers) and layers[last + 1].kind in ("norm", "activation") and layers[last].kind != "activation":
        last += 1
    return layers[last].id
