"""The training page: start a job, watch it from second to second, compare runs."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from pages.training import compare, start, watch
from pages.ui import state
from pages.ui.i18n import language, t, texts

VIEWS = {"start": start.draw, "watch": watch.draw, "compare": compare.draw}

st.html(Path(__file__).parent / "layout.css")
with st.container(key="training-page"):
    view = state.choice("train_view", "start", allowed=VIEWS)
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center", key="training-head"):
        st.title(t("training.title"), anchor=False, width="content")
        st.segmented_control(
            t("training.view"), VIEWS, format_func=texts(language(), "training.view", tuple(VIEWS)).__getitem__, key="train_view",
            required=True, label_visibility="collapsed", width="content",
        )  # fmt: skip
    VIEWS[view]()
