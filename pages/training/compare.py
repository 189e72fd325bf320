"""Compare: any runs on one chart, and a table of what differs between them."""

from __future__ import annotations

import streamlit as st

from cnn_core.jobs import Job, State
from pages.training import curves, links, manage, mistakes, runs, table, words
from pages.ui import cached, state
from pages.ui.components.curve_chart import curve_chart
from pages.ui.i18n import t

MOST = 10
TICK_S = 1.5


class _Runs:
    """Runs that are here; what a link names besides is left out, and told."""

    def __contains__(self, value: object) -> bool:
        known = {job.id for job in cached.jobs().list()}
        return isinstance(value, list) and len(set(value)) == len(value) <= MOST and known.issuperset(value)


def _read(text: str) -> list[str]:
    return list(dict.fromkeys(one for one in text.split(",") if one))


def draw() -> None:
    every = runs.every()
    default = [job.id for job in every[:2]]
    found = {job.id: job for job in every}
    asked = state.asked("runs", _read)
    missing = [run for run in asked if run not in found] if isinstance(asked, list) else []
    if missing:
        state.keep("runs", [run for run in asked if run in found][:MOST])
    chosen = state.choice("runs", default, allowed=_Runs(), read=_read, write=",".join, always=True)
    links.say_missing("runs", "training.run_missing", [run for run in missing if not links.was_deleted(run)], chosen)
    labels = words.run_labels(every)
    runs.say_again("runs", chosen, labels)
    st.multiselect(
        t("training.runs_shown"), list(found), format_func=labels.__getitem__, key="runs", max_selections=MOST,
        placeholder=t("training.runs_shown.choose"), label_visibility="collapsed",
    )  # fmt: skip
    if not chosen:
        if not every:
            st.info(t("training.no_runs"), icon=":material/model_training:")
        return
    x = state.choice("x_axis", "epoch", allowed=curves.X_AXES)
    live = any(not found[run].state.is_over for run in chosen)
    with st.container(horizontal=True, vertical_alignment="center", key="tr-compare-tools"):
        st.segmented_control(
            t("training.x"), curves.X_AXES, format_func=lambda name: t(f"training.x.{name}"), key="x_axis", required=True,
            label_visibility="collapsed", width="content",
        )  # fmt: skip
        for run in chosen:
            if not found[run].state.is_over:
                st.button(
                    t("training.stop_one", run=words.run_name(found[run])), key=f"tr-stop-{run}", icon=":material/stop:",
                    on_click=cached.jobs().cancel, args=(run,),
                )  # fmt: skip
        manage.menu([found[run] for run in chosen])
        runs.queue_line()
    st.fragment(_chart, run_every=TICK_S if live else None)(tuple(chosen), tuple(found[run].state for run in chosen), x)
    with st.expander(t("training.mistakes"), key="tr-compare-mistakes", on_change="rerun") as opened:
        if opened.open:
            _mistakes([found[run] for run in chosen])


def _chart(chosen: tuple[str, ...], drawn_in: tuple[State, ...], x: str) -> None:
    """Curves and table, drawn anew while one of the runs is at work."""
    found = {job.id: job for job in cached.jobs().list()}
    jobs = [found[run] for run in chosen if run in found]
    if tuple(job.state for job in jobs) != drawn_in:
        st.rerun()
    curve_chart(curves.compared(jobs, x, "both"), key="tr-compared")
    st.html(table.draw(jobs))


def _mistakes(jobs: list[Job]) -> None:
    run = st.segmented_control(
        t("training.run"), [job.id for job in jobs], key="tr-mistakes-run", default=jobs[0].id, required=True, wrap=True,
        format_func=lambda run: next(f"{place} {words.run_name(job)}" for place, job in enumerate(jobs, 1) if job.id == run),
        label_visibility="collapsed",
    )  # fmt: skip
    mistakes.draw(next(job for job in jobs if job.id == run))
