"""The architectures page: one network, its facts and totals, and its layers as a table, a graph, code."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from pages.architectures import facts, table_view
from pages.architectures.choose import Chosen, choose
from pages.architectures.failure import show_failure
from pages.ui import cached, state
from pages.ui.i18n import t

VIEWS = ("table",)


def draw() -> None:
    chosen = choose()
    facts.draw_network(chosen.row, found := trace(chosen))
    view = state.choice("arch_view", "table", allowed=VIEWS)
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center", key="arch-views"):
        st.segmented_control(
            t("architectures.view"), VIEWS, format_func=lambda name: t(f"architectures.view.{name}"), key="arch_view", required=True,
            label_visibility="collapsed", width="content",
        )  # fmt: skip
        facts.downloads(chosen.row, found.trace)
    if found.error is not None:
        show_failure(chosen, found.error)
    if found.trace is None or found.graph is None:
        return
    if view == "table":
        table_view.draw(chosen, found)


def trace(chosen: Chosen) -> cached.Traced:
    """The network on the screen; in the first seconds of a server, after torch has arrived."""
    if cached.torch_is_here():
        return chosen.traced()
    with st.spinner(t("architectures.loading")):
        return chosen.traced()


st.html(Path(__file__).parent / "layout.css")
with st.container(key="arch-page"):
    draw()
