"""Optimisers and the course of the learning rate. Imports torch."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import nn

from cnn_core.training.recipe import Recipe

STEPS_DOWN = (0.5, 0.75)  # "step": a tenth of the rate after half of the way, a tenth again after three quarters (He et al. 2016)


def optimiser(network: nn.Module, recipe: Recipe, device: torch.device) -> torch.optim.Optimizer:
    """Over what learns; weight decay spares biases and normalisation (Goyal et al. 2017, arXiv:1706.02677, section 5.3)."""
    learning = [p for p in network.parameters() if p.requires_grad]
    decaying, spared = [p for p in learning if p.ndim > 1], [p for p in learning if p.ndim <= 1]
    groups = [{"params": decaying, "weight_decay": recipe.weight_decay}, {"params": spared, "weight_decay": 0.0}]
    if not recipe.weight_decay:  # one call a step instead of two; in the same order, which saved states count by
        groups = [{"params": decaying + spared, "weight_decay": 0.0}]
    groups = [group for group in groups if group["params"]]
    fused: dict[str, Any] = {"fused": True} if device.type in ("cpu", "cuda") else {}
    if recipe.optimiser == "sgd":
        nesterov = recipe.nesterov and recipe.momentum > 0
        return torch.optim.SGD(groups, lr=recipe.lr, momentum=recipe.momentum, nesterov=nesterov, **fused)
    if recipe.optimiser == "rmsprop":
        return torch.optim.RMSprop(groups, lr=recipe.lr, momentum=recipe.momentum, foreach=True)
    kind = torch.optim.Adam if recipe.optimiser == "adam" else torch.optim.AdamW
    return kind(groups, lr=recipe.lr, **fused)


def rate(recipe: Recipe, way: float) -> float:
    """The learning rate after a share ``way`` of the job, from 0 to 1.

    >>> from cnn_core.training import Recipe
    >>> one_cycle = Recipe("lenet5", "mnist", lr=0.4, schedule="one_cycle", warmup=0.25)
    >>> [round(rate(one_cycle, way), 2) for way in (0.0, 0.125, 0.25, 0.625, 1.0)]
    [0.0, 0.2, 0.4, 0.2, 0.0]
    """
    way = min(max(way, 0.0), 1.0)
    if way < recipe.warmup:
        return recipe.lr * way / recipe.warmup
    rest = (way - recipe.warmup) / (1 - recipe.warmup) if recipe.warmup < 1 else 1.0
    return recipe.lr * (recipe.final_lr + (1 - recipe.final_lr) * _fall(recipe.schedule, rest, way))


def _fall(schedule: str, rest: float, way: float) -> float:
    if schedule in ("linear", "one_cycle"):  # one cycle: up over the warm-up, down over the rest (Smith & Topin 2018)
        return 1 - rest
    if schedule == "cosine":  # Loshchilov & Hutter 2017, arXiv:1608.03983, without restarts
        return (1 + math.cos(math.pi * rest)) / 2
    if schedule == "step":
        return 0.1 ** sum(way >= place for place in STEPS_DOWN)
    return 1.0
