"""Opening CIFAR-10, all 60,000 images: this project's memory-mapped arrays against ``torchvision.datasets.CIFAR10``."""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from cnn_core import datasets

ROUNDS = 5
TARGET = "≥ 20×"


def data_folder() -> Path:
    """Where the real data set is, in torchvision's layout."""
    return Path(os.environ.get("CONVOLAB_TEST_DATA", Path(__file__).parents[2] / "shared" / "data"))


def seconds(call: Callable[[], Any]) -> float:
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def run() -> list[dict[str, Any]]:
    """Medians of interleaved rounds. The first opening, which checks and converts, is made before and not counted."""
    from torchvision.datasets import CIFAR10

    folder = data_folder()
    for split in ("train", "test"):
        datasets.load("cifar10", split, folder)

    def ours() -> None:
        for split in ("train", "test"):
            datasets.load("cifar10", split, folder)

    def theirs() -> None:
        for train in (True, False):
            CIFAR10(folder, train=train)

    pairs = [(seconds(ours), seconds(theirs)) for _ in range(ROUNDS)]
    ours_s, peer_s = (statistics.median(column) for column in zip(*pairs, strict=True))
    return [{
        "table": "Opening a data set", "what": "CIFAR-10, both splits, 60,000 images", "ours_s": ours_s,
        "peer": "torchvision.datasets.CIFAR10", "peer_s": peer_s, "ratio": peer_s / ours_s, "target": TARGET,
    }]


if __name__ == "__main__":
    for row in run():
        print(row)
