"""What the network is given: splits, sizes, normalisation, random alterations; against NumPy and by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from cnn_core import datasets
from cnn_core.errors import RecipeError
from cnn_core.training import Augmentation, Recipe, batches

CPU = torch.device("cpu")


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_mnist_is_normalised_by_the_fields_figures(shared_data: Path) -> None:
    data = batches.load(Recipe("lenet5_keras", "mnist", validation_images=0), CPU, str(shared_data))
    assert data.mean == pytest.approx((0.1307,), abs=5e-5)
    assert data.std == pytest.approx((0.3081,), abs=5e-5)
    assert data.validation is data.test
    batch = data.normalised(data.train.images[:4])
    expected = (data.train.images[:4].numpy() / 255 - data.mean[0]) / data.std[0]
    np.testing.assert_allclose(batch.numpy(), expected, atol=1e-5)


def test_cifar_statistics_are_numpys(shared_data: Path) -> None:
    data = batches.load(Recipe("resnet20", "cifar10", validation_images=1_000, train_images=5_000), CPU, str(shared_data))
    pixels = data.train.images.numpy() / 255
    np.testing.assert_allclose(data.mean, pixels.mean((0, 2, 3)), rtol=1e-9)
    np.testing.assert_allclose(data.std, pixels.std((0, 2, 3)), rtol=1e-9)


def test_held_out_images_are_never_trained_on_and_do_not_depend_on_the_seed() -> None:
    one, two = (batches.load(Recipe("lenet5_keras", "digits", validation_images=200, seed=seed), CPU) for seed in (1, 2))
    assert not set(one.train.indices) & set(one.validation.indices)
    np.testing.assert_array_equal(one.validation.indices, two.validation.indices)
    original = datasets.load("digits", "train")
    assert len(one.train) + len(one.validation) == len(original)
    np.testing.assert_array_equal(one.train.labels, original.labels[one.train.indices])
    np.testing.assert_array_equal(one.train.images[5, 0], original.images[one.train.indices[5], :, :, 0])


def test_nothing_left_to_train_on_is_refused() -> None:
    with pytest.raises(RecipeError) as refused:
        batches.load(Recipe("lenet5_keras", "digits", validation_images=100_000), CPU)
    assert refused.value.code == "recipe_nothing_to_train_on"


def test_a_little_larger_input_is_padded_and_a_larger_one_resampled(shared_data: Path) -> None:
    recipe = Recipe("lenet5", "mnist", train_images=10, validation_images=10)
    own, padded, larger = (
        batches.load(recipe.replace(input_size=side), CPU, str(shared_data)).train.images for side in (0, 32, 56)
    )
    assert torch.equal(padded[:, :, 2:30, 2:30], own)
    assert int(padded.sum()) == int(own.sum())
    assert larger.shape == (10, 1, 56, 56)
    assert float(larger.float().mean()) == pytest.approx(float(own.float().mean()), rel=0.05)


@pytest.mark.parametrize(("images", "batch", "steps"), [(10, 4, 3), (9, 4, 2), (8, 4, 2), (1, 4, 1), (3, 1, 3), (5, 64, 1)])
def test_an_epoch_leaves_out_at_most_a_single_last_image(images: int, batch: int, steps: int) -> None:
    assert batches.steps_in_epoch(images, batch) == steps


def test_an_epoch_shows_each_image_once_in_another_order_each_time() -> None:
    recipe = Recipe("lenet5_keras", "digits", validation_images=200, batch=64)
    data = batches.load(recipe, CPU)
    epochs = [torch.cat([labels for _, labels in batches.batches(data, recipe, epoch, generator())]) for epoch in (0, 1)]
    assert all(torch.equal(labels.sort().values, data.train.labels.sort().values) for labels in epochs)
    assert not torch.equal(*epochs)


picture = torch.arange(2 * 3 * 6 * 5, dtype=torch.uint8).view(2, 3, 6, 5)


def test_a_shift_mirrors_the_border() -> None:
    shifted = batches.altered(picture.repeat(100, 1, 1, 1), Augmentation(translate=2), generator())
    padded = np.pad(picture.numpy(), ((0, 0), (0, 0), (2, 2), (2, 2)), mode="reflect")
    possible = {padded[i, :, y : y + 6, x : x + 5].tobytes() for i in range(2) for y in range(5) for x in range(5)}
    seen = {image.contiguous().numpy().tobytes() for image in shifted}
    assert seen <= possible
    assert len(seen) > 40  # of 50


def test_half_of_the_images_are_mirrored() -> None:
    flipped = batches.altered(picture[:1].repeat(400, 1, 1, 1), Augmentation(flip=True), generator())
    same = [torch.equal(image, picture[0]) for image in flipped]
    assert all(torch.equal(image, picture[0].flip(2)) for image, kept in zip(flipped, same, strict=True) if not kept)
    assert 150 < sum(same) < 250


def test_cutout_blanks_a_square_of_the_images_mean() -> None:
    white = torch.zeros(20, 1, 16, 16, dtype=torch.uint8)
    white[:, :, ::2] = 200
    cut = batches.altered(white, Augmentation(cutout=6), generator())
    changed = (cut == 100).sum((1, 2, 3))
    assert changed.max() == 36  # inside the picture; at its border less is left
    assert changed.min() >= 9
    assert torch.equal(cut[cut != 100], white[cut != 100])


@given(st.integers(1, 5), st.integers(2, 9), st.integers(2, 9), st.booleans(), st.integers(0, 12), st.integers(0, 12), st.integers(0, 99))
def test_any_alteration_gives_pictures_of_the_same_size_and_leaves_the_original(
    n: int, height: int, width: int, flip: bool, translate: int, cutout: int, seed: int
) -> None:
    original = torch.randint(0, 256, (n, 3, height, width), generator=generator(seed), dtype=torch.uint8)
    kept = original.clone()
    how = Augmentation(flip=flip, translate=translate, cutout=cutout, zoom=0.3, colour=0.2)
    result = batches.altered(original, how, generator(seed))
    assert result.shape == original.shape
    assert result.dtype == torch.uint8
    assert torch.equal(original, kept)
    assert torch.equal(result, batches.altered(original, how, generator(seed)))
