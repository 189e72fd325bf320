"""Several pictures in one layer: a row each, with what the network says of it; the same channels in the columns."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pages.ui import theme
from pages.ui.components import register, sent
from pages.ui.components.packing import pack
from pages.ui.i18n import language, texts

LABELS = ("name", "channel", "own_range", "open", "use", "remove", "mean", "range", "legend", "picture")


@dataclass(frozen=True)
class PictureRow:
    """One picture.

    Attributes:
        title: what it is called.
        seen: (H, W, 3) uint8, what the network sees of it.
        guesses: names and probabilities, the highest first.
        maps: (n, h, w) numbers, of the channels of all rows.
        limits: (n, 2), the values at the ends of each map's colours.
    """

    title: str
    seen: np.ndarray
    guesses: Sequence[tuple[str, float]]
    maps: np.ndarray
    limits: np.ndarray


@dataclass(frozen=True)
class Answers:
    """Who is told of a click, before the next run: with the place of the picture, and of the channel where one was clicked."""

    open: Callable[[int, int], None]
    use: Callable[[int], None]
    remove: Callable[[int], None]


def picture_table(data: bytes, *, rows: int, columns: int, answers: Answers, key: str) -> None:
    """Mount the table that ``blob`` packed."""

    def sent_places(name: str) -> list[int]:
        """What was clicked, if it is on the screen."""
        places = sent(key, name)
        limits = (rows, columns)
        sane = isinstance(places, list) and all(isinstance(at, int) and 0 <= at < most for at, most in zip(places, limits, strict=False))
        return places if sane else []

    def opened() -> None:
        if len(places := sent_places("open")) == 2:
            answers.open(*places)

    def used() -> None:
        if len(places := sent_places("use")) == 1:
            answers.use(*places)

    def removed() -> None:
        if len(places := sent_places("remove")) == 1:
            answers.remove(*places)

    register("picture_table", Path(__file__).parent)(
        key=key, data=data, on_open_change=opened, on_use_change=used, on_remove_change=removed
    )  # fmt: skip


def blob(rows: Sequence[PictureRow], names: Sequence[str], scale: str, *, shared: bool, version: str) -> bytes:
    """What the browser gets: each map as places in a scale of 256 colours.

    Args:
        names: of the channels.
        scale: a name of ``theme.scale``.
        shared: whether a channel has one range of colours for all pictures.
        version: names what is shown; it is drawn anew only when that changes.
    """
    lang = language()
    arrays: dict[str, np.ndarray] = {"colors": theme.scale(scale)}
    facts = []
    for k, row in enumerate(rows):
        arrays[f"maps{k}"], arrays[f"seen{k}"] = shades(row.maps, row.limits), np.ascontiguousarray(row.seen)
        facts.append({
            "title": row.title, "guesses": [{"name": name, "share": share} for name, share in row.guesses],
            "means": [float(mean) for mean in row.maps.mean(axis=(1, 2))],
            "ends": [[float(values.min()), float(values.max())] for values in row.maps],
        })  # fmt: skip
    meta = {
        "version": version, "rows": facts, "names": list(names), "shared": shared, "language": lang,
        "limits": [[float(low), float(high)] for low, high in rows[0].limits] if rows else [],
        "labels": texts(lang, "feature_several.table", LABELS),
    }  # fmt: skip
    return pack(meta, **arrays)


def shades(maps: np.ndarray, limits: np.ndarray) -> np.ndarray:
    """(n, h, w) numbers as uint8 places between the limits of each.

    >>> shades(np.array([[[0.0, 1.0, 4.0]]]), np.array([[0.0, 2.0]])).tolist()
    [[[0, 128, 255]]]
    """
    low, high = limits[:, 0, None, None], limits[:, 1, None, None]
    share = (maps - low) / np.where(high > low, high - low, 1.0)
    return np.nan_to_num(np.clip(np.floor(255 * share + 0.5), 0, 255)).astype(np.uint8)
