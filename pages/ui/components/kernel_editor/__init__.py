"""The kernel editor: a grid of inputs, shaded by weight, that takes ``1.5``, ``1,5``, ``-2`` and ``1/9``.

Typing is checked in the browser; the server hears of a weight once it is whole (Enter, leaving the cell, or a short pause).
The buttons under the grid send the weights with the name of what is to be done to them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st

from cnn_core.kernels import MAX_WEIGHT
from pages.ui import theme
from pages.ui.components import register, sent
from pages.ui.components.packing import pack
from pages.ui.i18n import language, texts

OPERATIONS = ("transpose", "flip_horizontal", "flip_vertical", "rotate", "negate", "normalize", "reset")
_LABELS = (
    "name", "cell", "row_more", "row_less", "col_more", "col_less", "sum", "bad", "beyond", "too_large", *OPERATIONS,
)  # fmt: skip


@dataclass(frozen=True)
class Edit:
    """What the user did: the weights as they now stand in the grid, (kh, kw) float64, and what is to be done to them.

    ``operation`` is one of OPERATIONS, "resize" (to ``rows`` × ``cols``), or None where weights were typed.
    """

    weights: np.ndarray
    operation: str | None
    rows: int
    cols: int


def kernel_editor(weights: np.ndarray, *, key: str, max_side: int, on_edit: Callable[[Edit], None]) -> None:
    """Mount the editor.

    Args:
        weights: (kh, kw); larger than ``max_side`` they are shown, and cannot be typed.
        key: the widget's key.
        max_side: most rows and columns.
        on_edit: called before the run that follows a change.
    """
    heard = f"{key}_heard"  # number of the last edit that arrived: the browser ignores answers to older ones

    def forward() -> None:
        news = sent(key, "edit")
        edit = _read(news, max_side)
        if edit is not None:
            st.session_state[heard] = int(news["number"])
            on_edit(edit)

    lang = language()
    labels = texts(lang, "kernels.editor", _LABELS)
    meta = {
        "labels": labels, "language": lang, "max_side": max_side, "max_weight": MAX_WEIGHT,
        "heard": st.session_state.get(heard, 0),
    }  # fmt: skip
    data = pack(meta, weights=np.asarray(weights, dtype=np.float64), colors=theme.scale("weights"))
    register("kernel_editor", Path(__file__).parent)(key=key, data=data, on_edit_change=forward)


def _read(sent: Any, max_side: int) -> Edit | None:
    """An edit as the browser sent it, or None where it is not one."""
    if not isinstance(sent, Mapping):
        return None
    try:
        rows, cols, operation = int(sent["rows"]), int(sent["cols"]), sent["operation"]
        weights = np.array(sent["weights"], dtype=np.float64)
        number = int(sent["number"])
    except (KeyError, TypeError, ValueError):
        return None
    inside = weights.ndim == 2 and weights.size > 0 and max(*weights.shape, rows, cols) <= max_side and min(rows, cols) > 0
    if not inside or not (np.abs(weights) <= MAX_WEIGHT).all() or number < 1 or operation not in (None, "resize", *OPERATIONS):
        return None
    return Edit(weights, operation, rows, cols)
