"""A picture as the table of numbers that it is."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from pages.ui.components import register
from pages.ui.components.packing import pack
from pages.ui.i18n import t

CHANNELS = ("color", "R", "G", "B", "grey")


def numbers_view(image: np.ndarray, channel: str, *, title: str, key: str) -> None:
    """Draw the values, 0 to 255, of one of ``CHANNELS`` of an (H, W, 3) uint8 picture; cells are shaded by them."""
    words = {word: t(f"pictures.numbers.{word}") for word in ("row", "column")}
    meta = {"channel": channel, "label": t("pictures.numbers.label", title=title), "words": words}
    register("numbers_view", Path(__file__).parent)(key=key, data=pack(meta, image=image))
