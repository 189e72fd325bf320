"""One worked-out value against torch, layer kind by layer kind, and against numbers worked out by hand."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from torch import nn
from torch.nn import functional as F

from cnn_core import architectures
from cnn_core.errors import InspectionError
from cnn_core.inspection import LayerRecord, WorkedValue, build_meta, can_work_out, trace, work_out, work_out_layer
from tests.cnn_core.inspection.networks import Functional, Gate, Residual, Shared


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    """The layers are tiny: more threads only wait for each other."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def positions(shape: tuple[int, ...], count: int = 12) -> list[tuple[int, ...]]:
    """The first, the last, and some between them."""
    chance = random.Random(7)
    return [tuple(0 for _ in shape), tuple(n - 1 for n in shape)] + [
        tuple(chance.randrange(n) for n in shape) for _ in range(count)]


def shaken(layer: nn.Module) -> nn.Module:
    """Statistics and scales that are not what a new layer starts with."""
    generator = torch.Generator().manual_seed(3)
    for name, tensor in [*layer.named_parameters(), *layer.named_buffers()]:
        if tensor.is_floating_point():
            noise = torch.rand(tensor.shape, generator=generator)
            tensor.data.copy_(noise + 0.5 if "var" in name else noise - 0.3)
    return layer.eval()


def assert_equal(found: WorkedValue) -> None:
    assert abs(found.difference) <= found.tolerance, (found.operation, found.position, found.total, found.computed)
    assert found.tolerance <= 1e-3 * (1 + abs(found.total)) + 1e-4 * found.magnitude  # a bound that says something
    assert found.steps[-1].value == found.total


def check(layer: nn.Module, shape: tuple[int, ...], count: int = 12) -> list[WorkedValue]:
    x = torch.randn(shape, generator=torch.Generator().manual_seed(1)) * 2
    layer = shaken(layer)
    with torch.no_grad():
        output = layer(x.clone())
    found = [work_out_layer(layer, x, output, place) for place in positions(tuple(output.shape[1:]), count)]
    for one in found:
        assert_equal(one)
    return found


WINDOWS = {
    "plain": lambda: nn.Conv2d(3, 4, 3),
    "strided": lambda: nn.Conv2d(3, 4, (3, 2), stride=(2, 3), padding=(1, 0)),
    "same, even": lambda: nn.Conv2d(3, 4, 4, padding="same", dilation=(1, 3)),
    "valid": lambda: nn.Conv2d(3, 4, 3, padding="valid"),
    "dilated": lambda: nn.Conv2d(3, 4, 3, padding=4, dilation=2),
    "reflect": lambda: nn.Conv2d(3, 4, 5, padding=2, padding_mode="reflect"),
    "replicate": lambda: nn.Conv2d(3, 4, 5, padding=(3, 2), padding_mode="replicate"),
    "circular": lambda: nn.Conv2d(3, 4, 4, padding="same", padding_mode="circular"),
    "grouped": lambda: nn.Conv2d(6, 4, 3, groups=2, bias=False),
    "depthwise": lambda: nn.Conv2d(6, 12, 3, groups=6, padding=1),
    "1×1": lambda: nn.Conv2d(6, 4, 1),
    "transposed": lambda: nn.ConvTranspose2d(3, 4, 3, stride=2, padding=1, output_padding=1),
    "transposed, grouped": lambda: nn.ConvTranspose2d(6, 4, (3, 4), stride=(3, 1), dilation=(1, 2), groups=2, bias=False),
    "transposed, gaps": lambda: nn.ConvTranspose2d(3, 4, 2, stride=3),
    "max": lambda: nn.MaxPool2d(3, 2, 1, dilation=2, ceil_mode=True),
    "max, overlapping": lambda: nn.MaxPool2d(3, stride=1, padding=1),
    "average": lambda: nn.AvgPool2d(3, 2, 1),
    "average without padding": lambda: nn.AvgPool2d(3, 2, 1, count_include_pad=False),
    "average, ceil": lambda: nn.AvgPool2d((3, 4), 2, (1, 2), ceil_mode=True),
    "average, ceil, without": lambda: nn.AvgPool2d((3, 4), 2, (1, 2), ceil_mode=True, count_include_pad=False),
    "average, divisor": lambda: nn.AvgPool2d(2, divisor_override=1),
    "adaptive": lambda: nn.AdaptiveAvgPool2d((4, None)),
    "adaptive max": lambda: nn.AdaptiveMaxPool2d((3, 5)),
    "global": lambda: nn.AdaptiveAvgPool2d(1),
    "batch norm": lambda: nn.BatchNorm2d(6),
    "batch norm without scale": lambda: nn.BatchNorm2d(6, affine=False),
    "batch norm without statistics": lambda: nn.BatchNorm2d(6, track_running_stats=False),
    "layer norm": lambda: nn.LayerNorm([9, 11]),
    "layer norm of rows": lambda: nn.LayerNorm(11, bias=False),
    "group norm": lambda: nn.GroupNorm(3, 6),
    "instance norm": lambda: nn.InstanceNorm2d(6),
    "instance norm with statistics": lambda: nn.InstanceNorm2d(6, affine=True, track_running_stats=True),
    "local response": lambda: nn.LocalResponseNorm(4, alpha=0.3, beta=0.6, k=2.0),
    "softmax": lambda: nn.Softmax(dim=1),
    "softmax of rows": lambda: nn.Softmax(dim=-1),
    "log softmax": lambda: nn.LogSoftmax(dim=1),
    "softmin": lambda: nn.Softmin(dim=1),
    "flatten": nn.Flatten,
    "dropout": lambda: nn.Dropout2d(0.5),
    "shuffle": lambda: nn.ChannelShuffle(2),
    "nearest": lambda: nn.Upsample(scale_factor=2),
    "zero padding": lambda: nn.ZeroPad2d((1, 2, 0, 3)),
}


@pytest.mark.parametrize("name", WINDOWS)
def test_layer_kinds(name: str) -> None:
    layer = WINDOWS[name]()
    channels = getattr(layer, "in_channels", 6)
    check(layer, (2, channels, 9, 11))


ACTIVATIONS = [
    nn.ReLU(), nn.ReLU6(), nn.Hardtanh(-0.5, 0.7), nn.LeakyReLU(0.2), nn.PReLU(), nn.PReLU(5), nn.RReLU(),
    nn.ELU(0.7), nn.SELU(), nn.CELU(0.5), nn.GELU(), nn.GELU("tanh"), nn.SiLU(), nn.Mish(), nn.Hardswish(),
    nn.Hardsigmoid(), nn.Sigmoid(), nn.Tanh(), nn.Softplus(2.0), nn.Softsign(), nn.LogSigmoid(), nn.Hardshrink(0.4),
    nn.Softshrink(0.4), nn.Tanhshrink(), nn.Threshold(0.1, 20.0),
]  # fmt: skip


@pytest.mark.parametrize("layer", ACTIVATIONS, ids=lambda layer: str(layer).replace("()", ""))
def test_activations(layer: nn.Module) -> None:
    check(layer, (2, 5, 4, 4), count=30)
    x = torch.tensor([[-90.0, -3.0, 0.0, 3.0, 90.0]])
    with torch.no_grad():
        output = layer(x.clone())
    for at in range(5):
        found = work_out_layer(layer, x, output, (at,))
        assert abs(found.difference) <= max(found.tolerance, 1e-6), (x[0, at], found.total, found.computed)


@pytest.mark.parametrize("rank", [1, 3])
def test_other_ranks(rank: int) -> None:
    size = (7, 6, 5)[:rank]
    conv = (nn.Conv1d, nn.Conv2d, nn.Conv3d)[rank - 1]
    pool = (nn.MaxPool1d, nn.MaxPool2d, nn.MaxPool3d)[rank - 1]
    norm = (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d)[rank - 1]
    check(conv(4, 6, 3, stride=2, padding=1, groups=2), (2, 4, *size))
    check(pool(2, padding=1), (2, 4, *size))
    check(norm(4), (2, 4, *size))
    check((nn.AvgPool1d, nn.AvgPool2d, nn.AvgPool3d)[rank - 1](2), (2, 4, *size))


@pytest.mark.parametrize("shape", [(2, 7), (2, 5, 7), (2, 3, 5, 7)])
def test_linear(shape: tuple[int, ...]) -> None:
    check(nn.Linear(7, 4), shape)
    check(nn.Linear(7, 4, bias=False), shape)
    check(nn.LayerNorm(7), shape)


# By hand -----------------------------------------------------------------------------------------------------------------


def test_a_convolution_by_hand() -> None:
    layer = nn.Conv2d(1, 1, 2, stride=2, padding=1)
    with torch.no_grad():
        layer.weight.copy_(torch.tensor([[[[1.0, 2.0], [3.0, 4.0]]]]))
        assert layer.bias is not None
        layer.bias.fill_(0.5)
    x = torch.arange(1.0, 10.0).reshape(1, 1, 3, 3)
    found = work_out(nn.Sequential(layer), x, "0", (0, 0, 1))
    # The window lies on rows −1 and 0, columns 1 and 2: 3·2 + 4·3 + ½.
    assert found.taps[0].tolist() == [-1, 0]
    assert found.taps[1].tolist() == [1, 2]
    assert found.region == ((0, 0), (1, 2))
    assert found.inside.tolist() == [[False, False], [True, True]]
    assert found.patch.tolist() == [[[0, 0], [2, 3]]]
    assert found.products is not None
    assert found.products.tolist() == [[[0, 0], [6, 12]]]
    assert (found.total, found.computed, found.difference, found.bias) == (18.5, 18.5, 0.0, 0.5)
    assert [step.text() for step in found.steps] == ["1·0 + 2·0 + 3·2 + 4·3 = 18", "18 + 0.5 = 18.5"]


def test_the_course_example_of_a_linear_layer() -> None:
    """course.md, lesson 5: input [[1, 2], [3, 4]], weights 1.1 … 1.8, bias 1.9 and 2.0: 14.9 and 19.0."""
    layer = nn.Linear(4, 2)
    with torch.no_grad():
        layer.weight.copy_(torch.tensor([[1.1, 1.2, 1.3, 1.4], [1.5, 1.6, 1.7, 1.8]]))
        layer.bias.copy_(torch.tensor([1.9, 2.0]))
    network = nn.Sequential(nn.Flatten(), layer, nn.ReLU())
    x = torch.tensor([[[[1.0, 2.0], [3.0, 4.0]]]])
    assert work_out(network, x, "1", (0,)).total == pytest.approx(14.9)
    assert work_out(network, x, "2", (1,)).total == pytest.approx(19.0)
    assert work_out(network, x, "0", (2,)).region == ((1, 1), (0, 0))  # where the flattened 3 came from


def test_pooling_tells_what_it_chose_and_what_it_divided_by() -> None:
    x = torch.tensor([[[[1.0, 5.0, 2.0], [0.0, 3.0, 4.0], [-1.0, -2.0, -3.0]]]])
    largest = work_out(nn.Sequential(nn.MaxPool2d(2, 2, padding=1)), x, "0", (0, 0, 1))
    assert largest.patch.tolist() == [[[-np.inf, -np.inf], [5, 2]]]
    assert largest.chosen == (0, 1, 0)
    assert largest.steps[0].text() == "max(5, 2) = 5"
    mean = work_out(nn.Sequential(nn.AvgPool2d(2, 2, padding=1, count_include_pad=False)), x, "0", (0, 0, 1))
    assert mean.numbers["divisor"] == 2
    assert mean.total == 3.5


def test_batch_norm_by_hand() -> None:
    layer = nn.BatchNorm2d(1, eps=0.0)
    layer.running_mean = torch.tensor([1.0])
    layer.running_var = torch.tensor([4.0])
    with torch.no_grad():
        layer.weight.fill_(3.0)
        layer.bias.fill_(-1.0)
    found = work_out(nn.Sequential(layer).eval(), torch.full((1, 1, 1, 1), 5.0), "0", (0, 0, 0))
    assert [step.text() for step in found.steps] == ["(5 − 1) / √(4 + 0) = 2", "3·2 + (−1) = 5"]


# Geometry ----------------------------------------------------------------------------------------------------------------


@st.composite
def windows(draw: st.DrawFn) -> nn.Module:
    kernel = (draw(st.integers(1, 5)), draw(st.integers(1, 4)))
    stride = (draw(st.integers(1, 4)), draw(st.integers(1, 3)))
    dilation = (draw(st.integers(1, 3)), draw(st.integers(1, 2)))
    kind = draw(st.sampled_from(["conv", "transposed", "max", "average"]))
    if kind == "conv":
        mode = draw(st.sampled_from(["zeros", "reflect", "replicate", "circular"]))
        padding: Any = draw(st.one_of(st.tuples(st.integers(0, 4), st.integers(0, 3)), st.just("valid")))
        if stride == (1, 1) and draw(st.booleans()):
            padding = "same"
        groups = draw(st.sampled_from([1, 2, 4]))
        return nn.Conv2d(4, 8, kernel, stride, padding, dilation, groups, draw(st.booleans()), mode)
    if kind == "transposed":
        return nn.ConvTranspose2d(4, 8, kernel, stride, draw(st.integers(0, 2)), draw(st.integers(0, 2)), draw(st.sampled_from([1, 2])),
                                  draw(st.booleans()), dilation)  # fmt: skip
    padding = (draw(st.integers(0, kernel[0] // 2)), draw(st.integers(0, kernel[1] // 2)))
    ceil = draw(st.booleans())
    if kind == "max":
        return nn.MaxPool2d(kernel, stride, padding, dilation, ceil_mode=ceil)
    return nn.AvgPool2d(kernel, stride, padding, ceil, draw(st.booleans()))


@given(windows(), st.integers(5, 12), st.integers(5, 12), st.integers(0, 10_000))
@settings(max_examples=150)
def test_any_geometry(layer: nn.Module, height: int, width: int, place: int) -> None:
    x = torch.randn((1, 4, height, width), generator=torch.Generator().manual_seed(place))
    with torch.no_grad():
        try:
            output = layer(x)
        except (RuntimeError, ValueError):
            assume(False)
    assume(output.numel() > 0)
    at = tuple(int(i) for i in np.unravel_index(place % output.numel(), tuple(output.shape[1:])))
    found = work_out_layer(layer, x, output, at)
    assert_equal(found)
    for (first, last), taps, n in zip(found.region, found.taps, (height, width), strict=True):
        inside = [tap for tap in taps if 0 <= tap < n]
        assert (first, last) == ((min(inside), max(inside)) if inside else (0, -1))


# Whole networks ----------------------------------------------------------------------------------------------------------

SMALL = [arch_id for arch_id in architectures.ids() if architectures.get(arch_id).params < 2_000_000
         and architectures.get(arch_id).input_shape[1] <= 64]  # fmt: skip
WORKED = {"conv", "linear", "pool", "norm", "activation", "add", "multiply", "concat"}


@pytest.mark.parametrize("arch_id", SMALL)
def test_every_kind_of_layer_in_the_small_networks(arch_id: str) -> None:
    """One value of one layer of each class and of each operation, wherever the trace calls it a layer that computes."""
    spec = architectures.get(arch_id)
    network = architectures.build(arch_id, seed=1)
    x = torch.randn((1, *spec.input_shape), generator=torch.Generator().manual_seed(2))
    chance = random.Random(arch_id)
    tried: dict[tuple[str, bool], list[LayerRecord]] = {}
    for record in trace(build_meta(architectures.build, arch_id), spec.input_shape).layers:
        if record.kind in WORKED and record.type not in ("sum", "square"):  # lenet5_1998 takes its distance apart itself
            tried.setdefault((record.type, record.functional), []).append(record)
    for records in tried.values():
        record = chance.choice(records)
        place = tuple(chance.randrange(n) for n in record.output_shape[1:])
        assert_equal(work_out(network, x, record.path, place, record.call))


def test_operations_inside_a_block_and_layers_that_run_twice() -> None:
    x = torch.randn(1, 4, 6, 6)
    residual = Residual(4)
    with torch.no_grad():
        inner = residual.conv2(F.relu(residual.conv1(x)))
        outer = F.relu(inner + x)
    found = work_out(nn.Sequential(residual), x, "0:add", (1, 2, 3))
    assert found.numbers["a"] == pytest.approx(float(inner[0, 1, 2, 3]), abs=1e-6)
    assert found.numbers["b"] == pytest.approx(float(x[0, 1, 2, 3]))
    assert work_out(nn.Sequential(residual), x, "0:relu#2", (1, 2, 3)).computed == pytest.approx(float(outer[0, 1, 2, 3]), abs=1e-6)
    shared = Shared()
    with torch.no_grad():
        twice = shared.conv(shared.conv(x))
    assert work_out(shared, x, "conv", (0, 1, 1), call=2).computed == pytest.approx(float(twice[0, 0, 1, 1]), abs=1e-6)
    assert work_out(shared, x, "conv@2", (0, 1, 1)).computed == pytest.approx(float(twice[0, 0, 1, 1]), abs=1e-6)
    for path in (":max_pool2d", ":mul", ":cat", ":mean", ":relu"):
        network = Functional()
        record = trace(network, (3, 8, 8)).layer(path)
        assert_equal(work_out(network, torch.randn(1, 3, 8, 8), path, tuple(n - 1 for n in record.output_shape[1:])))
    assert_equal(work_out(Gate(4), x, ":mul", (3, 5, 0)))


def test_the_model_is_left_as_it_was() -> None:
    network = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.ReLU(inplace=True)).train()
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    x = torch.randn(1, 1, 5, 5)
    work_out(network, x, "1", (0, 0, 0))
    with pytest.raises(InspectionError):
        work_out(network, x, "1", (0, 9, 0))
    assert all(bool((tensor == before[name]).all()) for name, tensor in network.state_dict().items())
    assert network.training and network[1].training and network[2].inplace
    assert not any(module._forward_hooks or module._forward_pre_hooks for module in network.modules())


class Strange(nn.Conv2d):
    """Not what its base class computes."""

    def forward(self, input: torch.Tensor) -> torch.Tensor:
        return super().forward(input) * 2


@pytest.mark.parametrize(("path", "position", "call", "code"), [
    ("9", (0, 0, 0), 1, "no_such_layer"), ("0:relu", (0, 0, 0), 1, "no_such_layer"), ("0", (0, 0), 1, "value_position"),
    ("0", (2, 0, 0), 1, "value_position"), ("0", (0, 0, 0), 2, "layer_not_run"), ("1", (0, 0, 0), 1, "value_no_arithmetic"),
    ("", (0, 0, 0), 1, "value_no_arithmetic"),
])  # fmt: skip
def test_refusals(path: str, position: tuple[int, ...], call: int, code: str) -> None:
    network = nn.Sequential(nn.Conv2d(1, 2, 3), Strange(2, 2, 1))
    with pytest.raises(InspectionError) as caught:
        work_out(network, torch.randn(1, 1, 5, 5), path, position, call)
    assert caught.value.code == code
    assert can_work_out(network[0]) and not can_work_out(network[1])
