"""Captured outputs: against torchvision's extractor, plain hooks and the operations themselves, on every network of the catalogue;
what is left behind; threads.
"""

from __future__ import annotations

import operator
import threading
from collections import Counter
from typing import Any

import pytest
import torch
from torch import Tensor, fx, nn
from torch.nn import functional as F
from torchvision.models import feature_extraction
from torchvision.models.feature_extraction import create_feature_extractor

from cnn_core import architectures
from cnn_core.errors import InspectionError
from cnn_core.inspection import LayerRecord, address, capture, stream, trace
from tests.cnn_core.inspection import networks
from tests.cnn_core.inspection.filled import filled, runnable


@pytest.fixture(autouse=True)
def _one_thread() -> Any:
    """Small pictures gain nothing from two, and the suite runs two tests at a time."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def picture(channels: int, side: int) -> Tensor:
    return torch.randn(1, channels, side, side, generator=torch.Generator().manual_seed(3))


def hooked(model: nn.Module, batch: Tensor) -> dict[str, Tensor]:
    """Every module's output by address, the plain way: a clone in a hook on the model itself."""
    found: dict[str, Tensor] = {}
    runs: Counter[str] = Counter()
    handles = []
    for path, module in model.named_modules():
        def keep(module: nn.Module, args: Any, output: Any, path: str = path) -> None:
            runs[path] += 1
            first = output if isinstance(output, Tensor) else next(iter(output.values() if isinstance(output, dict) else output))
            found[path if runs[path] == 1 else f"{path}@{runs[path]}"] = first.clone()

        handles.append(module.register_forward_hook(keep))
    with torch.no_grad():
        model(batch)
    for handle in handles:
        handle.remove()
    return found


def operation(record: LayerRecord, inputs: list[Tensor]) -> Tensor | None:
    """What a functional operation must give, where its inputs say it all."""
    if record.kind == "add" and record.type in ("add", "iadd") and len(inputs) == 2:
        return inputs[0] + inputs[1]
    if record.kind == "multiply" and record.type in ("mul", "imul") and len(inputs) == 2:
        return inputs[0] * inputs[1]
    if record.type in ("cat", "concat") and sum(tensor.shape[1] for tensor in inputs) == record.output_shape[1]:
        return torch.cat(inputs, 1)  # otherwise a class token or the like is among them
    if record.type in ("relu", "sigmoid"):
        return getattr(torch, record.type)(inputs[0])
    if record.kind == "flatten" and record.type == "flatten":
        return inputs[0].flatten(1)
    return None


def extracted(model: nn.Module, batch: Tensor) -> dict[str, Tensor]:
    """What torchvision's extractor sees: every module that its tracer does not look into, every run, by address.

    It traces with the extractor's own tracer. The extractor itself is asked in the test after this one: it traces twice, and
    names a node ``ln_1`` that is the module ``ln_2``, so it cannot be asked for every module of every network by name.
    """
    tracer = feature_extraction.NodePathTracer(**feature_extraction._set_default_tracer_kwargs(None))
    graph = tracer.trace(model)
    runs: Counter[str] = Counter()
    nodes = {}
    for node in graph.nodes:
        if node.op == "call_module":
            runs[node.target] += 1
            nodes[node.target if runs[node.target] == 1 else f"{node.target}@{runs[node.target]}"] = node
        elif node.op == "output":
            last = node
    graph.inserting_before(last)
    last.args = (nodes,)
    reference = out_of_place(fx.GraphModule(model, graph)).eval()
    with torch.no_grad():
        return {name: _first(value) for name, value in reference(batch).items()}


def out_of_place(extractor: Any) -> Any:
    """torchvision's extractor gives what in-place operations have left of a layer's output: BasicConv2d's ReLU of its batch norm, the
    shortcut added to another. Here none is in place.
    """
    for module in extractor.modules():
        if getattr(module, "inplace", False) is True:
            module.inplace = False
    for node in extractor.graph.nodes:
        if node.kwargs.get("inplace"):
            node.kwargs = {**node.kwargs, "inplace": False}
        if node.target is operator.iadd:
            node.target = operator.add
    extractor.recompile()
    return extractor


def test_ids_of_the_catalogue_are_what_runs_here() -> None:
    assert len(architectures.ids()) >= 152


@pytest.mark.parametrize("id", architectures.ids())
def test_every_layer_of_every_network_as_hooks_and_operations_have_it(id: str) -> None:
    model, side, traced = runnable(id)
    batch = picture(traced.input_shape[1], side)
    names = [address(layer) for layer in traced.layers]
    assert len(set(names)) == len(names)
    torchvisions = architectures.get(id).builder.startswith("zoo_build:torchvision")
    reference = extracted(model, batch) if torchvisions else {}
    found = capture(model, batch, [*names, *reference, ""])

    assert [tuple(found[name].shape) for name in names] == [layer.output_shape for layer in traced.layers]
    assert not any(tensor.isnan().any() for tensor in found.values())
    plain = hooked(model, batch)  # after capture: it would find what capture had left behind
    modules = [name for name, layer in zip(names, traced.layers, strict=True) if not layer.functional]
    assert [name for name in [*modules, ""] if not torch.equal(found[name], plain[name])] == []
    for name, layer in zip(names, traced.layers, strict=True):
        inputs = [traced.layers[i] for i in layer.inputs if i >= 0]
        if layer.functional and len(inputs) == len(layer.inputs) and all(len(i.output_shapes) == 1 for i in inputs):
            expected = operation(layer, [found[address(i)] for i in inputs])
            assert expected is None or torch.equal(found[name], expected), name

    assert bool(reference) == torchvisions
    assert [name for name, value in reference.items() if not torch.equal(found[name], value)] == []


OPERATIONS = {
    "resnet18": {"layer1.0.add": "layer1.0:add", "layer2.1.add": "layer2.1:add", "flatten": ":flatten"},
    "mobilenet_v2": {"features.3.add": "features.3:add"},
    "squeezenet1_1": {"features.3.cat": "features.3:cat"},
}


@pytest.mark.parametrize(
    "id", ["alexnet", "vgg11", "resnet18", "squeezenet1_1", "mobilenet_v2", "mnasnet0_5", "regnet_y_400mf", "shufflenet_v2_x0_5"]
)
def test_the_same_as_torchvisions_extractor(id: str) -> None:
    model, side, traced = runnable(id)
    batch = picture(3, side)
    runs = Counter(layer.path for layer in traced.layers)
    names = {path: path for path in feature_extraction.get_graph_node_names(model)[1] if runs[path] == 1} | OPERATIONS.get(id, {})
    with torch.no_grad():
        theirs = out_of_place(create_feature_extractor(model, return_nodes=list(names)))(batch)
    ours = capture(model, batch, names.values())
    assert len(names) > 10 and theirs.keys() == names.keys()
    assert [name for name, mine in names.items() if not torch.equal(ours[mine], theirs[name])] == []


def _first(output: Any) -> Tensor:
    return output if isinstance(output, Tensor) else _first(next(iter(output)))


# Names ------------------------------------------------------------------------------------------------------------------


class Twice(nn.Module):
    """One activation used twice, in place, and an addition in place."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3, padding=1)
        self.relu = nn.ReLU(inplace=True)
        self.norm = nn.BatchNorm2d(4)

    def forward(self, x: Tensor) -> Tensor:
        first = self.relu(self.conv(x))
        y = self.norm(first)
        y += first
        return self.relu(y)


def test_a_module_that_runs_twice_has_two_outputs() -> None:
    model, batch = Twice().eval(), picture(3, 8)
    found = capture(model, batch, ["relu@2", "relu", "norm", ":iadd" if "iadd" in str(trace(model, (3, 8, 8)).layers) else ":add", ""])
    names = list(found)
    assert names[:3] == ["relu@2", "relu", "norm"]
    with torch.no_grad():
        first = F.relu(model.conv(batch))
        assert torch.equal(found["relu"], first) and torch.equal(found["norm"], model.norm(first))
        assert torch.equal(found[names[3]], model.norm(first) + first)
        assert torch.equal(found["relu@2"], F.relu(model.norm(first) + first)) and torch.equal(found[""], found["relu@2"])


def test_blocks_and_the_whole_network_have_outputs() -> None:
    model, batch = networks.Branches(3, 4).eval(), picture(3, 8)
    outer = nn.Sequential(model, nn.ReLU())
    found = capture(outer, batch, ["0", "0:cat", "1", ""])
    assert torch.equal(found["0"], found["0:cat"]) and torch.equal(found["1"], found[""]) and found["0"].shape == (1, 12, 8, 8)


@pytest.mark.parametrize("path, code", [
    ("layer9", "capture_unknown_layer"), ("conv:add", "capture_unknown_layer"), (":cat", "capture_unknown_layer"),
    ("relu@3", "capture_never_ran"), ("conv@2", "capture_never_ran"), ("relu@0", "capture_never_ran"),
])  # fmt: skip
def test_names_that_no_layer_has(path: str, code: str) -> None:
    with pytest.raises(InspectionError) as caught:
        capture(Twice(), picture(3, 8), [path])
    assert caught.value.code == code and path in str(caught.value)


def test_auxiliary_layers_do_not_run() -> None:
    with pytest.raises(InspectionError) as caught:
        capture(filled("inception_v3"), picture(3, 75), ["AuxLogits.fc"])
    assert caught.value.code == "capture_never_ran"


# What is left behind ----------------------------------------------------------------------------------------------------


def hooks_on(model: nn.Module) -> int:
    return sum(len(hooks) for module in model.modules() for name, hooks in vars(module).items() if name.endswith("_hooks") and hooks)


def test_batch_norms_output_is_not_what_the_relu_in_place_made_of_it() -> None:
    model = architectures.build("resnet18", seed=0)
    assert model.relu.inplace is True
    found = capture(model, picture(3, 64), ["bn1", "relu", "layer1.0.bn2", "layer1.0:add"])
    assert found["bn1"].min() < 0 and torch.equal(found["bn1"].relu(), found["relu"])
    assert found["layer1.0.bn2"].min() < 0 and not torch.equal(found["layer1.0.bn2"], found["layer1.0:add"])
    assert model.relu.inplace is True and hooks_on(model) == 0


@pytest.mark.parametrize("grad", [True, False])
def test_modes_gradients_and_statistics_stay(grad: bool) -> None:
    model = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.Dropout(0.5), nn.ReLU(inplace=True))
    model[1].eval()
    modes, before = [module.training for module in model.modules()], {name: t.clone() for name, t in model.state_dict().items()}
    with torch.set_grad_enabled(grad):
        found = capture(model, picture(3, 8), ["0", "2", "3"])
        assert torch.is_grad_enabled() is grad
    assert [module.training for module in model.modules()] == modes and all(p.requires_grad and p.grad is None for p in model.parameters())
    assert all(torch.equal(tensor, before[name]) for name, tensor in model.state_dict().items())
    assert not any(tensor.requires_grad for tensor in found.values()) and hooks_on(model) == 0
    assert torch.equal(capture(model, picture(3, 8), ["2"])["2"], found["2"])  # no dropout


class Stumble(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv, self.relu, self.stumbles = nn.Conv2d(3, 4, 3), nn.ReLU(inplace=True), True

    def forward(self, x: Tensor) -> Tensor:
        y = self.relu(self.conv(x))
        y = y + 1
        if self.stumbles:
            raise ZeroDivisionError("in the middle")
        return y * 2


@pytest.mark.parametrize("paths", [["conv", ""], ["conv", ":add", ""], ["relu@2"]])
def test_an_error_in_the_middle_leaves_nothing_behind(paths: list[str]) -> None:
    model = Stumble().train()
    if ":add" in paths:  # where the operations are is found out first, on a run that must succeed
        model.stumbles = False
        capture(model, picture(3, 8), [":add"])
        model.stumbles = True
    with pytest.raises(ZeroDivisionError):
        capture(model, picture(3, 8), paths)
    assert hooks_on(model) == 0 and model.training and model.relu.training and model.relu.inplace
    assert torch.overrides._get_current_function_mode() is None and torch.is_grad_enabled()
    model.stumbles = False
    assert set(capture(model, picture(3, 8), ["conv", ":add"])) == {"conv", ":add"}


def test_what_the_observer_raises_passes_through_and_leaves_nothing() -> None:
    model = Twice()

    def refuse(path: str, output: Tensor) -> None:
        raise KeyError(path)

    for path in ("conv", ":add"):
        with pytest.raises(KeyError):
            stream(model, picture(3, 8), [path], refuse)
        assert hooks_on(model) == 0
    assert capture(model, picture(3, 8), ["conv"])["conv"].shape == (1, 4, 8, 8)


def test_the_network_runs_no_further_than_it_must() -> None:
    model = Stumble()
    found = capture(model, picture(3, 8), ["conv", "relu"])  # the error behind them is never reached
    assert set(found) == {"conv", "relu"}
    assert stream(model, picture(3, 8), ["conv"], lambda path, output: None) is None


def test_captured_tensors_are_the_callers_own() -> None:
    model = nn.Sequential(nn.Flatten(), nn.Linear(192, 192))
    batch = picture(3, 8)
    found = capture(model, batch, ["0", "1"])
    before = model[1].weight.clone()
    found["0"].zero_()
    assert not torch.equal(batch, torch.zeros_like(batch)) and torch.equal(model[1].weight, before)


def test_a_changed_network_is_looked_at_anew() -> None:
    model = nn.Sequential(networks.Branches(3, 4), nn.ReLU())
    assert capture(model, picture(3, 8), ["0:cat"])["0:cat"].shape[1] == 12
    model[0] = networks.Functional()
    assert capture(model, picture(3, 8), ["0:mul", "0:cat"])["0:cat"].shape == (1, 6, 4, 4)


def test_stream_shows_layers_in_order_and_keeps_none() -> None:
    seen: list[str] = []
    model = filled("resnet18")
    names = [address(layer) for layer in trace(model, (3, 32, 32)).layers]
    output = stream(model, picture(3, 32), [*reversed(names), ""], lambda path, tensor: seen.append(path))
    assert seen == [*names, ""] and output is not None and output.shape == (1, 1000)


# Threads ----------------------------------------------------------------------------------------------------------------


def test_threads_on_one_network_see_their_own_pictures() -> None:
    model = filled("resnet18")
    names = ["conv1", "layer1.0:add", "layer2.0.relu@2", "layer4.1.bn2", ""]
    pictures = [torch.full((1, 3, 32, 32), float(n)) + picture(3, 32) for n in range(6)]
    expected = [capture(model, batch, names) for batch in pictures]
    wrong: list[str] = []
    start = threading.Barrier(len(pictures) + 1)

    def look(batch: Tensor, want: dict[str, Tensor]) -> None:
        start.wait()
        for _ in range(4):
            found = capture(model, batch, names)
            wrong.extend(name for name in names if not torch.equal(found[name], want[name]))

    def run_bare() -> None:  # somebody who just runs the network meanwhile
        start.wait()
        with torch.no_grad():
            wrong.extend("bare" for _ in range(8) if not torch.equal(model(pictures[0]), expected[0][""]))

    threads = [threading.Thread(target=look, args=pair) for pair in zip(pictures, expected, strict=True)]
    threads.append(threading.Thread(target=run_bare))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == [] and hooks_on(model) == 0
