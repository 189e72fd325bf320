"""What a job is, as everybody outside the queue sees it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any


class State(StrEnum):
    """Where a job stands. A job's process exists exactly in ``starting``, ``running`` and ``stopping``."""

    QUEUED = "queued"  # waits for a device
    STARTING = "starting"  # its process loads torch and the data
    RUNNING = "running"
    STOPPING = "stopping"  # asked to save and end; its process is still there
    FINISHED = "finished"
    STOPPED = "stopped"  # before its end, on purpose
    FAILED = "failed"  # the reason says what went wrong
    LOST = "lost"  # its process is gone and left no word

    @property
    def is_active(self) -> bool:
        return self in ACTIVE

    @property
    def is_over(self) -> bool:
        return self in OVER


ACTIVE = (State.STARTING, State.RUNNING, State.STOPPING)
OVER = (State.FINISHED, State.STOPPED, State.FAILED, State.LOST)
RESUMABLE = (State.STOPPED, State.FAILED, State.LOST)
DIVERGED = ("nan_loss", "diverged")  # reasons: what such a run has saved goes the same way again


@dataclass(frozen=True)
class Change:
    """A job came into a state.

    Attributes:
        time: wall clock, in seconds since 1970; for people, never compared.
        reason: a code of `cnn_core.jobs.reasons.REASONS`, an error's code, or "".
        facts: what the reason's sentence mentions, by name.
    """

    state: State
    reason: str
    facts: Mapping[str, Any]
    time: float


@dataclass(frozen=True)
class Job:
    """One job of the queue.

    Attributes:
        id: name of its folder, too.
        name: what its owner calls it; may be "".
        session: whose it is; decides the order of the queue only.
        recipe_json: the recipe as it was submitted.
        run_dir: where its files are, or will be.
        history: every state it has been in, the present one last.
        position: 1 for the job that starts next; None unless queued.
        device: what it computes on ("cuda:0", "cpu"); "" before it has started.
        wants: the device its recipe asks for ("auto", "cpu", "cuda", "cuda:1", "mps").
        budget_s: seconds of training after which it is stopped; None for no limit.
        attempt: how many times it was started.
        created, started, ended: wall clock, in seconds since 1970, for people; ``started`` and ``ended`` are of the last attempt.
    """

    id: str
    name: str
    tags: tuple[str, ...]
    session: str
    recipe_json: str
    run_dir: Path
    history: tuple[Change, ...]
    position: int | None = None
    device: str = ""
    wants: str = "auto"
    budget_s: float | None = None
    attempt: int = 0
    created: float = 0.0
    started: float | None = None
    ended: float | None = None

    @property
    def state(self) -> State:
        return self.history[-1].state

    @property
    def reason(self) -> str:
        return self.history[-1].reason

    @property
    def facts(self) -> Mapping[str, Any]:
        return self.history[-1].facts

    @property
    def recipe(self) -> Mapping[str, Any]:
        """The recipe's fields; empty where its text is not a JSON object."""
        return read_object(self.recipe_json)

    @property
    def can_resume(self) -> bool:
        return self.state in RESUMABLE and not self.has_diverged

    @property
    def has_diverged(self) -> bool:
        return self.state is State.FAILED and self.reason in DIVERGED


def read_object(text: str | bytes) -> dict[str, Any]:
    """A JSON object, or an empty one where the text is something else."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def read_figure(value: Any) -> float | None:
    """A number that an event tells; None where it is none."""
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


@dataclass(frozen=True)
class Summary:
    """The last figures of a run; None where it has not told any yet.

    Attributes:
        images_per_s, loss, accuracy: the newest reading, of some steps.
        train_loss: of the last epoch that is done.
        epoch_images, epoch_s: of all epochs that are done, together; validation and saving not counted.
    """

    step: int | None = None
    epoch: float | None = None
    elapsed_s: float | None = None
    left_s: float | None = None
    images_per_s: float | None = None
    loss: float | None = None
    accuracy: float | None = None
    validation_loss: float | None = None
    validation_accuracy: float | None = None
    best_validation_accuracy: float | None = None
    test_accuracy: float | None = None
    train_loss: float | None = None
    epoch_images: float | None = None
    epoch_s: float | None = None

    @property
    def mean_images_per_s(self) -> float | None:
        """Over all epochs that are done."""
        return self.epoch_images / self.epoch_s if self.epoch_images and self.epoch_s else None


@dataclass(frozen=True)
class Curve:
    """A run's figures as columns, ready for a chart.

    Attributes:
        progress: columns of the ``progress`` events, thinned; every column as long as the others, None where a figure is missing.
        epochs: columns of the ``epoch`` events, all of them.
        version: the same for the same curve; changes when there is more to draw.
    """

    progress: Mapping[str, tuple[float | None, ...]] = field(default_factory=dict)
    epochs: Mapping[str, tuple[float | None, ...]] = field(default_factory=dict)
    version: int = 0
