"""Watch: one run's curves, its maps after each epoch, what it takes for what; all of it goes on when nobody looks."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import streamlit as st

from cnn_core.errors import ConvolabError
from cnn_core.jobs import Job, State
from cnn_core.training import Recipe
from pages.training import curves, downloads, draft, manage, mistakes, runs, status, words
from pages.ui import cached, state
from pages.ui.components.curve_chart import curve_chart
from pages.ui.components.epoch_film import NEWEST, blob, epoch_film, frame
from pages.ui.i18n import figure, language, t

TICK_S = 1.0
FILM_TICK_S = 2.0
_WANTED = "_film_wanted"


def draw() -> None:
    with st.container(horizontal=True, vertical_alignment="center", key="tr-watch-head"):
        job, is_missing = runs.choose()
        if job is not None:
            manage.buttons(job)
    if job is None:
        _nothing(is_missing)
        return
    part = state.choice("watch_part", "live", allowed=PARTS)
    _told(job)
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute", key="tr-watch-parts"):
        _segments("watch_part", PARTS, "training.part")
        if part == "live":
            state.choice("x_axis", "epoch", allowed=curves.X_AXES)
            _segments("x_axis", curves.X_AXES, "training.x")
    PARTS[part](job)


def _segments(name: str, options: Iterable[str], texts: str) -> None:
    st.segmented_control(
        t(texts), list(options), format_func=lambda option: t(f"{texts}.{option}"), key=name, required=True, label_visibility="collapsed",
        width="content",
    )  # fmt: skip


def _both(job: Job) -> None:
    x = st.session_state["x_axis"]
    live = not job.state.is_over
    left, right = st.columns([1.25, 1], gap="medium")
    with left:
        st.fragment(_live, run_every=TICK_S if live else None)(job.id, job.state, x)
    with right:
        st.fragment(_film, run_every=FILM_TICK_S if live else None)(job.id)


def _nothing(is_missing: bool) -> None:
    if is_missing:
        st.warning(t("training.run_missing"), icon=":material/link_off:")
        runs.latest()
    else:
        st.info(t("training.no_runs"), icon=":material/model_training:")
    st.button(t("training.go_start"), type="primary", on_click=state.keep, args=("train_view", "start"), key="tr-go-start")


def _told(job: Job) -> None:
    """Why a job that did not come to its end is where it is, and what to do."""
    if job.state in (State.FAILED, State.LOST, State.STOPPED):
        because, advice = words.reason(job)
        text = f"{because} {advice}".strip()
        if text:
            (st.error if job.state in (State.FAILED, State.LOST) else st.info)(text)
    if job.has_diverged:
        _slower(job)


def _slower(job: Job) -> None:
    """What the advice says, a click away: the same recipe on the start view, with a tenth of the rate."""
    try:
        recipe = Recipe.from_json(job.recipe_json)
    except ConvolabError:
        return
    rate = float(f"{recipe.lr / 10:.6g}")
    st.button(
        t("training.slower", lr=figure(rate)), icon=":material/replay:", key="tr-slower", on_click=draft.again, args=(recipe, {"lr": rate}),
    )  # fmt: skip


def _live(run: str, drawn_in: State, x: str) -> None:
    """Once a second: the strip and the curves. Where the state changes, the whole page follows."""
    try:
        job = cached.jobs().get(run)
    except ConvolabError:
        st.rerun()
    if job.state is not drawn_in:
        st.rerun()
    status.strip(job)
    curve_chart(curves.watched(job, x), key=f"tr-curve-{run}")


def _film(run: str) -> None:
    """The newest epoch, or the one that was asked for."""
    try:
        job = cached.jobs().get(run)
    except ConvolabError:
        return
    folder = job.run_dir / "epochs"
    numbers = sorted(int(path.stem) for path in folder.glob("*.npz") if path.stem.isdecimal())
    if not numbers:
        st.caption(t("training.film.waiting"))
        return
    last = numbers[-1]
    wanted = st.session_state.get(_WANTED, {}).get(run, NEWEST)
    epoch = wanted if wanted in numbers else last
    path = folder / f"{epoch:04d}.npz"
    try:
        stamp = path.stat().st_mtime_ns
        data = cached.drawn(("film", run, epoch, last, stamp, language()), lambda: _frame(job, epoch, last))
    except (OSError, ValueError, KeyError):
        st.caption(t("training.film.waiting"))
        return
    epoch_film(data, key=f"tr-film-{run}", on_want=lambda number: _want(run, number))


def _frame(job: Job, epoch: int, last: int) -> bytes:
    with np.load(job.run_dir / "epochs" / f"{epoch:04d}.npz", allow_pickle=False) as file:
        arrays = {name: file[name] for name in file.files}
    facts, packed = frame(arrays, run=job.id, epoch=epoch, class_names=mistakes.names_of(job))
    return blob(facts, packed, last=last)


def _want(run: str, number: int) -> None:
    st.session_state[_WANTED] = {**st.session_state.get(_WANTED, {}), run: number}


PARTS = {"live": _both, "mistakes": mistakes.draw, "files": downloads.draw}
