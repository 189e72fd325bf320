"""Which channels an output is computed from, step by step: columns of maps, and the links that are used at each step.

Space plays, the arrows step, Home begins again; all stays in the browser. ``component.js`` holds state and hands,
``drawing.js`` what is painted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pages.ui.components import register
from pages.ui.components.packing import pack
from pages.ui.i18n import language, t
from pages.ui.theme import KIND_COLORS

LABELS = ("play", "pause", "back", "forward", "restart", "hint", "weights", "more", "step", "picture", "whole")


@dataclass(frozen=True)
class Column:
    """Channels above each other: how many there are, and the maps of the first of them, (shown, H, W)."""

    title: str
    channels: int
    maps: np.ndarray


@dataclass(frozen=True)
class Wires:
    """One way to compute the last column from the first.

    Attributes:
        columns: at least two.
        links: for each column but the first, (shown, shown of the one before) bool: which channels each is computed from.
        weights: for each column but the first, how many weights one of its channels needs.
        kernels: for each column but the first, the side of its window.
        places: output pixels a channel: weights times places are multiply-accumulates.
    """

    title: str
    columns: tuple[Column, ...]
    links: tuple[np.ndarray, ...]
    weights: tuple[int, ...]
    kernels: tuple[int, ...]
    places: int


def wiring(ways: Sequence[Wires], *, told: bool, key: str) -> None:
    """Draw the ways side by side, each as many steps as its channels; ``told`` allows sums of weights to be read."""
    arrays: dict[str, np.ndarray] = {}
    facts = []
    for w, way in enumerate(ways):
        arrays |= {f"maps{w}_{c}": _grey(column.maps) for c, column in enumerate(way.columns)}
        arrays |= {f"links{w}_{c + 1}": links.astype(np.uint8) for c, links in enumerate(way.links)}
        facts.append({
            "title": way.title, "columns": [{"title": column.title, "channels": column.channels} for column in way.columns],
            "weights": way.weights, "kernels": way.kernels, "places": way.places,
        })  # fmt: skip
    meta = {
        "ways": facts, "told": told, "language": language(), "color": KIND_COLORS["conv"],
        "labels": {name: t(f"blocks.wiring.{name}") for name in LABELS},
    }  # fmt: skip
    register("wiring", Path(__file__).parent)(key=key, data=pack(meta, **arrays))


def _grey(maps: np.ndarray) -> np.ndarray:
    """Each map stretched to 0 to 255, (shown, H, W) uint8."""
    low = maps.min(axis=(1, 2), keepdims=True)
    span = maps.max(axis=(1, 2), keepdims=True) - low
    return np.rint((maps - low) / np.where(span > 0, span, 1) * 255).astype(np.uint8)
