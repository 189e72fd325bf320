"""A hand-made kernel in the place of a learned filter: what the layers behind it and the prediction make of that."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import streamlit as st

from cnn_core import inspection
from cnn_core.kernels import KERNELS
from pages.feature_maps import convolutions, filters_like, prediction, stacks, tiles
from pages.feature_maps.convolutions import Convolution
from pages.feature_maps.scene import Scene
from pages.feature_maps.stops import stops
from pages.ui import cached, state
from pages.ui.components.image_grid import GridItems, image_grid
from pages.ui.components.pixel_maps import pixel_maps, robust_limits
from pages.ui.i18n import number, t

DEFAULT = "vertical"
ALL = -1
SIDE = 72  # px: of a small map on its tile


@dataclass(frozen=True)
class Change:
    """One layer behind the filter.

    Attributes:
        index: of its record.
        title: of its stop.
        channel: whose map changed most.
        before, after: that map, (h, w).
        share: size of the whole layer's change, as a share of the layer's own size.
    """

    index: int
    title: str
    channel: int
    before: np.ndarray
    after: np.ndarray
    share: float


@dataclass(frozen=True)
class Replaced:
    """The network with the kernel in it."""

    filter: np.ndarray  # (I, kh, kw)
    logits: np.ndarray
    changes: tuple[Change, ...]


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


def replaced(scene: Scene, layer: Convolution, filter_: int, kernel: str, channel: int, bias: bool) -> Replaced:
    def compute() -> tuple[Replaced, int]:
        path = layer.record.module
        network = inspection.with_filter_replaced(
            scene.network(), path, filter_, KERNELS[kernel].weights, channel=None if channel == ALL else channel, keep_bias=bias
        )
        behind = _behind(scene, layer)
        before = scene.activations(*behind).maps
        changes: dict[str, Change] = {}
        logits: list[np.ndarray] = []

        def see(address: str, output: object) -> None:
            values = output[0].numpy()  # type: ignore[index]
            if address:
                changes[address] = _change(scene, behind[address], before[address], values)
            else:
                logits.append(values.copy())

        inspection.stream(network, scene.batch(), [*behind, ""], see)
        weight = network.get_submodule(path).weight.detach().numpy()[filter_].copy()  # type: ignore[union-attr, operator]
        made = Replaced(weight, logits[0], tuple(changes[address] for address in behind))
        return made, sum(change.before.nbytes + change.after.nbytes for change in made.changes) + weight.nbytes

    made: Replaced = cached.explored(("put", scene.made_from, layer.record.module, filter_, kernel, channel, bias), compute)
    return made


def _behind(scene: Scene, layer: Convolution) -> dict[str, tuple[int, str]]:
    """The convolution itself and the stops behind it that have maps: address → index of the record, title."""
    if scene.found.graph is None:
        return {}
    places = cached.graph_part(("stops", scene.found.trace), lambda: stops(scene.trace, scene.found.graph))  # type: ignore[arg-type]
    wanted = {inspection.address(layer.record): (layer.record.index, layer.record.path)}
    for place in places:
        record = place.record(scene.trace, "output")
        if record.index > layer.record.index and len(record.output_shape) >= 3:
            wanted.setdefault(inspection.address(record), (record.index, place.block or scene.trace.layers[place.first].path))
    return wanted


def _change(scene: Scene, at: tuple[int, str], before: np.ndarray, after: np.ndarray) -> Change:
    index, title = at
    record = scene.trace.layers[index]
    old, new = (stacks.stack(values, record, scene.input_size).maps for values in (before, after))
    moved = np.abs(new - old).reshape(len(old), -1).mean(axis=1)
    channel = int(moved.argmax())
    size = float(np.linalg.norm(before))
    share = float(np.linalg.norm(after - before)) / size if size else 0.0
    return Change(index, title, channel, old[channel].copy(), new[channel].copy(), share)


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
