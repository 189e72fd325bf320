"""Weights that are not here: how large they are, the way to get them, and what is at hand meanwhile."""

from __future__ import annotations

import streamlit as st

from cnn_core import weights
from cnn_core.weights import WeightSource
from pages.feature_maps import words
from pages.ui import cached, errors, state
from pages.ui.downloads import Download, weights_name
from pages.ui.i18n import compact_bytes, number, t


def show(source: WeightSource) -> None:
    st.subheader(t("feature_maps.fetch.title", label=words.weights_label(source)), anchor=False)
    name = weights_name(source)
    latest = cached.downloads().get(name)
    if latest and not latest.ended.is_set():
        _watch(name)
    else:
        if latest and latest.error:
            errors.show(latest.error)
        left = source.bytes - weights.partial_bytes(source)
        label = t("feature_maps.fetch.button" if left == source.bytes else "feature_maps.fetch.resume", size=compact_bytes(left))
        st.button(label, key="fm-fetch", icon=":material/download:", type="primary", on_click=_start, args=(source,))
        st.caption(t("feature_maps.fetch.about"))
    others(source.architecture)


def others(arch_id: str) -> None:
    """What can be looked at without waiting."""
    st.markdown(t("feature_maps.fetch.meanwhile"))
    here = [other for other in weights.sources(arch_id) if other.is_here]
    with st.container(horizontal=True, key="fm-at-hand"):
        for other in here:
            st.button(words.weights_label(other), key=f"fm-use-{other.id}", on_click=state.keep, args=("weights", other.id))


def _start(source: WeightSource) -> None:
    cached.downloads().start_weights(source)


@st.fragment(run_every=0.5)
def _watch(name: str) -> None:
    """The bar of a download under way; runs by itself, and the whole page once when it has ended."""
    latest = cached.downloads().get(name)
    if latest is None or latest.ended.is_set():
        st.rerun()
    st.progress(latest.progress.fraction if latest.progress else 0.0, text=_words(latest))
    st.button(t("feature_maps.fetch.cancel"), key="fm-cancel", icon=":material/stop:", on_click=latest.stop.set)


def _words(latest: Download) -> str:
    progress = latest.progress
    if latest.stop.is_set():
        return t("feature_maps.fetch.stopping")
    if progress is None or not progress.bytes_done:
        return t("feature_maps.fetch.waiting")
    words = [t("feature_maps.fetch.bytes", done=compact_bytes(progress.bytes_done), total=compact_bytes(progress.bytes_total))]
    if progress.seconds_left is not None:
        words.append(t("feature_maps.fetch.left", time=_time(progress.seconds_left)))
    return " · ".join(words)


def _time(seconds: float) -> str:
    if seconds < 60:
        return t("feature_maps.fetch.seconds", n=number(max(1, round(seconds))))
    return t("feature_maps.fetch.minutes", n=number(round(seconds / 60)))
