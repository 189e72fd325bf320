"""Pooling on the picture of the session: the largest, the mean or the smallest value under each window."""

from __future__ import annotations

import cv2
import numpy as np
import streamlit as st

from cnn_core.errors import GeometryError
from cnn_core.pooling import REDUCTIONS, pool
from cnn_core.windows import Window
from pages.arithmetic.layer_view import REFUSED
from pages.arithmetic.numbers import Chip, Field, numbers
from pages.arithmetic.pool_pair import pool_pair
from pages.ui import errors, state
from pages.ui.i18n import t
from pages.ui.picture import choose_picture

SIDES = (32, 64, 128, 256)  # px of the longer side: pixels must be seen one by one, or the photograph recognised
# name in the URL → (default, largest, the formula's letter)
NUMBERS = {"pool_k": (3, 32, "k"), "pool_s": (2, 32, "s"), "pool_p": (1, 16, "p")}
PRESETS = {"course": (3, 2, 1), "half": (2, 2, 0), "still": (3, 1, 1), "coarse": (8, 8, 0)}


def draw() -> None:
    """The view: what to pool and how, and beside it the picture before and after."""
    reduction = state.choice("pool", "max", allowed=REDUCTIONS)
    side = state.choice("pool_side", 64, allowed=SIDES)
    values = {
        name: state.choice(name, default, allowed=range(most + 1)) for name, (default, most, _) in NUMBERS.items()
    }
    grey = state.choice("pool_grey", False)
    count_padding = state.choice("pool_count", True)
    column, main = st.columns([31, 69], gap="medium")
    with column:
        picture = choose_picture()
        st.segmented_control(t("arithmetic.pooling"), REDUCTIONS, format_func=lambda id_: t(f"arithmetic.pooling.{id_}"),
                             key="pool", required=True, label_visibility="collapsed", width="stretch")  # fmt: skip
        kernel, stride, padding = values.values()
        before = _prepare(picture.image, side, grey)
        after, refusal = None, None
        try:
            after = pool(before, reduction, kernel, stride=stride, padding=padding, count_include_pad=count_padding)
        except GeometryError as error:
            refusal = error
        numbers(_fields(values, refusal), _chips(values), chips_label=t("arithmetic.pooling.start"), key="pool-numbers",
                on_change=_choose)  # fmt: skip
        st.segmented_control(t("arithmetic.pooling.side"), SIDES, format_func=lambda n: f"{n} px", key="pool_side",
                             required=True, width="stretch")  # fmt: skip
        st.toggle(t("arithmetic.pooling.grey"), key="pool_grey")
        if reduction == "average" and padding:
            st.toggle(t("arithmetic.pooling.count"), key="pool_count", help=t("arithmetic.pooling.count.help"))
    with main:
        if refusal or after is None:
            if refusal:
                errors.show(refusal)
            return
        window = Window("pool", kernel, stride, (padding, padding))
        formulas = [window.formula(n) for n in dict.fromkeys(before.shape[:2])]
        pool_pair(before, after, window, reduction=reduction, count_include_pad=count_padding, formulas=formulas,
                  title=picture.title, key="pool-pair")  # fmt: skip


def _prepare(image: np.ndarray, side: int, grey: bool) -> np.ndarray:
    """The picture with its longer side at most ``side`` pixels, (H, W, 3), or (H, W, 1) in grey; never enlarged."""
    height, width = image.shape[:2]
    scale = side / max(height, width)
    if scale < 1:
        smaller = (max(1, round(width * scale)), max(1, round(height * scale)))
        image = cv2.resize(image, smaller, interpolation=cv2.INTER_AREA)
    return cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)[..., None] if grey else image


def _fields(values: dict[str, int], refusal: GeometryError | None) -> list[Field]:
    blamed = REFUSED.get(refusal.code, "") if refusal else ""
    return [
        Field(name, letter, t(f"arithmetic.{name}"), values[name], most, bad=letter in blamed)
        for name, (_, most, letter) in NUMBERS.items()
    ]


def _chips(values: dict[str, int]) -> list[Chip]:
    chips = []
    for preset, chosen in PRESETS.items():
        named = dict(zip(NUMBERS, chosen, strict=True))
        chips.append(Chip(preset, t(f"arithmetic.pooling.preset.{preset}"), t(f"arithmetic.pooling.preset.{preset}.help"),
                          named, active=named == values))  # fmt: skip
    return chips


def _choose(chosen: dict[str, int]) -> None:
    for name, value in chosen.items():
        state.keep(name, value)
