"""How long a recipe takes on this device: from runs that were made here, or from a few steps of its own. Never guessed.

Imports no torch; the few steps are taken by ``cnn_core.training.timing``, in a process of its own.
"""

from __future__ import annotations

import dataclasses
import itertools
import json
import statistics
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from cnn_core.training.adapting import counts
from cnn_core.training.recipe import Recipe

# What the speed of one step does not depend on: how many steps there are, and what the numbers in it are.
INDIFFERENT = (
    "name", "initialisation", "weights", "train_images", "validation_images", "normalisation", "lr", "momentum", "nesterov",
    "weight_decay", "label_smoothing", "schedule", "warmup", "final_lr", "epochs", "budget_s", "seed", "pinned",
)


@dataclass(frozen=True)
class Speed:
    """Images a second on one device.

    Attributes:
        train: while training, validation left out.
        evaluate: while validating.
        device: what it was measured on, in words.
        run: id of the run it was taken from; "" where it was measured for itself.
    """

    train: float
    evaluate: float
    device: str
    run: str = ""

    def epoch_s(self, recipe: Recipe) -> float:
        """Seconds of one epoch: its training images, and the validation after it."""
        train, validation, _ = counts(recipe)
        return train / self.train + validation / self.evaluate

    def total_s(self, recipe: Recipe) -> float:
        """Seconds of the whole job, the test at its end included; at most its budget and that test."""
        _, _, test = counts(recipe)
        loop = self.epoch_s(recipe) * recipe.epochs
        return (min(loop, recipe.budget_s) if recipe.budget_s else loop) + test / self.evaluate


def speed_key(recipe: Recipe) -> str:
    """Recipes with the same key take the same time for an image.

    >>> a = Recipe("lenet5", "mnist", lr=0.1)
    >>> speed_key(a) == speed_key(a.replace(lr=0.2, epochs=9)), speed_key(a) == speed_key(a.replace(batch=64))
    (True, False)
    """
    values = {f.name: getattr(recipe, f.name) for f in dataclasses.fields(recipe) if f.name not in INDIFFERENT}
    values |= {"augmentation": dataclasses.asdict(recipe.augmentation), "options": dict(recipe.options), "averaging": recipe.averaging > 0}
    return json.dumps(values, sort_keys=True)


def speed_of_run(events: Iterable[Mapping[str, Any]], facts: Mapping[str, Any], run: str) -> Speed | None:
    """What a run's own events say; None before its second epoch is over: the first one holds what is done once."""
    epochs = [event for event in events if event.get("kind") == "epoch"]
    if len(epochs) < 2:
        return None
    data = facts.get("data", {})
    seconds = [float(event["seconds"]) for event in epochs[1:]]
    walls = [float(b["elapsed_s"]) - float(a["elapsed_s"]) for a, b in itertools.pairwise(epochs)]
    after = [wall - spent for wall, spent in zip(walls, seconds, strict=True) if wall > spent > 0]
    if not after or not data.get("train") or not data.get("validation"):
        return None
    return Speed(
        data["train"] / statistics.median(seconds), data["validation"] / statistics.median(after), str(facts.get("device", "")), run,
    )
