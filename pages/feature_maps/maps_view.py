"""The maps of the chosen layer as a grid, sorted and coloured as one likes."""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from cnn_core import inspection
from pages.feature_maps import layers, out, stacks
from pages.feature_maps.headline import percent, short
from pages.feature_maps.layers import CHANNEL
from pages.feature_maps.scene import Scene
from pages.ui import cached, state
from pages.ui.components.map_grid import NONE_CHOSEN, MapTiles, map_grid
from pages.ui.i18n import language, number, t, texts

if TYPE_CHECKING:
    from torch import Tensor

REACHES = ("map", "layer", "network")
PAGE_SIZES = (64, 256)
MOST_VALUES = 2_000_000  # on one page: 4 MB to the browser
LEAST_MAPS = 16
# The colours of the whole network end where this share of the values of this share of its layers lies within. Its largest value is no
# good end: one convolution before its normalisation may reach 17 times as far as the layers around it, which would all be white.
VALUES_WITHIN, LAYERS_WITHIN = 0.95, 0.9


def draw(scene: Scene) -> None:
    left, right = st.columns([1, 2.35] if state.choice("layer_list", "table", allowed=layers.LISTS) == "table" else [1.2, 1.6], gap="small")
    with left.container(key="fm-layers"):
        layers.choose_layer(scene.found, scene.source.architecture, scene.layer)
    with right.container(key="fm-maps"):
        _maps(scene)


def _maps(scene: Scene) -> None:
    stack = stacks.stack(scene.values(scene.record), scene.record, scene.input_size)
    found = stacks.figures(stack.maps)
    sort = state.choice("sort", "index", allowed=stacks.SORTS)
    reach = state.choice("colors", "map", allowed=REACHES)
    network = extent(scene) if reach == "network" else None
    opened = state.choice(CHANNEL, NONE_CHOSEN, allowed=range(NONE_CHOSEN, len(stack.maps)))
    shown = _page(stack, found, sort, scene, network, opened)
    limits, scale = stacks.limits(found, reach, network)
    if network is not None:
        within = {"values": percent(VALUES_WITHIN), "layers": percent(LAYERS_WITHIN)}
        st.caption(t("feature_maps.colors.network.ends", end=short(network), **within))
    names = [str(stack.channels[k]) for k in shown]
    tiles = MapTiles(
        stack.maps[shown], names, limits[shown], scale, {name: column[shown] for name, column in found.items()},
        stacks.dead(found)[shown], scene.input_rgb, scene.input_size, stack.place, stack.flat,
    )  # fmt: skip
    version = repr((scene.made_from, scene.layer, sort, reach, int(shown[0]), len(shown)))
    map_grid(
        tiles, version=version, title=f"{scene.record.path or scene.record.type}", opened=_first_opened(version, opened, shown),
        on_open=lambda place: state.keep(CHANNEL, NONE_CHOSEN if place < 0 else int(shown[place])), key="fm-grid",
    )  # fmt: skip


def _page(
    stack: stacks.Stack, found: dict[str, np.ndarray], sort: str, scene: Scene, network: float | None, opened: int
) -> np.ndarray:  # fmt: skip
    """Draw the row of controls; which maps are on this page, in their order. The map that is open decides which page it is."""
    count, size = len(stack.maps), stack.maps[0].size
    per_page = state.choice("maps_each", PAGE_SIZES[0], allowed=PAGE_SIZES)
    fitting = min(per_page, max(LEAST_MAPS, MOST_VALUES // size // LEAST_MAPS * LEAST_MAPS))
    pages = -(-count // fitting)
    order = stacks.order(found, sort)
    if opened != NONE_CHOSEN:
        state.keep("maps_page", int(np.flatnonzero(order == opened)[0]) // fitting + 1)
    with st.container(horizontal=True, vertical_alignment="bottom", key="fm-map-tools"):
        if count > 1:
            _select("sort", stacks.SORTS)
        _select("colors", REACHES)
        if count > PAGE_SIZES[0]:
            _select("maps_each", PAGE_SIZES, number)
        page = state.choice("maps_page", 1, allowed=range(1, pages + 1))
        if pages > 1:
            labels = {k: _page_label(fitting, count, k) for k in range(1, pages + 1)}
            st.selectbox(t("feature_maps.page"), tuple(labels), key="maps_page", format_func=labels.__getitem__, on_change=_close)
        out.save(scene, stack, found, order, network)
    return order[(page - 1) * fitting : page * fitting]


def _close() -> None:
    """Another page: the map that was open is not on it."""
    state.keep(CHANNEL, NONE_CHOSEN)


def _page_label(fitting: int, count: int, page: int) -> str:
    first, last = (page - 1) * fitting + 1, min(page * fitting, count)
    return t("feature_maps.page.label", first=number(first), last=number(last), count=number(count))


def _select(name: str, options: tuple[object, ...], write: object = None) -> None:
    labels = texts(language(), f"feature_maps.{name}", tuple(map(str, options)))
    st.selectbox(
        t(f"feature_maps.{name}"), options, key=name, format_func=write if callable(write) else lambda option: labels[str(option)],
        help=t(f"feature_maps.{name}.help"),
    )  # fmt: skip


def extent(scene: Scene) -> float:
    """Where the colours of all layers end, on both sides of zero: of every map of them, a pass of its own that keeps no map."""
    def measure() -> float:
        ends: list[float] = []
        paths = [inspection.address(record) for record in scene.trace.layers]
        inspection.stream(scene.network(), scene.batch(), paths, lambda _, values: ends.append(_within(values)))
        return float(np.quantile(ends, LAYERS_WITHIN, method="higher")) or max(ends) or 1.0

    found: float = cached.graph_part(("extent", scene.made_from), measure)
    return found


def _within(values: Tensor) -> float:
    """The magnitude that ``VALUES_WITHIN`` of a layer's values do not exceed."""
    flat = values.float().abs().flatten()
    return float(flat.kthvalue(max(1, ceil(VALUES_WITHIN * flat.numel()))).values)


def _first_opened(version: str, opened: int, shown: np.ndarray) -> int:
    """The tile that was open when these maps were first shown; what is opened later the browser knows by itself.

    So the maps, which are large, are sent once and not again at each click.
    """
    kept: tuple[str, int] = st.session_state.get("_fm_opened", ("", NONE_CHOSEN))
    if kept[0] != version or not state.was_drawn("colors"):
        place = np.flatnonzero(shown == opened)
        kept = (version, int(place[0]) if place.size else NONE_CHOSEN)
        st.session_state["_fm_opened"] = kept
    return kept[1]
