"""All filters of a layer as pictures, and one of them taken apart: its slices, its answer to the picture, the kernels it is like."""

from __future__ import annotations

from functools import partial

import numpy as np
import streamlit as st

from cnn_core import inspection
from pages.feature_maps import convolutions, filters_like, tiles
from pages.feature_maps.convolutions import Convolution
from pages.feature_maps.scene import Scene
from pages.ui import state
from pages.ui.components.image_grid import GridItems, image_grid
from pages.ui.components.pixel_maps import Panel, pixel_maps
from pages.ui.i18n import language, number, t, texts

PER_PAGE = 128
MOST_ROWS = 512  # of a table of norms
SORTS = ("index", "norm")
MOST_SLICES = 6
FEW = 48  # filters: drawn larger


def draw(scene: Scene, layer: Convolution, filter_: int) -> None:
    left, right = st.columns([1.15, 1], gap="medium")
    with left:
        _all(layer, filter_)
    with right:
        _one(scene, layer, filter_)


def _forms(layer: Convolution) -> tuple[str, ...]:
    if layer.in_color:
        return "color", "channel", "norms"
    if layer.weights.shape[1] == 1:
        return ("channel",)
    return ("norms", "channel") if layer.point else ("channel", "norms")


def _all(layer: Convolution, filter_: int) -> None:
    """Draw the controls and the grid, or the table of norms."""
    forms = _forms(layer)
    form = state.choice("filter_form", forms[0], allowed=forms)
    count, channels = layer.weights.shape[:2]
    with st.container(horizontal=True, vertical_alignment="bottom", key="ff-look-tools"):
        if len(forms) > 1:
            _select("form", forms)
        channel = 0
        if form == "channel" and channels > 1:
            channel = int(state.choice("filter_input", 0, allowed=range(channels)))
            st.selectbox(t("feature_filters.input"), range(channels), key="filter_input", format_func=layer.input_name, width=110)
        sort = state.choice("filter_sort", "index", allowed=SORTS)
        _select("sort", SORTS)
        norms = inspection.filter_norms(layer.weights)
        strength = np.sqrt((norms**2).sum(axis=1))
        order = np.arange(count) if sort == "index" else np.argsort(-strength, kind="stable")
        shown = _page(order, MOST_ROWS if form == "norms" else PER_PAGE)
    if form == "norms":
        about = t("feature_filters.norms", filters=number(count), channels=number(channels))
        pixel_maps([Panel(norms[shown], about, about, scale="magnitude", exact=False)], key="ff-norms")
        st.caption(t("feature_filters.norms.about"))
        return
    pixels = inspection.filter_images(layer.weights[shown]) if form == "color" else tiles.colored(layer.weights[shown, channel], "weights")
    titles = [t("feature_filters.tile", filter=number(int(k)), norm=number(float(strength[k]), 3)) for k in shown]
    image_grid(
        GridItems(pixels, [str(k) for k in shown], titles, [number(int(k)) for k in shown]), selected=str(filter_), on_pick=_pick,
        label=t("feature_filters.grid"), key="ff-grid", cell=64 if count <= FEW else 44, height=470,
    )  # fmt: skip
    st.caption(t(f"feature_filters.form.{form}.about"))


def _pick(filter_: str) -> None:
    state.keep("filter_at", int(filter_))


def _select(name: str, options: tuple[str, ...]) -> None:
    labels = texts(language(), f"feature_filters.{name}", options)
    st.selectbox(t(f"feature_filters.{name}"), options, key=f"filter_{name}", format_func=labels.__getitem__, width=170)


def _page(order: np.ndarray, each: int) -> np.ndarray:
    pages = -(-len(order) // each)
    page = state.choice("filters_page", 1, allowed=range(1, pages + 1))
    if pages > 1:
        label = partial(_page_label, each, len(order))
        st.selectbox(t("feature_maps.page"), range(1, pages + 1), key="filters_page", format_func=label, width=170)
    return order[(page - 1) * each : page * each]


def _page_label(each: int, count: int, page: int) -> str:
    return t("feature_maps.page.label", first=number((page - 1) * each + 1), last=number(min(page * each, count)), count=number(count))


def _one(scene: Scene, layer: Convolution, filter_: int) -> None:
    """The chosen filter: facts, what it is like, its slices, its answer."""
    weights = layer.weights[filter_]
    strength = np.sqrt((weights.astype(np.float64) ** 2).sum(axis=(1, 2)))
    facts = [
        t("feature_filters.fact.norm", norm=number(float(np.linalg.norm(strength)), 3)),
        t("feature_filters.fact.sum", sum=_signed(float(weights.sum()))),
    ]
    if layer.bias is not None:
        facts.append(t("feature_filters.fact.bias", bias=_signed(float(layer.bias[filter_]))))
    st.markdown(f"**{t('feature_filters.one', filter=number(filter_))}** · {' · '.join(facts)}")
    if not layer.point:
        st.caption(filters_like.most_like(layer, filter_))
    strongest = range(len(weights)) if len(weights) <= len(convolutions.RGB) else np.argsort(-strength, kind="stable")[:MOST_SLICES]
    top = float(np.abs(weights).max()) or 1.0
    response, slices = st.columns([1.25, 1], gap="small")
    with slices:
        pixel_maps([_slice_panel(layer, weights, int(channel), top) for channel in strongest], key="ff-slices", layout="grid")
        if len(weights) > MOST_SLICES:
            st.caption(t("feature_filters.strongest", shown=number(MOST_SLICES), channels=number(len(weights))))
    values = scene.values(layer.record)[filter_]
    name = t("feature_filters.response", filter=number(filter_))
    answer = convolutions.response_panel(layer.record, values, name, t("feature_filters.response.alt", filter=number(filter_)))
    with response:
        pixel_maps([answer], key="ff-one")


def _slice_panel(layer: Convolution, weights: np.ndarray, channel: int, top: float) -> Panel:
    name = layer.input_name(channel)
    caption = t("feature_filters.slice", channel=name) if len(weights) > 1 else t("feature_filters.slice.only")
    return Panel(weights[channel], caption, caption, scale="weights", limits=(-top, top), legend=False)


def _signed(value: float) -> str:
    return number(round(value, 3), 3).replace("-", "−")
