"""The arithmetic page: the size of one layer's output, pooling on a picture, and a chain of layers."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from pages.arithmetic import chain_view, layer_view, pooling_view
from pages.ui import state
from pages.ui.i18n import t

VIEWS = {"layer": layer_view.draw, "pooling": pooling_view.draw, "chain": chain_view.draw}

st.html(Path(__file__).parent / "layout.css")
state.choice("part", "layer", allowed=VIEWS)
with st.container(
    horizontal=True, vertical_alignment="center", horizontal_alignment="distribute", key="arithmetic-head"
):
    st.title(t("arithmetic.title"), width="content", anchor=False)
    st.segmented_control(
        t("arithmetic.part"), list(VIEWS), format_func=lambda part: t(f"arithmetic.part.{part}"), key="part",
        label_visibility="collapsed", required=True, width="content",
    )  # fmt: skip
VIEWS[st.session_state["part"]]()
