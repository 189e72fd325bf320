"""Numbers as they are written into code."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


def literal(value: Any) -> str:
    """A number, or numbers in lists, always with a decimal point; seven digits, what single precision holds.

    >>> literal([[1, 2.5], [0.1 + 0.2, -0.0]])
    '[[1.0, 2.5], [0.3, 0.0]]'
    """
    if isinstance(value, Sequence):
        return f"[{', '.join(map(literal, value))}]"
    return repr(float(f"{float(value):.7g}") + 0.0)
