"""Work that takes seconds, in a thread of its own: the page shows how far it is and what is there already, and can stop it.

A session has one piece of work at a time; a server runs ``AT_ONCE``, the others wait their turn. Nothing here draws from the thread.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Hashable
from typing import Any

import streamlit as st

from cnn_core.errors import ConvolabError
from pages.ui import cached, errors
from pages.ui.i18n import number, t
from pages.ui.keeping import Keep

AT_ONCE = 2
MOST_S = 60.0  # of one piece of work: what it has by then is its result
EVERY_S = 0.7
_KEY = "_fm_work"
_turns = threading.Semaphore(AT_ONCE)


class Work:
    """One piece of work.

    Attributes:
        key: names what is asked.
        done, total: how far it is; ``total`` 0 as long as it waits for its turn.
        latest: what is there already, or the result.
        error: why there is none.
    """

    def __init__(self, key: tuple[Hashable, ...], run: Callable[[Work], tuple[Any, bool, int]], keep: Keep[Any]) -> None:
        self.key = key
        self.done = self.total = 0
        self.latest: Any = None
        self.error: ConvolabError | None = None
        self.began = time.monotonic()
        self._run, self._keep = run, keep
        self._stop = threading.Event()
        self.thread = threading.Thread(target=self._work, name="feature-map-work", daemon=True)

    @property
    def over(self) -> bool:
        return not self.thread.is_alive()

    @property
    def stopping(self) -> bool:
        return self._stop.is_set()

    def stop(self) -> None:
        self._stop.set()

    def tell(self, done: int, total: int) -> None:
        self.done, self.total = done, total

    def _work(self) -> None:
        while not _turns.acquire(timeout=0.2):
            if self.stopping:
                return
        try:
            self.began = time.monotonic()
            self.latest, complete, size = self._run(self)
            if complete:
                self._keep.put(self.key, self.latest, size)
        except ConvolabError as error:
            self.error = error
        finally:
            _turns.release()


def begin(key: tuple[Hashable, ...], run: Callable[[Work], tuple[Any, bool, int]]) -> None:
    """Start the session's work, in place of what it had; ``run`` gives the result, whether it is whole, and its size in bytes."""
    stop()
    work = Work(key, run, cached.exploration())
    st.session_state[_KEY] = work
    work.thread.start()


def stop() -> None:
    former: Work | None = st.session_state.get(_KEY)
    if former is not None:
        former.stop()


def current(key: tuple[Hashable, ...]) -> Work | None:
    """The session's work, if it is about this."""
    work: Work | None = st.session_state.get(_KEY)
    return work if work is not None and work.key == key else None


def result(key: tuple[Hashable, ...]) -> Any:
    """What was found, by this session or another; None where it was not looked for, or is still at work."""
    found = cached.exploration().get(key)
    if found is not None:
        return found
    work = current(key)
    return work.latest if work is not None and work.over else None


def partial(key: tuple[Hashable, ...]) -> bool:
    """Whether what there is was cut short, so that the question may be asked again."""
    work = current(key)
    return work is not None and work.over and cached.exploration().get(key) is None


def show(key: tuple[Hashable, ...], title: str, draw: Callable[[Any], None]) -> bool:
    """Draw what there is of a question: its result, or how far it is; False where nobody has asked it yet.

    Args:
        draw: of a result, or of what is there already.
    """
    found = result(key)
    work = current(key)
    if found is not None:
        draw(found)
    elif work is None:
        return False
    elif not work.over:
        _watch(work, title, draw)
    elif work.error is not None:
        errors.show(work.error)
        return False
    else:
        return False
    return True


@st.fragment(run_every=EVERY_S)
def _watch(work: Work, title: str, draw: Callable[[Any], None]) -> None:
    """The bar, by itself: the rest of the page stays as it is until the work is over."""
    if work.over:
        st.rerun()
    spent = time.monotonic() - work.began
    share = min(1.0, work.done / work.total) if work.total else 0.0
    if work.stopping:
        text = t("feature_channel.stopping")
    elif not work.total:
        text = t("feature_channel.beginning", title=title)
    else:
        left = min(spent / share - spent, MOST_S - spent) if share else MOST_S
        text = t("feature_maps.working", title=title, left=number(max(1, round(left))))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.progress(share, text=text)
        st.button(t("feature_maps.stop"), key="fm-work-stop", icon=":material/stop:", on_click=work.stop)
    if work.latest is not None:
        draw(work.latest)
