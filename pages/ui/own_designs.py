"""A link may name a design of another machine: what a page shows in its place, it says."""

from __future__ import annotations

from typing import Any

import streamlit as st

from cnn_core import architectures, designs
from cnn_core.errors import ConvolabError, DesignError
from pages.ui.i18n import error_text
from pages.ui.plain import plain

_MISSED = "_designs_missed"  # name of a choice → the design that the link asked for, why it is not shown, and what is in its place


def problem(design_id: str) -> ConvolabError | None:
    """Why a design cannot be shown here; None where it can."""
    try:
        designs.resolve(design_id)
    except ConvolabError:
        return DesignError(f"the design {design_id[:80]} is not on this machine", code="design_not_here", id=plain(design_id[:80]))
    try:
        architectures.get(design_id)
    except ConvolabError as error:
        return error
    return None


def read(text: str) -> str:
    """A network's id as a link writes it; a design without a version is its newest one."""
    return designs.resolve(text) if designs.is_id(text) and problem(text) is None else text


def asked_for(name: str) -> tuple[str, ...]:
    """Designs that the session or the URL names for a choice and that are here: older versions are on no list."""
    asked = (st.session_state.get(name), read(st.query_params.get(name, "")))
    return tuple(one for one in asked if isinstance(one, str) and designs.is_id(one) and problem(one) is None)


def say_missing(name: str, shown: Any) -> None:
    """Say that the URL's parameter asked for a design that is not here, as long as what came in its place is shown.

    Args:
        name: of the choice, whose value in the URL may be several ids with commas between.
        shown: its value now.
    """
    missed = st.session_state.setdefault(_MISSED, {})
    for one in st.query_params.get(name, "").split(","):
        found = problem(one) if designs.is_id(one) else None
        if found is not None:
            missed[name] = (found, shown)
            break
    if name in missed:
        found, instead = missed[name]
        if instead == shown:
            st.warning(error_text(found), icon=":material/link_off:")
        else:
            del missed[name]
