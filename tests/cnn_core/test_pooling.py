"""Pooling against torch's, value by value."""

from __future__ import annotations

import doctest
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st

from cnn_core import pooling
from cnn_core.errors import GeometryError
from cnn_core.pooling import Reduction, pool

cases = {
    "height": st.integers(1, 13),
    "width": st.integers(1, 13),
    "kernel": st.integers(1, 6),
    "stride": st.integers(1, 5),
    "padding": st.integers(0, 3),
    "ceil_mode": st.booleans(),
    "seed": st.integers(0, 99),
}


def _maps(height: int, width: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(height, width, 3))


def _torch(image: np.ndarray, call: Callable[..., torch.Tensor], *args: Any) -> np.ndarray | None:
    try:
        pooled = call(torch.from_numpy(image).permute(2, 0, 1)[None], *args)
    except RuntimeError:
        return None
    return pooled[0].permute(1, 2, 0).numpy()


def _ours(*args: Any, **kwargs: Any) -> np.ndarray | None:
    try:
        return pool(*args, **kwargs)
    except GeometryError:
        return None


def _same(ours: np.ndarray | None, theirs: np.ndarray | None) -> bool:
    if ours is None or theirs is None:
        return ours is theirs
    return ours.shape == theirs.shape and np.allclose(ours, theirs, rtol=0, atol=1e-12)


def test_doctests():
    assert doctest.testmod(pooling).failed == 0


@given(**cases)
def test_max_pooling_is_torch_s(height, width, kernel, stride, padding, ceil_mode, seed):
    image = _maps(height, width, seed)
    theirs = _torch(image, F.max_pool2d, kernel, stride, padding, 1, ceil_mode)
    assert _same(_ours(image, "max", kernel, stride=stride, padding=padding, ceil_mode=ceil_mode), theirs)


@given(**cases)
def test_min_pooling_is_max_pooling_upside_down(height, width, kernel, stride, padding, ceil_mode, seed):
    image = _maps(height, width, seed)
    theirs = _torch(-image, F.max_pool2d, kernel, stride, padding, 1, ceil_mode)
    ours = _ours(image, "min", kernel, stride=stride, padding=padding, ceil_mode=ceil_mode)
    assert _same(ours, None if theirs is None else -theirs)


@given(**cases, count_include_pad=st.booleans())
def test_average_pooling_is_torch_s(height, width, kernel, stride, padding, ceil_mode, seed, count_include_pad):
    image = _maps(height, width, seed)
    theirs = _torch(image, F.avg_pool2d, kernel, stride, padding, ceil_mode, count_include_pad)
    ours = _ours(
        image,
        "average",
        kernel,
        stride=stride,
        padding=padding,
        ceil_mode=ceil_mode,
        count_include_pad=count_include_pad,
    )
    assert _same(ours, theirs)


@pytest.mark.parametrize("dtype", [np.uint8, np.int32, np.float32, np.bool_])
def test_maximum_and_minimum_keep_the_type_and_never_pick_padding(dtype):
    image = np.array([[1, 0], [0, 1]], dtype=dtype)
    expected: tuple[tuple[Reduction, int], ...] = (("max", 1), ("min", 0))
    for reduction, value in expected:
        pooled = pool(image, reduction, 3, stride=2, padding=1)
        assert pooled.dtype == dtype
        assert pooled.tolist() == [[value]]
    assert pool(np.full((2, 2), 7, dtype=np.uint8), "min", 3, padding=1).tolist() == [[7]]


def test_the_course_s_max_pooling_of_an_image():
    image = np.random.default_rng(0).integers(0, 256, (32, 32, 3), dtype=np.uint8)
    assert pool(image, "max", 3, stride=2, padding=1).shape == (16, 16, 3)


def test_a_grey_image_is_pooled_as_a_colour_channel_is():
    image = _maps(9, 9, 1)
    assert np.array_equal(pool(image, "average", 3)[..., 1], pool(image[..., 1], "average", 3))


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"reduction": "median", "kernel": 2}, "unknown_pooling"),
        ({"reduction": "max", "kernel": 9}, "kernel_too_long"),
        ({"reduction": "max", "kernel": 2, "padding": 2}, "padding_over_half"),
        ({"reduction": "min", "kernel": 0}, "bad_kernel"),
    ],
)
def test_impossible_windows_are_refused(options: dict[str, Any], code: str) -> None:
    with pytest.raises(GeometryError) as caught:
        pool(np.zeros((8, 8)), **options)
    assert caught.value.code == code
