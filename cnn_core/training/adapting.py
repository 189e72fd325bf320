"""A recipe on another data set than its own: the same idea, with counts that the other one can give. Imports no torch."""

from __future__ import annotations

from cnn_core import architectures, datasets
from cnn_core.training.recipe import Recipe

HELD_OUT_SHARE = 6      # of a small data set's images, one in so many is held out
STEPS_AT_LEAST = 20     # an epoch: with fewer, a rate that was chosen for many steps has no time to act
SMALLEST_BATCH = 8
WIDENED = 4             # px by which small pictures are padded for a network made for a little larger ones
STAND_INS = {"mnist": "digits", "fashion_mnist": "shapes", "cifar10": "shapes", "cifar100": "shapes"}  # drawn here, or shipped


def on_dataset(recipe: Recipe, dataset: str) -> Recipe:
    """The recipe on that data set; what is held out, the number of images and the batch come down to what it has.

    A data set as large as the recipe's own leaves the recipe as it is but for the name.

    Raises:
        DatasetError, UnknownEntry: there is no such data set.

    >>> from cnn_core.training import RECIPES
    >>> small = on_dataset(RECIPES["lenet_course"].recipe, "digits")
    >>> small.validation_images, small.batch < 256
    (239, True)
    """
    if dataset == recipe.dataset:
        return recipe
    total = datasets.describe(dataset).splits["train"]
    held = min(recipe.validation_images, total // HELD_OUT_SHARE)
    wanted = recipe.train_images if recipe.train_images < total - held else 0
    left = wanted or total - held
    batch = recipe.batch
    while batch > SMALLEST_BATCH and left // batch < STEPS_AT_LEAST:
        batch //= 2
    return recipe.replace(dataset=dataset, validation_images=held, train_images=wanted, batch=batch, pinned=0)


def at_hand(recipe: Recipe, here: tuple[str, ...]) -> Recipe:
    """The recipe itself where its data set is among those that are ``here``; else on what stands in for it."""
    if recipe.dataset in here or recipe.dataset.startswith("own:"):
        return recipe
    stand_in = STAND_INS.get(recipe.dataset, "shapes")
    return on_dataset(recipe, stand_in if stand_in in here or not here else here[0])


def counts(recipe: Recipe) -> tuple[int, int, int]:
    """How many images the recipe trains, validates and tests on.

    Raises:
        DatasetError, UnknownEntry: there is no such data set.
    """
    splits = datasets.describe(recipe.dataset).splits
    held = min(recipe.validation_images, splits["train"])
    left = splits["train"] - held
    return min(recipe.train_images or left, left), held or splits["test"], splits["test"]


def differing(recipe: Recipe, other: Recipe) -> dict[str, object]:
    """The fields of ``recipe`` that ``other`` has otherwise, by name; those of the augmentation by their own.

    >>> a = Recipe("lenet5", "mnist")
    >>> differing(a.replace(lr=0.2, flip=True, name="x"), a)
    {'lr': 0.2, 'flip': True}
    """
    mine, its = flat(recipe), flat(other)
    return {name: value for name, value in mine.items() if its.get(name) != value and name != "name"}


def flat(recipe: Recipe) -> dict[str, object]:
    """Every field by name, the augmentation's among the others, an option as ``options.<name>``."""
    values = recipe.to_dict()
    del values["format"]
    augmentation, options = values.pop("augmentation"), values.pop("options")
    return {**values, **augmentation, **{f"options.{name}": value for name, value in options.items()}}


def on_architecture(recipe: Recipe, architecture: str) -> Recipe:
    """The recipe with another network: at the data's own size or the little larger one that network was made for.

    What belonged to the old one alone (its options, weights to start from, layers that learn) goes.

    Raises:
        UnknownEntry, DatasetError: there is no such network, or no such data set.

    >>> on_architecture(Recipe("mnist_cnn", "digits"), "lenet5").input_size
    32
    """
    if architecture == recipe.architecture:
        return recipe
    side = datasets.describe(recipe.dataset).image_shape[0]
    wanted = architectures.get(architecture).input_shape[1]
    filters = recipe.first_filters if recipe.first_filters != "whitening" else "learned"
    return recipe.replace(
        architecture=architecture, options={}, weights="", tuned="all", first_filters=filters,
        input_size=wanted if 0 < wanted - side <= WIDENED else 0,
    )
