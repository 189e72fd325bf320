"""The editor's buttons: what they do to a kernel, and to what it answers."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from cnn_core import kernels
from cnn_core.errors import KernelError

small = arrays(np.float64, st.tuples(st.integers(1, 7), st.integers(1, 7)), elements=st.integers(-9, 9).map(float))
Edit = Callable[[np.ndarray], np.ndarray]


@given(small)
def test_twice_is_never(weights: np.ndarray) -> None:
    twice: list[Edit] = [kernels.transpose, kernels.flip_horizontal, kernels.flip_vertical, kernels.negate]
    for edit in twice:
        assert np.array_equal(edit(edit(weights)), weights)
    assert np.array_equal(kernels.rotate(weights, 4), weights)
    assert np.array_equal(kernels.rotate(kernels.rotate(weights, 1), -1), weights)
    both = kernels.flip_horizontal(kernels.flip_vertical(weights))
    assert np.array_equal(both, kernels.rotate(weights, 2))


def test_edits_by_hand() -> None:
    weights = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    assert kernels.transpose(weights).tolist() == [[1, 4], [2, 5], [3, 6]]
    assert kernels.flip_horizontal(weights).tolist() == [[3, 2, 1], [6, 5, 4]]
    assert kernels.flip_vertical(weights).tolist() == [[4, 5, 6], [1, 2, 3]]
    assert kernels.rotate(weights, 1).tolist() == [[3, 6], [2, 5], [1, 4]]  # counter-clockwise
    assert kernels.negate(weights).tolist() == [[-1, -2, -3], [-4, -5, -6]]
    assert not np.signbit(kernels.negate([[0.0]])).any()


def test_edits_give_new_arrays() -> None:
    weights = np.array([[1.0, 2.0]])
    edits: list[Edit] = [
        kernels.transpose, kernels.flip_horizontal, kernels.flip_vertical, kernels.rotate, kernels.negate, kernels.normalize,
        lambda w: kernels.rotate(w, 0), lambda w: kernels.resize_grid(w, 1, 2),
    ]  # fmt: skip
    for edit in edits:
        edit(weights)[:] = 9.0
        assert weights.tolist() == [[1.0, 2.0]]


def test_a_flip_is_the_difference_between_convolution_and_correlation() -> None:
    image = np.random.default_rng(0).random((12, 12))
    weights = np.random.default_rng(1).random((3, 4))
    turned = kernels.rotate(weights, 2)
    assert np.array_equal(kernels.apply(image, turned), kernels.apply(image, weights, flip=False))


@given(small)
def test_normalize(weights: np.ndarray) -> None:
    if not weights.any():
        with pytest.raises(KernelError) as caught:
            kernels.normalize(weights)
        assert caught.value.code == "kernel_all_zero"
    elif weights.sum() == 0:
        assert np.abs(kernels.normalize(weights)).sum() == pytest.approx(1)
    else:
        assert kernels.normalize(weights).sum() == pytest.approx(1)


def test_normalize_takes_rounding_for_zero() -> None:
    weights = np.array([[0.1, 0.2, -0.3]])  # sums to 5.6e-17
    assert np.abs(kernels.normalize(weights)).sum() == pytest.approx(1)


@given(small, st.integers(1, 11), st.integers(1, 11))
def test_resizing_keeps_the_centre(weights: np.ndarray, rows: int, cols: int) -> None:
    resized = kernels.resize_grid(weights, rows, cols)
    assert resized.shape == (rows, cols)
    centre = tuple((side - 1) // 2 for side in weights.shape)
    assert resized[(rows - 1) // 2, (cols - 1) // 2] == weights[centre]
    if rows >= weights.shape[0] and cols >= weights.shape[1]:  # nothing is lost: the image answers the same
        image = np.random.default_rng(0).random((9, 8))
        for flip in (True, False):
            larger, smaller = (kernels.apply(image, w, padding="same", flip=flip) for w in (resized, weights))
            assert np.allclose(larger, smaller)


def test_resizing_by_hand() -> None:
    assert kernels.resize_grid([[1, 2, 3]], 1, 1).tolist() == [[2]]
    assert kernels.resize_grid([[1, 2, 3]], 3, 5).tolist() == [[0] * 5, [0, 1, 2, 3, 0], [0] * 5]
    assert kernels.resize_grid([[1, 2, 3, 4]], 1, 2).tolist() == [[2, 3]]
    with pytest.raises(KernelError):
        kernels.resize_grid([[1]], 0, 3)


@given(st.integers(1, 6), st.integers(1, 6), st.integers(0, 1000), st.booleans())
def test_a_product_of_two_is_found_to_be_one(rows: int, cols: int, seed: int, whole: bool) -> None:
    rng = np.random.default_rng(seed)
    column, row = rng.normal(size=rows), rng.normal(size=cols)
    if whole:
        column, row = np.rint(5 * column) + 7, np.rint(5 * row)
    weights = np.outer(column, row)
    found = kernels.separable(weights)
    if not weights.any():
        assert found is None
        return
    assert found is not None
    assert np.allclose(np.outer(*found), weights, rtol=0, atol=1e-9 * np.abs(weights).max())
    if whole:
        assert all((factor == np.rint(factor)).all() for factor in found)


def test_what_is_separable_and_what_is_not() -> None:
    column, row = kernels.separable(kernels.KERNELS["scharr_x"].weights) or (None, None)
    assert column is not None and row is not None
    assert (column.tolist(), row.tolist()) == ([3, 10, 3], [1, 0, -1])
    for name in ("gaussian", "box"):
        found = kernels.separable(kernels.KERNELS[name].weights)
        assert found is not None
        assert [factor.sum() for factor in found] == pytest.approx([1, 1])
    for name in ("laplacian", "log", "sharpen", "disk", "roberts_falling"):
        assert kernels.separable(kernels.KERNELS[name].weights) is None


def test_two_passes_do_the_work_of_one() -> None:
    image = np.random.default_rng(0).random((20, 20))
    weights = kernels.KERNELS["gaussian"].weights
    column, row = kernels.separable(weights) or (np.zeros(1), np.zeros(1))
    two = kernels.apply(kernels.apply(image, column[:, None]), row[None, :])
    assert np.allclose(two, kernels.apply(image, weights))
