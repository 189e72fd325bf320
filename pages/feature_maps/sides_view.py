"""Side by side: the same picture through two to four networks, their layers of equal resolution in one row."""

from __future__ import annotations

import streamlit as st

from cnn_core import architectures, weights
from cnn_core.errors import ConvolabError
from cnn_core.weights import WeightSource
from pages.feature_maps import layers, resolutions, words
from pages.feature_maps.headline import likeliest
from pages.feature_maps.scene import Scene
from pages.feature_maps.side_table import Side, side_table
from pages.ui import cached, state
from pages.ui.i18n import error_text, language, number, t, texts

PLACES = (1, 2, 3)  # beside the network of the page
NONE = "none"
# Beside the page's own network as long as nobody has chosen: one that has learned something, and is another kind of network.
SUGGESTED = ("resnet20", "tf_efficientnet_lite0", "airbench_small", "mini_resnet", "lenet5")
SORTS = ("deviation", "mean", "maximum")
COUNTS = (4, 8, 16)
GUESSES = 3


def draw(scene: Scene) -> None:
    others, sort, count = _choose(scene)
    sources = [scene.source, *others]
    sides = []
    for source in sources:
        with st.spinner(t("feature_sides.running", net=words.network_title(source.architecture)), show_time=True):
            sides.append(_side(scene, source, sort, count))
    rows = _rows(sides)
    version = repr((scene.made_from, [(source.architecture, source.id, source.fingerprint) for source in sources], sort, count))

    def open_layer(place: int, layer: str) -> None:
        state.keep("net", sources[place].architecture)
        state.keep("weights", sources[place].id)
        layers.pick(layer)
        state.keep("map_view", "maps")

    side_table(sides, rows, version=version, on_pick=open_layer, key="fm-sides")


def _choose(scene: Scene) -> tuple[list[WeightSource], str, int]:
    """Draw one row: the networks beside the page's own, as many as are chosen and one more; which maps, and how many."""
    offered = (NONE, *architectures.designed(), *architectures.ids())
    nets = {
        place: str(state.choice(f"beside_{place}", _suggested(scene) if place == 1 else NONE, allowed=offered, always=place == 1))
        for place in PLACES
    }
    empty = next((place for place, net in nets.items() if net == NONE), 0)
    shown = [place for place, net in nets.items() if net != NONE or place == empty]
    *columns, last = st.columns([*(1 if nets[place] == NONE else 2 for place in shown), 1.7], gap="small")
    chosen: list[WeightSource] = []
    for place, column in zip(shown, columns, strict=True):
        with column.container(horizontal=True, gap="small"):
            st.selectbox(t("feature_sides.beside", n=number(place + 1)), offered, key=f"beside_{place}", format_func=_network_label)
            if nets[place] != NONE:
                chosen.append(_choose_weights(nets[place], f"beside_weights_{place}"))
    with last.container(horizontal=True, gap="small"):
        sort = str(state.choice("side_sort", SORTS[0], allowed=SORTS))
        labels = texts(language(), "feature_sides.sort", SORTS)
        st.selectbox(t("feature_sides.sort"), SORTS, key="side_sort", format_func=labels.__getitem__)
        count = int(state.choice("side_maps", COUNTS[0], allowed=COUNTS))
        st.selectbox(t("feature_sides.maps"), COUNTS, key="side_maps", format_func=number)
    return chosen, sort, count


def _network_label(arch_id: str) -> str:
    return t("feature_sides.none") if arch_id == NONE else words.network_label(arch_id)


def _choose_weights(arch_id: str, name: str) -> WeightSource:
    by_id = {source.id: source for source in weights.sources(arch_id)}
    best = next(source.id for source in by_id.values() if source.is_here)
    chosen = str(state.choice(name, best, allowed=by_id, always=True))
    st.selectbox(t("feature_maps.weights"), tuple(by_id), format_func=lambda id_: words.weights_label(by_id[id_]), key=name)
    return by_id[chosen]


def _suggested(scene: Scene) -> str:
    for arch_id in SUGGESTED:
        if arch_id != scene.source.architecture and any(source.trained and source.is_here for source in weights.sources(arch_id)):
            return arch_id
    return NONE


def _side(scene: Scene, source: WeightSource, sort: str, count: int) -> Side:
    title, label = words.network_label(source.architecture), words.weights_label(source)
    if not source.is_here:
        return Side(title, label, problem=t("feature_sides.to_fetch"))
    try:
        beside = _scene(scene, source)
        cells = cached.graph_part(("side", beside.made_from, sort, count), lambda: resolutions.cells(beside, sort, count))
        guesses = [(beside.class_name(index), share) for index, share in likeliest(beside.logits(), GUESSES)]
        return Side(title, label, source.kind == "random", beside.input_rgb, guesses, cells)
    except ConvolabError as error:
        return Side(title, label, problem=error_text(error))


def _scene(scene: Scene, source: WeightSource) -> Scene:
    """The same picture in another network."""
    found = cached.traced(source.architecture, source.input_shape, **source.options)
    if found.error is not None or found.trace is None:
        raise found.error or ValueError("neither traced nor refused")
    invert = source.preprocessing.channels == 1 and state.choice("invert", False)
    return Scene(scene.picture, source, found, "", found.trace.layers[0], invert)


def _rows(sides: list[Side]) -> list[tuple[int, str]]:
    """Every row that a network has something in, finest first, with the sizes in it."""
    sizes: dict[int, set[int]] = {}
    for side in sides:
        for row, cell in side.cells.items():
            sizes.setdefault(row, set()).add(cell.maps.shape[1])
    spans = {row: dict.fromkeys((max(found), min(found))) for row, found in sorted(sizes.items(), reverse=True)}
    return [(row, "–".join(map(str, span)) + " px") for row, span in spans.items()]
