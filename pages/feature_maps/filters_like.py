"""Which learned filters are like which hand-made kernels, and both their answers to the picture."""

from __future__ import annotations

import numpy as np
import streamlit as st

from cnn_core import inspection
from cnn_core.inspection import Likeness, Match
from cnn_core.kernels import KERNELS
from pages.feature_maps import convolutions, tiles
from pages.feature_maps.convolutions import Convolution
from pages.feature_maps.scene import Scene
from pages.ui import cached, state
from pages.ui.components.image_grid import GridItems, image_grid
from pages.ui.components.pixel_maps import pixel_maps, robust_limits
from pages.ui.i18n import number, row_text, t

DEFAULT = "vertical"
BEST = 6
FIRST = -1


def draw(scene: Scene, layer: Convolution, filter_: int) -> None:
    if layer.point:
        st.info(t("feature_filters.like.point"), icon=":material/filter_1:")
        return
    with st.spinner(t("feature_filters.like.comparing"), show_time=True):
        found = likeness(scene, layer)
    kernel = str(state.choice("like_kernel", DEFAULT, allowed=KERNELS))
    best = found.of_kernel(kernel, BEST)
    chosen = int(state.choice("like_filter", FIRST, allowed=(FIRST, *(match.filter for match in best))))
    match = next((match for match in best if match.filter == chosen), best[0])
    left, right = st.columns([1, 1.5], gap="medium")
    with left:
        _table(layer, found, kernel)
    with right:
        _best(layer, kernel, best, match)
        _answers(scene, layer, match)


def likeness(scene: Scene, layer: Convolution) -> Likeness:
    found: Likeness = cached.graph_part(
        ("likeness", convolutions.key(scene, layer.record)), lambda: inspection.likeness(layer.weights)
    )
    return found


def most_like(layer: Convolution, filter_: int) -> str:
    """"Most like: Sobel, x −0.93 (G) · …"."""
    matches = inspection.likeness(layer.weights[filter_ : filter_ + 1]).of_filter(0)  # of this one alone: a wide layer takes seconds
    return t("feature_filters.most_like", kernels=" · ".join(f"{kernel_title(m.kernel)} {cosine(m)}{_where(layer, m)}" for m in matches))


def kernel_title(kernel: str) -> str:
    return row_text("kernel_table", KERNELS[kernel], "title")


def cosine(match: Match) -> str:
    return number(round(match.cosine, 2), 2).replace("-", "−")


def _where(layer: Convolution, match: Match) -> str:
    if layer.weights.shape[1] == 1:
        return ""
    return f" ({t('feature_filters.all_channels') if match.channel is None else layer.input_name(match.channel)})"


def _table(layer: Convolution, found: Likeness, chosen: str) -> None:
    """Every kernel beside the filter that is most like it."""
    st.markdown(f"**{t('feature_filters.like.table')}**")
    best = [found.of_kernel(kernel, 1)[0] for kernel in KERNELS]
    lefts = tiles.colored_each([as_torch(kernel) for kernel in KERNELS])
    rights = tiles.colored_each([layer.slice(match.filter, match.channel) for match in best])
    titles = [
        t("feature_filters.like.tile", kernel=kernel_title(m.kernel), filter=number(m.filter), cosine=cosine(m), where=_where(layer, m))
        for m in best
    ]  # fmt: skip
    image_grid(
        GridItems(tiles.pairs(lefts, rights), tuple(KERNELS), titles, [f"{cosine(m)} {kernel_title(m.kernel)}" for m in best]),
        selected=chosen, on_pick=_pick_kernel, label=t("feature_filters.like.table"), key="ff-kernels", cell=92, height=440,
    )  # fmt: skip
    st.caption(t("feature_filters.like.about"))


def as_torch(kernel: str) -> np.ndarray:
    """The kernel as torch would hold it: turned by half a turn."""
    return KERNELS[kernel].weights[::-1, ::-1]


def _pick_kernel(kernel: str) -> None:
    state.keep("like_kernel", kernel)
    state.keep("like_filter", FIRST)


def _best(layer: Convolution, kernel: str, best: tuple[Match, ...], match: Match) -> None:
    """The filters most like one kernel."""
    st.markdown(f"**{t('feature_filters.like.best', kernel=kernel_title(kernel))}**")
    pixels = np.stack([tiles.fitted(tile, 48) for tile in tiles.colored_each([layer.slice(m.filter, m.channel) for m in best])])
    captions = [f"{number(m.filter)}: {cosine(m)}" for m in best]
    image_grid(
        GridItems(pixels, [str(m.filter) for m in best], captions, captions), selected=str(match.filter),
        on_pick=lambda filter_: state.keep("like_filter", int(filter_)), label=t("feature_filters.like.best", kernel=kernel_title(kernel)),
        key="ff-best", cell=64,
    )  # fmt: skip


def _answers(scene: Scene, layer: Convolution, match: Match) -> None:
    """Picture, kernel and filter side by side."""
    mine = scene.values(layer.record)[match.filter]
    theirs = kernel_response(scene, layer, match)
    title = f"{'−1 × ' if match.cosine < 0 else ''}{kernel_title(match.kernel)}"
    name = t("feature_filters.response", filter=number(match.filter))
    alts = t("feature_filters.kernel.alt", title=title), t("feature_filters.response.alt", filter=number(match.filter))
    panels = [
        convolutions.response_panel(layer.record, values, caption, alt, limits=robust_limits(values, "signed"))
        for values, caption, alt in zip((theirs, mine), (title, name), alts, strict=True)
    ]
    pixel_maps([convolutions.picture_panel(scene), *panels], key="ff-answers")
    st.caption(_agreement(layer, match, mine, theirs))
    st.caption(f"**{t('feature_maps.means_not')}** {t('why.likeness.not')}")


def _agreement(layer: Convolution, match: Match, mine: np.ndarray, theirs: np.ndarray) -> str:
    channel = t("feature_filters.all_channels") if match.channel is None else layer.input_name(match.channel)
    text = t("feature_filters.agreement", cosine=cosine(match), channel=channel, down=number(match.shift[0]), right=number(match.shift[1]))
    if mine.std() > 0 and theirs.std() > 0:
        together = float(np.corrcoef(mine.ravel(), theirs.ravel())[0, 1])
        text += " " + t("feature_filters.correlation", correlation=number(round(together, 2), 2).replace("-", "−"))
    return text


def kernel_response(scene: Scene, layer: Convolution, match: Match) -> np.ndarray:
    """What the layer would answer with the kernel (its negative where the cosine is) in the filter's place, without bias: (h, w)."""
    def compute() -> tuple[np.ndarray, int]:
        path = layer.record.module
        kernel = np.sign(match.cosine) * placed(match, layer.weights.shape[2:])
        network = inspection.with_filter_replaced(scene.network(), path, match.filter, kernel, channel=match.channel, keep_bias=False)
        output = inspection.capture(network, scene.batch(), [inspection.address(layer.record)])[inspection.address(layer.record)]
        values = output[0, match.filter].numpy().copy()
        return values, values.nbytes

    response: np.ndarray = cached.explored(("kernel", scene.made_from, layer.record.module, match), compute)
    return response


def placed(match: Match, size: tuple[int, ...]) -> np.ndarray:
    """The kernel where it is most like the filter, written for convolution, at the filter's size: zeros around it, or cut."""
    turned = as_torch(match.kernel)
    out = np.zeros(size)
    here, there = [], []
    for have, want, shift in zip(turned.shape, size, match.shift, strict=True):
        here.append(slice(shift, shift + want) if have > want else slice(None))
        there.append(slice(shift, shift + have) if want > have else slice(None))
    out[tuple(there)] = turned[tuple(here)]
    return out[::-1, ::-1]
