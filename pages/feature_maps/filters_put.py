"""A hand-made kernel in the place of a learned filter: what the layers behind it and the prediction make of that."""

from __future__ import annotations

import numpy as np
import streamlit as st

from cnn_core import inspection
from cnn_core.kernels import KERNELS
from pages.feature_maps import convolutions, filters_like, prediction, tiles
from pages.feature_maps.convolutions import Convolution
from pages.feature_maps.replacing import ALL, Change, Replaced, replaced
from pages.feature_maps.scene import Scene
from pages.ui import state
from pages.ui.components.image_grid import GridItems, image_grid
from pages.ui.components.pixel_maps import pixel_maps, robust_limits
from pages.ui.i18n import number, t

DEFAULT = "vertical"
SIDE = 72  # px: of a small map on its tile


def draw(scene: Scene, layer: Convolution, filter_: int) -> None:
    channels = layer.weights.shape[1]
    with st.container(horizontal=True, vertical_alignment="bottom", key="ff-put-tools"):
        kernel = str(state.choice("put_kernel", DEFAULT, allowed=KERNELS))
        st.selectbox(t("feature_filters.put.kernel"), tuple(KERNELS), key="put_kernel", format_func=filters_like.kernel_title, width=230)
        channel = ALL
        if channels > 1:
            channel = int(state.choice("put_channel", ALL, allowed=range(ALL, channels)))
            st.selectbox(
                t("feature_filters.put.channel"), range(ALL, channels), key="put_channel", width=170,
                format_func=lambda k: t("feature_filters.all_channels") if k == ALL else layer.input_name(k),
            )  # fmt: skip
        bias = bool(layer.bias is not None and state.choice("put_bias", True))
        if layer.bias is not None:
            st.toggle(t("feature_filters.put.bias"), key="put_bias")
    found = replaced(scene, layer, filter_, kernel, channel, bias)
    left, right = st.columns([1, 2.1], gap="medium")
    with left:
        _filters(layer, filter_, found)
        before = scene.logits()
        bars = prediction.compared(scene, before, found.logits)
        prediction.draw_bars(scene, bars, int(found.logits.argmax()), key="ff-put-bars")
        st.caption(f"{t('feature_filters.put.bars')} **{t('feature_maps.means_not')}** {t('why.replaced.not')}")
    with right:
        _changes(scene, found)


def _filters(layer: Convolution, filter_: int, found: Replaced) -> None:
    """The learned filter and what stands in its place, in the same colours."""
    both = np.stack([layer.weights[filter_], found.filter])
    if layer.in_color:
        pictures = inspection.filter_images(both)
    else:
        pictures = tiles.colored(both[:, int(np.linalg.norm(found.filter.reshape(len(found.filter), -1), axis=1).argmax())], "weights")
    captions = [t("feature_filters.put.learned", filter=number(filter_)), t("feature_filters.put.kernel_there")]
    tiles_ = np.stack([tiles.fitted(picture, SIDE) for picture in pictures])
    image_grid(
        GridItems(tiles_, ["learned", "made"], captions, captions), selected="", on_pick=lambda _: None,
        label=t("feature_filters.put.filters"), key="ff-put-filters", cell=96,
    )  # fmt: skip


def _changes(scene: Scene, found: Replaced) -> None:
    """Every layer behind as a pair of small maps; one of them large, with the difference."""
    changes = found.changes
    if not changes:
        return
    largest = max(range(1, len(changes)), key=lambda k: changes[k].share, default=0)
    chosen = int(state.choice("put_layer", changes[largest].index, allowed={change.index for change in changes}))
    change = next(change for change in changes if change.index == chosen)
    st.markdown(f"**{t('feature_filters.put.layers')}**")
    pixels = []
    for each in changes:
        top = max(float(np.abs(each.before).max()), float(np.abs(each.after).max()))
        pictures = tiles.colored(np.stack([each.before, each.after]), tiles.scale_of(each.before, each.after), top)
        pixels.append(tiles.pair(pictures[0], pictures[1], SIDE))
    titles = [t("feature_filters.put.tile", layer=c.title, channel=number(c.channel), share=percent(c.share)) for c in changes]
    image_grid(
        GridItems(np.stack(pixels), [str(c.index) for c in changes], titles, [f"{percent(c.share)} {c.title}" for c in changes]),
        selected=str(chosen), on_pick=lambda index: state.keep("put_layer", int(index)), label=t("feature_filters.put.layers"),
        key="ff-put-layers", cell=128, height=190,
    )  # fmt: skip
    _large(scene, change)


def _large(scene: Scene, change: Change) -> None:
    record = scene.trace.layers[change.index]
    limits = robust_limits(np.stack([change.before, change.after]).reshape(-1, change.before.shape[1]), "signed")
    difference = change.after - change.before
    panels = []
    for name, values in (("before", change.before), ("after", change.after), ("difference", difference)):
        caption = t(f"feature_filters.put.{name}")
        panels.append(
            convolutions.response_panel(record, values, caption, f"{caption}: {change.title}, {change.channel}", limits=limits)
        )
    pixel_maps(panels, key="ff-put-large")
    st.caption(t("feature_filters.put.changed", layer=change.title, channel=number(change.channel), share=percent(change.share)))


def percent(share: float) -> str:
    """``0.123`` → "12 %"."""
    return f"{number(100 * share, 1 if share < 0.1 else 0)} %"
