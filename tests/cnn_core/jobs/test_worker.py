"""A real job of the real loop, on scikit-learn's digits: killed, resumed, and the same as one that was left alone."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cnn_core import training
from cnn_core.errors import RecipeError
from cnn_core.jobs import JobQueue, State
from cnn_core.jobs.worker import train
from cnn_core.training import Recipe
from tests.cnn_core.jobs.conftest import Lab

RECIPE = Recipe(
    "lenet5", "digits", input_size=32, epochs=4, batch=64, validation_images=200, device="cpu", deterministic=True
)


class RealLab(Lab):
    patience_s = 300.0  # importing torch takes half a minute on a machine that does six other things

    def open_queue(self) -> JobQueue:
        return JobQueue(self.runs_dir)


@pytest.fixture
def real_lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[RealLab]:
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    made = RealLab(tmp_path / "runs")
    try:
        yield made
    finally:
        made.close()


def told(run_dir: Path) -> list[tuple[Any, ...]]:
    lines = (run_dir / "events.jsonl").read_text().splitlines()
    epochs = [event for line in lines if (event := json.loads(line))["kind"] == "epoch"]
    names = ("done", "step", "train_loss", "train_accuracy", "validation_loss", "validation_accuracy")
    return [tuple(epoch[name] for name in names) for epoch in epochs]


def test_killed_and_resumed_is_the_same_as_left_alone(real_lab: RealLab, tmp_path: Path) -> None:
    queue = real_lab.queue
    job_id = queue.submit(RECIPE)
    real_lab.until(lambda: len(queue.curve(job_id).epochs["done"]) >= 1, "one epoch")
    worker = real_lab.worker(job_id)
    assert worker is not None
    os.kill(worker.pid, signal.SIGKILL)
    assert real_lab.until_over(job_id).state is State.LOST
    queue.resume(job_id)
    job = real_lab.until_over(job_id)
    assert (job.state, job.reason) == (State.FINISHED, "epochs_done")
    alone = left_alone(tmp_path / "alone")
    assert told(job.run_dir) == told(tmp_path / "alone")
    assert [epoch[0] for epoch in told(job.run_dir)] == [1, 2, 3, 4]
    assert queue.summary(job_id).test_accuracy == pytest.approx(alone, abs=1e-6)


def left_alone(run_dir: Path) -> float | None:
    """The same recipe in this process, on one thread as the workers use."""
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        return training.train(RECIPE, run_dir).test_accuracy
    finally:
        torch.set_num_threads(threads)
        torch.use_deterministic_algorithms(False)


def test_what_torch_says_in_numbers_is_said_in_words(tmp_path: Path) -> None:
    """LeNet-5 has no pixels left on 8×8 pictures; torch only speaks of a padded input size."""
    with pytest.raises(RecipeError) as caught:
        train(RECIPE.replace(input_size=8).to_json(), tmp_path / "run", lambda event: None, lambda: False, False)
    assert caught.value.code == "recipe_no_pixels_left"
