"""The feature-map page: one picture in one network, seen in every layer, with the prediction and the reasons for it."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from cnn_core.errors import ConvolabError
from cnn_core.weights import WeightSource
from pages.feature_maps import (
    channel_view,
    choose,
    fetching,
    filters_view,
    headline,
    journey_view,
    layers,
    maps_view,
    own_file,
    preparing,
    several_view,
    sides_view,
    value_view,
    why_view,
)
from pages.feature_maps.scene import Scene
from pages.ui import cached, errors, state, theme
from pages.ui.i18n import language, t, texts
from pages.ui.picture import Picture

VIEWS = {
    "maps": maps_view.draw, "journey": journey_view.draw, "filters": filters_view.draw, "value": value_view.draw, "why": why_view.draw,
    "several": several_view.draw, "sides": sides_view.draw, "channels": channel_view.draw,
}  # fmt: skip


def draw() -> None:
    notes = st.container(key="fm-notes")
    with st.container(key="fm-controls"):
        columns = st.columns([1.25, 1.45, 1.5, 1.6], gap="small", vertical_alignment="bottom")
    with columns[0]:
        picture = choose.choose_picture()
    with columns[1]:
        arch_id = choose.choose_network(picture, notes)
    try:
        with columns[2]:
            source = choose.choose_weights(arch_id, notes)
    except ConvolabError as error:
        errors.show(error)
        return
    if source is None:
        own_file.draw(arch_id)
        return
    if not source.is_here:
        fetching.show(source)
        return
    try:
        scene = _scene(picture, source)
    except ConvolabError as error:
        errors.show(error)
        own_file.show_fits(source)
        if source.trained:
            st.button(t("feature_maps.use_random"), on_click=state.keep, args=("weights", "random:0"), key="fm-use-random")
        return
    with columns[3].container(horizontal=True, key="fm-about"):
        preparing.draw_preparing(scene)
        preparing.draw_card(source)
    view = state.choice("map_view", "maps", allowed=VIEWS)
    labels = texts(language(), "feature_maps.view", tuple(VIEWS))
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center", key="fm-views"):
        st.segmented_control(
            t("feature_maps.view"), VIEWS, format_func=labels.__getitem__, key="map_view", required=True,
            label_visibility="collapsed", width="content",
        )  # fmt: skip
        headline.draw(scene)
    VIEWS[view](scene)


def _scene(picture: Picture, source: WeightSource) -> Scene:
    """Build, run and trace what was chosen; torch arrives with the first one."""
    invert = source.preprocessing.channels == 1 and state.choice("invert", False)
    waiting = st.empty()  # always there, so that what follows keeps its place on the screen
    if cached.torch_is_here():
        return _opened(picture, source, invert)
    with waiting, st.spinner(t("feature_maps.loading")):
        return _opened(picture, source, invert)


def _opened(picture: Picture, source: WeightSource, invert: bool) -> Scene:
    found = cached.traced(source.architecture, source.input_shape, **source.options)
    if found.error is not None:
        raise found.error
    layer, record = layers.chosen_layer(found, state.choice("map_view", "maps", allowed=VIEWS))
    scene = Scene(picture, source, found, layer, record, invert)
    scene.values(record)
    return scene


st.html(Path(__file__).parent / "layout.css")
theme.unseen_title(t("feature_maps.title"))
with st.container(key="fm-page"):
    draw()
