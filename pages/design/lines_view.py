"""The design as a list of lines, or as text."""

from __future__ import annotations

import streamlit as st

from cnn_core import designs
from cnn_core.designs import Design
from cnn_core.errors import DesignError
from pages.design import session
from pages.design.editor import Edited, editor
from pages.design.words import sentence
from pages.ui import state
from pages.ui.i18n import t

FORMS = ("list", "text")
_TYPED, _SHOWN, _PROBLEM = "design-text", "_design_text_shown", "_design_text_problem"
HEIGHT = 478  # pixels: what is left of a laptop's screen


def draw(design: Design, line: int) -> None:
    """Needs no torch, so it is there at once, also in the first seconds of a server."""
    if state.choice("design_form", "list", allowed=FORMS) == "list":
        editor(
            designs.check(design), selected=line, can=session.history().can, key="design-editor", on_edit=_edited, on_pick=_picked,
            on_turn=session.turn,
        )  # fmt: skip
    else:
        _text(design)


def switch() -> None:
    """List or text."""
    st.segmented_control(
        t("design.form"), FORMS, format_func=lambda form: t(f"design.form.{form}"), key="design_form", required=True,
        label_visibility="collapsed", width="content",
    )  # fmt: skip


def _edited(edited: Edited) -> None:
    session.show(edited.design, edited.selected)


def _picked(line: int) -> None:
    state.keep(session.LINE, line)


def _text(design: Design) -> None:
    text = designs.to_text(design)
    if st.session_state.get(_SHOWN) != text:  # it changed elsewhere: a remedy, a start, undo
        st.session_state[_TYPED], st.session_state[_SHOWN] = text, text
        st.session_state.pop(_PROBLEM, None)
    elif _TYPED not in st.session_state:
        st.session_state[_TYPED] = text
    st.text_area(t("design.text"), key=_TYPED, height=HEIGHT, label_visibility="collapsed", max_chars=designs.MOST_TEXT, on_change=_typed)
    problem = st.session_state.get(_PROBLEM)
    if problem is not None:
        st.error(sentence(problem), icon=":material/edit_off:")
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(t("design.text.apply"))
        with st.popover(t("design.text.words"), type="tertiary"):
            st.markdown(t("design.text.help"))
            st.code("\n".join(designs.line_text(kind()) for kind in designs.KINDS.values()), language=None)


def _typed() -> None:
    try:
        design = designs.from_text(st.session_state[_TYPED])
    except DesignError as error:
        st.session_state[_PROBLEM] = error
        return
    st.session_state.pop(_PROBLEM, None)
    st.session_state[_SHOWN] = designs.to_text(design)  # what was typed stays as it was typed
    session.show(design)
