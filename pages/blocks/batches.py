"""Real batches: the session's picture first, then CIFAR-10 where it is here, else the photographs that ship with the app."""

from __future__ import annotations

import functools

import numpy as np

from cnn_core import images
from cnn_core.datasets import Dataset
from pages.ui import cached, picture_sources
from pages.ui.picture import Picture

DATASET = "cifar10"
SIDE = 32


def choose_source() -> Dataset | None:
    """The data set that batches are drawn from; None for the photographs."""
    return picture_sources.open_dataset(DATASET, "test") if picture_sources.opens(DATASET) else None


def draw(source: Dataset | None, n: int, seed: int) -> np.ndarray:
    """``n`` pictures, (n, 32, 32, 3) uint8, the same for the same seed."""
    rng = np.random.default_rng(seed)
    if source is not None:
        return np.asarray(source.images[np.sort(rng.choice(len(source), n, replace=False))])
    photographs = _photographs()
    return photographs[rng.choice(len(photographs), n, replace=n > len(photographs))]


def with_picture(drawn: np.ndarray, picture: Picture) -> np.ndarray:
    """The batch with the session's picture in the first place."""
    return np.concatenate([cached.thumbnail(f"{picture.id}-{SIDE}", SIDE, picture.image)[None], drawn[1:]])


@functools.cache
def _photographs() -> np.ndarray:
    return np.stack([images.resize(images.square_crop(image), SIDE, SIDE) for image in images.samples().values()])
