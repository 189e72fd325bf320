"""The data of a job: uint8 tensors on the device, from which batches are cut, altered and normalised there. Imports torch."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from cnn_core import datasets, images
from cnn_core.errors import RecipeError
from cnn_core.training.fields import Augmentation
from cnn_core.training.recipe import Recipe

IMAGENET = ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))  # torchvision's figures, of values in 0 to 1
PADDED_AT_MOST = 4  # px by which a picture is widened with zeros rather than stretched: MNIST's 28 for LeNet-5's 32
MEMORY_LIMIT = 8 << 30  # bytes of one job's images: more would push a laptop into swapping
SPLIT_SEED = 0  # which images are held out does not depend on the recipe's seed: runs that differ in it validate alike


@dataclass(frozen=True, eq=False)
class Split:
    """Images (N, C, H, W) uint8 and labels (N,) int64 on the device; ``indices`` are their numbers in the data set's split."""

    images: Tensor
    labels: Tensor
    indices: np.ndarray
    source: str

    def __len__(self) -> int:
        return len(self.labels)


@dataclass(frozen=True, eq=False)
class Data:
    """What a recipe trains, validates and tests on; ``mean`` and ``std`` of values in 0 to 1, one a channel."""

    train: Split
    validation: Split
    test: Split
    class_names: tuple[str, ...]
    mean: tuple[float, ...]
    std: tuple[float, ...]

    @property
    def input_shape(self) -> tuple[int, int, int]:
        channels, height, width = self.train.images.shape[1:]
        return int(channels), int(height), int(width)

    def normalised(self, batch: Tensor) -> Tensor:
        """uint8 (N, C, H, W) → float32 with the recipe's normalisation."""
        scale, shift = (figures.to(batch.device) for figures in self._scale_and_shift)
        return batch.to(torch.float32, copy=True).mul_(scale).add_(shift)  # three times as fast as one addcmul over broadcast figures

    @functools.cached_property
    def _scale_and_shift(self) -> tuple[Tensor, Tensor]:
        """Kept on the device of the images: a copy to it at every batch would make it wait."""
        device = self.train.images.device
        scale = torch.tensor([1 / (255 * s) for s in self.std], device=device).view(1, -1, 1, 1)
        shift = torch.tensor([-m / s for m, s in zip(self.mean, self.std, strict=True)], device=device).view(1, -1, 1, 1)
        return scale, shift


def load(recipe: Recipe, device: torch.device, root: str | None = None) -> Data:
    """Raises:
    DatasetError: the data set is not here.
    RecipeError: more images are held out than there are, or the images would not fit into memory.
    """
    train_set, test_set = datasets.load(recipe.dataset, "train", root), datasets.load(recipe.dataset, "test", root)
    order = np.random.default_rng(SPLIT_SEED).permutation(len(train_set))
    held = recipe.validation_images
    check_counts(recipe, len(train_set), (train_set.images.shape[3], *train_set.images.shape[1:3]))
    chosen = order[held : held + recipe.train_images] if recipe.train_images else order[held:]
    train = _split(train_set, np.sort(chosen), recipe, device)
    test = _split(test_set, np.arange(len(test_set)), recipe, device)
    validation = _split(train_set, np.sort(order[:held]), recipe, device) if held else test
    mean, std = _statistics(recipe, train.images)
    return Data(train, validation, test, train_set.class_names, mean, std)


def check_counts(recipe: Recipe, images_total: int, shape: tuple[int, int, int]) -> None:
    """Whether images are left to train on, and fit into memory.

    Args:
        images_total: of the data set's training split.
        shape: (C, H, W) of one image.
    """
    held = recipe.validation_images
    if held >= images_total:
        raise RecipeError(
            f"{held} images held out for validation leave none of the {images_total} to train on",
            code="recipe_nothing_to_train_on", held=held, images=images_total,
        )
    side = recipe.input_size or shape[1]
    total = max(training_images(recipe, images_total), held) * side * side * shape[0]
    if total > MEMORY_LIMIT:
        raise RecipeError(
            f"{images_total} images of {side}×{side} take {total >> 30} GB: choose a smaller size, or fewer images",
            code="recipe_images_too_large", images=images_total, side=side, gigabytes=total >> 30,
        )


def training_images(recipe: Recipe, images_total: int) -> int:
    """How many are trained on."""
    left = images_total - recipe.validation_images
    return min(recipe.train_images or left, left)


def smallest_batch(recipe: Recipe, images_total: int) -> int:
    """The fewest images of a step; at most 2, since more make no difference to any layer."""
    return min(recipe.batch, training_images(recipe, images_total), 2)


def _split(dataset: datasets.Dataset, indices: np.ndarray, recipe: Recipe, device: torch.device) -> Split:
    side = recipe.input_size or dataset.images.shape[1]
    total = len(indices) * side * side * dataset.images.shape[3]
    if total > MEMORY_LIMIT:
        raise RecipeError(
            f"{len(indices)} images of {side}×{side} take {total >> 30} GB: choose a smaller size, or fewer images",
            code="recipe_images_too_large", images=len(indices), side=side, gigabytes=total >> 30,
        )
    pixels = np.ascontiguousarray(dataset.images[indices])
    pixels = _sized(pixels, side) if recipe.input_size else pixels
    tensor = torch.from_numpy(pixels).permute(0, 3, 1, 2).contiguous().to(device)
    labels = torch.from_numpy(np.array(dataset.labels[indices], dtype=np.int64)).to(device)
    return Split(tensor, labels, indices, dataset.split)


def _sized(pixels: np.ndarray, side: int) -> np.ndarray:
    """(N, H, W, C) → (N, side, side, C): zeros around a little smaller picture, resampling otherwise."""
    wider = (side - pixels.shape[1], side - pixels.shape[2])
    if wider == (0, 0):
        return pixels
    if all(0 <= extra <= PADDED_AT_MOST for extra in wider):
        edges = [(extra // 2, extra - extra // 2) for extra in wider]
        return np.pad(pixels, ((0, 0), *edges, (0, 0)))
    return np.stack([images.resize(picture, side, side).reshape(side, side, -1) for picture in pixels])


def _statistics(recipe: Recipe, pixels: Tensor) -> tuple[tuple[float, ...], tuple[float, ...]]:
    channels = pixels.shape[1]
    if recipe.normalisation == "unit":
        return (0.0,) * channels, (1.0,) * channels
    if recipe.normalisation == "imagenet":
        if channels == 3:
            return IMAGENET
        mean, std = IMAGENET
        return (sum(mean) / 3,) * channels, (sum(std) / 3,) * channels
    # of whole numbers, so that every device finds the same figures: exact sums of values and of squares
    flat = pixels.transpose(0, 1).reshape(channels, -1)
    count = flat.shape[1]
    sums = [int(row.sum(dtype=torch.int64)) for row in flat]
    squares = [_sum_of_squares(row) for row in flat]
    means = [total / count for total in sums]
    deviations = [max(square / count - mean**2, 0.0) ** 0.5 for square, mean in zip(squares, means, strict=True)]
    return tuple(m / 255 for m in means), tuple(max(d, 1.0) / 255 for d in deviations)


def _sum_of_squares(row: Tensor) -> int:
    return int((torch.bincount(row.int(), minlength=256).cpu() * torch.arange(256) ** 2).sum())


def batches(data: Data, recipe: Recipe, epoch: int, generator: torch.Generator, start: int = 0) -> Iterator[tuple[Tensor, Tensor]]:
    """One epoch's training batches, (B, C, H, W) float32 and (B,) int64, from the ``start``-th on.

    The order follows from seed and epoch alone; what is done to the images follows ``generator``, on their device.
    """
    split = data.train
    order = torch.randperm(len(split), generator=torch.Generator().manual_seed(recipe.seed * 100_003 + epoch))
    order = order.to(split.labels.device)
    for index in range(start, steps_in_epoch(len(split), recipe.batch)):
        chosen = order[index * recipe.batch : (index + 1) * recipe.batch]
        cut = split.images.index_select(0, chosen)  # whole images, ten times as fast as indexing
        yield data.normalised(altered(cut, recipe.augmentation, generator)), split.labels.index_select(0, chosen)


def steps_in_epoch(images_total: int, batch: int) -> int:
    """A last batch of one image is left out: batch normalisation cannot do with it."""
    steps, rest = divmod(images_total, batch)
    return steps + (rest > 1 or (rest == 1 and not steps))


def altered(batch: Tensor, how: Augmentation, generator: torch.Generator) -> Tensor:
    """The batch (N, C, H, W) uint8, altered at random as the recipe says; the original is not touched."""
    n, _, height, width = batch.shape
    device = batch.device

    def uniform(*shape: int) -> Tensor:
        return torch.rand(shape, generator=generator, device=device)

    if how.flip:
        batch = torch.where((uniform(n) < 0.5).view(-1, 1, 1, 1), batch.flip(3), batch)
    if how.translate:
        batch = _shifted(batch, min(how.translate, height - 1, width - 1), generator)
    if how.zoom:
        batch = _zoomed(batch, 1 - how.zoom * uniform(n), 2 * uniform(n, 2) - 1)
    if how.colour:
        gain, offset = (1 + how.colour * (2 * uniform(n, 1, 1, 1) - 1) for _ in range(2))
        middle = batch.float().mean((1, 2, 3), keepdim=True)
        batch = ((batch.float() - middle) * gain + middle * offset).round_().clamp_(0, 255).to(torch.uint8)
    if how.cutout:
        batch = _blanked(batch, how.cutout, uniform(n), uniform(n))
    return batch


def _shifted(batch: Tensor, reach: int, generator: torch.Generator) -> Tensor:
    n, _, height, width = batch.shape
    # reflection is not there for uint8 on every device; gathering by mirrored indices is, and needs no padded copy
    shifts = torch.randint(-reach, reach + 1, (2, n, 1), generator=generator, device=batch.device)
    rows = _mirrored(torch.arange(height, device=batch.device) + shifts[0], height)
    columns = _mirrored(torch.arange(width, device=batch.device) + shifts[1], width)
    first = torch.arange(n, device=batch.device).view(-1, 1, 1)
    return batch.permute(0, 2, 3, 1)[first, rows.unsqueeze(2), columns.unsqueeze(1)].permute(0, 3, 1, 2)


def _mirrored(index: Tensor, size: int) -> Tensor:
    index = index.abs()
    return torch.where(index >= size, 2 * (size - 1) - index, index)


def _zoomed(batch: Tensor, scale: Tensor, place: Tensor) -> Tensor:
    theta = batch.new_zeros((len(batch), 2, 3), dtype=torch.float32)
    theta[:, 0, 0] = theta[:, 1, 1] = scale
    theta[:, :, 2] = place * (1 - scale).unsqueeze(1)
    grid = F.affine_grid(theta, list(batch.shape), align_corners=False)
    cut = F.grid_sample(batch.float(), grid, padding_mode="reflection", align_corners=False)
    return cut.round_().clamp_(0, 255).to(torch.uint8)


def _blanked(batch: Tensor, side: int, y: Tensor, x: Tensor) -> Tensor:
    height, width = batch.shape[2:]
    rows, columns = (torch.arange(size, device=batch.device) for size in (height, width))
    top, left = ((where * size).floor().unsqueeze(1) - side // 2 for where, size in ((y, height), (x, width)))
    inside = ((rows >= top) & (rows < top + side)).unsqueeze(2) & ((columns >= left) & (columns < left + side)).unsqueeze(1)
    grey = batch.float().mean((2, 3), keepdim=True).to(torch.uint8)
    return torch.where(inside.unsqueeze(1), grey, batch)
