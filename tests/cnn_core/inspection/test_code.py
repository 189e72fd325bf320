"""Written code is run: it must make the network that was traced, in every way, in PyTorch and in Keras."""

from __future__ import annotations

import os

os.environ.setdefault("KERAS_BACKEND", "torch")

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from cnn_core import architectures
from cnn_core.errors import ArchitectureError
from cnn_core.inspection import Trace, build_meta, code, trace
from cnn_core.inspection.code.plan import RESERVED

CHAINS = ("lenet5", "lenet5_keras", "mnist_cnn", "nin", "all_cnn", "all_cnn_base", "standard_cnn", "separable_cnn", "vgg11_cifar",
          "alexnet_cifar")
BRANCHED = ("mini_inception", "mini_resnet", "resnet20", "resnet9")
LARGE = ("vgg_a_lrn", "vgg_c", "alexnet_2012", "googlenet_2014", "seresnet50", "mobilenet_v1", "xception", "resnet18", "squeezenet1_1",
         "densenet121", "mobilenet_v2")


@cache
def traced(id: str) -> Trace:
    return trace(build_meta(architectures.build, id), architectures.get(id).input_shape)


def run(text: str) -> dict[str, Any]:
    scope: dict[str, Any] = {"__name__": "written"}
    exec(compile(text, "written", "exec"), scope)
    return scope


def weighted(network: nn.Module) -> list[nn.Module]:
    return [layer for layer in network.modules() if next(layer.parameters(recurse=False), None) is not None]


def in_order(network: nn.Module, picture: Tensor) -> tuple[list[nn.Module], Tensor]:
    """The layers with weights in the order in which they run, and what the network answers."""
    ran: list[nn.Module] = []
    hooks = [layer.register_forward_hook(lambda layer, *_: ran.append(layer)) for layer in weighted(network)]
    try:
        with torch.no_grad():
            answer = network(picture)
    finally:
        for hook in hooks:
            hook.remove()
    return ran, answer


def lively(id: str) -> nn.Module:
    """A network whose normalisations are not the identity, so that a forgotten one is found."""
    network = architectures.build(id, seed=1)
    generator = torch.Generator().manual_seed(2)
    for layer in network.modules():
        if isinstance(layer, nn.BatchNorm2d):
            layer.running_mean.normal_(0, 0.1, generator=generator)
            layer.running_var.uniform_(0.5, 2, generator=generator)
            layer.weight.data.uniform_(0.5, 2, generator=generator)
            layer.bias.data.normal_(0, 0.1, generator=generator)
    return network


def picture_for(id: str) -> Tensor:
    return torch.randn(2, *architectures.get(id).input_shape, generator=torch.Generator().manual_seed(3))


@pytest.mark.parametrize("id", [*CHAINS, *BRANCHED])
@pytest.mark.parametrize("way", code.WAYS["pytorch"])
def test_pytorch_code_computes_what_the_network_computes(id: str, way: str) -> None:
    if way == "sequential" and id in BRANCHED:
        with pytest.raises(ArchitectureError) as refused:
            code.write(traced(id), "pytorch", way)
        assert refused.value.code == "code_not_sequential"
        return
    network, picture = lively(id), picture_for(id)
    ran, expected = in_order(network, picture)
    made = run(code.write(traced(id), "pytorch", way))
    holder = made["layers"] if way == "functional" else made["model"]
    assert sum(p.numel() for p in holder.parameters()) == architectures.get(id).params
    for theirs, ours in zip(weighted(holder), dict.fromkeys(ran), strict=True):
        theirs.load_state_dict(ours.state_dict())
    holder.eval()
    with torch.no_grad():
        answer = made["model"](picture)
    assert torch.allclose(answer, expected, rtol=1e-4, atol=1e-5)


def load_keras(model: Any, ran: list[nn.Module]) -> None:
    """Copy torch's weights into Keras's layers, which stand in the order in which they were made or named."""
    import keras

    holders = [layer for layer in model.layers if layer.trainable_weights]
    for theirs, ours in zip(holders, dict.fromkeys(ran), strict=True):
        if isinstance(ours, nn.BatchNorm2d):
            values = [ours.weight, ours.bias, ours.running_mean, ours.running_var]
        elif isinstance(theirs, keras.layers.DepthwiseConv2D):
            each = ours.out_channels // ours.in_channels
            values = [ours.weight.unflatten(0, (-1, each))[:, :, 0].permute(2, 3, 0, 1), ours.bias]
        elif isinstance(ours, nn.Conv2d):
            values = [ours.weight.permute(2, 3, 1, 0), ours.bias]
        else:
            values = [ours.weight.T, ours.bias]
        theirs.set_weights([value.detach().numpy() for value in values if value is not None])


def flatten_like_keras(network: nn.Module, trace_: Trace) -> None:
    """Keras flattens height, width, channels: the rows of the dense layer behind are put into that order."""
    for record in trace_.layers:
        if record.kind == "flatten" and len(shape := record.input_shapes[0]) == 4 and max(shape[2:]) > 1:
            follower = next(r for r in trace_.layers[record.index:] if r.kind == "linear")
            weight = network.get_submodule(follower.path).weight
            turned = weight.detach().reshape(-1, *shape[1:]).permute(0, 2, 3, 1).reshape(weight.shape)
            weight.data = turned.contiguous()


@pytest.mark.parametrize("id", [*CHAINS, *BRANCHED])
@pytest.mark.parametrize("way", code.WAYS["keras"])
def test_keras_code_computes_what_the_network_computes(id: str, way: str) -> None:
    if way == "sequential" and id in BRANCHED:
        with pytest.raises(ArchitectureError, match="chain"):
            code.write(traced(id), "keras", way)
        return
    network, picture = lively(id), picture_for(id)
    ran, expected = in_order(network, picture)
    model = run(code.write(traced(id), "keras", way))["model"]
    moving = sum(2 * layer.num_features for layer in network.modules() if isinstance(layer, nn.BatchNorm2d))
    assert model.count_params() == architectures.get(id).params + moving
    assert sum(int(np.prod(weight.shape)) for weight in model.trainable_weights) == architectures.get(id).params
    flatten_like_keras(network, traced(id))
    if id == "nin":
        return  # its rounded-up average is what Keras's torch backend computes differently; see the single layers
    load_keras(model, ran)
    with torch.no_grad():
        answer = model(picture.permute(0, 2, 3, 1), training=False)
    assert torch.allclose(answer.cpu(), expected, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("id", LARGE)
@pytest.mark.parametrize("framework", code.WAYS)
def test_code_of_large_networks_has_their_parameters_and_shapes(id: str, framework: str) -> None:
    record = traced(id)
    if framework == "pytorch":
        text = code.write(record, framework, "class")
        again = trace(build_meta(lambda: run(text)["model"]), architectures.get(id).input_shape)
        assert (again.params, again.macs, again.output_shape) == (record.params, record.macs, record.output_shape)
        return
    text = code.write(record, framework, "functional")
    compile(text, "written", "exec")
    assert text.count("Conv2D(") == sum(layer.kind == "conv" for layer in record.layers)


def test_the_course_s_own_keras_network_is_written_as_the_course_writes_it() -> None:
    text = code.write(traced("lenet5_keras"), "keras", "sequential")
    assert 'layers.Conv2D(6, 5, padding="same", activation="tanh", name="c1"),  # (N, 28, 28, 6)' in text
    assert 'layers.Dense(84, activation="tanh", name="f6"),' in text
    assert 'layers.Dense(10, name="output_layer"),' in text


@pytest.mark.parametrize("id", ["lenet5_1998", "shufflenet_v2_x1_0", "convnext_tiny", "vit_b_16"])
@pytest.mark.parametrize("framework", code.WAYS)
def test_what_cannot_be_written_is_refused_by_name(id: str, framework: str) -> None:
    with pytest.raises(ArchitectureError) as refused:
        code.write(traced(id), framework, "functional")
    assert refused.value.code == "code_unknown_operation"
    assert refused.value.facts["layer"] in str(refused.value)


def test_half_a_network_and_unknown_ways_are_refused() -> None:
    with pytest.raises(ArchitectureError) as refused:
        code.write(traced("lenet5"), "pytorch", "subclass")
    assert refused.value.code == "code_unknown_way"
    with pytest.raises(ArchitectureError) as refused:
        code.write(trace(nn.Identity(), (1, 8, 8)))
    assert refused.value.code == "code_incomplete"


# Single layers and their traps -----------------------------------------------------------------------------------------


class Shared(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(4, 4, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        return self.conv(F.relu(self.conv(x)))


class Arithmetic(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        y = 3 - x[:, :, ::2, ::2] / 2
        return (1.5 * y - 0.25) * y + y


class Nested(nn.Module):
    """Branches inside branches, a value that is used three times, and names that code must not use."""

    def __init__(self) -> None:
        super().__init__()
        self.train_ = nn.Conv2d(4, 4, 1)
        self.add_module("layers", nn.Conv2d(4, 4, 1))
        self.add_module("1x1", nn.Conv2d(4, 4, 1))

    def forward(self, x: Tensor) -> Tensor:
        a = self.train_(x)
        b = torch.cat([self.get_submodule("layers")(a), F.relu(a), x], 1)
        c = torch.cat([b, self.get_submodule("1x1")(a)], 1)
        return torch.cat([c, x * torch.sigmoid(a)], 1).mean((2, 3))


SINGLE: dict[str, tuple[Callable[[], nn.Module], tuple[int, int, int]]] = {
    "stride 2, even size": (lambda: nn.Conv2d(4, 6, 3, stride=2, padding=1), (4, 8, 8)),
    "stride 2, odd size": (lambda: nn.Conv2d(4, 6, 3, stride=2, padding=1), (4, 9, 9)),
    "7×7 stem": (lambda: nn.Conv2d(4, 6, 7, stride=2, padding=3), (4, 20, 20)),
    "unequal": (lambda: nn.Conv2d(4, 6, (1, 5), stride=(1, 2), padding=(0, 2)), (4, 9, 12)),
    "even kernel, same": (lambda: nn.Conv2d(4, 6, 4, padding="same"), (4, 9, 9)),
    "more padding than same": (lambda: nn.Conv2d(4, 6, 1, padding=1, bias=False), (4, 5, 5)),
    "dilated": (lambda: nn.Conv2d(4, 6, 3, dilation=2, padding=2), (4, 9, 9)),
    "grouped": (lambda: nn.Conv2d(4, 6, 3, groups=2), (4, 7, 7)),
    "depthwise, two each": (lambda: nn.Conv2d(4, 8, 3, groups=4, padding=1), (4, 7, 7)),
    "max of negatives, padded": (lambda: nn.MaxPool2d(3, 2, padding=1), (4, 8, 8)),
    "max after relu, padded": (lambda: nn.Sequential(nn.ReLU(), nn.MaxPool2d(3, 2, padding=1)), (4, 8, 8)),
    "max, rounded up": (lambda: nn.MaxPool2d(3, 2, ceil_mode=True), (4, 8, 8)),
    "max, rounded up, odd": (lambda: nn.MaxPool2d(2, 2, ceil_mode=True), (4, 7, 7)),
    "average, rounded up": (lambda: nn.AvgPool2d(3, 2, ceil_mode=True), (4, 8, 8)),
    "average that counts padding": (lambda: nn.AvgPool2d(3, 1, padding=1), (4, 7, 7)),
    "average that does not": (lambda: nn.AvgPool2d(3, 1, padding=1, count_include_pad=False), (4, 7, 7)),
    "into 2×2": (lambda: nn.AdaptiveAvgPool2d(2), (4, 6, 8)),
    "same size": (lambda: nn.Sequential(nn.AdaptiveAvgPool2d(6), nn.Flatten(), nn.Linear(144, 3)), (4, 6, 6)),
    "whole maximum": (lambda: nn.Sequential(nn.AdaptiveMaxPool2d(1), nn.ReLU(), nn.Flatten()), (4, 6, 6)),
    "response norm": (lambda: nn.LocalResponseNorm(5, alpha=0.5, k=2.0), (8, 4, 4)),
    "batch norm of its own": (lambda: nn.BatchNorm2d(4, eps=1e-3, momentum=0.01), (4, 5, 5)),
    "batch norm without weights": (lambda: nn.BatchNorm2d(4, affine=False), (4, 5, 5)),
    "activations": (lambda: nn.Sequential(nn.LeakyReLU(0.2), nn.ELU(0.5), nn.GELU(), nn.Hardswish(), nn.ReLU6(), nn.SiLU()), (4, 5, 5)),
    "shared": (Shared, (4, 6, 6)),
    "arithmetic": (Arithmetic, (4, 6, 6)),
    "nested": (Nested, (4, 6, 6)),
    "one relu twice": (lambda: nn.Sequential(nn.Conv2d(4, 4, 1), relu := nn.ReLU(), nn.Conv2d(4, 4, 1), relu), (4, 5, 5)),
    "channel padding": (lambda: _Pad(), (4, 5, 5)),
}  # fmt: skip


class _Pad(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return F.pad(x, (1, 2, 0, 1, 2, 0))


def answers(made: dict[str, Any], framework: str, way: str, network: nn.Module, picture: Tensor) -> Tensor:
    ran, _ = in_order(network, picture)
    if framework == "keras":
        flatten_like_keras(network, trace(network, picture.shape))
        load_keras(made["model"], [layer for layer in ran if not isinstance(layer, nn.BatchNorm2d) or layer.affine])
        turned = picture.permute(0, 2, 3, 1)
        answer = made["model"](turned, training=False)
        return answer.permute(0, 3, 1, 2) if answer.ndim == 4 else answer
    holder = made["layers"] if way == "functional" else made["model"]
    for theirs, ours in zip(weighted(holder), dict.fromkeys(ran), strict=True):
        theirs.load_state_dict(ours.state_dict())
    holder.eval()
    return made["model"](picture)


@pytest.mark.parametrize("case", SINGLE)
@pytest.mark.parametrize(("framework", "way"), [(framework, way) for framework in code.WAYS for way in code.WAYS[framework]])
def test_one_layer_means_the_same(case: str, framework: str, way: str) -> None:
    builder, shape = SINGLE[case]
    torch.manual_seed(0)
    network = builder().eval()
    picture = torch.randn(2, *shape) - 1
    expected = network(picture).detach()
    record = trace(network, shape)
    if way == "sequential" and case in ("shared", "arithmetic", "nested", "channel padding"):
        with pytest.raises(ArchitectureError):
            code.write(record, framework, way)
        return
    made = run(code.write(record, framework, way))
    with torch.no_grad():
        answer = answers(made, framework, way, network, picture)
    if framework == "keras" and case == "average, rounded up":
        # Keras leaves padding out of an average; only its torch backend repeats the last pixels instead.
        answer, expected = answer[..., :-1, :-1], expected[..., :-1, :-1]
    assert torch.allclose(answer, expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("case", ["hidden padding", "kernel of its own", "constant"])
def test_what_the_records_do_not_show_is_not_guessed(case: str) -> None:
    class Kernel(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.scale = nn.Parameter(torch.ones(4, 1, 1))

        def forward(self, x: Tensor) -> Tensor:
            return x * self.scale

    class Constant(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return torch.cat([x, torch.ones(1, 1, 5, 5)], 1)

    circular = nn.Conv2d(4, 4, 3, padding=1, padding_mode="circular")
    network = {"hidden padding": circular, "kernel of its own": Kernel(), "constant": Constant()}[case]
    for framework in code.WAYS:
        with pytest.raises(ArchitectureError) as refused:
            code.write(trace(network, (4, 5, 5)), framework, "functional")
        assert refused.value.code == "code_unknown_operation"


def test_names_are_free_of_what_they_would_hide() -> None:
    import keras

    for home in (nn.Module, nn.ModuleDict, nn.Sequential, keras.Model):
        assert {name for name in dir(home) if not name.startswith("_")} <= RESERVED
    assert code.write(traced("resnet20")) == code.write(traced("resnet20"))
