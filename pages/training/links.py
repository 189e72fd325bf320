"""Links to what is not here: they say so, and show nothing of somebody else in its place."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from pages.ui.i18n import t

_MISSED = "_training_missed"  # name of a choice → how many of what it asked for are not here, and what was shown instead
_DELETED = "_training_deleted"  # runs this session has deleted itself: it knows that they are gone


def deleted(run: str) -> None:
    st.session_state.setdefault(_DELETED, set()).add(run)


def was_deleted(run: object) -> bool:
    return run in st.session_state.get(_DELETED, ())


def say_missing(name: str, key: str, missing: Sequence[str], shown: Any) -> None:
    """Say that a choice asked for something that is not here, as long as what came in its place is shown.

    Args:
        key: of the sentence, in the singular and with ``.more`` for several.
        shown: the choice's value now.
    """
    missed = st.session_state.setdefault(_MISSED, {})
    if missing:
        missed[name] = (len(missing), shown)
    if name not in missed:
        return
    count, instead = missed[name]
    if instead == shown:
        st.warning(t(key if count == 1 else f"{key}.more", count=count), icon=":material/link_off:")
    else:
        del missed[name]
