"""What can be done with a run: stop, cancel, resume, rename, tag, delete."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

import streamlit as st

from cnn_core.errors import ConvolabError
from cnn_core.jobs import Job, State
from pages.training import links, runs, words
from pages.ui import cached, errors, state
from pages.ui.i18n import t

_PROBLEM = "_run_problem"


def facts(job: Job) -> dict[str, Any]:
    """The run's ``network.json``; empty until it has started."""
    try:
        found = json.loads((job.run_dir / "network.json").read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def buttons(job: Job) -> None:
    """The one that fits the state in front, the others behind a menu."""
    queue = cached.jobs()
    if job.state is State.QUEUED:
        _button("cancel", "close", lambda: queue.cancel(job.id))
    elif job.state in (State.STARTING, State.RUNNING):
        _button("stop", "stop", lambda: queue.cancel(job.id))
    elif job.can_resume:
        _button("resume", "play_arrow", lambda: queue.resume(job.id))
    menu([job])
    runs.queue_line()


def menu(jobs: Sequence[Job]) -> None:
    """Name, tags, deletion, and the same recipe again, for one of these runs."""
    with st.popover(t("training.manage"), icon=":material/more_vert:", key="tr-manage", on_change="rerun") as opened:
        if opened.open:
            _order(_one_of(jobs))
    problem = st.session_state.pop(_PROBLEM, None)
    if problem is not None:
        errors.show(problem)


def _one_of(jobs: Sequence[Job]) -> Job:
    found = {job.id: job for job in jobs}
    if len(found) == 1:
        return jobs[0]
    if st.session_state.get("tr-manage-run") not in found:
        st.session_state["tr-manage-run"] = jobs[0].id
    labels = words.run_labels(jobs)
    runs.say_again("tr-manage-run", [st.session_state["tr-manage-run"]], labels)
    st.selectbox(t("training.run"), list(found), format_func=labels.__getitem__, key="tr-manage-run")
    return found[st.session_state["tr-manage-run"]]


def _button(name: str, icon: str, action: Callable[[], object]) -> None:
    st.button(t(f"training.{name}"), icon=f":material/{icon}:", key=f"tr-{name}", on_click=_try, args=(action,))


def _try(action: Callable[[], object]) -> None:
    try:
        action()
    except ConvolabError as error:
        st.session_state[_PROBLEM] = error


def _order(job: Job) -> None:
    queue = cached.jobs()
    name, tags = f"tr-name-{job.id}", f"tr-tags-{job.id}"
    st.text_input(
        t("training.rename"), value=words.name_of(job.name), key=name, max_chars=80,
        on_change=lambda: _try(lambda: queue.rename(job.id, st.session_state[name])),
    )  # fmt: skip
    known = sorted({tag for one in queue.list() for tag in one.tags})
    st.multiselect(
        t("training.tags"), known, default=list(job.tags), key=tags, accept_new_options=True, placeholder=t("training.tags.add"),
        on_change=lambda: _try(lambda: queue.tag(job.id, st.session_state[tags])),
    )  # fmt: skip
    st.button(t("training.again"), icon=":material/replay:", key="tr-again", on_click=_again, args=(job,))
    sure = f"tr-sure-{job.id}"
    st.checkbox(t("training.delete.sure"), key=sure, disabled=job.state.is_active, help=t("training.delete.help"))
    st.button(
        t("training.delete"), icon=":material/delete:", key="tr-delete", disabled=not st.session_state.get(sure),
        on_click=lambda: _try(lambda: _delete(job.id)),
    )  # fmt: skip


def _delete(run: str) -> None:
    cached.jobs().delete(run)
    links.deleted(run)
    st.session_state.pop("run", None)


def _again(job: Job) -> None:
    """The same recipe back on the start view, to be changed."""
    from cnn_core.training import Recipe
    from pages.training import draft

    try:
        draft.take_file(Recipe.from_json(job.recipe_json))
    except ConvolabError as error:
        st.session_state[_PROBLEM] = error
        return
    state.keep("train_view", "start")
