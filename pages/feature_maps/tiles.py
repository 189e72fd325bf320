"""Numbers as small coloured pictures, made on the server: filters, pairs of maps, anything that is chosen from a grid."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pages.ui import theme

GAP = 127  # of the seam between two pictures of a pair: a grey that stands out on light and on dark


def colored(values: np.ndarray, scale: str, top: float | None = None) -> np.ndarray:
    """(n, h, w) numbers as (n, h, w, 3) uint8 in a scale of ``theme``.

    Args:
        scale: "signed" and "weights" have zero in the middle, "magnitude" at its lower end.
        top: the value at the upper end; else each picture's own largest.

    >>> colored(np.array([[[-1.0, 0.0, 1.0]]]), "signed")[0, 0, 0].tolist()
    [5, 48, 97]
    """
    values = np.asarray(values, np.float64)
    ends = np.abs(values).max(axis=(1, 2), keepdims=True, initial=0.0) if top is None else np.full((len(values), 1, 1), top)
    share = np.divide(values, ends, out=np.zeros_like(values), where=ends > 0)
    places = 127.5 * (1 + share) if scale in ("signed", "weights") else 255 * share
    return theme.scale(scale)[np.clip(np.rint(np.nan_to_num(places)), 0, 255).astype(np.uint8)]


def colored_each(tables: Sequence[np.ndarray], scale: str = "weights") -> list[np.ndarray]:
    """Tables of any sizes, (h, w) each, as pictures of theirs."""
    return [colored(table[None], scale)[0] for table in tables]


def scale_of(*maps: np.ndarray) -> str:
    """"signed" where anything lies below zero."""
    return "signed" if min(float(values.min(initial=0.0)) for values in maps) < 0 else "magnitude"


def fitted(picture: np.ndarray, side: int) -> np.ndarray:
    """A picture at ``side`` by ``side`` pixels, every pixel of it square and sharp: (side, side, 3)."""
    rows = np.arange(side) * picture.shape[0] // side
    columns = np.arange(side) * picture.shape[1] // side
    return picture[rows][:, columns]


def pair(left: np.ndarray, right: np.ndarray, side: int) -> np.ndarray:
    """Two pictures side by side: (side, 2 * side + seam, 3) uint8."""
    seam = np.full((side, max(1, side // 16), 3), GAP, np.uint8)
    return np.concatenate([fitted(left, side), seam, fitted(right, side)], axis=1)


def pairs(lefts: Sequence[np.ndarray], rights: Sequence[np.ndarray], side: int = 48) -> np.ndarray:
    """(n, side, 2 * side + seam, 3) uint8."""
    return np.stack([pair(left, right, side) for left, right in zip(lefts, rights, strict=True)])
