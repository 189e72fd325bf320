"""The likeliest classes as bars; a click makes one of them the class that is asked about."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pages.ui.components import register, sent
from pages.ui.components.packing import pack
from pages.ui.i18n import language


@dataclass(frozen=True)
class Bar:
    """One class: its index, its name, its probability from 0 to 1, and what it was before something was changed (None: nothing was)."""

    index: int
    name: str
    share: float
    before: float | None = None


def class_bars(bars: Sequence[Bar], *, chosen: int, label: str, on_pick: Callable[[int], None], key: str) -> None:
    """Mount the bars; a click, or Enter, calls ``on_pick`` with the class's index before the next run."""
    indices = [bar.index for bar in bars]

    def picked() -> None:
        index = sent(key, "pick")
        if index in indices:
            on_pick(int(index))

    rows = [{"index": bar.index, "name": bar.name, "share": bar.share, "before": bar.before} for bar in bars]
    data = pack({"rows": rows, "chosen": chosen, "label": label, "language": language()}, none=np.zeros(0, np.uint8))
    register("class_bars", Path(__file__).parent)(key=key, data=data, on_pick_change=picked)
