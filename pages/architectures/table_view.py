"""The first view: every layer as a row, and beside it the arithmetic of the one that is chosen."""

from __future__ import annotations

import streamlit as st

from pages.architectures.choose import Chosen
from pages.architectures.layer_panel import draw_layer
from pages.architectures.selection import chosen_layer
from pages.ui import cached, state
from pages.ui.components.layer_table import layer_table
from pages.ui.i18n import error_text


def draw(chosen: Chosen, found: cached.Traced) -> None:
    """Draw the table and the panel of the chosen row."""
    if found.trace is None or found.graph is None:
        return
    selected = chosen_layer(found)
    table, panel = st.columns([1.75, 1], gap="medium")
    with table:
        facts = found.error.facts if found.error else {}
        layer_table(
            found.trace, found.graph, key="layer-table", network=chosen.id, selected=selected, on_pick=_pick,
            failed=(facts["layer"], facts["type"], error_text(found.error)) if found.error and "layer" in facts else None,
        )  # fmt: skip
    with panel.container(key="arch-layer"):
        draw_layer(chosen, found, selected)


def _pick(layer_id: str) -> None:
    state.keep("layer", layer_id)
