"""Networks with weights inside: the embedded one against a plain computation, torchvision's files as torchvision loads them, refusals."""

from __future__ import annotations

import hashlib
import os
import pickle
import re
import struct
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import safetensors.torch
import torch
from torch import Tensor
from torch.nn import functional as F
from torchvision import models

from cnn_core import architectures, images, weights
from cnn_core.errors import WeightsError
from cnn_core.weights import WeightSource
from cnn_core.weights.loading import network, network_from_tensors
from tests.cnn_core.weights.test_sources import run_folder

LITE0 = weights.get_source("tf_efficientnet_lite0", "embedded")


@pytest.fixture(autouse=True)
def _one_thread() -> Any:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


# Embedded ---------------------------------------------------------------------------------------------------------------


def lite0(x: Tensor, w: dict[str, Tensor]) -> Tensor:
    """EfficientNet-Lite0 written out over the file's own names (Tan & Le 2019; Liu 2020): TensorFlow's "SAME" padding, ReLU6."""

    def same(x: Tensor, kernel: int, stride: int) -> Tensor:
        total = [max((-(-n // stride) - 1) * stride + kernel - n, 0) for n in x.shape[2:]]
        return F.pad(x, (total[1] // 2, total[1] - total[1] // 2, total[0] // 2, total[0] - total[0] // 2))

    def conv(x: Tensor, name: str, stride: int = 1, groups: int = 1) -> Tensor:
        weight = w[f"{name}.weight"]
        return F.conv2d(same(x, weight.shape[2], stride), weight, None, stride, 0, 1, groups)

    def norm(x: Tensor, name: str) -> Tensor:
        return F.batch_norm(x, w[f"{name}.running_mean"], w[f"{name}.running_var"], w[f"{name}.weight"], w[f"{name}.bias"], eps=1e-3)

    x = F.relu6(norm(conv(x, "_conv_stem", 2), "_bn0"))
    index = 0
    for repeats, stride in ((1, 1), (2, 2), (2, 2), (3, 2), (3, 1), (4, 2), (1, 1)):
        for repeat in range(repeats):
            name, y, step = f"_blocks.{index}", x, stride if repeat == 0 else 1
            if f"{name}._expand_conv.weight" in w:
                y = F.relu6(norm(conv(y, f"{name}._expand_conv"), f"{name}._bn0"))
            y = F.relu6(norm(conv(y, f"{name}._depthwise_conv", step, y.shape[1]), f"{name}._bn1"))
            y = norm(conv(y, f"{name}._project_conv"), f"{name}._bn2")
            x = x + y if repeat and x.shape == y.shape else y
            index += 1
    x = F.relu6(norm(conv(x, "_conv_head"), "_bn1"))
    return F.linear(x.mean((2, 3)), w["_fc.weight"], w["_fc.bias"])


@pytest.fixture(scope="module")
def lite0_network() -> torch.nn.Module:
    return network(LITE0)


def test_the_embedded_network_computes_what_its_file_says(lite0_network: torch.nn.Module) -> None:
    assert LITE0.path is not None
    state = torch.load(LITE0.path, map_location="cpu", weights_only=True)
    batch = torch.randn(2, 3, 224, 224, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        torch.testing.assert_close(lite0_network(batch), lite0(batch, state), rtol=1e-4, atol=1e-4)
    assert sum(p.numel() for p in lite0_network.parameters()) == 4_652_008


@pytest.mark.parametrize(
    "sample, expected, at_least", [("coffee", {"espresso"}, 0.9), ("chelsea", {"tiger cat", "Egyptian cat", "tabby"}, 0.8)]
)
def test_the_embedded_network_knows_photographs(lite0_network: torch.nn.Module, sample: str, expected: set[str], at_least: float) -> None:
    prepared = LITE0.preprocessing.apply(images.samples()[sample])
    scores = lite0_network(prepared.tensor).softmax(1)[0]
    by_name = {LITE0.class_names[i]: score.item() for i, score in enumerate(scores)}
    assert max(by_name, key=by_name.__getitem__) in expected and sum(by_name[name] for name in expected) > at_least


def test_loaded_networks_are_still(lite0_network: torch.nn.Module) -> None:
    for each in (lite0_network, network(weights.get_source("resnet18", "random:1"))):
        assert not any(module.training or getattr(module, "inplace", False) is True for module in each.modules())
        assert not any(parameter.requires_grad for parameter in each.parameters())


def test_random_weights_follow_their_seed() -> None:
    one, same, other = (network(weights.get_source("lenet5", f"random:{seed}")).state_dict() for seed in (1, 1, 2))
    assert all(torch.equal(one[name], same[name]) for name in one)
    assert not any(torch.equal(one[name], other[name]) for name in one)


# torchvision's files ----------------------------------------------------------------------------------------------------


def as_file(state: dict[str, Tensor], arch_id: str, tmp_path: Path, title: str = "") -> WeightSource:
    """A set of torchvision's weights whose file holds these tensors."""
    path = tmp_path / "weights.pth"
    torch.save(state, path)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()[:8]
    source = next(s for s in weights.sources(arch_id) if s.kind == "torchvision" and title in s.title)
    return replace(source, path=path, fingerprint=digest, is_here=True)


def as_published(arch_id: str, state: dict[str, Tensor]) -> dict[str, Tensor]:
    """With the names that the published file has."""
    if arch_id.startswith("densenet"):
        return {re.sub(r"(denselayer\d+\.(?:norm|conv))([12])\.", r"\1.\2.", name): tensor for name, tensor in state.items()}
    return state


@pytest.mark.parametrize("arch_id, arguments", [
    ("googlenet", {"aux_logits": True, "transform_input": True, "init_weights": False}),
    ("inception_v3", {"aux_logits": True, "transform_input": True, "init_weights": False}),
    ("densenet121", {}), ("mnasnet0_5", {}), ("mobilenet_v3_small", {}), ("squeezenet1_1", {}),
])  # fmt: skip
def test_files_load_as_torchvision_loads_them(arch_id: str, arguments: dict[str, Any], tmp_path: Path) -> None:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        theirs = models.get_model(arch_id, weights=None, **arguments).eval()
    state = dict(theirs.state_dict())  # a plain dictionary, as MNASNet's old files are: nothing says which form it is of
    source = as_file(as_published(arch_id, state), arch_id, tmp_path)
    entry = models.get_model_weights(arch_id)[source.title]
    picture = images.samples()["coffee"]
    from PIL import Image

    with torch.no_grad():
        expected = theirs(entry.transforms()(Image.fromarray(picture))[None])
        found = network(source)(source.preprocessing.apply(picture).tensor)
    if not isinstance(found, Tensor):
        found, expected = found[0], expected[0]
    torch.testing.assert_close(found, expected, rtol=1e-3, atol=1e-4)


def test_a_transformer_is_built_for_its_weights_own_size(tmp_path: Path) -> None:
    source = weights.get_source("vit_b_16", "torchvision:IMAGENET1K_SWAG_E2E_V1")
    assert source.input_shape == (3, 384, 384) and source.options["image_size"] == 384
    from cnn_core.inspection import build_meta

    assert build_meta(architectures.build, "vit_b_16", **source.options).image_size == 384


def test_a_file_that_is_not_there_says_what_to_do() -> None:
    with pytest.raises(WeightsError) as caught:
        network(weights.get_source("resnet18", "torchvision:IMAGENET1K_V1"))
    assert caught.value.code == "weights_not_downloaded" and "47 MB" in str(caught.value)


def test_another_networks_file_is_refused_by_its_first_tensor(tmp_path: Path) -> None:
    source = as_file(architectures.build("squeezenet1_0").state_dict(), "squeezenet1_1", tmp_path)
    with pytest.raises(WeightsError) as caught:
        network(source)
    assert caught.value.code == "weights_wrong_shape" and caught.value.facts["tensor"] == "features.0.weight"


def test_a_file_with_another_checksum_is_not_even_opened(tmp_path: Path) -> None:
    source = as_file({}, "squeezenet1_1", tmp_path)
    assert source.path is not None
    source.path.write_bytes(Poison.pickled(tmp_path))
    with pytest.raises(WeightsError) as caught:
        network(source)
    assert caught.value.code == "weights_checksum" and not (tmp_path / "ran").exists()


class Poison:
    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __reduce__(self) -> Any:
        return os.mkdir, (str(self.folder / "ran"),)

    @classmethod
    def pickled(cls, folder: Path) -> bytes:
        return pickle.dumps({"features.0.weight": cls(folder)})


@pytest.mark.parametrize("zipped", [True, False])
def test_a_poisoned_file_with_the_right_checksum_runs_nothing(zipped: bool, tmp_path: Path) -> None:
    path = tmp_path / "weights.pth"
    if zipped:
        torch.save({"features.0.weight": Poison(tmp_path)}, path)
    else:
        path.write_bytes(Poison.pickled(tmp_path))
    digest = hashlib.sha256(path.read_bytes()).hexdigest()[:8]
    source = replace(weights.get_source("squeezenet1_1", "torchvision:IMAGENET1K_V1"), path=path, fingerprint=digest)
    with pytest.raises(WeightsError) as caught:
        network(source)
    assert caught.value.code == "weight_file_unsafe" and not (tmp_path / "ran").exists()


# Jobs -------------------------------------------------------------------------------------------------------------------


def job_with(data: bytes, **changes: Any) -> WeightSource:
    facts: dict[str, Any] = {"num_classes": 10, "class_names": []} | changes
    folder = run_folder(**facts)
    (folder / "weights" / "last.safetensors").write_bytes(data)
    return weights.get_source("lenet5", "run:r1")


def test_a_jobs_weights_come_back() -> None:
    trained = architectures.build("lenet5", seed=5, num_classes=3)
    source = job_with(safetensors.torch.save(trained.state_dict()), num_classes=3, class_names=["a", "b", "c"])
    batch = torch.randn(2, 1, 32, 32)
    assert torch.equal(network(source)(batch), trained(batch)) and source.class_names == ("a", "b", "c")


def header(text: bytes, size: int | None = None, body: bytes = b"") -> bytes:
    return struct.pack("<Q", len(text) if size is None else size) + text + body


@pytest.mark.parametrize("data, code", [
    (b"", "weight_file_empty"),
    (b"{}", "weight_file_unknown"),
    (header(b"{" + b" " * 50, size=1 << 60), "weight_file_header_size"),
    (header(b'{"a":{"dtype":"F32","shape":[4],"data_offsets":[0,16]}}', body=b"\0" * 8), "weight_file_truncated"),
    (header(b'{"a":{"dtype":"F32","shape":[1099511627776],"data_offsets":[0,4398046511104]}}'), "weight_file_truncated"),
    (header(b'{"a":{"dtype":"F32","shape":[4],"data_offsets":[0,999]}}', body=b"\0" * 999), "weight_file_damaged"),
    (header(b'{"a":1}'), "weight_file_damaged"),
    (safetensors.torch.save({"a": torch.zeros(2)}), "weights_missing_tensor"),
])  # fmt: skip
def test_damaged_weights_of_a_job_are_refused(data: bytes, code: str) -> None:
    with pytest.raises(WeightsError) as caught:
        network(job_with(data))
    assert caught.value.code == code


def test_a_pickle_in_a_jobs_place_is_not_read(tmp_path: Path) -> None:
    with pytest.raises(WeightsError) as caught:
        network(job_with(Poison.pickled(tmp_path)))
    assert caught.value.code == "weight_file_unknown" and not (tmp_path / "ran").exists()


@pytest.mark.parametrize("spoil", [
    lambda state: {**state, "surplus": torch.zeros(1)},
    lambda state: {name: tensor for name, tensor in state.items() if not name.endswith("bias")},
    lambda state: {name: tensor[..., None] if tensor.dim() == 1 else tensor for name, tensor in state.items()},
])  # fmt: skip
def test_a_refusal_names_the_first_tensor_that_does_not_fit(spoil: Callable[[dict[str, Tensor]], dict[str, Tensor]]) -> None:
    state = spoil(architectures.build("lenet5").state_dict())
    with pytest.raises(WeightsError) as caught:
        network_from_tensors("lenet5", state)
    own = architectures.build("lenet5").state_dict()
    first = next((name for name in own if name not in state or state[name].shape != own[name].shape), "surplus")
    assert caught.value.facts["tensor"] == first and repr(first) in str(caught.value)


def spoilt(name: str, change: Callable[[Tensor], Any]) -> dict[str, Any]:
    state = architectures.build("mini_resnet", seed=1).state_dict()
    return {**state, name: change(state[name])}


def with_one(value: float) -> Callable[[Tensor], Tensor]:
    def change(tensor: Tensor) -> Tensor:
        changed = tensor.clone()
        changed.view(-1)[-1] = value
        return changed

    return change


@pytest.mark.parametrize("change, code, facts", [
    (lambda tensor: tensor.to(torch.complex64), "weights_wrong_type", {"found": "complex64", "expected": "float32"}),
    (lambda tensor: tensor.to(torch.int64), "weights_wrong_type", {"found": "int64", "expected": "float32"}),
    (lambda tensor: tensor > 0, "weights_wrong_type", {"found": "bool"}),
    (lambda tensor: tensor.to(torch.float8_e5m2), "weights_wrong_type", {"found": "float8_e5m2"}),
    (with_one(float("nan")), "weights_not_finite", {"bad": 1}), (with_one(float("-inf")), "weights_not_finite", {"bad": 1}),
    (lambda tensor: torch.full_like(tensor, float("nan"), dtype=torch.float16), "weights_not_finite", {}),
    (lambda tensor: tensor.numpy(), "weights_not_a_tensor", {"found": "ndarray"}),
    (lambda tensor: None, "weights_not_a_tensor", {"found": "NoneType"}),
    (lambda tensor: tensor.tolist(), "weights_not_a_tensor", {"found": "list"}),
    (lambda tensor: tensor.to_sparse(), "weights_not_dense", {}), (lambda tensor: tensor.to("meta"), "weights_not_dense", {}),
    (lambda tensor: torch.quantize_per_tensor(tensor, 0.1, 0, torch.qint8), "weights_not_dense", {}),
])  # fmt: skip
def test_what_is_no_weights_is_refused_by_its_first_tensor(change: Callable[[Tensor], Any], code: str, facts: dict[str, Any]) -> None:
    names = [name for name in architectures.build("mini_resnet").state_dict() if name.endswith("weight")]
    state = spoilt(names[1], change)
    state[names[3]] = change(state[names[3]])
    with pytest.raises(WeightsError) as caught:
        network_from_tensors("mini_resnet", state)
    assert caught.value.code == code and caught.value.facts["tensor"] == names[1] and repr(names[1]) in str(caught.value)
    assert facts.items() <= caught.value.facts.items()


def test_what_a_run_is_resumed_from_is_refused_as_that() -> None:
    state = {f"network/{name}": tensor for name, tensor in architectures.build("lenet5").state_dict().items()}
    state |= {"meter/sums": torch.tensor([float("inf")]), "random/cpu": torch.get_rng_state()}
    with pytest.raises(WeightsError) as caught:
        network_from_tensors("lenet5", state)
    assert caught.value.code == "weights_of_a_resume" and caught.value.facts["instead"] in str(caught.value)


@pytest.mark.parametrize("weights_", [None, [torch.ones(1)], torch.ones(2), {1: torch.ones(1)}, {}], ids=str)
def test_what_is_no_mapping_by_name_is_refused(weights_: Any) -> None:
    with pytest.raises(WeightsError) as caught:
        network_from_tensors("lenet5", weights_)
    assert caught.value.code in ("weights_not_a_mapping", "weights_missing_tensor")


@pytest.mark.parametrize("dtype", [torch.float64, torch.float16, torch.bfloat16])
def test_floats_of_another_length_are_taken(dtype: torch.dtype) -> None:
    """With counters of batches as whole numbers, or none at all, as older files are."""
    state = architectures.build("resnet20", seed=3).state_dict()
    shorter = {name: tensor.to(dtype) if tensor.is_floating_point() else tensor for name, tensor in state.items()}
    mine = network_from_tensors("resnet20", shorter)
    assert all(torch.equal(tensor, state[name].to(dtype).to(state[name].dtype)) for name, tensor in mine.state_dict().items())
    without = {name: tensor for name, tensor in shorter.items() if tensor.is_floating_point()}
    assert len(without) < len(shorter)
    network_from_tensors("resnet20", without)


def test_whole_numbers_that_a_network_has_itself_are_taken() -> None:
    """Swin's table of relative positions is part of its files."""
    state = architectures.build("swin_t", seed=1).state_dict()
    assert any(tensor.dtype == torch.int64 for tensor in state.values())
    network_from_tensors("swin_t", state)


def test_a_file_of_ones_own_becomes_a_network() -> None:
    trained = architectures.build("resnet18_cifar", seed=2, num_classes=4)
    wrapped = safetensors.torch.save({f"module.{name}": tensor for name, tensor in trained.state_dict().items()})
    _, tensors, _ = weights.read_tensors(wrapped)
    mine = network_from_tensors("resnet18_cifar", tensors, {"num_classes": 4})
    batch = torch.randn(1, 3, 32, 32)
    assert torch.equal(mine(batch), trained(batch))
    with pytest.raises(WeightsError):
        network_from_tensors("resnet18_cifar", tensors)

