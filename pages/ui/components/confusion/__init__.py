"""A confusion matrix to click in: rows are what the images show, columns what they were taken for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from pages.ui.components import register, sent
from pages.ui.components.packing import pack
from pages.ui.i18n import language, texts

LABELS = ("truth", "guess", "hint", "cell", "right")


def confusion(
    counts: np.ndarray, class_names: Sequence[str], *, chosen: tuple[int, int] | None, on_pick: Callable[[int, int], None], key: str,
    height: int = 420,
) -> None:  # fmt: skip
    """Mount the matrix.

    Args:
        counts: (K, K) whole numbers; ``counts[i, j]`` images of class i were taken for class j.
        chosen: the cell that is marked.
        on_pick: told (truth, taken for) of a cell that was clicked or chosen by Enter, before the next run.
        height: of the whole, in CSS pixels of a page that is not enlarged.
    """
    size = len(counts)

    def picked() -> None:
        cell = sent(key, "cell")
        if isinstance(cell, list) and len(cell) == 2 and all(isinstance(n, int) and 0 <= n < size for n in cell):
            on_pick(cell[0], cell[1])

    lang = language()
    meta = {
        "names": list(class_names), "chosen": list(chosen) if chosen else None, "labels": texts(lang, "confusion", LABELS),
        "language": lang, "height": height,
    }  # fmt: skip
    register("confusion", Path(__file__).parent)(key=key, data=pack(meta, counts=counts.astype(np.int32)), on_cell_change=picked)
