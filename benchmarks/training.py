"""Images a second of our loop against the course's own, on this machine's processor: same network, batch, epochs and images.

Each side has a process of its own, ours set up as the process of a job is.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import statistics
import tempfile
from pathlib import Path
from typing import Any

import torch

from benchmarks import course_loop
from cnn_core import architectures
from cnn_core.training import RECIPES, Recipe, train
from cnn_core.training.allocator import keep_freed_memory

ROUNDS = 7
BATCH = 64  # the course's
# what, network, the app's recipe for a processor, images, padding the course needs, targets: at the course's settings, at the app's
CASES = (
    ("LeNet-5 on MNIST", Recipe("lenet5", "mnist", input_size=32), "lenet5_mnist_minute", 20_000, 2, "≥ 3×", "≥ 4.5×"),
    ("MNIST CNN", Recipe("mnist_cnn", "mnist"), "mnist_cnn_mnist_minute", 6_000, 0, "≥ 1.5×", "≥ 1.8×"),
)
COURSE = {"optimiser": "adam", "lr": 1e-3, "schedule": "constant", "batch": BATCH}


def own(recipe: str) -> dict[str, Any]:
    """The app's own batch, rate and schedule; its shifted pictures and averaged weights are left out, for the course has neither."""
    row = RECIPES[recipe].recipe
    return {name: getattr(row, name) for name in ("optimiser", "lr", "schedule", "warmup", "batch")}


def data_folder() -> Path:
    """Where the real data set is, in torchvision's layout."""
    return Path(os.environ.get("CONVOLAB_TEST_DATA", Path(__file__).parents[2] / "shared" / "data"))


def ours(recipe: Recipe, images: int, settings: dict[str, Any], device: str = "cpu") -> tuple[float, float]:
    """Images a second of one epoch, and test accuracy."""
    with tempfile.TemporaryDirectory() as folder:
        chosen = recipe.replace(epochs=1, validation_images=10_000, train_images=images, device=device, **settings)
        result = train(chosen, folder, root=data_folder())
        events = [json.loads(line) for line in (Path(folder) / "events.jsonl").read_text("utf-8").splitlines()]
    epoch = next(event for event in events if event["kind"] == "epoch")
    return images / epoch["seconds"], result.test_accuracy or 0.0


def theirs(architecture: str, images: int, batch: int, pad: int) -> tuple[float, float]:
    """The same of the course's loop."""
    device = torch.device("cpu")
    network = architectures.build(architecture)
    speed = course_loop.train(network, course_loop.mnist(data_folder(), True, pad), images, batch, device)
    return speed, course_loop.accuracy(network, course_loop.mnist(data_folder(), False, pad), device)


def run() -> list[dict[str, Any]]:
    """Rounds in which each side has its turn; a ratio is the median of the rounds', since a shared machine is fast and slow by turns."""
    rows = []
    spawn = multiprocessing.get_context("spawn")
    with spawn.Pool(1) as course, spawn.Pool(1, keep_freed_memory) as app:
        for what, recipe, own_row, images, pad, same_target, own_target in CASES:
            sides: tuple[tuple[str, dict[str, Any], str], ...] = (
                ("the same settings", COURSE, same_target), ("the app's own", own(own_row), own_target),
            )
            peer: list[tuple[float, float]] = []
            measured: list[list[tuple[float, float]]] = [[] for _ in sides]
            for _ in range(ROUNDS + 1):  # the first warms up and is not counted
                peer.append(course.apply(theirs, (recipe.architecture, images, BATCH, pad)))
                for column, (_, settings, _) in zip(measured, sides, strict=True):
                    column.append(app.apply(ours, (recipe, images, settings)))
            for column, (which, settings, target) in zip(measured, sides, strict=True):
                ratio = statistics.median(mine[0] / its[0] for mine, its in zip(column[1:], peer[1:], strict=True))
                accuracy, peer_accuracy = (statistics.median(round_[1] for round_ in side[1:]) for side in (column, peer))
                rows.append({
                    "table": "Training on a processor, seconds for 1,000 images",
                    "what": f"{what}, {which}: batch {settings['batch']}, {images:,} images "
                    f"(test accuracy {accuracy:.3f}, course's {peer_accuracy:.3f})",
                    "ours_s": 1000 / statistics.median(speed for speed, _ in column[1:]),
                    "peer": f"the course's loop, batch {BATCH}",
                    "peer_s": 1000 / statistics.median(speed for speed, _ in peer[1:]),
                    "ratio": ratio, "target": target,
                })
    return rows


if __name__ == "__main__":
    for row in run():
        print(row)
