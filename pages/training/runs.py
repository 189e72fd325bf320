"""Which runs there are: choosing one, and the line of those that wait."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping, Sequence

import streamlit as st

from cnn_core.jobs import Job, State
from pages.training import links, words
from pages.ui import cached, state
from pages.ui.i18n import t
from pages.ui.plain import plain

_SESSION = "_training_session"
_TOLD = "_run_labels_told"
LATEST = 5
QUEUE_TICK_S = 2.0
LONGEST = 1_000  # signs of what a link may name


def session_id() -> str:
    """Whose jobs these are, for turns in the queue: the browser's, through refreshes too, without telling who it is."""
    if _SESSION not in st.session_state:
        cookie = st.context.cookies.get("_streamlit_xsrf") or secrets.token_hex(8)
        st.session_state[_SESSION] = hashlib.sha256(str(cookie).encode()).hexdigest()[:16]
    return str(st.session_state[_SESSION])


def every() -> tuple[Job, ...]:
    """All runs, newest first."""
    return tuple(reversed(cached.jobs().list()))


class _Runs:
    """Whatever a link calls a run: it may name one that is gone, or never was, and then nobody else's is shown."""

    def __contains__(self, value: object) -> bool:
        return isinstance(value, str) and 0 < len(value) <= LONGEST and not links.was_deleted(value)


def choose() -> tuple[Job | None, bool]:
    """Draw the list of runs, at the run of the URL, or the one at work, or the newest.

    Returns:
        The run; None where there is none, or not the one that was asked for, and then True beside it.
    """
    found = {one.id: one for one in every()}
    first = next((job for job in found.values() if job.state.is_active), next(iter(found.values()), None))
    run = state.choice("run", first.id if first else "", allowed=_Runs(), always=True)
    is_missing = bool(run) and run not in found
    if not found:
        return None, is_missing
    labels = words.run_labels(found.values())
    say_again("run", [run], labels)
    gone = t("training.run_missing.entry", run=plain(run[:40]))
    st.selectbox(
        t("training.run"), [*([run] if is_missing else []), *found], key="run", label_visibility="collapsed",
        format_func=lambda one: labels.get(one, gone),
    )  # fmt: skip
    return found.get(run), is_missing


def say_again(name: str, chosen: Sequence[str], labels: Mapping[str, str]) -> None:
    """Before a list of runs is drawn: the browser keeps the text of what is chosen, so a choice whose text is another one now (a new name,
    a new state) is set anew."""
    told = st.session_state.setdefault(_TOLD, {})
    texts = tuple(labels[run] for run in chosen if run in labels)
    if name in st.session_state and told.get(name, texts) != texts:
        st.session_state[name] = st.session_state[name]
    told[name] = texts


def waiting() -> list[Job]:
    """The queue, the next one first."""
    return sorted((job for job in cached.jobs().list() if job.state is State.QUEUED), key=lambda job: job.position or 0)


def at_work() -> list[Job]:
    return [job for job in cached.jobs().list() if job.state.is_active]


def _follow(active: int, line: int) -> None:
    """Draws nothing; the whole page follows where somebody else, or the queue itself, has changed what it says of the queue."""
    if (len(at_work()), len(waiting())) != (active, line):
        st.rerun()


def queue_line() -> None:
    """How many are at work and how many wait; behind it the line itself, where one's own can be cancelled."""
    active, line = at_work(), waiting()
    st.fragment(_follow, run_every=QUEUE_TICK_S)(len(active), len(line))
    if not active and not line:
        return
    label = t("training.queue", active=len(active), waiting=len(line))
    with st.popover(label, icon=":material/queue:", key="tr-queue", on_change="rerun") as opened:
        if not opened.open:
            return
        for job in (*active, *line):
            with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
                place = f"{job.position}." if job.position else words.SIGNS[job.state]
                mine = t("training.queue.mine") if job.session == session_id() else ""
                st.markdown(f"{place} {words.run_name(job)} {mine}", width="content")
                with st.container(horizontal=True, width="content"):
                    st.button(t("training.open"), key=f"tr-open-{job.id}", on_click=show, args=(job.id,), type="tertiary")
                    if job.state is State.QUEUED:
                        st.button(
                            t("training.cancel"), key=f"tr-cancel-{job.id}", on_click=cached.jobs().cancel, args=(job.id,),
                            type="tertiary",
                        )  # fmt: skip


def latest() -> None:
    """The newest runs, a click away."""
    found = every()[:LATEST]
    if not found:
        return
    st.caption(t("training.latest"))
    labels = words.run_labels(found)
    with st.container(key="tr-latest", gap=None):
        for job in found:
            summary = cached.jobs().summary(job.id)
            accuracy = summary.test_accuracy if summary.test_accuracy is not None else summary.validation_accuracy
            label = " · ".join((labels[job.id], words.state_name(job), *([words.percent(accuracy)] if accuracy is not None else [])))
            st.button(label, key=f"tr-latest-{job.id}", type="tertiary", on_click=show, args=(job.id,))


def show(run: str) -> None:
    """Watch a run; for callbacks."""
    state.keep("run", run)
    state.keep("train_view", "watch")
