"""A chain of layers: what is left of the picture after each, what it costs, and the same chain as PyTorch code."""

from __future__ import annotations

import streamlit as st

from cnn_core.chains import PRESETS, Chain, from_text, to_pytorch, to_text
from cnn_core.errors import GeometryError
from pages.arithmetic.chain_table import chain_table
from pages.ui import errors, state
from pages.ui.i18n import error_text, row_text, t

DEFAULT = "mnist_cnn"


def draw() -> None:
    """The view: chains to start from, the table, and the code."""
    text = state.choice("chain", PRESETS[DEFAULT].text)
    with st.container(horizontal=True, gap="small", key="chain-presets"):
        for preset in PRESETS.values():
            st.button(
                row_text("arithmetic", preset, "title"), key=f"preset-{preset.id}", help=preset.source,
                type="primary" if preset.text == text else "secondary", on_click=state.keep, args=("chain", preset.text),
            )  # fmt: skip
    try:
        chain = from_text(text)
        _ = chain.rows
    except GeometryError as error:
        errors.show(error)
        return
    chain_table(chain, key="chain-table", on_edit=lambda edited: state.keep("chain", to_text(edited)))
    _code(chain)


def _code(chain: Chain) -> None:
    with st.expander(t("arithmetic.code"), expanded=True, icon=":material/code:"):
        try:
            st.code(to_pytorch(chain), language="python")
        except GeometryError as error:
            st.caption(t("arithmetic.code.broken", row=error.facts["row"], reason=error_text(error)))
