"""What a recipe came to when its run began: the run's ``network.json``. Imports torch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import nn

from cnn_core import datasets
from cnn_core.errors import DatasetError
from cnn_core.training import devices, networks
from cnn_core.training.batches import Data
from cnn_core.training.recipe import Recipe


def facts(
    recipe: Recipe, data: Data, network: nn.Module, device: torch.device, dtype: torch.dtype, root: str | None = None
) -> dict[str, Any]:
    """Everything needed to build the network again and to give it pictures, and what it was trained on."""
    return {
        "architecture": recipe.architecture,
        "options": networks.options(recipe, data.input_shape, len(data.class_names)),
        "input_shape": data.input_shape,
        "num_classes": len(data.class_names),
        "class_names": data.class_names,
        "dataset": recipe.dataset,
        "dataset_version": datasets.version(recipe.dataset, root),
        "mean": data.mean,
        "std": data.std,
        "parameters": sum(p.numel() for p in network.parameters()),
        "learning": sum(p.numel() for p in network.parameters() if p.requires_grad),
        "device": devices.describe(device),
        "precision": str(dtype).removeprefix("torch."),
        "torch": torch.__version__,
        "data": {"train": len(data.train), "validation": len(data.validation), "test": len(data.test)},
        "validated_on": "test" if data.validation is data.test else "train",
    }


def check_same_data(facts: Mapping[str, Any], root: str | None = None) -> None:
    """Hold a run's facts against the data set that has its name now: somebody's own may have been replaced.

    Raises:
        DatasetError: it is gone, or another one.
    """
    name = str(facts.get("dataset", ""))
    now = datasets.version(name, root)
    if now and facts.get("dataset_version", now) != now:
        datasets.describe(name, root)  # says so where it is gone
        raise DatasetError(
            f"the pictures {name.removeprefix('own:')!r} have been replaced since this run: start it anew with those that are there now",
            code="dataset_replaced", name=name.removeprefix("own:"),
        )
