"""A few steps of a recipe, timed: ``python -m cnn_core.training.timing`` reads a recipe and writes what it found, both as JSON.

It trains as the loop does, on the recipe's own images, and keeps nothing. Imports torch.
"""

from __future__ import annotations

import dataclasses
import itertools
import json
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import torch
from torch import Tensor

from cnn_core.errors import ConvolabError
from cnn_core.training import batches, devices, metrics, networks
from cnn_core.training.allocator import keep_freed_memory
from cnn_core.training.costing import Speed
from cnn_core.training.loop import Run
from cnn_core.training.recipe import Recipe

SECONDS = 1.5           # of steps: enough for the figure to settle within some per cent
SLOW_STEP_S = 4.0       # a step that takes longer is timed on fewer images
PROBE = 16              # images a step, to find that out
WARM_UP = 2             # steps that are not counted: they choose algorithms and make room
AT_ONCE = 4             # steps between two looks at the clock
STEPS = 40              # images for so many are loaded


def measure(recipe: Recipe, root: str | None = None, seconds: float = SECONDS) -> Speed:
    """Raises what ``train`` raises before its first step."""
    probe = _steps(recipe.replace(batch=min(recipe.batch, PROBE)), root, 0.0)
    if recipe.batch <= PROBE or recipe.batch / probe.train > SLOW_STEP_S:
        return probe
    return _steps(recipe, root, seconds)


def _steps(recipe: Recipe, root: str | None, seconds: float) -> Speed:
    most = recipe.batch * STEPS
    few = recipe.replace(train_images=min(recipe.train_images or most, most), epochs=1, budget_s=0.0)
    with tempfile.TemporaryDirectory() as folder:
        run = Run(few, Path(folder), None, lambda: False, root)
        run.began = time.monotonic()
        run.network.train()
        networks.keep_frozen_still(run.network)
        for _ in range(WARM_UP):
            _timed(run, 1)
        images = spent = 0.0
        fastest = 0.0
        while spent < seconds or fastest == 0.0:
            for count in (1, 2, 4) if not seconds else (AT_ONCE,):
                done, took = _timed(run, count)
                images, spent = images + done, spent + took
                fastest = max(fastest, done / took)
        return Speed(images / spent if seconds else fastest, _evaluated(run), devices.describe(run.device))


def _timed(run: Run, steps: int) -> tuple[int, float]:
    """Take so many steps; how many images they were, and their seconds."""
    _wait(run.device)
    started, images = time.monotonic(), 0
    for inputs, labels in itertools.islice(_endless(run), steps):
        run._step(inputs, labels)
        images += len(labels)
    _wait(run.device)
    return images, max(time.monotonic() - started, 1e-6)


def _endless(run: Run) -> Iterator[tuple[Tensor, Tensor]]:
    while True:
        yield from batches.batches(run.data, run.recipe, run.step, run.generator)


def _evaluated(run: Run) -> float:
    """Images a second of validation, on as many as training was timed with, 500 at most."""
    split = run.data.train
    count = min(len(split), metrics.AT_ONCE, max(run.recipe.batch, 16))
    part = dataclasses.replace(split, images=split.images[:count], labels=split.labels[:count])
    metrics.score(run.network, run.data, part, run.dtype)
    _wait(run.device)
    started = time.monotonic()
    metrics.score(run.network, run.data, part, run.dtype)
    return count / max(time.monotonic() - started, 1e-6)


def _wait(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def main() -> int:
    keep_freed_memory()  # as the process of a job does
    try:
        found = dataclasses.asdict(measure(Recipe.from_json(sys.stdin.read())))
    except ConvolabError as error:
        found = {"error": error.code, "message": str(error)}
    print(json.dumps(found))
    return 0


if __name__ == "__main__":
    sys.exit(main())
