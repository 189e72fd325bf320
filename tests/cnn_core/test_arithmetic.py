"""Sizes against torch's own shapes, and against what can be worked out by hand."""

from __future__ import annotations

import doctest
from collections.abc import Callable
from math import ceil
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st

from cnn_core import arithmetic
from cnn_core.arithmetic import (
    adaptive_windows,
    conv_output_size,
    extent,
    full_padding,
    half_padding,
    pool_output_size,
    same_padding,
    transposed_output_size,
)
from cnn_core.errors import GeometryError

sizes = st.integers(1, 20)
kernels = st.integers(1, 7)
strides = st.integers(1, 5)
paddings = st.integers(0, 4)
dilations = st.integers(1, 3)


def _torch_size(call: Callable[..., torch.Tensor], *args: Any, **kwargs: Any) -> int | None:
    """The length torch gives, or None where it refuses or hands out an empty tensor."""
    try:
        return call(*args, **kwargs).shape[-1] or None
    except (RuntimeError, ValueError):
        return None


def _our_size(call: Callable[..., int], *args: Any) -> int | None:
    try:
        return call(*args)
    except GeometryError:
        return None


def test_doctests():
    assert doctest.testmod(arithmetic).failed == 0


@pytest.mark.parametrize(
    ("n", "kernel", "stride", "padding", "size"),
    [(32, 3, 1, 0, 30), (32, 3, 1, 1, 32), (32, 3, 2, 1, 16), (28, 5, 1, 0, 24)],
)
def test_the_course_s_own_examples(n, kernel, stride, padding, size):
    assert conv_output_size(n, kernel, stride, padding) == size


@given(sizes, kernels, strides, paddings, dilations)
def test_convolution_is_as_long_as_torch_s(n, kernel, stride, padding, dilation):
    theirs = _torch_size(
        F.conv2d,
        torch.zeros(1, 1, n, n),
        torch.zeros(1, 1, kernel, kernel),
        stride=stride,
        padding=padding,
        dilation=dilation,
    )
    assert _our_size(conv_output_size, n, kernel, stride, padding, dilation) == theirs


@given(sizes, kernels, strides, paddings, dilations, st.booleans())
def test_max_pooling_is_as_long_as_torch_s(n, kernel, stride, padding, dilation, ceil_mode):
    theirs = _torch_size(F.max_pool2d, torch.zeros(1, 1, n, n), kernel, stride, padding, dilation, ceil_mode)
    assert _our_size(pool_output_size, n, kernel, stride, padding, dilation, ceil_mode) == theirs


@given(sizes, kernels, paddings, st.booleans())
def test_average_pooling_with_its_default_stride_is_as_long_as_torch_s(n, kernel, padding, ceil_mode):
    theirs = _torch_size(F.avg_pool2d, torch.zeros(1, 1, n, n), kernel, None, padding, ceil_mode)
    assert _our_size(pool_output_size, n, kernel, None, padding, 1, ceil_mode) == theirs


@given(sizes, kernels, strides, paddings, st.integers(0, 4), dilations)
def test_transposed_convolution_is_as_long_as_torch_s(n, kernel, stride, padding, output_padding, dilation):
    theirs = _torch_size(
        F.conv_transpose2d,
        torch.zeros(1, 1, n, n),
        torch.zeros(1, 1, kernel, kernel),
        stride=stride,
        padding=padding,
        output_padding=output_padding,
        dilation=dilation,
    )
    assert _our_size(transposed_output_size, n, kernel, stride, padding, output_padding, dilation) == theirs


@given(sizes, kernels, strides, paddings)
def test_transposed_convolution_undoes_a_convolution_s_shortening(n, kernel, stride, padding):
    small = _our_size(conv_output_size, n, kernel, stride, padding)
    if small is not None:
        lost = (n + 2 * padding - kernel) % stride
        assert transposed_output_size(small, kernel, stride, padding, lost) == n


@given(sizes, kernels, dilations)
def test_same_padding_keeps_the_length_and_is_torch_s(n, kernel, dilation):
    before, after = same_padding(n, kernel, 1, dilation)
    assert conv_output_size(n + before + after, kernel, 1, 0, dilation) == n
    ramp = torch.arange(1.0, n + 1).reshape(1, 1, n)
    weights = torch.zeros(1, 1, kernel)
    weights[..., 0] = 1  # the first tap alone: the output is the padded input, shifted by the padding before
    theirs = F.conv1d(ramp, weights, padding="same", dilation=dilation)
    ours = F.pad(ramp, (before, after))[..., :n]
    assert torch.equal(theirs, ours)


@given(sizes, kernels, strides, dilations)
def test_same_padding_beyond_stride_one_follows_tensorflow(n, kernel, stride, dilation):
    before, after = same_padding(n, kernel, stride, dilation)
    assert after - before in (0, 1)
    assert conv_output_size(max(n + before + after, extent(kernel, dilation)), kernel, stride, 0, dilation) == ceil(
        n / stride
    )


@given(st.integers(0, 4), dilations)
def test_an_odd_kernel_s_half_padding_is_its_same_padding(half, dilation):
    kernel = 2 * half + 1
    assert same_padding(16, kernel, 1, dilation) == (half_padding(kernel, dilation),) * 2


def test_full_padding_lengthens_by_the_kernel_less_one():
    assert conv_output_size(32, 3, 1, full_padding(3)) == 34
    assert full_padding(3, dilation=2) == 4


@given(sizes, st.integers(1, 9))
def test_adaptive_windows_are_torch_s(n, size):
    ramp = torch.arange(float(n)).reshape(1, 1, n)
    means = torch.stack([ramp[..., window.start : window.stop].mean() for window in adaptive_windows(n, size)])
    assert torch.allclose(F.adaptive_avg_pool1d(ramp, size)[0, 0], means)


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ({"n": 0, "kernel": 3}, "bad_size"),
        ({"n": 8, "kernel": 0}, "bad_kernel"),
        ({"n": 8, "kernel": 3, "stride": 0}, "bad_stride"),
        ({"n": 8, "kernel": 3, "padding": -1}, "bad_padding"),
        ({"n": 8, "kernel": 3, "dilation": 0}, "bad_dilation"),
        ({"n": 8.5, "kernel": 3}, "bad_size"),
        ({"n": 2, "kernel": 3}, "kernel_too_long"),
        ({"n": 4, "kernel": 3, "dilation": 2}, "kernel_too_long"),
    ],
)
def test_impossible_numbers_are_refused_by_name(arguments, code):
    with pytest.raises(GeometryError) as caught:
        conv_output_size(**arguments)
    assert caught.value.code == code


def test_ceil_mode_drops_a_window_that_would_start_in_the_far_padding():
    # ceil((3 + 2 - 2)/2) + 1 = 3 windows, at -1, 1 and 3; the third would see the padding alone.
    assert pool_output_size(3, kernel=2, stride=2, padding=1, ceil_mode=True) == 2


def test_a_pooling_window_takes_padding_up_to_half_of_itself():
    assert pool_output_size(8, kernel=3, stride=2, padding=1) == 4
    with pytest.raises(GeometryError, match="at most 1"):
        pool_output_size(8, kernel=3, stride=2, padding=2)
