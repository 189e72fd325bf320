"""The compare page: the chart of the course, two to six networks side by side, and the timeline."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from pages.compare import accuracy, sides, timeline
from pages.ui import state
from pages.ui.i18n import language, t, texts

VIEWS = {"accuracy": accuracy.draw, "sides": sides.draw, "timeline": timeline.draw}

st.html(Path(__file__).parent / "layout.css")
with st.container(key="compare-page"):
    view = state.choice("compare_view", "accuracy", allowed=VIEWS)
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center", key="compare-head"):
        st.title(t("compare.title"), anchor=False)
        st.segmented_control(
            t("compare.view"), VIEWS, format_func=texts(language(), "compare.view", tuple(VIEWS)).__getitem__, key="compare_view",
            required=True, label_visibility="collapsed", width="content",
        )  # fmt: skip
    VIEWS[view]()
