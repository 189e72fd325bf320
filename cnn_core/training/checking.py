"""What only the network can tell of a recipe, before it is started: whether it fits the pictures, and how large it is.

Imports torch; computes nothing: the network is built and run on torch's ``meta`` device, on shapes alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from cnn_core import architectures, datasets, weights
from cnn_core.errors import ConvolabError, RecipeError
from cnn_core.training import batches, metrics, networks, validating
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
    """Hold a recipe against the data that are here and the network itself.

    Raises:
        RecipeFaults: with everything that keeps it from being trained, in words; where it is only one thing, that error itself.
    """
    recipe.validate()
    faults: list[ConvolabError] = []
    with _gathered(faults):
        _check_weights(recipe)
    pictures = None
    with _gathered(faults):
        pictures = datasets.load(recipe.dataset, "train")
    if pictures is None:
        raise validating.as_one(faults)
    height, width, channels = pictures.images.shape[1:]
    shape = (channels, recipe.input_size or height, recipe.input_size or width)
    with _gathered(faults):
        batches.check_counts(recipe, len(pictures), shape)
    parameters = 0
    with _gathered(faults):
        options = networks.options(recipe, shape, len(pictures.class_names))
        network = _on_meta(recipe.architecture, options)
        parameters = sum(p.numel() for p in network.parameters())
        networks.check_first_filters(network, recipe)
        _run_through(network, shape, recipe, batches.smallest_batch(recipe, len(pictures)))
    validating.refuse(faults)
    return Check(shape, len(pictures.class_names), parameters)


@contextmanager
def _gathered(faults: list[ConvolabError]) -> Iterator[None]:
    """Go on behind a fault, and keep it."""
    try:
        yield
    except ConvolabError as fault:
        faults.extend(validating.each(fault))


def _check_weights(recipe: Recipe) -> None:
    """Whether the weights to start from are here; whether their tensors fit is seen when they are taken over."""
    if recipe.weights:
        source = weights.get_source(recipe.architecture, recipe.weights)
        if not source.is_here:
            raise RecipeError(
                f"the weights {recipe.weights!r} are not here: fetch them on the page of feature maps, or choose others",
                code="recipe_weights_absent", weights=recipe.weights,
            )


def _on_meta(architecture: str, options: dict[str, Any]) -> nn.Module:
    """Built without memory where its constructor can do so, and moved there where it cannot."""
    try:
        with torch.device("meta"):
            return architectures.build(architecture, **options)
    except (RuntimeError, NotImplementedError):
        return architectures.build(architecture, **options).to("meta")


def _run_through(network: nn.Module, shape: tuple[int, int, int], recipe: Recipe, batch: int) -> None:
    """A small batch in train mode, on shapes alone; a layer that cannot take what reaches it is named."""
    reached: list[tuple[str, tuple[int, ...]]] = []
    names = {module: name for name, module in network.named_modules()}
    handles = [
        module.register_forward_pre_hook(lambda m, inputs: reached.append((names[m], tuple(inputs[0].shape[1:]))))
        for module in network.modules() if not any(True for _ in module.children())
    ]
    network.train()
    try:
        _forward(network, 2, shape)
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
    if batch == 1:
        try:
            _forward(network, 1, shape)
        except (RuntimeError, ValueError) as error:  # normalisation over a batch, where one value is left a channel
            raise RecipeError(
                f"{recipe.architecture} normalises over the images of a batch, and cannot learn from one image at a time: take batches "
                "of 2 or more, of 2 images or more",
                code="recipe_batch_of_one", architecture=recipe.architecture,
            ) from error


def _forward(network: nn.Module, count: int, shape: tuple[int, int, int]) -> None:
    metrics.logits_of(network(torch.empty((count, *shape), device="meta")))
