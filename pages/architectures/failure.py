"""A network that cannot be run on the picture that was asked for: why, and what can be had instead."""

from __future__ import annotations

import streamlit as st

from cnn_core import architectures
from cnn_core.errors import ConvolabError, TraceError
from pages.architectures.choose import Chosen, choose_small, title, use_own
from pages.ui.i18n import error_text, t


def show_failure(chosen: Chosen, error: ConvolabError) -> None:
    """The sentence that names the layer, and a button for each way out."""
    with st.container(horizontal=True, vertical_alignment="center", key="arch-failure"):
        st.error(error_text(error), icon=":material/error:")
        small = chosen.row.small
        if isinstance(error, TraceError) and small and small != chosen.id:
            st.button(
                t("architectures.use_small", title=title(architectures.get(small))), type="primary", key="arch-use-small",
                on_click=choose_small, args=(chosen.row,), icon=":material/photo_size_select_small:",
            )  # fmt: skip
        st.button(t("architectures.use_own"), key="arch-use-own", on_click=use_own)
