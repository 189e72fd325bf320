"""A picture before and after pooling, at the same scale; under the pointer, one window and its numbers."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from cnn_core.windows import Window
from pages.ui.components import register
from pages.ui.components.packing import pack
from pages.ui.i18n import language, t

LABELS = ("before", "after", "window", "hint", "max", "average", "min", "padding", "picture", "parameters")


def pool_pair(
    before: np.ndarray,
    after: np.ndarray,
    window: Window,
    *,
    reduction: str,
    count_include_pad: bool,
    formulas: Sequence[str],
    title: str,
    key: str,
) -> None:
    """Draw both.

    Args:
        before: (H, W, C) uint8, C 1 or 3.
        after: (H', W', C) uint8, or float64 for the average.
        formulas: where the sizes come from, one for each axis or one for both.
        title: what the picture shows.
    """  # fmt: skip
    meta = {
        "reduction": reduction, "kernel": window.kernel, "stride": window.stride, "padding": window.padding[0],
        "countPadding": count_include_pad, "formulas": list(formulas), "title": title, "language": language(),
        "labels": {name: t(f"arithmetic.pair.{name}") for name in LABELS},
    }  # fmt: skip
    values = after if after.dtype == np.uint8 else after.astype(np.float32)
    register("pool_pair", Path(__file__).parent)(key=key, data=pack(meta, before=before, after=values))
