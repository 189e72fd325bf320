"""The journey: one row a block from the picture to the prediction."""

from __future__ import annotations

import numpy as np
import streamlit as st

from cnn_core import inspection
from cnn_core.inspection import LayerRecord
from pages.feature_maps import layers, stacks
from pages.feature_maps.headline import likeliest
from pages.feature_maps.map_rows import MapRow, blob, map_rows
from pages.feature_maps.prediction import TOP
from pages.feature_maps.scene import Scene
from pages.feature_maps.stops import STAGES, stops
from pages.ui import cached, state
from pages.ui.i18n import language, t, texts
from pages.ui.theme import KIND_COLORS, OTHER_COLOR

MOST_MAPS = 12  # in a row
FINE = 112  # px: of larger maps only half as many are sent


def draw(scene: Scene) -> None:
    stage = state.choice("stage", "output", allowed=STAGES)
    labels = texts(language(), "feature_maps.stage", STAGES)
    with st.container(horizontal=True, vertical_alignment="center", key="fm-stages"):
        st.segmented_control(
            t("feature_maps.stage"), STAGES, format_func=labels.__getitem__, key="stage", required=True, label_visibility="collapsed",
            width="content", help=t("feature_maps.stage.help"),
        )  # fmt: skip
    made_from = ("journey", scene.made_from, stage, language())
    map_rows(cached.drawn(made_from, lambda: _blob(scene, stage)), on_pick=_open, key="fm-journey")


def _blob(scene: Scene, stage: str) -> bytes:
    guesses = [(scene.class_name(index), share) for index, share in likeliest(scene.logits(), TOP)]
    return blob(_rows(scene, stage), scene.input_rgb, guesses, version=repr((scene.made_from, stage)))


def _rows(scene: Scene, stage: str) -> list[MapRow]:
    if scene.found.graph is None:
        return []
    places = cached.graph_part(("stops", scene.found.trace), lambda: stops(scene.trace, scene.found.graph))
    blocks = {block.id: block for block in scene.found.graph.blocks}
    records = [place.record(scene.trace, stage) for place in places]
    outputs = scene.activations(*(inspection.address(record) for record in records)).maps
    rows = []
    for place, record in zip(places, records, strict=True):
        values = outputs[inspection.address(record)]
        block = blocks.get(place.block)
        title = block.id if block else scene.trace.layers[place.first].path
        type_ = f"{block.type} · {record.type}" if block else " + ".join(_types(scene, place.first, place.stop))
        rows.append(_row(scene, record, values, title, type_))
    return rows


def _types(scene: Scene, first: int, stop: int) -> list[str]:
    return [layer.type for layer in scene.trace.layers[first:stop]]


def _row(scene: Scene, record: LayerRecord, values: np.ndarray, title: str, type_: str) -> MapRow:
    stack = stacks.stack(values, record, scene.input_size)
    shape = "×".join(map(str, values.shape))
    node = next(node.id for node in scene.found.graph.nodes if node.layers and node.first == record.index)  # type: ignore[union-attr]
    color = KIND_COLORS.get(record.kind, OTHER_COLOR)
    if stack.flat:
        return MapRow(node, title, type_, shape, 0.0, values.size, stack.maps[:1].copy(), ("",), color)
    found = stacks.figures(stack.maps)
    most = MOST_MAPS // 2 if stack.maps.shape[1] > FINE else MOST_MAPS
    shown = np.sort(stacks.order(found, "deviation")[:most])
    side = stack.maps.shape[1] / scene.input_size[0]
    return MapRow(
        node, title, type_, shape, min(1.0, side), len(stack.maps), stack.maps[shown], [str(stack.channels[k]) for k in shown], color
    )


def _open(layer_id: str) -> None:
    layers.pick(layer_id)
    state.keep("map_view", "maps")
