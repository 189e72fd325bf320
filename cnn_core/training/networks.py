"""The network of a job: built for the data, its first weights drawn or loaded, the layers that learn chosen. Imports torch."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor, nn

from cnn_core import architectures, kernels
from cnn_core.errors import RecipeError
from cnn_core.training.batches import Data
from cnn_core.training.recipe import Recipe

WHITENING_IMAGES = 5_000  # Jordan (2024), arXiv:2404.00498
WHITENING_FLOOR = 5e-4    # added to the variances, from the same source
HAND_MADE = (
    "horizontal", "vertical", "laplacian", "diagonal_falling", "diagonal_rising", "sobel_x", "sobel_y", "gaussian", "sharpen", "emboss",
)


def options(recipe: Recipe, input_shape: tuple[int, int, int], num_classes: int) -> dict[str, Any]:
    """What ``architectures.build`` takes for this recipe and these pictures."""
    row = architectures.get(recipe.architecture)
    return {**row.options_for(input_shape), "num_classes": num_classes, **recipe.options}


def build(recipe: Recipe, data: Data) -> nn.Module:
    """On the CPU, in train mode, with ``requires_grad`` off where a layer does not learn.

    Raises:
        ArchitectureError: it cannot be built for these pictures.
        WeightsError: the weights to start from are not here, or are another network's.
    """
    network = architectures.build(
        recipe.architecture, seed=recipe.seed, **options(recipe, data.input_shape, len(data.class_names))
    )
    _initialise(network, recipe)
    new = set(_take_over(network, recipe)) if recipe.weights else set()
    _first_filters(network, recipe, data)
    _freeze(network, recipe, new)
    return network.train()


def _initialise(network: nn.Module, recipe: Recipe) -> None:
    if recipe.initialisation == "torch":
        return
    draw = {"glorot": nn.init.xavier_uniform_, "he": nn.init.kaiming_normal_}[recipe.initialisation]
    generator = torch.Generator().manual_seed(recipe.seed)
    for module in weighted(network):
        draw(module.weight, generator=generator)
        if isinstance(module.bias, Tensor):
            nn.init.zeros_(module.bias)


def weighted(network: nn.Module) -> Iterator[Any]:
    """Its convolutions and linear layers, in the order of the code."""
    return (m for m in network.modules() if isinstance(m, (nn.modules.conv._ConvNd, nn.Linear)))


def _take_over(network: nn.Module, recipe: Recipe) -> list[str]:
    """Copy the weights that fit; gives the names of those that do not, and start anew (another number of classes)."""
    from cnn_core import weights

    given = weights.network(weights.get_source(recipe.architecture, recipe.weights)).state_dict()
    own = network.state_dict()
    fitting = {name: tensor for name, tensor in given.items() if name in own and own[name].shape == tensor.shape}
    if not any(name.endswith("weight") for name in fitting):
        raise RecipeError(
            f"none of the weights of {recipe.weights!r} fits {recipe.architecture} as it is built here",
            code="recipe_weights_do_not_fit", weights=recipe.weights, architecture=recipe.architecture,
        )
    network.load_state_dict(fitting, strict=False)
    return [name for name in own if name not in fitting]


def first_convolution(network: nn.Module) -> nn.Conv2d:
    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            return module
    raise RecipeError("the network has no convolution whose filters could be set", code="recipe_no_convolution")


def check_first_filters(network: nn.Module, recipe: Recipe) -> None:
    """Whether the network has a first convolution that can be set as the recipe says.

    Raises:
        RecipeError: it has none, or one that cannot whiten.
    """
    if recipe.first_filters != "learned":
        layer = first_convolution(network)
        if recipe.first_filters == "whitening":
            _check_whitening(layer)


def _first_filters(network: nn.Module, recipe: Recipe, data: Data) -> None:
    if recipe.first_filters == "learned":
        return
    layer = first_convolution(network)
    with torch.no_grad():
        if recipe.first_filters == "whitening":
            layer.weight.copy_(whitening(data, layer))
        else:
            layer.weight.copy_(hand_made(layer))
            if layer.bias is not None:
                layer.bias.zero_()
    if recipe.first_filters in ("whitening", "hand_made_fixed"):
        layer.weight.requires_grad_(False)


def hand_made(layer: nn.Conv2d) -> Tensor:
    """The table's kernels as filters of this layer: in the middle of the window, over all channels alike, of the layer's own mean norm.

    More filters than kernels: the next ones are those with the sign turned, then turned by 90°. A window smaller than a kernel
    takes its middle.
    """
    shape = layer.weight.shape
    norm = layer.weight.flatten(1).norm(dim=1).mean()
    names = [name for name in HAND_MADE if name in kernels.KERNELS]
    filters = torch.zeros(shape)
    for index in range(shape[0]):
        turn, place = divmod(index, len(names))
        weights = kernels.KERNELS[names[place]].weights * (-1) ** turn
        filters[index] = _placed(torch.from_numpy(weights.copy()).float().rot90(turn // 2), shape[2], shape[3])
    return filters / filters.flatten(1).norm(dim=1).clamp_min(1e-12).view(-1, 1, 1, 1) * norm


def _placed(kernel: Tensor, height: int, width: int) -> Tensor:
    """The kernel in the middle of a window of zeros, or its middle where the window is smaller."""
    window = torch.zeros(height, width)
    rows, columns = min(height, kernel.shape[0]), min(width, kernel.shape[1])
    top, left = (kernel.shape[0] - rows) // 2, (kernel.shape[1] - columns) // 2
    y, x = (height - rows) // 2, (width - columns) // 2
    window[y : y + rows, x : x + columns] = kernel[top : top + rows, left : left + columns]
    return window


def whitening(data: Data, layer: nn.Conv2d) -> Tensor:
    """Filters whose responses on the training images' patches are uncorrelated and of equal variance: the patches'
    principal directions, scaled, first as they are and then with the sign turned (Jordan 2024, arXiv:2404.00498).

    Raises:
        RecipeError: the layer has another number of filters than twice the numbers in a patch.
    """
    _check_whitening(layer)
    count, channels, height, width = layer.weight.shape
    size = channels * height * width
    pixels = data.normalised(data.train.images[:WHITENING_IMAGES].cpu())
    patches = pixels.unfold(2, height, 1).unfold(3, width, 1).permute(0, 2, 3, 1, 4, 5).reshape(-1, size)
    variances, directions = torch.linalg.eigh((patches.T @ patches / len(patches)).double())
    scaled = directions.T.flip(0) / (variances.flip(0) + WHITENING_FLOOR).sqrt().unsqueeze(1)
    half = scaled.float().view(size, channels, height, width)
    return torch.cat([half, -half])[:count]


def _check_whitening(layer: nn.Conv2d) -> None:
    count, size = layer.weight.shape[0], layer.weight[0].numel()
    if count > 2 * size:
        raise RecipeError(
            f"{count} filters cannot whiten patches of {size} numbers: at most {2 * size} can",
            code="recipe_whitening_shape", filters=count, most=2 * size,
        )


def _freeze(network: nn.Module, recipe: Recipe, new: set[str]) -> None:
    if recipe.tuned == "all":
        return
    layers = [name for name, module in network.named_modules() if any(True for _ in module.parameters(recurse=False))]
    keep = 1 if recipe.tuned == "last" else max(1, len(layers) // 3)
    learning = set(layers[-keep:])
    for name, parameter in network.named_parameters():
        if name.rpartition(".")[0] not in learning and name not in new:
            parameter.requires_grad_(False)


def keep_frozen_still(network: nn.Module) -> None:
    """Batch normalisation whose own weights do not learn keeps its running statistics too: eval mode. After ``train()``."""
    for module in network.modules():
        own = list(module.parameters(recurse=False))
        if isinstance(module, nn.modules.batchnorm._BatchNorm) and own and not any(p.requires_grad for p in own):
            module.eval()
