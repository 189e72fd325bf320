"""A link may name a network or weights that cannot be had: what is shown in their place, the page says."""

from __future__ import annotations

from collections.abc import Callable, Container

import streamlit as st

from pages.ui import state

_MISSED = "_fm_missed"  # in session_state: name of a choice → what the link asked for, and what is in its place


def asked_in_vain(name: str, allowed: Container[str]) -> str:
    """What the link asks of a choice that is not made yet, where it cannot be had; empty otherwise. To be called before the choice."""
    text = st.query_params.get(name, "")
    from_link = name not in st.session_state and state.asked(name) == text
    return text if text and from_link and text not in allowed else ""


def say(name: str, asked: str, shown: str, sentence: Callable[[str], str]) -> None:
    """Say it as long as what came in its place is shown.

    Args:
        asked: as ``asked_in_vain`` found it.
        sentence: about what was asked for.
    """
    missed: dict[str, tuple[str, str]] = st.session_state.setdefault(_MISSED, {})
    if asked:
        missed[name] = (asked, shown)
    text, instead = missed.get(name, ("", ""))
    if instead == shown:
        st.warning(sentence(text), icon=":material/link_off:")
    else:
        missed.pop(name, None)
