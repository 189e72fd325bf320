"""The architectures page: one network, its facts and totals, and its layers as a table, a graph, code; or a weight file."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from pages.architectures import facts, stages
from pages.architectures.choose import Chosen, choose
from pages.architectures.failure import show_failure
from pages.ui import cached, state
from pages.ui.i18n import language, t, texts

VIEWS = {"table": stages.table, "graph": stages.graph, "code": stages.code, "file": stages.weights_file}


def draw() -> None:
    chosen = choose()
    with facts.draw_network(chosen.row):
        found = trace(chosen)
        facts.draw_totals(chosen.row, found)
    view = state.choice("arch_view", "table", allowed=VIEWS)
    labels = texts(language(), "architectures.view", tuple(VIEWS))
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center", key="arch-views"):
        st.segmented_control(
            t("architectures.view"), VIEWS, format_func=labels.__getitem__, key="arch_view", required=True,
            label_visibility="collapsed", width="content",
        )  # fmt: skip
        facts.downloads(chosen.row, found.trace)
    if found.error is not None and view != "file":
        show_failure(chosen, found.error)
    VIEWS[view](chosen, found)


def trace(chosen: Chosen) -> cached.Traced:
    """The network on the screen; in the first seconds of a server, after torch has arrived."""
    if cached.torch_is_here():
        return chosen.traced()
    with st.spinner(t("architectures.loading")):
        return chosen.traced()


st.html(Path(__file__).parent / "layout.css")
with st.container(key="arch-page"):
    draw()
