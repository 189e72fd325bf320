"""What a network saw after each epoch: a pinned picture, its prediction, maps and first filters, with a bar to go back and forth.

The browser keeps the epochs it has shown, so playing them again asks nobody; a new one is asked for with ``on_want``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from pages.ui import theme
from pages.ui.components import register, sent
from pages.ui.components.packing import pack
from pages.ui.i18n import language, texts

LABELS = (
    "epoch", "before", "play", "pause", "newest", "filters", "maps", "pinned", "truth", "guess", "waiting", "hint", "first", "last",
)  # fmt: skip
CHANNELS = 16  # of a layer that are shown
SIDE = 32  # px of a map: it is drawn no larger than that
FILTERS = 48
GUESSES = 3
NEWEST = -1


def frame(
    arrays: Mapping[str, np.ndarray], *, run: str, epoch: int, class_names: Sequence[str]
) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """One epoch as the browser gets it: facts, and numbers as bytes.

    Args:
        arrays: of an ``epochs/<number>.npz`` (see ``cnn_core.training``).
    """
    probabilities = arrays["probabilities"].astype(np.float32)
    order = np.argsort(-probabilities)[:GUESSES]
    label = int(arrays["label"]) if "label" in arrays else -1
    guesses = [
        {"name": class_names[k] if k < len(class_names) else str(k), "share": float(probabilities[k]), "right": int(k) == label}
        for k in map(int, order)
    ]
    layers: list[dict[str, Any]] = []
    packed = {"pinned": np.ascontiguousarray(arrays["pinned"])}
    for name in (key.removeprefix("maps/") for key in arrays if key.startswith("maps/")):
        values = arrays[f"maps/{name}"].astype(np.float32)[:CHANNELS]
        step = -(-max(values.shape[1:]) // SIDE)
        values = values[:, ::step, ::step]
        limit = float(np.quantile(np.abs(values), 0.995)) or 1.0
        packed[f"map{len(layers)}"] = _bytes(values, limit)
        layers.append({"name": name, "limit": limit})
    facts: dict[str, Any] = {
        "run": run, "epoch": epoch, "guesses": guesses, "truth": class_names[label] if 0 <= label < len(class_names) else "",
        "layers": layers,
    }  # fmt: skip
    if "filters" in arrays:
        filters = arrays["filters"].astype(np.float32)[:FILTERS]
        limit = float(np.abs(filters).max()) or 1.0
        coloured = filters.shape[1] == 3
        shown = filters.transpose(0, 2, 3, 1) if coloured else filters.mean(1)[..., None]
        packed["filters"] = np.ascontiguousarray(_bytes(shown, limit))
        facts |= {"filter_limit": limit, "coloured": coloured}
    return facts, packed


def _bytes(values: np.ndarray, limit: float) -> np.ndarray:
    """Signed numbers as 0 to 255 with zero at 128."""
    finite = np.nan_to_num(values, nan=0.0, posinf=limit, neginf=-limit)
    return np.rint(np.clip(finite / limit, -1, 1) * 127 + 128).astype(np.uint8)


def blob(facts: Mapping[str, Any], arrays: Mapping[str, np.ndarray], *, last: int) -> bytes:
    """A frame, with how many epochs there are by now."""
    lang = language()
    meta = {**facts, "last": last, "labels": texts(lang, "film", LABELS), "language": lang}
    return pack(meta, **arrays, scale_signed=theme.scale("signed"), scale_weights=theme.scale("weights"))


def epoch_film(data: bytes, *, key: str, on_want: Callable[[int], None]) -> None:
    """Mount a ``blob``.

    Args:
        on_want: told the epoch that the browser wants to show next, ``NEWEST`` for whichever is the last.
    """

    def wanted() -> None:
        number = sent(key, "want")
        if isinstance(number, int):
            on_want(number)

    register("epoch_film", Path(__file__).parent)(key=key, data=data, on_want_change=wanted)
