"""A picture's way through a network: one row a stop, from the input to the prediction, walked with the keyboard."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pages.ui import theme
from pages.ui.components import register, sent
from pages.ui.components.packing import pack
from pages.ui.i18n import language, texts

LABELS = ("name", "hint", "input", "output", "of_maps")


@dataclass(frozen=True)
class MapRow:
    """One stop.

    Attributes:
        id: told to ``on_pick``: of its layer.
        title, type: of the layer that is shown.
        shape: its output's, written.
        side: of its maps, as a share of the picture's (1 is the input's own resolution); 0 for values without a place.
        channels: how many maps, or values, there are.
        maps: (n, h, w): those that are drawn.
        names: their channels.
        color: of its kind.
    """

    id: str
    title: str
    type: str
    shape: str
    side: float
    channels: int
    maps: np.ndarray
    names: Sequence[str]
    color: str


def map_rows(data: bytes, *, on_pick: Callable[[str], None], key: str) -> None:
    """Mount the rows that ``blob`` packed; Enter or a double click calls ``on_pick`` with a stop's id before the next run."""

    def picked() -> None:
        chosen = sent(key, "pick")
        if isinstance(chosen, str):
            on_pick(chosen)

    register("map_rows", Path(__file__).parent)(key=key, data=data, on_pick_change=picked)


def blob(rows: Sequence[MapRow], picture: np.ndarray, guesses: Sequence[tuple[str, float]], *, version: str) -> bytes:
    """What the browser gets: each map as places in its scale of 256 colours, in its own range.

    Args:
        picture: (H, W, 3) uint8, what the network sees.
        guesses: names and probabilities, the highest first.
        version: names what is shown; it is drawn anew only when that changes.
    """
    lang = language()
    facts, arrays = [], {}
    for k, row in enumerate(rows):
        places, signed = shades(row.maps)
        arrays[f"maps{k}"] = places
        facts.append({
            "id": row.id, "title": row.title, "type": row.type, "shape": row.shape, "side": row.side, "channels": row.channels,
            "names": list(row.names), "signed": signed, "color": row.color,
        })  # fmt: skip
    meta = {
        "version": version, "rows": facts, "guesses": [{"name": name, "share": share} for name, share in guesses],
        "labels": texts(lang, "map_rows", LABELS), "language": lang,
    }  # fmt: skip
    return pack(meta, picture=np.ascontiguousarray(picture), signed=theme.scale("signed"), magnitude=theme.scale("magnitude"), **arrays)


def shades(maps: np.ndarray) -> tuple[np.ndarray, bool]:
    """(n, h, w) numbers as uint8 places in a scale, each map in its own range; and whether the scale has zero in the middle.

    >>> shades(np.array([[[0.0, 1.0, 2.0]]]))[0].tolist()
    [[[0, 128, 255]]]
    """
    low, high = maps.min(axis=(1, 2), initial=0.0), maps.max(axis=(1, 2), initial=0.0)
    signed = bool(low.min(initial=0.0) < 0)
    if signed:
        high = np.maximum(-low, high)
        low = -high
    width = np.where(high > low, high - low, 1.0)[:, None, None]
    scaled = (maps - low[:, None, None]) * (255 / width)
    return np.nan_to_num(np.clip(np.floor(scaled + 0.5), 0, 255)).astype(np.uint8), signed
