"""Which pictures a trained network takes for what: the images behind a cell of the confusion matrix. Imports torch."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import nn

from cnn_core import datasets
from cnn_core.training import batches, metrics
from cnn_core.training.facts import check_same_data
from cnn_core.training.recipe import Recipe

MOST = 5_000      # images that are looked through
AT_ONCE = 100
SECONDS = 20.0


@dataclass(frozen=True, eq=False)
class Predictions:
    """What a network took the images of a split for, as far as it got.

    Attributes:
        split: "train" (the images held out of it) or "test".
        indices: the images' numbers in that split of the data set.
        probability: of the class it chose.
        total: how many there would have been.
    """

    split: str
    indices: np.ndarray
    labels: np.ndarray
    predicted: np.ndarray
    probability: np.ndarray
    total: int

    def of_cell(self, truth: int, taken_for: int) -> np.ndarray:
        """Places of the images of a class that were taken for another, the surest first."""
        places = np.flatnonzero((self.labels == truth) & (self.predicted == taken_for))
        return places[np.argsort(-self.probability[places], kind="stable")]


def predictions(
    network: nn.Module, recipe: Recipe, facts: Mapping[str, Any], on: str, *, most: int = MOST, seconds: float = SECONDS,
    root: str | None = None,
) -> Predictions:  # fmt: skip
    """Look through the images that a run was validated (``on="validation"``) or tested on.

    Args:
        facts: the run's ``network.json``.

    Raises:
        DatasetError: the data set is not here any more, or another one.
    """
    check_same_data(facts, root)
    held = recipe.validation_images if on == "validation" else 0
    split = "train" if held else "test"
    data = datasets.load(recipe.dataset, split, root)
    every = np.sort(np.random.default_rng(batches.SPLIT_SEED).permutation(len(data))[:held]) if held else np.arange(len(data))
    chosen = every[:most]
    mean, std = (torch.tensor(facts[name]).view(1, -1, 1, 1) for name in ("mean", "std"))
    labels, found, sure = np.asarray(data.labels[chosen]), [], []
    until = time.monotonic() + seconds
    with torch.inference_mode():
        for start in range(0, len(chosen), AT_ONCE):
            pixels = np.ascontiguousarray(data.images[chosen[start : start + AT_ONCE]])
            pixels = batches._sized(pixels, recipe.input_size) if recipe.input_size else pixels
            batch = (torch.from_numpy(pixels).permute(0, 3, 1, 2).float() / 255 - mean) / std
            top = metrics.logits_of(network(batch)).float().softmax(1).max(1)
            found.append(top.indices.numpy())
            sure.append(top.values.numpy())
            if time.monotonic() > until:
                break
    predicted = np.concatenate(found) if found else np.zeros(0, np.int64)
    count = len(predicted)
    return Predictions(split, chosen[:count], labels[:count], predicted, np.concatenate(sure) if sure else np.zeros(0), len(every))
