"""What only the network can tell of a recipe, before it is started: whether it fits the pictures, and how large it is.

Imports torch; computes nothing: the network is built and run on torch's ``meta`` device, on shapes alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from cnn_core import architectures, datasets
from cnn_core.errors import RecipeError
from cnn_core.training import metrics, networks
from cnn_core.training.recipe import Recipe


@dataclass(frozen=True)
class Check:
    """What a recipe comes to.

    Attributes:
        input_shape: (C, H, W) of the pictures as the network gets them.
        parameters: of the whole network.
    """

    input_shape: tuple[int, int, int]
    num_classes: int
    parameters: int


def check(recipe: Recipe) -> Check:
    """Raises RecipeError, with the reason in words, where the recipe cannot be trained."""
    recipe.validate()
    pictures = datasets.load(recipe.dataset, "train")
    height, width, channels = pictures.images.shape[1:]
    shape = (channels, recipe.input_size or height, recipe.input_size or width)
    options = networks.options(recipe, shape, len(pictures.class_names))
    network = _on_meta(recipe.architecture, options)
    _run_through(network, shape, recipe)
    return Check(shape, len(pictures.class_names), sum(p.numel() for p in network.parameters()))


def _on_meta(architecture: str, options: dict[str, Any]) -> nn.Module:
    """Built without memory where its constructor can do so, and moved there where it cannot."""
    try:
        with torch.device("meta"):
            return architectures.build(architecture, **options)
    except (RuntimeError, NotImplementedError):
        return architectures.build(architecture, **options).to("meta")


def _run_through(network: nn.Module, shape: tuple[int, int, int], recipe: Recipe) -> None:
    """Two pictures in train mode, on shapes alone; a layer that cannot take what reaches it is named."""
    reached: list[tuple[str, tuple[int, ...]]] = []
    names = {module: name for name, module in network.named_modules()}
    handles = [
        module.register_forward_pre_hook(lambda m, inputs: reached.append((names[m], tuple(inputs[0].shape[1:]))))
        for module in network.modules() if not any(True for _ in module.children())
    ]
    network.train()
    try:
        metrics.logits_of(network(torch.empty((2, *shape), device="meta")))
    except (RuntimeError, ValueError) as error:
        layer, found = reached[-1] if reached else ("", shape)
        size = "×".join(map(str, found))
        raise RecipeError(
            f"{recipe.architecture} does not fit pictures of {shape[1]}×{shape[2]}: at {layer!r} only {size} is left; "
            "choose a larger input size, or the network's form for small pictures",
            code="recipe_no_pixels_left", architecture=recipe.architecture, height=shape[1], width=shape[2], layer=layer, left=size,
        ) from error
    finally:
        for handle in handles:
            handle.remove()
