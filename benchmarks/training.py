"""Images a second of our loop against the course's own, on this machine's processor: same network, batch, epochs and images."""

from __future__ import annotations

import json
import os
import statistics
import tempfile
from pathlib import Path
from typing import Any

import torch

from benchmarks import course_loop
from cnn_core import architectures
from cnn_core.training import Recipe, train

ROUNDS = 3
BATCH = 64  # the course's
CASES = (  # what, recipe, images, padding the course needs, targets: at the same settings, and at the app's own batch of 256
    ("LeNet-5 on MNIST", Recipe("lenet5", "mnist", input_size=32), 20_000, 2, "≥ 3×", "≥ 4.5×"),
    ("MNIST CNN", Recipe("mnist_cnn", "mnist"), 6_000, 0, "≥ 1.5×", "≥ 1.8×"),
)
SAME = {"optimiser": "adam", "lr": 1e-3, "schedule": "constant", "epochs": 1, "validation_images": 10_000}


def data_folder() -> Path:
    """Where the real data set is, in torchvision's layout."""
    return Path(os.environ.get("CONVOLAB_TEST_DATA", Path(__file__).parents[2] / "shared" / "data"))


def ours(recipe: Recipe, images: int, batch: int, device: str = "cpu") -> tuple[float, float]:
    """Images a second of one epoch, and test accuracy."""
    with tempfile.TemporaryDirectory() as folder:
        chosen = recipe.replace(**SAME, train_images=images, batch=batch, device=device)
        result = train(chosen, folder, root=data_folder())
        events = [json.loads(line) for line in (Path(folder) / "events.jsonl").read_text("utf-8").splitlines()]
    epoch = next(event for event in events if event["kind"] == "epoch")
    return images / epoch["seconds"], result.test_accuracy or 0.0


def run() -> list[dict[str, Any]]:
    """Medians of interleaved rounds; one round before them warms up and is not counted."""
    rows = []
    device = torch.device("cpu")
    for what, recipe, images, pad, same_target, own_target in CASES:
        train_set = course_loop.mnist(data_folder(), True, pad)
        theirs: list[float] = []
        own: dict[int, list[tuple[float, float]]] = {BATCH: [], 256: []}
        for _ in range(ROUNDS + 1):
            network = architectures.build(recipe.architecture)
            theirs.append(course_loop.train(network, train_set, images, BATCH, device))
            for batch, speeds in own.items():
                speeds.append(ours(recipe, images, batch))
        theirs_accuracy = course_loop.accuracy(network, course_loop.mnist(data_folder(), False, pad), device)
        peer = statistics.median(theirs[1:])
        for (batch, speeds), target in zip(own.items(), (same_target, own_target), strict=True):
            speed, accuracy = (statistics.median(column) for column in zip(*speeds[1:], strict=True))
            rows.append({
                "table": "Training on a processor, seconds for 1,000 images",
                "what": f"{what}, batch {batch}, {images:,} images (test accuracy {accuracy:.3f}, course's {theirs_accuracy:.3f})",
                "ours_s": 1000 / speed, "peer": f"the course's loop, batch {BATCH}", "peer_s": 1000 / peer,
                "ratio": speed / peer, "target": target,
            })
    return rows


if __name__ == "__main__":
    for row in run():
        print(row)
