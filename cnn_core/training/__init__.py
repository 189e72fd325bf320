"""Training: a recipe says what, the loop does it, the files of the run say what came of it.

>>> from cnn_core.training import RECIPES
>>> RECIPES["lenet_course"].recipe.lr
0.1

A run is a folder:

- ``recipe.json``, ``network.json``: what was asked for, and what it came to (sizes, classes, normalisation, device);
- ``events.jsonl``: one JSON object a line: "start", "progress" (a few a second), "epoch", "end";
- ``epochs/0003.npz``: filters, maps and prediction of the pinned picture after that epoch, 0000 before the first;
- ``weights/last.safetensors`` and ``best.safetensors`` (by validation accuracy); ``resume.safetensors`` to go on from.

Names are imported on demand: reading and checking recipes imports no torch.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cnn_core.training.checking import Check as Check
    from cnn_core.training.checking import check as check
    from cnn_core.training.fields import Augmentation as Augmentation
    from cnn_core.training.loop import TrainResult as TrainResult
    from cnn_core.training.loop import train as train
    from cnn_core.training.recipe import Recipe as Recipe
    from cnn_core.training.recipes import RECIPES as RECIPES
    from cnn_core.training.recipes import RecipeRow as RecipeRow

_HOMES = {
    "Augmentation": "fields",
    "Recipe": "recipe",
    "RECIPES": "recipes", "RecipeRow": "recipes",
    "train": "loop", "TrainResult": "loop",
    "check": "checking", "Check": "checking",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *_HOMES])
