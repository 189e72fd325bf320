"""``apply(flip=False)`` is what ``torch.nn.Conv2d`` computes, with torch's paddings, strides and dilations."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn
from torch.nn import functional

from cnn_core import kernels
from cnn_core.errors import ImageError, KernelError

TORCH = {"zeros": "zeros", "reflect": "reflect", "replicate": "replicate", "wrap": "circular"}
pairs = st.tuples(st.integers(1, 4), st.integers(1, 4))


def tensor(array: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(array)[None, None]


@given(st.tuples(st.integers(8, 15), st.integers(8, 15)), pairs, pairs, st.integers(1, 2), st.integers(0, 7))
def test_strides_paddings_and_dilations(
    shape: tuple[int, int], size: tuple[int, int], stride: tuple[int, int], dilation: int, padding: int
) -> None:
    rng = np.random.default_rng(size[0] * 100 + shape[0])
    image, weights = rng.normal(size=shape), rng.normal(size=size)
    theirs = functional.conv2d(tensor(image), tensor(weights), stride=stride, padding=padding, dilation=dilation)
    ours = kernels.apply(image, weights, flip=False, stride=stride, padding=padding, dilation=dilation)
    assert ours.shape == tuple(theirs.shape[2:])
    np.testing.assert_allclose(ours, theirs[0, 0].numpy(), rtol=0, atol=1e-10)


@pytest.mark.filterwarnings("ignore:Using padding='same'")
@pytest.mark.parametrize("border", kernels.BORDERS)
@pytest.mark.parametrize("padding", ["same", (2, 1), 3])
@pytest.mark.parametrize("size", [(3, 3), (2, 4), (5, 2), (1, 7)])
@pytest.mark.parametrize("dilation", [1, 2])
def test_conv2d_with_every_padding_mode(
    border: str, padding: str | int | tuple[int, int], size: tuple[int, int], dilation: int
) -> None:
    rng = np.random.default_rng(0)
    image, weights = rng.normal(size=(16, 13)), rng.normal(size=size)
    layer = nn.Conv2d(
        1, 1, size, padding=padding, dilation=dilation, padding_mode=TORCH[border], bias=False, dtype=torch.float64
    )
    with torch.no_grad():
        layer.weight.copy_(tensor(weights))
        theirs = layer(tensor(image))[0, 0].numpy()
    ours = kernels.apply(image, weights, flip=False, padding=padding, dilation=dilation, border=border)
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-10)


def test_the_course_conv2d_sizes() -> None:
    image = np.zeros((32, 32, 3))
    weights = np.ones((3, 3))
    assert kernels.apply(image, weights).shape == (30, 30, 3)
    assert kernels.apply(image, weights, padding=1).shape == (32, 32, 3)
    assert kernels.apply(image, weights, padding=1, stride=2).shape == (16, 16, 3)


def test_a_tensor_that_gradients_flow_through_is_refused_by_name() -> None:
    attached = torch.ones(3, 3, requires_grad=True)
    with pytest.raises(KernelError) as kernel:
        kernels.apply(np.ones((5, 5)), attached)
    with pytest.raises(ImageError) as image:
        kernels.apply(attached, [[1]])
    assert kernel.value.code == image.value.code == "tensor_not_readable"
    assert kernels.apply(np.ones((5, 5)), attached.detach()).shape == (3, 3)
