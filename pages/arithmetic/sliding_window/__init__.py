"""The picture of a window sliding over a grid, with the formula above it: one axis as a strip, or both as squares."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from cnn_core.arithmetic import extent, full_padding
from cnn_core.windows import Window
from pages.ui.components import register, sent
from pages.ui.components.packing import pack
from pages.ui.i18n import language, t
from pages.ui.theme import KIND_COLORS

PADDING, PIXEL, ZERO, UNSEEN = range(4)  # what a cell along one axis is; component.js knows the same numbers
LABELS = (
    "input", "output", "play", "pause", "back", "forward", "restart", "speed", "one", "two", "axis", "position", "hint",
    "legend.pixel", "legend.padding", "legend.zero", "legend.unseen", "legend.tap", "picture",
)  # fmt: skip


@dataclass(frozen=True)
class Sentence:
    """What stands above the picture: the formula in letters and in numbers, its result, or why there is none."""

    symbols: str
    numbers: str
    result: str
    refusal: str = ""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Axis:
    """One axis as a window meets it: cells in order, and window ``o`` with its first tap on cell ``o*step + offset``."""

    cells: np.ndarray
    step: int
    offset: int
    size: int


def axis(window: Window, n: int) -> Axis:
    """Where the window stops along ``n`` pixels, with the padding, inserted zeros and unseen pixels as cells.

    A transposed convolution is drawn as the convolution that computes it: zeros between the pixels, a border of
    ``dilation*(kernel - 1) - padding`` zeros, and a window that moves one cell at a time (Dumoulin & Visin 2016, chapter 4).

    Raises:
        GeometryError: there is no output.
    """
    size, length = window.output_size(n), extent(window.kernel, window.dilation)
    unseen = np.isin(np.arange(n), window.unseen(n))
    pixels = np.where(unseen, UNSEEN, PIXEL).astype(np.uint8)
    if window.kind == "transposed":
        step, border = 1, full_padding(window.kernel, window.dilation) - window.padding[0]
        middle = np.full((n - 1) * window.stride + 1, ZERO, np.uint8)
        middle[:: window.stride] = pixels
    else:
        step, border, middle = window.stride, window.padding[0], pixels
    before, offset = max(border, 0), max(-border, 0)
    needed = (size - 1) * step + offset + length
    after = max(needed - before - middle.size, 0 if window.kind == "transposed" else window.padding[1])
    cells = np.concatenate([np.full(before, PADDING, np.uint8), middle, np.full(after, PADDING, np.uint8)])
    return Axis(cells, step, offset, size)


def sliding_window(
    window: Window, shown: Axis | None, sentence: Sentence, *, dims: str, key: str, on_dims: Callable[[str], None]
) -> None:
    """Draw the sentence and the picture; without an axis the last picture stays, dimmed.

    Args:
        dims: "1" for one axis as a strip, "2" for both axes.
        on_dims: called with the user's choice of the two.
    """
    meta = {
        "sentence": asdict(sentence), "dims": dims, "language": language(), "kind": window.kind,
        "color": KIND_COLORS["pool" if window.kind == "pool" else "conv"],
        "labels": {name.replace(".", "_"): t(f"arithmetic.window.{name}") for name in LABELS},
        "geometry": shown and {
            "step": shown.step, "offset": shown.offset, "size": shown.size,
            "kernel": window.kernel, "dilation": window.dilation,
        },
    }  # fmt: skip

    def report() -> None:
        dims = sent(key, "dims")
        if dims is not None:
            on_dims(str(dims))

    blob = pack(meta, cells=shown.cells if shown else np.zeros(0, np.uint8))
    register("sliding_window", Path(__file__).parent)(key=key, data=blob, on_dims_change=report)
