"""Tasks that check themselves, as one edits."""

from __future__ import annotations

import html

import streamlit as st

from cnn_core import designs
from cnn_core.designs import Design
from cnn_core.designs.challenges import CHALLENGES, Goal, Measured
from cnn_core.inspection.measuring import measure
from pages.design import minute, session
from pages.ui import state
from pages.ui.cached import Designed
from pages.ui.i18n import number, row_text, t


def challenge(design: Design, found: Designed, line: int) -> None:
    chosen = CHALLENGES[state.choice("challenge", CHALLENGES.ids()[0], allowed=CHALLENGES.ids())]
    st.selectbox(
        t("design.challenge"), CHALLENGES.ids(), key="challenge", label_visibility="collapsed",
        format_func=lambda one: row_text("design", CHALLENGES[one], "title"),
    )  # fmt: skip
    st.markdown(row_text("design", chosen, "task"))
    measured = measure(found.checked, found.trace) if found.checked.whole else None
    rows = [_row(goal, measured) for goal in chosen.goals if goal is not chosen.trained]
    st.html(f"<ul class='design-goals'>{''.join(rows)}</ul>")
    met = measured is not None and all(goal.is_met(measured) for goal in chosen.goals if goal is not chosen.trained)
    met = met and session.refused() is None  # what stands here is that of an older text
    if chosen.trained is not None:
        minute.draw(design, chosen, ready=met)
    elif met:
        st.success(t("design.challenge.done"), icon=":material/emoji_events:")
    if chosen.start:
        st.button(
            t("design.challenge.start"), key="design-challenge-start", icon=":material/restart_alt:", on_click=session.use,
            args=(f"name {row_text('design', chosen, 'title')}\n{chosen.start}",),
        )  # fmt: skip


def _row(goal: Goal, measured: Measured | None) -> str:
    met = measured is not None and goal.is_met(measured)
    value = "–" if measured is None else _written(goal.value(measured))
    name = t(f"design.quantity.{goal.quantity}")
    mark, kind = ("✓", "met") if met else ("✗", "missed")
    wanted = f"{goal.sign} {_written(goal.target)}"
    return f"<li class='{kind}'><i>{mark}</i><span>{html.escape(name)}</span><b>{html.escape(value)}</b><em>{html.escape(wanted)}</em></li>"


def _written(value: int | tuple[int, ...]) -> str:
    return number(value) if isinstance(value, int) else designs.shape_text(value)
