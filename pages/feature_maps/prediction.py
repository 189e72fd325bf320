"""The prediction as bars, and the class that is asked about: the likeliest, or any other."""

from __future__ import annotations

import numpy as np
import streamlit as st

from pages.feature_maps.class_bars import Bar, class_bars
from pages.feature_maps.headline import likeliest, softmax
from pages.feature_maps.scene import Scene
from pages.ui import state
from pages.ui.i18n import number, t

TOP = 5
LIKELIEST = -1


def choose_class(scene: Scene) -> int:
    """Draw the five likeliest classes and the select of all; the index of the one that is asked about."""
    logits = scene.logits()
    best = int(logits.argmax())
    wanted = state.choice("about", LIKELIEST, allowed=range(LIKELIEST, len(logits)))
    target = best if wanted == LIKELIEST else wanted
    shown = likeliest(logits, TOP)
    if target not in [index for index, _ in shown]:
        shown.append((target, float(softmax(logits)[target])))
    draw_bars(scene, [Bar(index, scene.class_name(index), share) for index, share in shown], target)
    labels = {LIKELIEST: t("feature_maps.likeliest")} | {index: scene.class_name(index) for index in range(len(logits))}
    st.selectbox(
        t("feature_maps.about_class"), tuple(labels), key="about", help=t("feature_maps.about_class.help"), format_func=labels.__getitem__
    )
    st.caption(t("feature_maps.logit", logit=number(float(logits[target]), 3), name=scene.class_name(target)))
    return target


def draw_bars(scene: Scene, bars: list[Bar], target: int, key: str = "fm-bars") -> None:
    class_bars(bars, chosen=target, label=t("feature_maps.prediction"), on_pick=_pick, key=key)


def compared(scene: Scene, before: np.ndarray, after: np.ndarray) -> list[Bar]:
    """The likeliest classes of two predictions, in the order of the second, with both probabilities."""
    was, now = softmax(before), softmax(after)
    wanted = list(dict.fromkeys([*(index for index, _ in likeliest(after, TOP)), int(before.argmax())]))
    return [Bar(index, scene.class_name(index), float(now[index]), float(was[index])) for index in wanted]


def _pick(index: int) -> None:
    state.keep("about", index)
