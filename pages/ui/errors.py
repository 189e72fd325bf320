"""Errors as sentences."""

from __future__ import annotations

import streamlit as st

from cnn_core.errors import ConvolabError, RecipeFaults
from pages.ui.i18n import error_text, t


def show(error: ConvolabError) -> None:
    """Say what is wrong and what to do, in the session's language, where the page stands; several faults as a list."""
    st.error(sentences(error), icon=":material/error:")


def sentences(error: ConvolabError) -> str:
    """An error as Markdown."""
    if not isinstance(error, RecipeFaults):
        return error_text(error)
    lines = (f"- {error_text(fault)}" for fault in error.faults)
    return "\n".join((t("errors.recipe_faults.head", count=len(error.faults)), "", *lines))
