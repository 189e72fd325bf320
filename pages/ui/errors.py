"""Errors as sentences."""

from __future__ import annotations

import streamlit as st

from cnn_core.errors import ConvolabError
from pages.ui.i18n import error_text


def show(error: ConvolabError) -> None:
    """Say what is wrong and what to do, in the session's language, where the page stands."""
    st.error(error_text(error), icon=":material/error:")
