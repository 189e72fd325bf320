"""Shapes: ten simple forms, drawn from a seed by this project; always here."""

from __future__ import annotations

from cnn_core.datasets import drawing
from cnn_core.datasets.row import DATASETS, Arrays, DatasetRow, Made

_SEEDS = {"train": 1962, "test": 1981}  # the years of Hubel and Wiesel's paper and of their prize
_SPLITS = {"train": 10_000, "test": 2_000}


def _draw(split: str) -> Arrays:
    return drawing.draw(_SPLITS[split], _SEEDS[split])


SHAPES = DATASETS.add(DatasetRow(
    id="shapes", title="Shapes",
    about="12,000 drawn pictures of 32×32 pixels in ten classes: stripes in four directions, edges, checkerboards, discs, "
          "rings, crosses and triangles, at any place, size and colour. Hand-made kernels see them; no single pixel does.",
    source="Drawn from a seed by Convolab",
    class_names=drawing.CLASS_NAMES,
    image_shape=(drawing.SIDE, drawing.SIDE, 3), splits=_SPLITS,
    made=Made(_draw, {
        "train": "2ad7a33252bbf5f7ea6aafd929f7a36165ea34e64c5e7f0a1d744cc0cd570597",
        "test": "1ccc40a34e1cf0a835304d071fa01f636bb4aa62b550a056d4c91a7d2e4330ee",
    }),
))
