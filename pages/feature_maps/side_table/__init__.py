"""One picture in several networks: columns of networks, rows of resolutions, a few maps in each cell."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from pages.feature_maps.map_rows import shades
from pages.ui import theme
from pages.ui.components import register, sent
from pages.ui.components.packing import pack
from pages.ui.i18n import language, texts

LABELS = ("name", "input", "of_maps", "open", "none", "resolution")


@dataclass(frozen=True)
class Cell:
    """The last layer of a network at one resolution.

    Attributes:
        id: told to ``on_pick``.
        title, shape: of the layer.
        channels: how many maps it has.
        maps: (n, h, w): those that are drawn.
        names: their channels.
    """

    id: str
    title: str
    shape: str
    channels: int
    maps: np.ndarray
    names: Sequence[str]


@dataclass(frozen=True)
class Side:
    """One network.

    Attributes:
        title, weights: what is on its head.
        random: whether its weights have learned nothing.
        picture: (H, W, 3) uint8, what it sees; None where it cannot be shown.
        guesses: names and probabilities, the highest first.
        cells: by row.
        problem: why there is nothing to show.
    """

    title: str
    weights: str
    random: bool = False
    picture: np.ndarray | None = None
    guesses: Sequence[tuple[str, float]] = ()
    cells: Mapping[int, Cell] = field(default_factory=dict)
    problem: str = ""


def side_table(
    sides: Sequence[Side], rows: Sequence[tuple[int, str]], *, version: str, on_pick: Callable[[int, str], None], key: str
) -> None:
    """Mount the table; a click on a cell calls ``on_pick`` with the network's place and the cell's id before the next run.

    Args:
        rows: the keys of the cells from the top, each with what it is called.
        version: names what is shown; it is drawn anew only when that changes.
    """
    known = {(place, cell.id) for place, side in enumerate(sides) for cell in side.cells.values()}

    def picked() -> None:
        chosen = sent(key, "pick")
        if isinstance(chosen, list) and len(chosen) == 2 and tuple(chosen) in known:
            on_pick(*chosen)

    register("side_table", Path(__file__).parent)(key=key, data=blob(sides, rows, version=version), on_pick_change=picked)


def blob(sides: Sequence[Side], rows: Sequence[tuple[int, str]], *, version: str) -> bytes:
    """What the browser gets: each map as places in its scale of 256 colours, in its own range."""
    lang = language()
    arrays: dict[str, np.ndarray] = {"signed": theme.scale("signed"), "magnitude": theme.scale("magnitude")}
    facts = []
    for place, side in enumerate(sides):
        cells: list[dict[str, Any] | None] = []
        for row, _ in rows:
            cell = side.cells.get(row)
            if cell is None:
                cells.append(None)
                continue
            arrays[f"maps{place}_{len(cells)}"], signed = shades(cell.maps)
            cells.append({
                "id": cell.id, "title": cell.title, "shape": cell.shape, "channels": cell.channels, "names": list(cell.names),
                "signed": signed,
            })  # fmt: skip
        if side.picture is not None:
            arrays[f"picture{place}"] = np.ascontiguousarray(side.picture)
        facts.append({
            "title": side.title, "weights": side.weights, "random": side.random, "problem": side.problem, "cells": cells,
            "guesses": [{"name": name, "share": share} for name, share in side.guesses],
        })  # fmt: skip
    meta = {
        "version": version, "sides": facts, "rows": [name for _, name in rows], "language": lang,
        "labels": texts(lang, "feature_sides.table", LABELS),
    }  # fmt: skip
    return pack(meta, **arrays)
