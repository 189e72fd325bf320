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
HEIGHT = 478  # pixels: what is left of a laptop's screen


def draw(design: Design, line: int) -> None:
    """Needs no torch, so it is there at once, also in the first seconds of a server."""
    written = session.written(design)
    if state.choice(session.FORM, "list", allowed=FORMS) == "list":
        if written.problem is not None:
            _refused(written.problem)
        editor(
            designs.check(design), selected=line, lines=written.lines, can=session.history().can, key="design-editor", on_edit=_edited,
            on_pick=_picked, on_turn=session.turn,
        )  # fmt: skip
    else:
        _text(written)


def switch() -> None:
    """List or text."""
    st.segmented_control(
        t("design.form"), FORMS, format_func=lambda form: t(f"design.form.{form}"), key=session.FORM, required=True,
        label_visibility="collapsed", width="content",
    )  # fmt: skip


def _edited(edited: Edited) -> None:
    session.show(edited.design, edited.selected)


def _picked(line: int) -> None:
    state.keep(session.LINE, line)


def _refused(problem: DesignError) -> None:
    """Above the list, which is that of the last text that could be read."""
    with st.container(key="design-refused"):
        st.warning(f"{t('design.text.kept')} {sentence(problem)}", icon=":material/edit_off:")
        with st.container(horizontal=True, gap="small"):
            st.button(t("design.text.back"), key="design-text-back", type="primary", on_click=state.keep, args=(session.FORM, "text"))
            _discard()


def _discard() -> None:
    st.button(t("design.text.discard"), key="design-text-discard", on_click=session.discard, help=t("design.text.discard.help"))


def _text(written: session.Written) -> None:
    if st.session_state.get(session.TEXT_FIELD) != written.text:
        st.session_state[session.TEXT_FIELD] = written.text
    st.text_area(
        t("design.text"), key=session.TEXT_FIELD, height=HEIGHT, label_visibility="collapsed", max_chars=designs.MOST_TEXT,
        on_change=session.take_typed,
    )  # fmt: skip
    if written.problem is not None:
        st.error(sentence(written.problem), icon=":material/edit_off:")
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(t("design.text.apply"))
        with st.popover(t("design.text.words"), type="tertiary"):
            st.markdown(t("design.text.help"))
            st.code("\n".join(designs.line_text(kind()) for kind in designs.KINDS.values()), language=None)
        if written.problem is not None:
            _discard()
