"""Curves of training runs, drawn in the browser: a run that grows is drawn on, without flicker, and hovering asks no server.

The scripts: ``axes.js`` (from numbers to places and ticks), ``component.js`` (drawing, legend, hands).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

from pages.ui.components import register
from pages.ui.components.packing import pack
from pages.ui.i18n import language, texts

LABELS = ("log", "linear", "empty", "hint")
Style = Literal["line", "faint", "printed", "dashed"]
Measure = Literal["loss", "accuracy", "rate", "speed"]


@dataclass(frozen=True)
class Series:
    """One line.

    Attributes:
        x, y: places; a NaN in ``y`` breaks the line.
        group: series of one group share their button in the legend; its text is the first one's ``name``.
        style: "line" with its points marked, "faint" for what flickers from step to step, "printed" for hollow marks alone,
            "dashed", its points hollow.
    """

    name: str
    x: Sequence[float]
    y: Sequence[float]
    color: str
    style: Style = "line"
    group: str = ""


@dataclass(frozen=True)
class Plot:
    """Series over one pair of axes; ``measure`` decides how ``y`` is scaled and written."""

    title: str
    measure: Measure
    series: Sequence[Series]


def blob(
    plots: Sequence[Plot], *, x_title: str, x_unit: str, x_end: float = 0.0, label: str, height: int,
    strokes: Mapping[Style, str] | None = None,
) -> bytes:
    """What the browser gets; the same for everybody who speaks the language, so it can be kept.

    Args:
        strokes: what a style stands for, whatever its colour; told in the legend.
    """
    arrays: dict[str, np.ndarray] = {}
    described: list[dict[str, Any]] = []
    for plot in plots:
        lines = []
        for series in plot.series:
            name = f"s{len(arrays) // 2}"
            arrays[f"{name}x"] = np.asarray(series.x, dtype=np.float32)
            arrays[f"{name}y"] = np.asarray(series.y, dtype=np.float32)
            lines.append({
                "name": series.name, "color": series.color, "style": series.style, "group": series.group or series.name, "data": name,
            })  # fmt: skip
        described.append({"title": plot.title, "measure": plot.measure, "series": lines})
    lang = language()
    meta = {
        "plots": described, "x_title": x_title, "x_unit": x_unit, "x_end": x_end, "label": label, "height": height,
        "strokes": dict(strokes or {}),
        "language": lang, "labels": texts(lang, "curves", LABELS),
    }  # fmt: skip
    return pack(meta, **arrays)


def curve_chart(data: bytes, *, key: str) -> None:
    """Mount a ``blob``; hidden lines and the logarithmic axis stay as they are while the key does."""
    register("curve_chart", Path(__file__).parent)(key=key, data=data)
