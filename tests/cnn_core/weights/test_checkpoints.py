"""The networks this project trained itself: each is evaluated on the real test images and held to its card."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from cnn_core import architectures, datasets, weights
from cnn_core.datasets.files import sha256_of
from cnn_core.weights.offers import CHECKPOINTS

CARDS = sorted(CHECKPOINTS.glob("*.json"))
FIRST = 1_000  # images: all 10,000 through ResNet-20 take minutes of a busy core; `python -m benchmarks checkpoints` evaluates them all
ROUNDING = 0.002  # of the first 1,000: two images on which a GPU's sums and a CPU's may disagree


def arch_ids() -> list[str]:
    return [card.stem for card in CARDS]


def test_lenet_is_among_them() -> None:
    assert "lenet5" in arch_ids() and weights.best_source("lenet5").kind == "checkpoint"


def test_every_file_has_its_card_and_all_are_small() -> None:
    files = sorted(CHECKPOINTS.glob("*.safetensors"))
    assert [file.stem for file in files] == arch_ids()
    assert sum(file.stat().st_size for file in files) < 25_000_000


@pytest.mark.parametrize("arch_id", arch_ids())
def test_a_card_says_what_its_file_holds(arch_id: str) -> None:
    source = weights.get_source(arch_id, "checkpoint")
    card = source.card
    assert card is not None and source.path is not None and card.architecture == arch_id
    assert sha256_of(source.path) == card.sha256 == source.fingerprint
    network = weights.network(source)
    assert sum(parameter.numel() for parameter in network.parameters()) == card.parameters
    assert all(torch.isfinite(parameter).all() for parameter in network.parameters())
    assert source.num_classes == len(source.class_names) and source.dataset in datasets.DATASETS
    facts = json.loads((CHECKPOINTS / f"{arch_id}.json").read_text("utf-8"))
    assert tuple(facts["input_shape"]) == source.input_shape and card.date.year >= 2026
    assert 0 < card.test_accuracy <= 1 and card.epochs > 0 and card.seconds > 0 and card.device and card.recipe
    assert isinstance(card.settings, dict) and card.settings["architecture"] == arch_id


@pytest.mark.parametrize("arch_id", arch_ids())
def test_a_network_scores_what_its_card_says(arch_id: str, shared_data: Path) -> None:
    source = weights.get_source(arch_id, "checkpoint")
    card = source.card
    assert card is not None
    small = card.parameters < 100_000 and architectures.get(arch_id).input_shape[0] == 1
    count = card.test_images if small or card.test_accuracy_first_1000 is None else FIRST
    found = accuracy(source, count, shared_data)
    expected, slack = (card.test_accuracy, 2 / card.test_images) if count != FIRST else (card.test_accuracy_first_1000, ROUNDING)
    assert found == pytest.approx(expected, abs=slack + 1e-9)


def accuracy(source: weights.WeightSource, count: int, root: Path) -> float:
    split: Any = datasets.load(source.dataset, "test", root)
    network, right = weights.network(source), 0
    with torch.no_grad():
        for start in range(0, count, 250):
            stop = min(start + 250, count)
            logits = network(source.preprocessing.fit(np.array(split.images[start:stop])))
            right += int((logits.argmax(1).numpy() == np.asarray(split.labels[start:stop])).sum())
    return right / count
