"""Pictures and maps of numbers side by side, drawn in the browser: pixel-sharp, one crosshair in all, legend and histogram.

A page makes a list of panels and mounts them; hovering, zooming and moving never ask the server. All panels of one mount lie on
one **plane**, measured in pixels of the input: a panel says where the centre of its first value lies and how far apart its values
are, so that a smaller or padded response stays in register with the picture it came from.

The scripts: ``colors.js`` (values to colours), ``legends.js`` (histogram, scale, colour wheel), ``plane.js`` (where things lie,
zoom), ``component.js`` (state, hands, the entry point).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

from pages.ui import theme
from pages.ui.components import register, sent
from pages.ui.components.packing import pack
from pages.ui.i18n import language, texts

LABELS = (
    "name", "zoom_in", "zoom_out", "zoom_fit", "hint", "row", "col", "histogram", "minimum", "maximum", "wheel", "outside",
)  # fmt: skip
BELOW = 2.8  # rem: what stays free under the panels
_INT16 = np.iinfo(np.int16)


@dataclass(frozen=True)
class Panel:
    """One picture.

    Attributes:
        array: (H, W, 3) uint8 for "rgb"; (H, W) numbers for "map"; (H, W) degrees for "hue".
        caption: short, above the panel; its size is added behind it.
        alt: what a screen reader says instead of the picture.
        kind: "rgb" is shown as it is, "map" through a colour scale, "hue" as a direction on the colour wheel.
        scale: of a map, a name of ``theme.scale``. "signed" and "weights" have zero in the middle.
        limits: the values at the ends of the scale; else the map's own (for "signed" and "weights" symmetric). Values beyond are
            drawn in the end's colour, and the legend says so.
        strength: of a "hue", (H, W) numbers from zero up: how bright each direction is drawn; ``limits[1]`` is full brightness.
        origin: (row, column) on the plane of the centre of the first value.
        step: (vertical, horizontal) distance on the plane between neighbouring values.
        reach: (vertical, horizontal) side of the piece of the plane that one value was computed from, marked on hover in
            the other panels; None where a value stands for itself.
        legend: whether scale and histogram stand below.
        unit: written behind values.
        exact: False allows rounding to 1/32767 of the largest magnitude, which halves what is sent.
    """

    array: np.ndarray
    caption: str
    alt: str
    kind: Literal["rgb", "map", "hue"] = "map"
    scale: str = "signed"
    limits: tuple[float, float] | None = None
    strength: np.ndarray | None = None
    origin: tuple[float, float] = (0.0, 0.0)
    step: tuple[float, float] = (1.0, 1.0)
    reach: tuple[float, float] | None = None
    legend: bool = True
    unit: str = ""
    exact: bool = True


def pixel_maps(
    panels: Sequence[Panel], *, key: str, layout: Literal["fit", "grid"] = "fit", chosen: int | None = None,
    on_pick: Callable[[int], None] | None = None, below: float = BELOW,
) -> None:  # fmt: skip
    """Mount the panels.

    Args:
        panels: at least one; those of layout "fit" share the plane and the crosshair.
        key: the widget's key; zoom stays while it does.
        layout: "fit" fills what the window leaves without scrolling; "grid" is small multiples, as many as there are.
        chosen: the panel that is marked as chosen.
        on_pick: told the index of a panel that was clicked (or chosen by Enter), before the next run.
        below: of layout "fit", what the window keeps free under the panels, in rem: they then stand in fewer rows.
    """
    count = len(panels)

    def picked() -> None:
        index = sent(key, "pick")
        if on_pick and isinstance(index, int) and 0 <= index < count:
            on_pick(index)

    data = blob(panels, layout=layout, clickable=on_pick is not None, chosen=chosen, below=below)
    register("pixel_maps", Path(__file__).parent)(key=key, data=data, on_pick_change=picked)


def blob(
    panels: Sequence[Panel], *, layout: str = "fit", clickable: bool = False, chosen: int | None = None, below: float = BELOW
) -> bytes:
    """What the browser gets: the panels' facts as JSON, their numbers as raw arrays."""
    arrays: dict[str, np.ndarray] = {}
    facts = []
    for index, panel in enumerate(panels):
        fact, numbers = _encode(panel)
        arrays |= {f"{name}{index}": array for name, array in numbers.items()}
        facts.append(fact)
    scales = sorted({panel.scale for panel in panels if panel.kind == "map"})
    arrays |= {f"scale_{name}": theme.scale(name) for name in scales}
    lang = language()
    meta = {
        "panels": facts, "layout": layout, "clickable": clickable, "chosen": chosen, "labels": texts(lang, "maps", LABELS),
        "language": lang, "below": below,
    }  # fmt: skip
    return pack(meta, **arrays)


def _encode(panel: Panel) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    fact: dict[str, Any] = {
        "kind": panel.kind, "caption": panel.caption, "alt": panel.alt, "origin": panel.origin, "step": panel.step,
        "reach": panel.reach, "legend": panel.legend, "unit": panel.unit, "factor": 1.0, "strength": 1.0,
    }  # fmt: skip
    if panel.kind == "rgb":
        return fact, {"values": panel.array}
    low, high = float(panel.array.min()), float(panel.array.max())
    values, fact["factor"] = quantize(panel.array, low, high, exact=panel.exact)
    fact |= {"low": low, "high": high, "scale": panel.scale, "limits": panel.limits or _limits(panel.scale, low, high)}
    if panel.kind == "hue" and panel.strength is not None:
        top = float(panel.strength.max())
        strength, fact["strength"] = quantize(panel.strength, 0.0, top, exact=False)
        fact["strongest"] = panel.limits[1] if panel.limits else top
        return fact, {"values": values, "strength": strength}
    return fact, {"values": values}


def _limits(scale: str, low: float, high: float) -> tuple[float, float]:
    if scale in ("signed", "weights"):
        limit = max(-low, high, 0.0)
        return -limit, limit
    return min(low, 0.0), high


def robust_limits(values: np.ndarray, scale: str, share: float = 0.995) -> tuple[float, float]:
    """Ends for a scale of magnitudes or signed values that leave out the strongest answers, so that the many weak ones are seen.

    The end is the magnitude that a ``share`` of some 20,000 values spread over the map stay below.
    """
    step = max(1, int((values.size / 20_000) ** 0.5))
    sample = np.abs(values[::step, ::step]).ravel()
    place = min(sample.size - 1, int(share * sample.size))
    limit = float(np.partition(sample, place)[place]) or float(np.abs(values).max())
    return (-limit if scale in ("signed", "weights") else 0.0), limit


def quantize(values: np.ndarray, low: float, high: float, *, exact: bool) -> tuple[np.ndarray, float]:
    """Numbers as few bytes, and the factor that turns them back: ``decoded = factor * sent``.

    Whole numbers go as uint8 or int16, to the number; others as float32 (relative error 6e-8), or, where ``exact`` is not
    asked for, as int16 in steps of 1/32767 of the largest magnitude.
    """
    if values.dtype == np.uint8:
        return values, 1.0
    if _INT16.min <= low and high <= _INT16.max:
        whole = values.astype(np.int16)
        if np.array_equal(whole, values):
            return whole, 1.0
    if exact:
        return values.astype(np.float32), 1.0
    factor = max(-low, high) / _INT16.max or 1.0
    return np.rint(values * (1 / factor)).astype(np.int16), factor

