"""Compare: any runs on one chart, and a table of what differs between them."""

from __future__ import annotations

import streamlit as st

from pages.training import curves, runs, words
from pages.ui import cached, state
from pages.ui.components.curve_chart import curve_chart
from pages.ui.i18n import t

MOST = 10
TICK_S = 1.5


class _Runs:
    def __contains__(self, value: object) -> bool:
        known = {job.id for job in cached.jobs().list()}
        return isinstance(value, list) and len(value) <= MOST and all(run in known for run in value)


def draw() -> None:
    every = runs.every()
    default = [job.id for job in every[:2]]
    chosen = state.choice("runs", default, allowed=_Runs(), read=lambda text: text.split(","), write=",".join, always=True)
    found = {job.id: job for job in every}
    st.multiselect(
        t("training.runs_shown"), list(found), format_func=lambda run: words.run_label(found[run]), key="runs", max_selections=MOST,
        placeholder=t("training.runs_shown.choose"), label_visibility="collapsed",
    )  # fmt: skip
    if not chosen:
        st.info(t("training.no_runs"), icon=":material/model_training:")
        return
    x = state.choice("x_axis", "epoch", allowed=curves.X_AXES)
    live = any(not found[run].state.is_over for run in chosen)
    st.fragment(_chart, run_every=TICK_S if live else None)(tuple(chosen), x)
    st.segmented_control(
        t("training.x"), curves.X_AXES, format_func=lambda name: t(f"training.x.{name}"), key="x_axis", required=True,
        label_visibility="collapsed", width="content",
    )  # fmt: skip


def _chart(chosen: tuple[str, ...], x: str) -> None:
    found = {job.id: job for job in cached.jobs().list()}
    curve_chart(curves.compared([found[run] for run in chosen if run in found], x, "both"), key="tr-compared")
