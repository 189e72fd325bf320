"""What is drawn of a response: the course's equalisation to the bit, ranges, histograms, gradients."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.signal import convolve2d
from skimage import color, data
from skimage.exposure import equalize_adapthist

from cnn_core import kernels
from cnn_core.errors import KernelError


@pytest.mark.parametrize("name", ["horizontal", "vertical", "laplacian"])
@pytest.mark.parametrize("clip_limit", [0.03, 0.01])
def test_equalize_is_the_courses_to_the_bit(name: str, clip_limit: float) -> None:
    edges = convolve2d(color.rgb2gray(data.astronaut()), kernels.KERNELS[name].weights, "valid")
    theirs = equalize_adapthist(edges / np.max(np.abs(edges)), clip_limit=clip_limit)
    assert np.array_equal(kernels.equalize(edges, clip_limit), theirs)


def test_equalize_shows_one_side_of_an_edge() -> None:
    # As the course's does: what is negative is cut off.
    response = np.zeros((32, 32))
    response[:, 10], response[:, 20] = 1.0, -1.0
    shown = kernels.equalize(response)
    assert (shown[:, 10] > shown[:, 0]).all()
    assert (shown[:, 20] == shown[:, 0]).all()


@pytest.mark.parametrize("shape", [(1, 1), (1, 7), (2, 2), (5, 3), (32, 32), (6, 5, 3), (1, 1, 3)])
def test_equalize_takes_any_size(shape: tuple[int, ...]) -> None:
    response = 1000 * np.random.default_rng(0).normal(size=shape)
    kept = response.copy()
    shown = kernels.equalize(response)
    assert shown.shape == shape
    assert shown.dtype == np.float64
    assert 0 <= shown.min() <= shown.max() <= 1
    assert (response == kept).all()


def test_equalize_leaves_nothing_black() -> None:
    assert (kernels.equalize(np.zeros((9, 9))) == 0).all()
    assert (kernels.equalize(np.zeros((9, 9, 3))) == 0).all()
    assert np.isfinite(kernels.equalize(np.full((9, 9), -3.0))).all()


def test_equalize_treats_channels_apart() -> None:
    response = np.random.default_rng(1).normal(size=(40, 40, 3))
    shown = kernels.equalize(response)
    scaled = response / np.abs(response).max()
    for channel in range(3):
        assert np.array_equal(shown[..., channel], equalize_adapthist(scaled[..., channel], clip_limit=0.03))


@pytest.mark.parametrize("response, code", [
    (np.full((3, 3), np.nan), "response_not_finite"), (np.array([[1.0, np.inf]]), "response_not_finite"),
    (np.zeros((0, 3)), "response_not_finite"), (np.ones(3), "response_shape"),
])  # fmt: skip
def test_equalize_refuses_what_is_no_response(response: np.ndarray, code: str) -> None:
    with pytest.raises(KernelError) as caught:
        kernels.equalize(response)
    assert caught.value.code == code


def test_signed_range() -> None:
    assert kernels.signed_range([[1.0, 5.0]]) == (1.0, 5.0, 5.0)
    assert kernels.signed_range([[-7.0, 5.0]]) == (-7.0, 5.0, 7.0)
    assert kernels.signed_range([[0.0]]) == (0.0, 0.0, 0.0)


def test_histogram_counts_every_value_once() -> None:
    response = np.random.default_rng(2).normal(size=(20, 30, 3))
    counts, edges = kernels.histogram(response, bins=17)
    assert counts.sum() == response.size
    assert (edges[0], edges[-1]) == (response.min(), response.max())
    assert len(edges) == len(counts) + 1 == 18
    assert kernels.histogram(np.zeros((2, 2)), bins=2).counts.sum() == 4


@pytest.mark.parametrize("angle", range(0, 360, 15))
def test_direction_of_a_ramp(angle: int) -> None:
    y, x = np.mgrid[:20, :20]
    ramp = x * np.cos(np.radians(angle)) - y * np.sin(np.radians(angle))
    gx, gy = (kernels.apply(ramp, kernels.KERNELS[name].weights) for name in ("sobel_x", "sobel_y"))
    magnitude, direction = kernels.magnitude_and_direction(gx, gy)
    assert np.allclose(magnitude, 8)  # Sobel's weights count a slope of one eight times
    assert np.allclose((direction - angle + 180) % 360, 180)


def test_directions_are_from_0_up_to_360() -> None:
    _, direction = kernels.magnitude_and_direction(np.array([1.0, 0.0, -1.0, 1.0]), np.array([1e-30, 0.0, 0.0, -0.0]))
    assert direction.tolist() == [0.0, 0.0, 180.0, 0.0]
    with pytest.raises(KernelError):
        kernels.magnitude_and_direction(np.zeros((2, 2)), np.zeros((2, 3)))
