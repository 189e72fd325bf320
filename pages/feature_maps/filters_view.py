"""The filters themselves: as pictures, against hand-made kernels, and with a hand-made kernel in their place."""

from __future__ import annotations

import streamlit as st

from cnn_core.inspection import LayerRecord
from pages.feature_maps import convolutions, filters_like, filters_look, filters_put
from pages.feature_maps.scene import Scene
from pages.ui import state
from pages.ui.i18n import language, number, t, texts

PARTS = {"look": filters_look.draw, "like": filters_like.draw, "put": filters_put.draw}
FILTER = "filter_at"


def draw(scene: Scene) -> None:
    found = convolutions.records(scene)
    if not found:
        st.info(t("feature_filters.none"), icon=":material/filter_none:")
        return
    part = state.choice("filter_part", "look", allowed=PARTS)
    labels = texts(language(), "feature_filters.part", tuple(PARTS))
    with st.container(horizontal=True, vertical_alignment="bottom", key="ff-tools"):
        st.segmented_control(
            t("feature_filters.part"), PARTS, format_func=labels.__getitem__, key="filter_part", required=True,
            label_visibility="collapsed", width="content",
        )  # fmt: skip
        path = str(state.choice("conv", next(iter(found)), allowed=found))
        st.selectbox(t("feature_filters.conv"), tuple(found), key="conv", format_func=lambda path: _label(found[path]), width=300)
        layer = convolutions.opened(scene, found[path])
        filter_ = int(state.choice(FILTER, 0, allowed=range(len(layer.weights))))
        if part != "like":
            st.selectbox(t("feature_filters.filter"), range(len(layer.weights)), key=FILTER, format_func=number, width=110)
    PARTS[part](scene, layer, filter_)


def _label(record: LayerRecord) -> str:
    """"conv1: 64 filters, 3 × 7×7"."""
    shape = next((shape for name, shape in record.weights if len(shape) == 4), ())
    if not shape:
        return record.module
    filters, channels, rows, columns = shape
    return t("feature_filters.conv.label", path=record.module, filters=number(filters), size=f"{channels}×{rows}×{columns}")
