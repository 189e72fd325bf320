"""The design page: lines on the left, what they make on the right, both on one screen."""

from __future__ import annotations

import html
from pathlib import Path

import streamlit as st

from pages.design import challenge_view, lines_view, session, toolbar, totals, views
from pages.design.words import sentence
from pages.ui import cached, state, theme
from pages.ui.i18n import t

VIEWS = {"graph": views.graph, "layer": views.layer, "code": views.code_out, "challenge": challenge_view.challenge}


def draw() -> None:
    design = session.current()
    line = session.line(design)
    note = session.note()
    toolbar.draw(design)
    if note is not None:
        st.warning(sentence(note), icon=":material/info:")
    left, right = st.columns([1.08, 1], gap="medium")
    with left:
        lines_view.draw(design, line)
    with right:
        found = trace(design)
        written = session.written(design)
        if written.problem is not None:
            st.html(f"<p class='design-stale' role='status'>{html.escape(t('design.stale'))}</p>")
        totals.draw_totals(found)
        if written.problem is None:
            totals.draw_problem(found, written.lines)
        view = state.choice("design_view", "graph", allowed=VIEWS)
        with st.container(horizontal=True, horizontal_alignment="distribute", key="design-views"):
            st.segmented_control(
                t("design.view"), VIEWS, format_func=lambda name: t(f"design.view.{name}"), key="design_view", required=True,
                label_visibility="collapsed", width="content",
            )  # fmt: skip
            lines_view.switch()
        with st.container(key="design-beside"):
            VIEWS[view](design, found, line)


def trace(design: session.Design) -> cached.Designed:
    """The design worked out; in the first seconds of a server, after torch has arrived."""
    if cached.torch_is_here():
        return cached.designed(design)
    with st.spinner(t("design.loading")):
        return cached.designed(design)


st.html(Path(__file__).parent / "layout.css")
theme.unseen_title(t("design.title"))
with st.container(key="design-page"):
    draw()
