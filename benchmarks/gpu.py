"""Training on a GPU: against the course's loop, against the published record script, ResNet-18's way to 94 %, the first point.

``make bench-gpu`` installs what this needs beside the rest (``requirements-gpu.txt``) and runs it. The record script
(airbench94, package ``airbench``) reads CIFAR-10 from a folder of its own, which is linked to the real one here.
"""

from __future__ import annotations

import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

import torch

from benchmarks import course_loop
from benchmarks.__main__ import show
from benchmarks.first_point import first_point
from benchmarks.training import BATCH, CASES, COURSE, data_folder, ours
from cnn_core import architectures
from cnn_core.jobs import JobQueue
from cnn_core.training import RECIPES, train

ROUNDS = 3


def against_the_course() -> Iterator[dict[str, Any]]:
    device = torch.device("cuda")
    for what, recipe, _, _, pad, _, _ in CASES:
        images = 40_000
        train_set = course_loop.mnist(data_folder(), True, pad)
        peer = course_loop.train(architectures.build(recipe.architecture), train_set, images, BATCH, device)
        for batch in (BATCH, 1_024):
            ours(recipe, images, COURSE | {"batch": batch}, "cuda")  # warms up
            speed, accuracy = ours(recipe, images, COURSE | {"batch": batch}, "cuda")
            yield {
                "table": f"Training on {torch.cuda.get_device_name()}, seconds for 1,000 images",
                "what": f"{what}, batch {batch} (test accuracy {accuracy:.3f})", "ours_s": 1000 / speed,
                "peer": f"the course's loop, batch {BATCH}", "peer_s": 1000 / peer, "ratio": speed / peer, "target": "≥ 10×",
            }


def to_goal(recipe_id: str) -> tuple[float, float, float]:
    """Seconds of the loop, seconds from nothing to the end, and test accuracy without test-time augmentation."""
    with tempfile.TemporaryDirectory() as folder:
        start = time.perf_counter()
        result = train(RECIPES[recipe_id].recipe.replace(device="cuda"), folder, root=data_folder())
        wall = time.perf_counter() - start
        events = [json.loads(line) for line in (Path(folder) / "events.jsonl").read_text("utf-8").splitlines()]
    loop = sum(event["seconds"] for event in events if event["kind"] == "epoch")
    return loop, wall, result.test_accuracy or 0.0


@contextmanager
def record_folder() -> Iterator[None]:
    """A working directory in which the record script finds CIFAR-10 under ``cifar10``."""
    before = Path.cwd()
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "cifar10").mkdir()
        (Path(folder) / "cifar10" / "cifar-10-batches-py").symlink_to(data_folder().resolve() / "cifar-10-batches-py")
        os.chdir(folder)
        try:
            yield
        finally:
            os.chdir(before)


def against_the_record() -> Iterator[dict[str, Any]]:
    import airbench

    with record_folder():
        airbench.warmup94(verbose=False)
        peer = []
        for _ in range(ROUNDS):
            torch.cuda.synchronize()
            start = time.perf_counter()
            airbench.train94(verbose=False)
            torch.cuda.synchronize()
            peer.append(time.perf_counter() - start)
    runs = [to_goal("airbench94_cifar10") for _ in range(ROUNDS + 1)][1:]
    loop, wall, accuracy = (statistics.median(column) for column in zip(*runs, strict=True))
    peer_s = statistics.median(peer)
    table = f"94 % on CIFAR-10, {torch.cuda.get_device_name()}"
    yield {
        "table": table, "what": f"airbench94 in our loop: {accuracy:.4f} without test-time augmentation, wall time {wall:.1f} s",
        "ours_s": loop, "peer": "airbench.train94, with its test-time augmentation", "peer_s": peer_s, "ratio": peer_s / loop,
        "target": "≥ 1/3 at ≥ 94 %",
    }
    loop, wall, accuracy = to_goal("resnet18_cifar10")
    yield {
        "table": table, "what": f"ResNet-18: {accuracy:.4f}, whole wall time {wall:.1f} s", "ours_s": loop, "peer": "",
        "peer_s": None, "ratio": None, "target": "≤ 60 s at ≥ 94 %",
    }


def to_first_point() -> Iterator[dict[str, Any]]:
    data = patch.dict(os.environ, CONVOLAB_DATA=str(data_folder()))
    with data, tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as runs:  # the queue's own process ends a little later
        queue = JobQueue(runs)
        for recipe_id in ("lenet5_mnist", "resnet18_cifar10"):
            seconds = first_point(queue, RECIPES[recipe_id].recipe.replace(device="cuda"))
            yield {
                "table": f"A job's first point, {torch.cuda.get_device_name()}",
                "what": f"{recipe_id}: from its start to its first point, data set already there", "ours_s": seconds, "peer": "",
                "peer_s": None, "ratio": None, "target": "≤ 8 s",
            }  # fmt: skip
        queue.close()


def main() -> None:
    if not torch.cuda.is_available():
        sys.exit("there is no GPU here that torch can use: run this on a machine that has one")
    show([*to_first_point(), *against_the_course(), *against_the_record()])


if __name__ == "__main__":
    main()
