"""Numbers of a network as people write them."""

from __future__ import annotations

import re

from babel.numbers import format_decimal

from pages.ui.i18n import language, number

PREFIXES = ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k"))
WHOLE = 100_000  # below, a number is short enough to be written whole


def si(value: float, whole_below: float = WHOLE) -> str:
    """Three digits and a prefix, in the user's language: 11,689,512 → "11.7 M"; small numbers whole."""
    if value < whole_below:
        return number(value)
    size, prefix = next((size, prefix) for size, prefix in PREFIXES if value >= size * 0.9995)
    scaled = value / size
    digits = 2 if scaled < 9.995 else 1 if scaled < 99.95 else 0
    return f"{format_decimal(scaled, format='0.00'[: 2 + digits if digits else 1], locale=language())}\u202f{prefix}"


def si_bytes(value: int) -> str:
    """``3,211,264`` → "3.21 MB", of a thousand thousands each."""
    text = si(value, whole_below=1_000)
    return f"{text}B" if value >= 1_000 else f"{text}\u202fB"


def shape_text(shape: tuple[int, ...], batch: bool = False) -> str:
    """(1, 64, 56, 56) → "64 × 56 × 56"; the batch is left out where it is one picture."""
    shown = shape if batch or len(shape) < 2 or shape[0] != 1 else shape[1:]
    return "×".join(map(str, shown))


def in_language(equation: str) -> str:
    """The core writes ``= 1,792``; a Spanish reader expects another sign between the thousands."""
    return re.sub(r"\d{1,3}(?:,\d{3})+", lambda found: number(int(found[0].replace(",", ""))), equation)
