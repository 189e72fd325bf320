"""Receptive fields against the gradient of one output value with respect to the input."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from torch import nn
from torch.nn import functional as F

from cnn_core.inspection import ReceptiveField, trace
from tests.cnn_core.inspection.networks import Branches, Gate, Residual


def seen(network: nn.Module, size: int, position: tuple[int, int]) -> tuple[tuple[int, int], tuple[int, int]]:
    """First and last pixel, on each axis, that the output at ``position`` depends on.

    Weights are made positive, so no two paths cancel; that needs a network whose activations are ReLU.
    """
    network = network.double().eval()
    for module in network.modules():
        if isinstance(module, nn.ReLU):
            module.inplace = False  # autograd needs the values that a second one would overwrite
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.copy_(parameter.abs() + 0.1)
    x = torch.ones(1, 3, size, size, dtype=torch.float64, requires_grad=True)
    network(x)[0, :, position[0], position[1]].sum().backward()
    assert x.grad is not None
    touched = x.grad[0].abs().sum(0) > 0
    rows, columns = touched.any(1).nonzero().flatten(), touched.any(0).nonzero().flatten()
    return (int(rows[0]), int(rows[-1])), (int(columns[0]), int(columns[-1]))


def field_of(network: nn.Module, size: int) -> tuple[ReceptiveField, tuple[int, ...]]:
    last = trace(network, (3, size, size)).layers[-1]
    assert last.receptive_field is not None
    return last.receptive_field, last.output_shape[2:]


def inside(field: ReceptiveField, position: tuple[int, ...], size: int) -> bool:
    return all(s + j * at >= 0 and s + j * at + k <= size
               for s, j, k, at in zip(field.start, field.jump, field.size, position, strict=True))


CHAINS = {
    "vgg": lambda: nn.Sequential(nn.Conv2d(3, 4, 3, padding=1), nn.ReLU(), nn.Conv2d(4, 4, 3, padding=1), nn.AvgPool2d(2)),
    "dilated": lambda: nn.Sequential(nn.Conv2d(3, 4, 3, dilation=3), nn.Conv2d(4, 4, 3, stride=2, padding=2, dilation=2)),
    "uneven": lambda: nn.Sequential(nn.Conv2d(3, 4, (1, 7), padding=(0, 3)), nn.Conv2d(4, 4, (5, 2), stride=(2, 1))),
    "same": lambda: nn.Sequential(nn.Conv2d(3, 4, 4, padding="same"), nn.Conv2d(4, 4, 2, padding="same")),
    "ceil": lambda: nn.Sequential(nn.AvgPool2d(3, 2, ceil_mode=True), nn.Conv2d(3, 4, 3)),
    "residual": lambda: nn.Sequential(nn.Conv2d(3, 4, 3, stride=2), Residual(4), Residual(4)),
    "branches": lambda: nn.Sequential(Branches(3, 2), nn.ReLU(), Branches(6, 2), nn.Conv2d(6, 4, 3, stride=2)),
    "norm": lambda: nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.LocalResponseNorm(3), nn.Conv2d(4, 4, 3)),
    "adaptive": lambda: nn.Sequential(nn.Conv2d(3, 4, 3, padding=1), nn.AdaptiveAvgPool2d(8)),
    "space to depth": lambda: nn.Sequential(nn.PixelUnshuffle(2), nn.Conv2d(12, 4, 3)),
    "shuffled": lambda: nn.Sequential(nn.Conv2d(3, 4, 3), nn.ChannelShuffle(2), nn.Conv2d(4, 4, 3, groups=2)),
}


@pytest.mark.parametrize("name", CHAINS)
def test_field_is_exactly_what_the_gradient_touches(name: str) -> None:
    network = CHAINS[name]()
    field, shape = field_of(network, 32)
    position = (shape[0] // 2, shape[1] // 2)
    assert field.exact
    assert inside(field, position, 32)
    assert field.window(position, (32, 32)) == seen(network, 32, position)


LOOSE = {
    "upsampled": lambda: nn.Sequential(nn.Conv2d(3, 4, 3, stride=2), nn.Upsample(scale_factor=2), nn.Conv2d(4, 4, 3)),
    "bilinear": lambda: nn.Sequential(nn.Conv2d(3, 4, 3), nn.UpsamplingBilinear2d(scale_factor=2)),
    "smooth": lambda: nn.Sequential(nn.Conv2d(3, 4, 3), nn.Upsample(scale_factor=1.5, mode="bilinear")),
    "transposed": lambda: nn.Sequential(nn.Conv2d(3, 4, 3, stride=2), nn.ConvTranspose2d(4, 4, 3, stride=2)),
    "adaptive": lambda: nn.Sequential(nn.Conv2d(3, 4, 3), nn.AdaptiveAvgPool2d(5)),
    "depth to space": lambda: nn.Sequential(nn.Conv2d(3, 8, 3), nn.PixelShuffle(2)),
}


@pytest.mark.parametrize("name", LOOSE)
def test_at_most_really_covers_every_position(name: str) -> None:
    network = LOOSE[name]()
    field, shape = field_of(network, 16)
    assert not field.exact
    for at in range(shape[0]):
        for (low, high), (first, last) in zip(field.window((at, at), (16, 16)), seen(network, 16, (at, at)), strict=True):
            assert low <= first
            assert last <= high
            assert high - low <= last - first + 8  # not so loose that it says nothing


def test_branches_of_different_jumps_are_covered_at_most() -> None:
    class Uneven(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.strided, self.plain = nn.Conv2d(3, 2, 3, stride=2), nn.Conv2d(3, 2, 10)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.strided(x) + self.plain(x)

    network = Uneven()
    field, shape = field_of(network, 17)
    assert shape == (8, 8)
    assert not field.exact
    for at in range(8):
        (low, high), _ = field.window((at, at), (17, 17))
        (first, last), _ = seen(network, 17, (at, at))
        assert low <= first <= last <= high


def test_slices_move_the_field() -> None:
    class Crop(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv = nn.Conv2d(3, 2, 3)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return F.pad(self.conv(x[:, :, 4:, ::2]), (0, 0, 2, 0))

    network = Crop()
    field, _ = field_of(network, 24)
    assert field == ReceptiveField((3, 5), (1, 2), (2, 0), True)
    assert field.window((6, 3), (24, 24)) == seen(network, 24, (6, 3))


@pytest.mark.parametrize("chosen", [[0, 2], (0, 2), torch.tensor([0, 2]), slice(0, 3, 2)],
                         ids=["list", "tuple", "tensor", "slice"])
def test_choosing_channels_keeps_the_field(chosen: Any) -> None:
    class Choice(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return F.avg_pool2d(x[..., chosen, :, :] if isinstance(chosen, list) else x[:, chosen], 3)

    field, shape = field_of(Choice(), 12)
    assert shape == (4, 4)
    assert trace(Choice(), (3, 12, 12)).output_shape == (1, 2, 4, 4)
    assert field.window((1, 2), (12, 12)) == seen(Choice(), 12, (1, 2)) == ((3, 5), (6, 8))


def test_channels_last_arithmetic_keeps_the_field() -> None:
    class Pointwise(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv, self.norm, self.fc = nn.Conv2d(3, 4, 3), nn.LayerNorm(4), nn.Linear(4, 6)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.fc(self.norm(self.conv(x).permute(0, 2, 3, 1))).permute(0, 3, 1, 2)

    network = Pointwise()
    field, _ = field_of(network, 12)
    assert field == ReceptiveField((3, 3), (1, 1), (0, 0), True)


@pytest.mark.parametrize("layer", [
    nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.GroupNorm(1, 3), nn.InstanceNorm2d(3), nn.Softmax(-1), Gate(3),
    nn.Linear(16, 4), nn.LayerNorm([3, 16, 16])], ids=lambda layer: type(layer).__name__)
def test_global_operations_have_no_field(layer: nn.Module) -> None:
    assert trace(nn.Sequential(nn.Conv2d(3, 3, 1), layer), (3, 16, 16)).layers[-1].receptive_field is None


@st.composite
def chains(draw: st.DrawFn) -> nn.Sequential:
    """Convolutions, poolings, residual and parallel blocks in any order."""
    layers: list[nn.Module] = []
    channels = 3
    for _ in range(draw(st.integers(1, 5))):
        match draw(st.sampled_from(["conv", "depthwise", "pool", "relu", "residual", "branches", "norm"])):
            case "conv":
                layers.append(nn.Conv2d(
                    channels, 4, (draw(st.integers(1, 5)), draw(st.integers(1, 4))), stride=draw(st.integers(1, 3)),
                    padding=(draw(st.integers(0, 3)), draw(st.integers(0, 2))), dilation=draw(st.integers(1, 3))))
                channels = 4
            case "depthwise":
                layers.append(nn.Conv2d(channels, channels, 3, groups=channels, bias=False))
            case "pool":
                kernel = draw(st.integers(1, 4))
                layers.append(nn.AvgPool2d(kernel, draw(st.integers(1, 3)), draw(st.integers(0, kernel // 2)),
                                           ceil_mode=draw(st.booleans())))
            case "relu":
                layers.append(nn.ReLU(inplace=draw(st.booleans())))
            case "residual":
                layers.append(Residual(channels))
            case "branches":
                layers.append(Branches(channels, 2))
                channels = 6
            case "norm":
                layers.append(nn.BatchNorm2d(channels))
    return nn.Sequential(nn.Conv2d(3, 3, 1), *layers)


@given(chains(), st.integers(40, 72))
@settings(max_examples=60)
def test_random_networks(network: nn.Sequential, size: int) -> None:
    """Shapes against real execution, the field of one value against the gradient."""
    with torch.no_grad():
        try:
            outputs = [tuple(network[: i + 1](torch.zeros(1, 3, size, size)).shape) for i in range(len(network))]
        except RuntimeError:
            assume(False)
    traced = trace(network, (3, size, size))
    by_block = {layer.path.split(".")[0].split(":")[0]: layer.output_shape for layer in traced.layers}
    assert [by_block[str(i)] for i in range(len(network))] == outputs
    assert traced.params == sum(p.numel() for p in network.parameters())
    field = traced.layers[-1].receptive_field
    assert field is not None
    position = (outputs[-1][2] // 2, outputs[-1][3] // 2)
    assume(field.exact and inside(field, position, size))
    assert field.window(position, (size, size)) == seen(network, size, position)
