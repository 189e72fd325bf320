"""The maps of one layer as a grid of tiles, drawn in the browser: hover reads a value and shows what it sees, a click opens one large.

The scripts: ``stack.js`` (numbers to colours, statistics), ``beside.js`` (the picture with the field of a value, histogram, legend),
``large.js`` (one map over the picture), ``component.js`` (the tiles, hands, the entry point).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from pages.ui import theme
from pages.ui.components import register, sent
from pages.ui.components.packing import pack
from pages.ui.i18n import language, texts

LABELS = (
    "name", "tile", "dead", "dead_about", "hint", "large_hint", "value", "channel", "unit_value", "mean", "deviation", "minimum", "maximum",
    "zeros", "histogram", "blend", "blend_picture", "blend_map", "previous", "next", "close", "picture", "sees", "sees_all", "at_most",
    "legend", "place", "spot_hint",
)  # fmt: skip
NONE_CHOSEN = -1
_STEPS = 32767  # of int16, for the largest magnitude of a map
_NOTHING = 1e-30  # a map of smaller magnitudes is shown as zero: their steps are no float32


@dataclass(frozen=True)
class Place:
    """Where the values of a map lie on the picture, in its pixels; see ``inspection.ReceptiveField``."""

    size: tuple[float, float]
    jump: tuple[float, float]
    start: tuple[float, float]
    exact: bool = True


@dataclass(frozen=True)
class MapTiles:
    """One page of maps.

    Attributes:
        maps: (n, h, w) numbers.
        names: what each is called, short ("0", "17").
        limits: (n, 2): the values at the ends of each map's colours.
        scale: a name of ``theme.scale``; "signed" has zero in the middle.
        figures: name of a statistic (mean, deviation, minimum, maximum, zeros) → (n,) numbers.
        dead: (n,) whether a map holds one value only.
        picture: (H, W, 3) uint8, what the network saw.
        input_size: (H, W) of the network's input, in whose pixels ``place`` is given.
        place: None where a value sees everything, or has no place.
        flat: the maps are no images (a linear layer's values, folded into a rectangle): nothing is laid over the picture.
        alone: one map that is always large, such as a heat map: no tiles, and no statistics beside it.
        blend: how much of the map is seen over the picture at first, in percent.
        spot: (row, column) of the value of the large map that is marked at first; None where none can be chosen.
    """

    maps: np.ndarray
    names: Sequence[str]
    limits: np.ndarray
    scale: str
    figures: Mapping[str, np.ndarray]
    dead: np.ndarray
    picture: np.ndarray
    input_size: tuple[int, int]
    place: Place | None = None
    flat: bool = False
    alone: bool = False
    blend: int = 65
    spot: tuple[int, int] | None = None


def map_grid(
    tiles: MapTiles, *, version: str, title: str, key: str, opened: int = NONE_CHOSEN, on_open: Callable[[int], None] | None = None,
    on_spot: Callable[[int, int], None] | None = None,
) -> None:  # fmt: skip
    """Mount the grid.

    Args:
        version: names what is shown; the tiles are drawn anew only when it changes.
        title: what the maps are of, for who cannot see them.
        opened: the tile that is large at first, by its place on this page; ``NONE_CHOSEN`` for the grid.
        on_open: told the place of the tile that was opened, or ``NONE_CHOSEN``, before the next run.
        on_spot: told the row and column of the value of a large map that was chosen by a click or Enter, before the next run.
        key: the widget's key.
    """
    count = len(tiles.names)
    height, width = tiles.maps.shape[1:]

    def picked() -> None:
        index = sent(key, "open")
        if on_open and isinstance(index, int) and NONE_CHOSEN <= index < count:
            on_open(index)

    def spotted() -> None:
        place = sent(key, "spot")
        if on_spot and isinstance(place, list) and len(place) == 2 and all(isinstance(at, int) for at in place):
            row, column = place
            if 0 <= row < height and 0 <= column < width:
                on_spot(row, column)

    data = blob(tiles, version=version, title=title, opened=opened)
    register("map_grid", Path(__file__).parent)(key=key, data=data, on_open_change=picked, on_spot_change=spotted)


def blob(tiles: MapTiles, *, version: str, title: str, opened: int = NONE_CHOSEN) -> bytes:
    """What the browser gets: each map in steps of 1/32767 of its own largest magnitude."""
    lang = language()
    values, factors = quantize(tiles.maps)
    place = tiles.place
    meta: dict[str, Any] = {
        "version": version, "title": title, "opened": opened, "names": list(tiles.names), "input": tiles.input_size,
        "flat": tiles.flat, "centred": tiles.scale == "signed", "language": lang, "labels": texts(lang, "map_grid", LABELS),
        "figures": list(tiles.figures), "alone": tiles.alone, "blend": tiles.blend, "spot": tiles.spot,
        "place": place and {"size": place.size, "jump": place.jump, "start": place.start, "exact": place.exact},
    }  # fmt: skip
    columns = [np.asarray(column, np.float32) for column in tiles.figures.values()]
    figures = np.stack(columns, axis=1) if columns else np.zeros((len(tiles.names), 0), np.float32)
    return pack(
        meta, values=values, factors=factors, limits=np.asarray(tiles.limits, np.float32), figures=figures,
        dead=np.asarray(tiles.dead, np.uint8), picture=np.ascontiguousarray(tiles.picture), colors=theme.scale(tiles.scale),
    )  # fmt: skip


def quantize(maps: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(n, h, w) numbers as int16, and (n,) float32 factors that turn them back: ``maps ≈ values * factors[:, None, None]``.

    >>> values, factors = quantize(np.array([[[0.0, 1.0, -2.0]]]))
    >>> values.tolist(), float(factors[0] * 32767)
    ([[[0, 16384, -32767]]], 2.0)
    """
    top = np.maximum(maps.max(axis=(1, 2), initial=0.0), -maps.min(axis=(1, 2), initial=0.0))
    finite = np.isfinite(top)
    factors = np.where(finite & (top > _NOTHING), top, 1.0) / _STEPS
    with np.errstate(invalid="ignore", over="ignore"):
        scaled = maps * (1 / factors)[:, None, None].astype(maps.dtype)
    if not finite.all():
        scaled = np.nan_to_num(np.clip(scaled, -_STEPS, _STEPS))
    return np.rint(scaled, out=scaled).astype(np.int16), factors.astype(np.float32)
