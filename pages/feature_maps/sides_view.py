"""Side by side: the same picture through two to four networks, their layers of equal resolution in one row."""

from __future__ import annotations

from math import log2

import numpy as np
import streamlit as st

from cnn_core import architectures, inspection, weights
from cnn_core.errors import ConvolabError
from cnn_core.inspection import LayerRecord
from cnn_core.weights import WeightSource
from pages.feature_maps import layers, stacks, words
from pages.feature_maps.headline import likeliest
from pages.feature_maps.scene import Scene
from pages.feature_maps.side_table import Cell, Side, side_table
from pages.feature_maps.stops import stops
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
    others = _choose(scene)
    with st.container(horizontal=True, vertical_alignment="bottom", key="fm-side-tools"):
        sort = state.choice("side_sort", SORTS[0], allowed=SORTS)
        labels = texts(language(), "feature_sides.sort", SORTS)
        st.selectbox(t("feature_sides.sort"), SORTS, key="side_sort", format_func=labels.__getitem__, width=190)
        count = int(state.choice("side_maps", COUNTS[0], allowed=COUNTS))
        st.selectbox(t("feature_sides.maps"), COUNTS, key="side_maps", format_func=number, width=130)
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


def _choose(scene: Scene) -> list[WeightSource]:
    """Draw the selects of the networks beside the page's own, as many as are chosen and one more; what they are."""
    offered = (NONE, *architectures.designed(), *architectures.ids())
    chosen: list[WeightSource] = []
    for place, column in zip(PLACES, st.columns(len(PLACES), gap="small"), strict=True):
        name, default = f"beside_{place}", _suggested(scene) if place == 1 else NONE
        arch_id = str(state.choice(name, default, allowed=offered, always=place == 1))
        with column.container(horizontal=True, gap="small"):
            st.selectbox(t("feature_sides.beside", n=number(place + 1)), offered, key=name, format_func=_network_label)
            if arch_id != NONE:
                chosen.append(_choose_weights(arch_id, f"beside_weights_{place}"))
    return chosen


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
        cells = cached.graph_part(("side", beside.made_from, sort, count), lambda: _cells(beside, sort, count))
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


def _cells(scene: Scene, sort: str, count: int) -> dict[int, Cell]:
    """For each resolution the last layer that has it, where a block ends."""
    if scene.found.graph is None:
        return {}
    places = cached.graph_part(("stops", scene.found.trace), lambda: stops(scene.trace, scene.found.graph))  # type: ignore[arg-type]
    last: dict[int, tuple[str, LayerRecord]] = {}
    for place in places:
        record = place.record(scene.trace, "output")
        side = side_of(record, scene.input_size)
        if side > 1:
            last[octave(side)] = (place.block or scene.trace.layers[place.first].path, record)
    outputs = scene.activations(*(inspection.address(record) for _, record in last.values())).maps
    return {row: _cell(scene, title, record, outputs[inspection.address(record)], sort, count) for row, (title, record) in last.items()}


def _cell(scene: Scene, title: str, record: LayerRecord, values: np.ndarray, sort: str, count: int) -> Cell:
    stack = stacks.stack(values, record, scene.input_size)
    shown = np.sort(stacks.order(stacks.figures(stack.maps), sort)[:count])
    node = next(node.id for node in scene.found.graph.nodes if node.layers and node.first == record.index)  # type: ignore[union-attr]
    names = [str(stack.channels[k]) for k in shown]
    return Cell(node, title, "×".join(map(str, values.shape)), len(stack.maps), stack.maps[shown], names)


def side_of(record: LayerRecord, input_size: tuple[int, int]) -> int:
    """The height of a layer's maps; 0 where it has none."""
    shape = record.output_shape[1:]
    if len(shape) == 3:
        return shape[0] if stacks.channels_last(shape, record, input_size) else shape[1]
    if len(shape) == 2:
        side = int(shape[0] ** 0.5)
        return side if side > 1 and shape[0] - side * side in (0, 1) else 0
    return 0


def octave(side: int) -> int:
    """Which row: sizes that are nearer to each other than to half or double share one.

    >>> [octave(side) for side in (224, 112, 55, 56, 28, 27, 14, 7, 1)]
    [8, 7, 6, 6, 5, 5, 4, 3, 0]
    """
    return round(log2(side))


def _rows(sides: list[Side]) -> list[tuple[int, str]]:
    """Every row that a network has something in, finest first, with the sizes in it."""
    sizes: dict[int, set[int]] = {}
    for side in sides:
        for row, cell in side.cells.items():
            sizes.setdefault(row, set()).add(cell.maps.shape[1])
    spans = {row: dict.fromkeys((max(found), min(found))) for row, found in sorted(sizes.items(), reverse=True)}
    return [(row, "–".join(map(str, span)) + " px") for row, span in spans.items()]
