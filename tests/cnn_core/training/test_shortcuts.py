"""The short ways of a training step against the network as it is written."""

from __future__ import annotations

import copy
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from cnn_core import architectures
from cnn_core.training import RECIPES
from cnn_core.training.metrics import logits_of
from cnn_core.training.shortcuts import Shortcuts

TAUGHT = sorted({row.recipe.architecture for row in RECIPES.values()})
# chains of every kind: overlapping pools, branches, dense links (the large ones of the canon are of the same kinds, and take half
# a minute each)
CANON = ("squeezenet1_1", "googlenet", "nin", "all_cnn", "densenet121", "lenet5_1998")
CANON = ("squeezenet1_1", "googlenet", "nin", "all_cnn", "densenet121", "lenet5_1998")


def network(name: str) -> tuple[nn.Module, Tensor]:
    row = architectures.get(name)
    channels, height, width = row.input_shape
    shape = (channels, min(height, 96), min(width, 96))
    torch.manual_seed(0)
    options: dict[str, Any] = row.options_for(shape)
    module = architectures.build(name, **options)
    for layer in module.modules():
        if isinstance(layer, (nn.Dropout, nn.Dropout2d)):
            layer.p = 0.0  # two passes draw differently
    return module.double().train(), torch.randn(3, *shape, dtype=torch.float64).contiguous(memory_format=torch.channels_last)


def gradients(module: nn.Module, inputs: Tensor) -> tuple[Tensor, list[Tensor]]:
    output = logits_of(module(inputs))
    weights = torch.linspace(-1, 1, output.numel(), dtype=output.dtype).view_as(output)
    (output * weights).sum().backward()
    return output.detach(), [p.grad for p in module.parameters() if p.grad is not None]


@pytest.mark.parametrize("name", sorted({*TAUGHT, *CANON}))
def test_outputs_and_gradients_are_those_of_the_network(name: str) -> None:
    plain, inputs = network(name)
    quick = copy.deepcopy(plain)
    expected, expected_gradients = gradients(plain, inputs)
    with Shortcuts(quick):
        found, found_gradients = gradients(quick, inputs)
    torch.testing.assert_close(found, expected, rtol=1e-9, atol=1e-12)
    assert len(found_gradients) == len(expected_gradients)
    for one, other in zip(found_gradients, expected_gradients, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-7, atol=1e-10)


def test_relu_behind_the_pool_is_equal_to_the_last_bit() -> None:
    """With ties, with windows that hold nothing positive, and with zeros in them."""
    generator = torch.Generator().manual_seed(0)
    values = torch.randint(-2, 3, (4, 3, 12, 12), generator=generator).float()
    chain = nn.Sequential(nn.ReLU(), nn.MaxPool2d(3, 2, padding=1, ceil_mode=True))
    one, other = values.clone().requires_grad_(), values.clone().requires_grad_()
    expected = chain(one)
    with Shortcuts(chain):
        found = chain(other)
    assert torch.equal(found, expected)
    weights = torch.randn(expected.shape, generator=generator)
    (expected * weights).sum().backward()
    (found * weights).sum().backward()
    assert one.grad is not None and other.grad is not None
    assert torch.equal(one.grad, other.grad)


def test_lenet_takes_all_its_short_ways() -> None:
    assert len(Shortcuts(architectures.build("lenet5"))) == 2 + 3  # two pools, and convolutions that might take in all they are given
    assert len(Shortcuts(architectures.build("mnist_cnn"))) == 2 * 2


class Collecting(nn.Sequential):
    """Looks at what each layer made: nothing in it may be moved."""

    def forward(self, inputs: Tensor) -> Tensor:
        kept = []
        for layer in self:
            inputs = layer(inputs)
            kept.append(inputs)
        return torch.cat([made.flatten(1) for made in kept], 1)


def test_what_is_looked_into_or_used_twice_stays() -> None:
    relu = nn.ReLU()
    assert len(Shortcuts(Collecting(nn.ReLU(), nn.MaxPool2d(2)))) == 0
    assert len(Shortcuts(nn.Sequential(relu, nn.MaxPool2d(2), relu, nn.MaxPool2d(2)))) == 0
    assert len(Shortcuts(nn.Sequential(nn.ReLU(), nn.MaxPool2d(2, return_indices=True)))) == 0


def test_afterwards_every_layer_has_its_own_way_again() -> None:
    module = architectures.build("lenet5")
    with pytest.raises(RuntimeError), Shortcuts(module):
        module(torch.zeros(1, 3, 32, 32))  # three channels for one
    assert not any("forward" in vars(layer) for layer in module.modules())
