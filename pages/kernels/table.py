"""The fourth view: one picture under the whole table of kernels."""

from __future__ import annotations

import numpy as np
import streamlit as st

from cnn_core.kernels import KERNELS
from pages.kernels.choose import ChosenKernel, kernel_title, natural_view, use_preset
from pages.kernels.settings import Settings
from pages.ui import cached, state
from pages.ui.components.pixel_maps import Panel, pixel_maps, robust_limits
from pages.ui.i18n import t, tn
from pages.ui.picture import Picture


def draw(picture: Picture, grey: np.ndarray, kernel: ChosenKernel, settings: Settings) -> None:
    responses = cached.kernel_table(picture.id, settings.flip, grey)
    rows = tuple(KERNELS.values())
    panels = []
    for row, response in zip(rows, responses, strict=True):
        as_picture = natural_view(row) == "picture"
        title = kernel_title(row)
        panels.append(Panel(
            response, title, t("kernels.alt.choose", kernel=title), scale="grey" if as_picture else "signed",
            limits=(0.0, 255.0) if as_picture else robust_limits(response, "signed"), legend=False, exact=False,
        ))  # fmt: skip
    st.markdown(tn("kernels.says.table", len(rows), rows=responses[0].shape[0], cols=responses[0].shape[1]))
    chosen = None if kernel.custom else tuple(KERNELS).index(kernel.row.id)
    pixel_maps(panels, key="table_maps", layout="grid", chosen=chosen, on_pick=_pick)


def _pick(index: int) -> None:
    use_preset(tuple(KERNELS)[index])
    state.keep("view", "response")
