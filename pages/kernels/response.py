"""The first view: the picture and what the kernel answers to it, large, side by side."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import streamlit as st

from cnn_core.errors import ConvolabError
from pages.kernels.choose import ChosenKernel
from pages.kernels.settings import Settings
from pages.kernels.words import explanation, input_panel, response_panel, size_line
from pages.ui import cached, errors, state
from pages.ui.components.pixel_maps import Panel, pixel_maps, robust_limits
from pages.ui.i18n import language, t, texts
from pages.ui.picture import Picture

SHOWN_AS = ("signed", "magnitude", "relu", "equalized", "picture")


def draw(picture: Picture, grey: np.ndarray, kernel: ChosenKernel, settings: Settings) -> None:
    shown_as = state.choice("show", "signed", allowed=SHOWN_AS)
    st.segmented_control(
        t("kernels.show"), SHOWN_AS, format_func=texts(language(), "kernels.show", SHOWN_AS).__getitem__, key="show", required=True,
        label_visibility="collapsed", wrap=True,
    )  # fmt: skip
    source = picture.image if settings.colour else grey
    try:
        response = settings.apply(source, kernel.weights)
    except ConvolabError as error:
        errors.show(error)
        return
    shown = show(picture.id, kernel, settings, response, shown_as)
    panels = [input_panel(picture, source), *response_panels(shown, shown_as, kernel, settings)]
    pixel_maps(panels, key="response_maps")
    size_line(source.shape, kernel.weights.shape, settings, response)
    explanation(kernel)


def show(picture_id: str, kernel: ChosenKernel, settings: Settings, response: np.ndarray, shown_as: str) -> np.ndarray:
    """The response as the user wants to see it: as it is, without sign, cut at zero, or equalised as in the course."""
    if shown_as == "magnitude":
        return np.abs(response)
    if shown_as == "relu":
        return np.maximum(response, 0.0)
    if shown_as == "equalized":
        return cached.equalized((picture_id, kernel.compact, settings), response)
    return response


def response_panels(shown: np.ndarray, shown_as: str, kernel: ChosenKernel, settings: Settings) -> list[Panel]:
    """One map for grey; one for each channel, all on one scale, or one picture, for colour."""
    panel = response_panel(shown, t(f"kernels.response.{shown_as}"), kernel, settings)
    if shown_as == "picture" and shown.ndim == 3:
        pixels = np.clip(np.rint(shown), 0, 255).astype(np.uint8)
        return [replace(panel, array=pixels, caption=t("kernels.response.picture_rgb"), kind="rgb")]
    limits = {"equalized": (0.0, 1.0), "picture": (0.0, 255.0)}.get(shown_as) or robust_limits(shown, shown_as)
    panel = replace(panel, scale={"signed": "signed", "magnitude": "magnitude", "relu": "magnitude"}.get(shown_as, "grey"), limits=limits)
    if shown.ndim == 2:
        return [panel]
    names = t("kernels.channel_names").split()
    return [replace(panel, array=np.ascontiguousarray(shown[:, :, index]), caption=name) for index, name in enumerate(names)]
