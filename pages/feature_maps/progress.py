"""A bar for work that takes seconds: how far, how long it will take, and a way to stop."""

from __future__ import annotations

import time
from collections.abc import Callable
from types import TracebackType

import streamlit as st

from pages.ui.i18n import number, t

EVERY_S = 0.15
HIDDEN_S = 0.4  # what is ready sooner shows no bar


class Bar:
    """Around the work; ``tell(done, total)`` moves it. A click elsewhere on the page ends the work, as the whole run."""

    def __init__(self, title: str, on_stop: Callable[[], None] | None = None) -> None:
        self._title, self._on_stop = title, on_stop
        self._place = st.empty()
        self._bar: st.delta_generator.DeltaGenerator | None = None
        self._started = self._told = time.monotonic()

    def __enter__(self) -> Bar:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._place.empty()

    def tell(self, done: int, total: int) -> None:
        now = time.monotonic()
        spent = now - self._started
        if now - self._told < EVERY_S or spent < HIDDEN_S or not total:
            return
        self._told = now
        share = min(1.0, done / total)
        left = spent / share - spent if share else 0.0
        text = t("feature_maps.working", title=self._title, left=number(max(1, round(left))))
        if self._bar is None:
            with self._place.container(horizontal=True, vertical_alignment="bottom"):
                self._bar = st.progress(share, text=text)
                if self._on_stop:
                    st.button(t("feature_maps.stop"), key="fm-stop", icon=":material/stop:", on_click=self._on_stop)
        else:
            self._bar.progress(share, text=text)
