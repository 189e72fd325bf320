"""From pictures to tensors: against torchvision's own transforms, and by hand."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torchvision.transforms import InterpolationMode
from torchvision.transforms._presets import ImageClassification

from cnn_core import datasets, images, weights
from cnn_core.weights import Preprocessing
from cnn_core.weights.offers import CHECKPOINTS

MNIST = Preprocessing(1, 28, (32, 32), "area", (0.1,), (0.3,))


def noise(height: int, width: int, seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)


@pytest.mark.parametrize("interpolation", ["bilinear", "bicubic"])
@pytest.mark.parametrize("size", [(300, 451), (451, 300), (97, 64), (256, 256), (1, 1), (3, 20), (20, 3)])
@pytest.mark.parametrize("resize, crop", [(256, 224), (232, 224), (224, 224), (64, 75)])
def test_same_numbers_as_torchvision(interpolation: str, size: tuple[int, int], resize: int, crop: int) -> None:
    mean, std = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
    picture = noise(*size)
    theirs = ImageClassification(
        crop_size=crop, resize_size=resize, mean=mean, std=std, interpolation=InterpolationMode(interpolation)
    )(Image.fromarray(picture))
    prepared = Preprocessing(3, resize, (crop, crop), interpolation, mean, std).apply(picture)  # type: ignore[arg-type]
    assert prepared.tensor.shape == (1, 3, crop, crop) and prepared.tensor.dtype == torch.float32
    torch.testing.assert_close(prepared.tensor[0], theirs, rtol=0, atol=1e-6)


def test_steps_can_be_shown() -> None:
    prepared = Preprocessing(3, 32, (24, 28), "bilinear", (0.5,) * 3, (0.25,) * 3).apply(noise(48, 96))
    assert (prepared.resized.shape, prepared.cropped.shape, prepared.tensor.shape) == ((32, 64, 3), (24, 28, 3), (1, 3, 24, 28))
    assert np.array_equal(prepared.cropped, prepared.resized[4:28, 18:46])
    assert prepared.tensor[0, 1, 2, 3] == pytest.approx((prepared.cropped[2, 3, 1] / 255 - 0.5) / 0.25, abs=1e-6)


def test_a_digit_is_surrounded_by_zeros_as_in_training() -> None:
    digit = np.full((28, 28, 3), 200, np.uint8)
    prepared = MNIST.apply(digit)
    assert prepared.resized.shape == (28, 28, 1) and prepared.cropped.shape == (32, 32, 1)
    assert (prepared.cropped[2:30, 2:30] == 200).all() and prepared.cropped.sum() == 200 * 28 * 28
    assert prepared.tensor[0, 0, 0, 0] == pytest.approx(-0.1 / 0.3)


def test_a_photograph_becomes_grey_and_small_and_is_inverted_only_when_asked() -> None:
    photograph = noise(90, 120)
    plain, inverted = MNIST.apply(photograph), replace(MNIST, invert=True).apply(photograph)
    grey = np.rint(images.to_grey(photograph) * 255).astype(np.uint8)
    assert plain.cropped.shape == (32, 32, 1)
    assert plain.resized.mean() == pytest.approx(grey.mean(), abs=1.5)
    assert inverted.resized.mean() == pytest.approx(255 - grey.mean(), abs=1.5)
    assert inverted.cropped[0, 0, 0] == 0  # the border is no part of the picture


@pytest.mark.parametrize("size", [(1, 5000), (5000, 1), (2, 40_000), (1, 1)])
def test_strips_and_single_pixels_stay_small(size: tuple[int, int]) -> None:
    prepared = Preprocessing(3, 256, (224, 224), "bicubic", (0.5,) * 3, (0.5,) * 3).apply(noise(*size))
    assert prepared.resized.size <= 256 * 256 * 8 * 3 and prepared.tensor.shape == (1, 3, 224, 224)


def test_a_data_sets_images_are_prepared_as_single_pictures_are() -> None:
    grey, colour = noise(5, 28 * 28)[..., 0].reshape(5, 28, 28), noise(4, 32 * 32).reshape(4, 32, 32, 3)
    as_pictures = torch.cat([MNIST.apply(np.repeat(one[..., None], 3, 2)).tensor for one in grey])
    assert torch.equal(MNIST.fit(grey), as_pictures) and torch.equal(MNIST.fit(grey[..., None]), as_pictures)
    cifar = Preprocessing(3, 32, (32, 32), "area", (0.5, 0.4, 0.3), (0.2, 0.3, 0.4))
    assert torch.equal(cifar.fit(colour), torch.cat([cifar.apply(one).tensor for one in colour]))
    larger = replace(cifar, resize=48, crop=(48, 48))
    assert larger.fit(colour).shape == (4, 3, 48, 48)
    assert MNIST.fit(colour).shape == (4, 1, 32, 32) and replace(cifar, resize=28, crop=(28, 28)).fit(grey).shape == (5, 3, 28, 28)


def test_what_training_saw_is_what_is_prepared(shared_data: Path) -> None:
    """MNIST as training's own batches are made: 28×28 in the middle of zeros, normalised."""
    from cnn_core.training import batches

    digits = datasets.load("mnist", "test", shared_data)
    pixels = batches._sized(np.array(digits.images[:50]), 32)
    expected = (torch.from_numpy(pixels).permute(0, 3, 1, 2).float() / 255 - 0.1) / 0.3
    torch.testing.assert_close(MNIST.fit(np.array(digits.images[:50])), expected, rtol=0, atol=1e-6)


@pytest.mark.parametrize("arch_id", [path.stem for path in sorted(CHECKPOINTS.glob("*.json"))])
def test_a_picture_of_its_data_set_reaches_a_network_as_in_training(arch_id: str, shared_data: Path) -> None:
    """As a page shows it, in colours of three equal channels where it is grey; with the card's own mean and deviation."""
    from cnn_core.training import batches

    source = weights.get_source(arch_id, "checkpoint")
    card = json.loads((CHECKPOINTS / f"{arch_id}.json").read_text("utf-8"))
    pixels = np.array(datasets.load(source.dataset, "test", shared_data).images[:20])
    mean, std = (torch.tensor(card[name]).view(1, -1, 1, 1) for name in ("mean", "std"))
    expected = (torch.from_numpy(batches._sized(pixels, card["input_shape"][1])).permute(0, 3, 1, 2).float() / 255 - mean) / std
    shown = torch.cat([source.preprocessing.apply(np.repeat(one, 3 // one.shape[2], axis=2)).tensor for one in pixels])
    torch.testing.assert_close(shown, expected, rtol=0, atol=2e-6)
    torch.testing.assert_close(source.preprocessing.fit(pixels), expected, rtol=0, atol=2e-6)


@pytest.mark.parametrize("side, padded", [(28, True), (31, True), (32, True), (27, False), (33, False), (64, False)])
def test_small_pictures_are_padded_whatever_the_weights(side: int, padded: bool) -> None:
    """Random weights, and files that somebody brought, see a digit as training would show it."""
    steps = weights.get_source("lenet5", "random:0").preprocessing
    digits = noise(2, side * side)[..., 0].reshape(2, side, side)
    seen = steps.apply(np.repeat(digits[0][..., None], 3, axis=2))
    assert (seen.resized.shape[0] == side) == padded and seen.cropped.shape == (32, 32, 1)
    if padded:
        top = (32 - side) // 2
        np.testing.assert_array_equal(seen.cropped[top : top + side, top : top + side, 0], digits[0])
        assert seen.cropped.sum() == digits[0].sum()
    assert torch.equal(steps.fit(digits)[:1], seen.tensor)
    assert replace(steps, interpolation="bilinear").apply(np.repeat(digits[0][..., None], 3, axis=2)).resized.shape[0] == 32
