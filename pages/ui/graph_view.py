"""The graph of a network: click chooses a layer, blocks open and close."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

import streamlit as st

from cnn_core.inspection import Graph, Trace, graph, opening
from pages.ui import cached
from pages.ui.components.layer_graph import Opened, layer_graph
from pages.ui.components.layer_graph.drawing import drawing, enclosing

ROOM = 64  # nodes that fit a screen, folded into columns: rows of blocks are opened at first while they stay below
REMEMBERED = 24  # networks whose open blocks a session keeps
_OPENED, _SEEN = "layer_graph_opened", "layer_graph_seen"


def draw_graph(
    trace: Trace, selected: str | None, *, key: str = "layer_graph", parameter: str = "layer", open_all: bool = False
) -> str | None:
    """Draws the graph of a trace; the id of the layer that was clicked in this run, else ``selected`` as it came.

    The id is its node's: the path, and ``@2`` and so on behind it where a module is used again.

    A newly selected layer (from the table, or from a link) is brought into view, and the blocks around it are opened.

    Args:
        parameter: what a link calls the layer.
        open_all: begin with every block open, where that fits the screen.
    """
    made_from = _made_from(trace)
    whole: Graph = cached.graph_part(("graph", made_from), lambda: graph(trace))
    network = hashlib.sha1("\n".join(f"{block.id} {block.first} {block.stop}" for block in whole.blocks).encode()
                           + trace.model_type.encode(), usedforsecurity=False).hexdigest()  # fmt: skip
    kept: dict[str, frozenset[str]] = st.session_state.setdefault(_OPENED, {})
    opened = kept.get(network)
    if opened is None:
        fits = open_all and len(whole.nodes) <= ROOM
        opened = cached.graph_part(("opening", fits, made_from), lambda: all_blocks(whole) if fits else opening(whole, limit=ROOM))
    index = next((node.first for node in whole.nodes if node.layers and node.id == selected), None)
    # The layer that a page begins with, which no link names, opens no block.
    named = network in kept or parameter in st.query_params
    if index is not None and named and st.session_state.get(_SEEN) != (network, selected):
        opened |= enclosing(whole, index)
    st.session_state[_SEEN] = (network, selected)
    _keep(kept, network, opened)
    version = (made_from, tuple(sorted(opened)))
    drawn: Mapping[str, Any] = cached.graph_part(("drawing", *version), lambda: drawing(trace, whole, opened))
    clicked = layer_graph(
        drawn, network=network, version=hashlib.sha1(repr(version).encode(), usedforsecurity=False).hexdigest(),
        title=trace.model_type, selected=index, on_open=_open, key=key, present=bool(st.session_state.get("present")),
    )  # fmt: skip
    return selected if clicked is None else next(node.id for node in whole.nodes if node.layers and node.first == clicked)


def all_blocks(whole: Graph) -> frozenset[str]:
    return frozenset(block.id for block in whole.blocks)


def _open(wanted: Opened) -> None:
    _keep(st.session_state.setdefault(_OPENED, {}), wanted.network, wanted.blocks)


def _keep(kept: dict[str, frozenset[str]], network: str, opened: frozenset[str]) -> None:
    kept.pop(network, None)
    kept[network] = opened
    while len(kept) > REMEMBERED:
        del kept[next(iter(kept))]


def _made_from(trace: Trace) -> int:
    """Everything the drawing depends on, as one number; the options of a layer are in its words."""
    return hash((trace, tuple(str(layer.options) for layer in trace.layers)))
