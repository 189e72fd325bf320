"""What the network says of the picture, in one line that every view keeps; random weights are called random here."""

from __future__ import annotations

import html

import numpy as np
import streamlit as st

from pages.feature_maps.scene import Scene
from pages.ui.i18n import number, t

FEW = 3
FEWER = 2  # beside the word that the weights are random: their guesses mean nothing


def draw(scene: Scene) -> None:
    chips = []
    if scene.source.kind == "random":
        about = html.escape(t("feature_maps.random.about"), quote=True)
        chips.append(f"<span class='random' title='{about}'>{html.escape(t('feature_maps.random'))}</span>")
    chips += [
        f"<span class='guess' title='{html.escape(scene.class_name(index), quote=True)}'><b>{html.escape(scene.class_name(index))}</b>"
        f"<i>{percent(probability)}</i></span>"
        for index, probability in likeliest(scene.logits(), FEWER if chips else FEW)
    ]
    st.html(f"<div class='fm-headline'>{''.join(chips)}</div>")


def likeliest(logits: np.ndarray, count: int) -> list[tuple[int, float]]:
    """The classes of the highest probability, the highest first, with it."""
    shares = softmax(logits)
    return [(int(index), float(shares[index])) for index in np.argsort(-shares, kind="stable")[:count]]


def softmax(logits: np.ndarray) -> np.ndarray:
    """
    >>> softmax(np.array([0.0, 0.0])).tolist()
    [0.5, 0.5]
    """
    powers = np.exp(logits.astype(np.float64) - logits.max())
    return powers / powers.sum()


def percent(share: float) -> str:
    """``0.0713`` → "7.1 %"."""
    return f"{number(100 * share, 1)} %" if share >= 0.0005 else f"< {number(0.1, 1)} %"


def short(value: float) -> str:
    """Three significant digits: ``0.000123456`` → "0.000123"."""
    return number(float(f"{value:.3g}"), 9)
