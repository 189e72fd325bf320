"""The third view: two kernels, one after the other or together as a gradient."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import streamlit as st

from cnn_core import kernels
from cnn_core.errors import ConvolabError
from cnn_core.kernels import KERNELS
from pages.kernels.choose import ChosenKernel, kernel_labels, use_custom
from pages.kernels.settings import Settings
from pages.kernels.words import input_panel, response_panel
from pages.ui import errors, state
from pages.ui.components.pixel_maps import Panel, pixel_maps, robust_limits
from pages.ui.i18n import language, t, texts
from pages.ui.picture import Picture

WAYS = ("together", "row")


def draw(picture: Picture, grey: np.ndarray, kernel: ChosenKernel, settings: Settings) -> None:
    way = state.choice("way", "together", allowed=WAYS)
    state.choice("kernel2", "vertical", allowed=KERNELS)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.segmented_control(
            t("kernels.way"), WAYS, format_func=texts(language(), "kernels.way", WAYS).__getitem__, key="way", required=True,
            label_visibility="collapsed", wrap=True,
        )  # fmt: skip
        second_id = st.selectbox(
            t("kernels.second"), tuple(KERNELS), format_func=kernel_labels(language()).__getitem__, key="kernel2",
            label_visibility="collapsed",
        )  # fmt: skip
    second = ChosenKernel(KERNELS[second_id].weights, KERNELS[second_id], custom=False)
    try:
        if way == "row":
            _in_a_row(picture, grey, kernel, second, settings)
        else:
            _together(picture, grey, kernel, second, settings)
    except ConvolabError as error:
        errors.show(error)


def _together(picture: Picture, grey: np.ndarray, first: ChosenKernel, second: ChosenKernel, settings: Settings) -> None:
    across, down = (second, first) if _looks_down(first) > _looks_down(second) else (first, second)
    gx, gy = (settings.apply(grey, kernel.weights) for kernel in (across, down))
    magnitude, direction = kernels.magnitude_and_direction(gx, gy)
    strengths = robust_limits(magnitude, "magnitude")
    strength = replace(
        response_panel(magnitude, t("kernels.magnitude"), across, settings), scale="magnitude", limits=strengths
    )
    panels = [
        input_panel(picture, grey), _signed(gx, f"→ {across.title}", across, settings), _signed(gy, f"↓ {down.title}", down, settings),
        strength, replace(strength, array=direction, caption=t("kernels.direction"), kind="hue", strength=magnitude, unit="°"),
    ]  # fmt: skip
    pixel_maps(panels, key="two_maps")
    st.markdown(t("kernels.says.together", across=across.title, down=down.title))


def _signed(response: np.ndarray, caption: str, kernel: ChosenKernel, settings: Settings) -> Panel:
    return replace(response_panel(response, caption, kernel, settings), limits=robust_limits(response, "signed"))


def _looks_down(kernel: ChosenKernel) -> float:
    """How much more a kernel answers to brightness that rises downwards than to brightness that rises to the right."""
    rows, cols = np.indices(kernel.weights.shape)
    return abs(float((kernel.weights * rows).sum())) - abs(float((kernel.weights * cols).sum()))


def _in_a_row(picture: Picture, grey: np.ndarray, first: ChosenKernel, second: ChosenKernel, settings: Settings) -> None:
    between = settings.apply(grey, first.weights)
    after = settings.apply(between, second.weights)
    one, two = (_signed(response, f"{n} · {kernel.title}", kernel, settings)
                for n, response, kernel in ((1, between, first), (2, after, second)))  # fmt: skip
    if first.makes_a_picture:
        one = replace(one, scale="grey", limits=(0, 255))
        two = replace(two, scale="grey", limits=(0, 255)) if second.makes_a_picture else two
    stride = settings.stride
    span, more = settings.span(first.weights.shape), settings.span(second.weights.shape)
    two = replace(
        two, step=(stride**2, stride**2), origin=(one.origin[0] + stride * two.origin[0], one.origin[1] + stride * two.origin[1]),
        reach=(span[0] + stride * (more[0] - 1), span[1] + stride * (more[1] - 1)),
    )  # fmt: skip
    pixel_maps([input_panel(picture, grey), one, two], key="two_maps")
    if stride == 1:
        _one_for_both(first, second)
    else:
        st.markdown(t("kernels.says.row_stride"))


def _one_for_both(first: ChosenKernel, second: ChosenKernel) -> None:
    """The single kernel that does what two in a row do: their convolution."""
    (kh, kw), equivalent = second.weights.shape, first.weights
    equivalent = kernels.apply(first.weights, second.weights, padding=(kh - 1, kw - 1))
    rows, cols = equivalent.shape
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(t("kernels.says.row", rows=rows, cols=cols))
        with st.popover(t("kernels.equivalent"), key="kernels-equivalent"):
            st.code(kernels.to_text(equivalent.round(9)), language=None)
            if max(equivalent.shape) <= kernels.MAX_SIDE:
                st.button(t("kernels.equivalent.use"), on_click=use_custom, args=(equivalent, first.row.id), key="use_equivalent")
