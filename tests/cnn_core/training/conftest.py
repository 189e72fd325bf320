"""Small recipes on data that are always here."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cnn_core.training import Recipe


@pytest.fixture
def tiny() -> Recipe:
    """Three epochs of five batches: seconds, and yet it learns."""
    return Recipe(
        "lenet5_keras", "digits", input_size=28, train_images=300, validation_images=100, batch=64, epochs=3, optimiser="adam", lr=3e-3,
        schedule="one_cycle", warmup=0.2,
    )


def read_events(run_dir: Path, kind: str = "") -> list[dict[str, Any]]:
    lines = (run_dir / "events.jsonl").read_text("utf-8").splitlines()
    events = [json.loads(line) for line in lines]
    return [event for event in events if not kind or event["kind"] == kind]


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    """The sums of a product depend on how many threads share it; and two test processes share two cores."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)
    torch.use_deterministic_algorithms(False)
