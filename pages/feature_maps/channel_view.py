"""One layer's channels: without some of them, the pictures that drive one most, and an image made to excite it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np
import streamlit as st

from cnn_core import inspection
from pages.feature_maps import channel_drive, channel_excite, channel_off, layers, stacks, tiles
from pages.feature_maps.channels import Channels, switched_off
from pages.feature_maps.scene import Scene
from pages.ui import state
from pages.ui.components.image_grid import GridItems, image_grid
from pages.ui.i18n import language, number, t, texts

PARTS = {"off": channel_off.draw, "drive": channel_drive.draw, "excite": channel_excite.draw}
PER_PAGE = 64
SIDE = 40  # px: of a map on its tile
OFF_COLOR = "#e5484d"


@dataclass(frozen=True)
class _Page:
    """Which channels are drawn, in their order, and how strong each is."""

    shown: np.ndarray
    figures: dict[str, np.ndarray]


def draw(scene: Scene) -> None:
    part = state.choice("channel_part", "off", allowed=PARTS)
    labels = texts(language(), "feature_channel.part", tuple(PARTS))
    stack = stacks.stack(scene.values(scene.record), scene.record, scene.input_size)
    with st.container(horizontal=True, vertical_alignment="bottom", key="fc-tools"):
        st.segmented_control(
            t("feature_channel.part"), PARTS, format_func=labels.__getitem__, key="channel_part", required=True,
            label_visibility="collapsed", width="content",
        )  # fmt: skip
        _choose_layer(scene)
        if stack.form == "planes":
            st.info(t("feature_channel.no_channels"), icon=":material/layers_clear:")
            return
        maps = stack.maps.reshape(-1, 1, 1) if stack.form == "values" else stack.maps
        channel = int(state.choice("channel", 0, allowed=range(len(maps))))
        page = _choose_page(maps)
        if part != "off":
            st.selectbox(t("feature_channel.channel"), range(len(maps)), key="channel", format_func=number, width=110)
    chosen = Channels(inspection.address(scene.record), len(maps), maps, channel)
    left, right = st.columns([1, 1.45], gap="medium")
    with left:
        _grid(chosen, page, part)
    with right:
        PARTS[part](scene, chosen)


def _choose_layer(scene: Scene) -> None:
    """Draw the select of layers; the same choice as the table and the graph of the maps."""
    if scene.found.graph is None:
        return
    nodes = {node.id: scene.trace.layers[node.first] for node in scene.found.graph.nodes if node.layers}
    if scene.layer not in nodes:
        nodes = {scene.layer: scene.record, **nodes}
    labels = {id_: f"{record.path} · {record.type} · {'×'.join(map(str, record.output_shape[1:]))}" for id_, record in nodes.items()}
    st.selectbox(
        t("feature_channel.layer"), tuple(nodes), key="map_layer", format_func=labels.__getitem__, width=330, on_change=_other_layer
    )


def _other_layer() -> None:
    state.keep("off", [])
    state.keep("channel", 0)
    state.keep("channels_page", 1)
    layers.pick(st.session_state["map_layer"])


def _choose_page(maps: np.ndarray) -> _Page:
    figures = stacks.figures(maps)
    sort = state.choice("sort", "index", allowed=stacks.SORTS)
    labels = texts(language(), "feature_maps.sort", stacks.SORTS)
    st.selectbox(t("feature_maps.sort"), stacks.SORTS, key="sort", format_func=labels.__getitem__, width=160)
    pages = range(1, -(-len(maps) // PER_PAGE) + 1)
    page = int(state.choice("channels_page", 1, allowed=pages))
    if len(pages) > 1:
        st.selectbox(t("feature_maps.page"), pages, key="channels_page", format_func=partial(_page_label, len(maps)), width=160)
    return _Page(stacks.order(figures, sort)[(page - 1) * PER_PAGE : page * PER_PAGE], figures)


def _page_label(count: int, page: int) -> str:
    first, last = (page - 1) * PER_PAGE + 1, min(page * PER_PAGE, count)
    return t("feature_maps.page.label", first=number(first), last=number(last), count=number(count))


def _grid(chosen: Channels, page: _Page, part: str) -> None:
    """The maps of the layer; a click switches one off and on, or chooses it."""
    off = set(switched_off(chosen)) if part == "off" else set()
    maps = chosen.maps[page.shown]
    top = float(np.abs(chosen.maps).max()) if maps.shape[1:] == (1, 1) else None
    pictures = tiles.colored(maps, tiles.scale_of(chosen.maps), top)
    small = np.stack([tiles.fitted(picture, min(SIDE, max(picture.shape[:2]))) for picture in pictures])
    for place, channel in enumerate(page.shown):
        if int(channel) in off:
            small[place] //= 4
    means, most = (page.figures[name] for name in ("mean", "maximum"))
    titles = [
        t("feature_channel.tile", channel=number(int(k)), mean=number(float(means[k]), 3), most=number(float(most[k]), 3))
        for k in page.shown
    ]  # fmt: skip
    colors = [OFF_COLOR if int(k) in off else "" for k in page.shown] if off else ()
    image_grid(
        GridItems(small, [str(k) for k in page.shown], titles, [number(int(k)) for k in page.shown], colors),
        selected="" if part == "off" else str(chosen.channel), on_pick=partial(_pick, part), label=t("feature_channel.grid"),
        key=f"fc-grid-{part}", cell=48, height=430,
    )  # fmt: skip
    st.caption(t(f"feature_channel.hint.{'off' if part == 'off' else 'choose'}"))


def _pick(part: str, channel: str) -> None:
    if part == "off":
        channel_off.toggle(int(channel))
    else:
        state.keep("channel", int(channel))
