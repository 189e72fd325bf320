"""Numbers of a network as people write them."""

from __future__ import annotations

import re

from pages.ui.i18n import number


def shape_text(shape: tuple[int, ...], batch: bool = False) -> str:
    """(1, 64, 56, 56) → "64 × 56 × 56"; the batch is left out where it is one picture."""
    shown = shape if batch or len(shape) < 2 or shape[0] != 1 else shape[1:]
    return "×".join(map(str, shown))


def in_language(equation: str) -> str:
    """The core writes ``= 1,792``; a Spanish reader expects another sign between the thousands."""
    return re.sub(r"\d{1,3}(?:,\d{3})+", lambda found: number(int(found[0].replace(",", ""))), equation)
