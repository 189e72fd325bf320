"""The kernel lab: a picture, a kernel, and what the one answers to in the other."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from pages.kernels import response, steps, table, two
from pages.kernels.choose import choose_kernel
from pages.kernels.settings import choose_settings
from pages.ui import cached, state
from pages.ui.i18n import language, t, texts
from pages.ui.picture import choose_picture

VIEWS = {"response": response.draw, "steps": steps.draw, "two": two.draw, "table": table.draw}
IN_COLOUR = ("response", "steps")

st.html(Path(__file__).parent / "layout.css")
with st.container(key="kernel-lab"):
    st.title(t("kernels.title"))
    controls, stage = st.columns([1, 3], gap="small")
    with controls.container(key="kernel-controls"):
        view = state.choice("view", "response", allowed=VIEWS)
        picture = choose_picture()
        kernel = choose_kernel()
        settings = choose_settings(colour_matters=view in IN_COLOUR)
    with stage:
        st.segmented_control(
            t("kernels.view"), VIEWS, format_func=texts(language(), "kernels.view", tuple(VIEWS)).__getitem__, key="view", required=True,
            label_visibility="collapsed", wrap=True,
        )  # fmt: skip
        if settings is not None:
            VIEWS[view](picture, cached.grey(picture.id, picture.image), kernel, settings)
