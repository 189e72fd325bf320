"""What a recipe came to when its run began: the run's ``network.json``. Imports torch."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from cnn_core.training import devices, networks
from cnn_core.training.batches import Data
from cnn_core.training.recipe import Recipe


def facts(recipe: Recipe, data: Data, network: nn.Module, device: torch.device, dtype: torch.dtype) -> dict[str, Any]:
    """Everything needed to build the network again and to give it pictures, and what it was trained on."""
    return {
        "architecture": recipe.architecture,
        "options": networks.options(recipe, data.input_shape, len(data.class_names)),
        "input_shape": data.input_shape,
        "num_classes": len(data.class_names),
        "class_names": data.class_names,
        "dataset": recipe.dataset,
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
