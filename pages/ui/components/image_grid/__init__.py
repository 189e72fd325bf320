"""Many small pictures side by side, to choose one or several from."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from pages.ui.components import register, sent
from pages.ui.components.packing import pack


@dataclass(frozen=True)
class GridItems:
    """The pictures of a grid.

    Args:
        pixels: (N, h, w, 3) or (N, h, w, 1) uint8.
        ids: one for each, told to ``on_pick``.
        titles: what each is called, in full: shown on hover and read aloud.
        captions: what stands under each; none where left out.
        colors: the CSS colour of each one's frame; none where left out.
    """

    pixels: np.ndarray
    ids: Sequence[str]
    titles: Sequence[str]
    captions: Sequence[str] = field(default=())
    colors: Sequence[str] = field(default=())


def image_grid(
    items: GridItems, *, selected: str | Sequence[str], on_pick: Callable[[str], None], label: str, key: str, cell: int = 56,
    height: int = 0,
) -> None:  # fmt: skip
    """Draw the grid; a click, or the arrow keys, call ``on_pick`` with an id before the next run.

    Args:
        selected: the id that is marked, if it is there. Where several may be marked, a list of them: then the arrow keys only move,
            and Enter or Space calls ``on_pick``.
        label: what the grid holds, for who cannot see it.
        cell: a picture's side on the screen, in CSS pixels of a page that is not enlarged.
        height: the tallest the grid may be before it scrolls, likewise; 0 for no limit.
    """
    ids = list(items.ids)
    meta = {
        "ids": ids, "titles": list(items.titles), "captions": list(items.captions), "colors": list(items.colors),
        "selected": selected if isinstance(selected, str) else list(selected), "label": label, "cell": cell, "height": height,
    }  # fmt: skip

    def picked() -> None:
        # A page change that overtakes the click has dropped the component's state.
        chosen = sent(key, "pick")
        if chosen in ids:
            on_pick(chosen)

    register("image_grid", Path(__file__).parent)(key=key, data=pack(meta, pixels=items.pixels), on_pick_change=picked)
