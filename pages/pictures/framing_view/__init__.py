"""A photograph before and after: the whole with the part that is used, and what becomes of that part."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

from cnn_core import images
from pages.ui.components import register, sent
from pages.ui.components.packing import pack
from pages.ui.framing import Framing
from pages.ui.i18n import number, t

_PREVIEW = 480  # px; what two pictures side by side get on a projector


def framing_view(original: np.ndarray, result: np.ndarray, framing: Framing, on_move: Callable[[int], None], key: str) -> None:
    """Draw both, (H, W, 3) uint8 each; dragging the frame calls ``on_move`` with its new place, 0 to 100."""
    height, width = original.shape[:2]
    box = framing.box(height, width)
    meta = {
        "box": [box.left / width, box.top / height, box.width / width, box.height / height], "movable": framing.square,
        "before": t("pictures.before", width=number(width), height=number(height)),
        "after": t("pictures.after", width=number(result.shape[1]), height=number(result.shape[0])),
    }  # fmt: skip

    def moved() -> None:
        # A page change that overtakes the click has dropped the component's state.
        at = sent(key, "at")
        if isinstance(at, (int, float)) and 0 <= at <= 100:
            on_move(round(at))

    blob = pack(meta, before=images.fit_within(original, _PREVIEW), after=images.fit_within(result, _PREVIEW))
    register("framing_view", Path(__file__).parent)(key=key, data=blob, on_at_change=moved)


def single_view(image: np.ndarray, caption: str, *, color: str, key: str) -> None:
    """Draw one small (H, W, 3) uint8 picture as it is, enlarged, in a frame of a colour."""
    blob = pack({"after": caption, "color": color, "box": [0, 0, 1, 1], "movable": False}, after=image)
    register("framing_view", Path(__file__).parent)(key=key, data=blob, on_at_change=lambda: None)
