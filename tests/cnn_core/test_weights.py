"""Weight files: both formats, the networks they fit, and files that are broken or poisoned, of which nothing is run."""

from __future__ import annotations

import io
import json
import pickle
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import safetensors
import safetensors.torch
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from cnn_core import architectures, weights
from cnn_core.errors import WeightsError
from cnn_core.inspection import Fit, fits
from cnn_core.weights import files


def saved(value: Any, **options: Any) -> bytes:
    out = io.BytesIO()
    torch.save(value, out, **options)
    return out.getvalue()


def state(id: str, **options: Any) -> dict[str, Tensor]:
    return architectures.build(id, seed=1, **options).state_dict()


def shapes(id: str, **options: Any) -> dict[str, tuple[int, ...]]:
    from cnn_core.inspection import build_meta

    return {name: tuple(tensor.shape) for name, tensor in build_meta(architectures.build, id, **options).state_dict().items()}


@pytest.mark.parametrize("write", [safetensors.torch.save, saved], ids=["safetensors", "torch"])
def test_a_file_of_resnet18_opens_and_is_known(write: Callable[[dict[str, Tensor]], bytes]) -> None:
    tensors = state("resnet18")
    opened = weights.open_weights(write(tensors))
    assert opened.shapes == {name: tuple(tensor.shape) for name, tensor in tensors.items()}
    assert opened.params == 11_689_512 + 4_800 * 2 + 20  # parameters, running means and variances, counters
    row = next(row for row in opened.tensors if row.name == "conv1.weight")
    expected = tensors["conv1.weight"]
    assert (row.shape, row.dtype, row.params) == ((64, 3, 7, 7), "float32", 9_408)
    assert (row.low, row.high) == (expected.min().item(), expected.max().item())
    assert row.mean == pytest.approx(expected.mean().item(), abs=1e-6)
    assert row.deviation == pytest.approx(expected.std(correction=0).item(), rel=1e-5)
    assert fits(opened.shapes)[0] == Fit("resnet18")


@pytest.mark.parametrize("dtype", [torch.float64, torch.float16, torch.bfloat16, torch.int64, torch.uint8, torch.bool])
def test_every_type_is_read_as_safetensors_wrote_it(dtype: torch.dtype) -> None:
    filled = torch.tensor([[0, 1, 1], [1, 0, 1]]).to(dtype)
    tensors = {"a": filled, "empty": torch.empty(0, 4, dtype=dtype), "one": torch.tensor(1).to(dtype)}
    kind, found, nested = weights.read_tensors(safetensors.torch.save(tensors))
    assert (kind, nested) == ("safetensors", ())
    assert all(found[name].dtype == dtype and torch.equal(found[name], tensor) for name, tensor in tensors.items())
    row = {row.name: row for row in weights.open_weights(safetensors.torch.save(tensors)).tensors}
    assert (row["a"].low, row["a"].high) == (0.0, 1.0) and row["empty"].mean is None


def test_numbers_that_are_none_have_no_statistics() -> None:
    opened = weights.open_weights(saved({"a": torch.tensor([1.0, float("nan")])}))
    assert opened.tensors[0].mean is None


@pytest.mark.parametrize("wrap", [
    lambda tensors: {"state_dict": tensors, "epoch": 3},
    lambda tensors: {"model": {"state_dict": tensors}, "best": 0.9},
    lambda tensors: {f"module.{name}": tensor for name, tensor in tensors.items()},
], ids=["checkpoint", "nested", "parallel"])  # fmt: skip
def test_checkpoints_are_looked_into(wrap: Callable[[dict[str, Tensor]], Any]) -> None:
    opened = weights.open_weights(saved(wrap(state("lenet5"))))
    assert Fit("lenet5") in fits(opened.shapes)


def test_torch_s_older_format_is_read() -> None:
    opened = weights.open_weights(saved(state("lenet5"), _use_new_zipfile_serialization=False))
    assert opened.format == "torch" and Fit("lenet5") in fits(opened.shapes)


# Which network ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("id", "options"), [
    ("resnet18", {"num_classes": 10}), ("vgg_a", {"num_classes": 7}), ("resnet20", {"in_channels": 1}), ("mobilenet_v2", {}),
    ("densenet121", {"num_classes": 2}), ("squeezenet1_1", {"num_classes": 5}), ("lenet5", {"in_channels": 3, "num_classes": 4}),
    ("all_cnn", {"num_classes": 100}), ("efficientnet_b0", {}), ("seresnet50", {"num_classes": 3}), ("swin_v2_t", {}),
])  # fmt: skip
def test_the_right_network_is_named_whatever_its_classes_and_channels(id: str, options: dict[str, int]) -> None:
    backwards = dict(reversed(shapes(id, **options).items()))  # safetensors sorts tensors its own way
    assert Fit(id, tuple(sorted(options.items()))) in fits(backwards)


def test_networks_of_the_same_tensors_are_all_named() -> None:
    assert {fit.id for fit in fits(shapes("vgg_a"))} >= {"vgg_a", "vgg_a_lrn", "vgg11"}


def test_the_same_shapes_under_other_names_are_told_apart() -> None:
    renamed = {f"layer{place}": shape for place, shape in enumerate(shapes("resnet20").values())}
    found = fits({**renamed})
    assert [fit.id for fit in found if not fit.named] and all(not fit.named for fit in found)


@pytest.mark.parametrize("shapes_", [{}, {"a": (3, 4)}, {"a.weight": (10,)}, {"conv.weight": (64, 3, 7, 7), "fc.weight": (1000, 512)}])
def test_other_weights_fit_nothing(shapes_: dict[str, tuple[int, ...]]) -> None:
    assert fits(shapes_) == ()


def test_one_tensor_of_another_shape_is_another_network() -> None:
    changed = {**shapes("resnet20"), "stage1.0.conv1.weight": (16, 16, 1, 9)}
    assert fits(changed) == ()


# Broken and poisoned ---------------------------------------------------------------------------------------------------


class Poison:
    """Unpickling it would write a file."""

    def __init__(self, marker: Path) -> None:
        self.marker = marker

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.write_text, (self.marker, "run")


def poisoned_zip(payload: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("archive/data.pkl", payload)
        archive.writestr("archive/version", "3")
    return out.getvalue()


def refusal(data: bytes) -> str:
    with pytest.raises(WeightsError) as refused:
        weights.open_weights(data)
    return refused.value.code


@pytest.mark.parametrize("form", ["zip", "bare", "old", "beside tensors", "whole model"])
def test_nobody_s_python_is_run(form: str, tmp_path: Path) -> None:
    marker = tmp_path / "marker"
    poison = Poison(marker)
    data = {
        "zip": lambda: poisoned_zip(pickle.dumps(poison)),
        "bare": lambda: pickle.dumps(poison),
        "old": lambda: saved({"a": poison}, _use_new_zipfile_serialization=False),
        "beside tensors": lambda: saved({"a": torch.ones(2), "b": poison}),
        "whole model": lambda: saved(nn.Sequential(nn.Linear(2, 2))),
    }[form]()
    assert refusal(data) == "weight_file_unsafe"
    assert not marker.exists()
    pickle.loads(pickle.dumps(poison))  # the poison does work where it is let in
    assert marker.exists()


@pytest.mark.parametrize("share", [0.0, 0.01, 0.3, 0.9, 0.999])
@pytest.mark.parametrize("write", [safetensors.torch.save, saved], ids=["safetensors", "torch"])
def test_half_a_file_is_refused(write: Callable[[dict[str, Tensor]], bytes], share: float) -> None:
    data = write(state("lenet5"))
    assert refusal(data[: int(share * len(data))]).startswith("weight_file_")


@pytest.mark.parametrize(("data", "code"), [
    (b"", "weight_file_empty"), (b"hello, world of weights", "weight_file_unknown"),
    (b"\x89PNG\r\n\x1a\n" + bytes(40), "weight_file_unknown"), ((10**12).to_bytes(8, "little") + b"{}", "weight_file_header_size"),
    ((500).to_bytes(8, "little") + b"{}" + bytes(20), "weight_file_truncated"),
    ((4).to_bytes(8, "little") + b"{,,}", "weight_file_damaged"), (saved([1, 2, 3]), "weight_file_no_tensors"),
    (saved({"lr": 0.1}), "weight_file_no_tensors"), (saved(torch.ones(3)), "weight_file_no_tensors"),
], ids=["empty", "text", "png", "huge header", "short header", "no json", "list", "no tensors", "one tensor"])  # fmt: skip
def test_other_files_are_refused_by_sentence(data: bytes, code: str) -> None:
    assert refusal(data) == code


def headed(header: Any, body: bytes = b"") -> bytes:
    text = json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + body


@pytest.mark.parametrize("entry", [
    {}, {"dtype": "F32"}, {"dtype": "F99", "shape": [1], "data_offsets": [0, 4]}, {"dtype": "F32", "shape": [-1], "data_offsets": [0, 4]},
    {"dtype": "F32", "shape": [2], "data_offsets": [0, 4]}, {"dtype": "F32", "shape": [1], "data_offsets": [4, 0]},
    {"dtype": "F32", "shape": [1.0], "data_offsets": [0, 4]}, {"dtype": "F32", "shape": [True], "data_offsets": [0, 4]},
    {"dtype": "F32", "shape": [1] * 99, "data_offsets": [0, 4]}, {"dtype": "F32", "shape": "1", "data_offsets": [0, 4]},
    {"dtype": ["F32"], "shape": [1], "data_offsets": [0, 4]}, {"dtype": "F32", "shape": [1], "data_offsets": [0, 4, 8]}, 7, None,
])  # fmt: skip
def test_a_header_that_lies_is_refused(entry: Any) -> None:
    assert refusal(headed({"a": entry}, bytes(4))) == "weight_file_damaged"


def four(first: int, count: int = 1) -> dict[str, Any]:
    return {"dtype": "F32", "shape": [count], "data_offsets": [first, first + 4 * count]}


@pytest.mark.parametrize(("header", "size", "code", "facts"), [
    ({"a": four(0, 2), "b": four(4, 2)}, 12, "weight_file_overlap", {"tensor": "b", "other": "a"}),
    ({"b": four(0), "a": four(0)}, 4, "weight_file_overlap", {"tensor": "a", "other": "b"}),
    ({"a": four(0, 4), "b": four(4)}, 16, "weight_file_overlap", {"tensor": "b", "other": "a"}),
    ({"a": four(0), "b": four(8)}, 12, "weight_file_surplus", {"size": 4}), ({"a": four(4)}, 8, "weight_file_surplus", {"size": 4}),
    ({"a": four(0)}, 9, "weight_file_surplus", {"size": 5}), ({"__metadata__": {}}, 3, "weight_file_surplus", {"size": 3}),
], ids=["half over each other", "the same", "inside", "a hole", "a hole at first", "more at the end", "no tensor"])  # fmt: skip
def test_every_byte_of_a_file_belongs_to_one_tensor(header: dict[str, Any], size: int, code: str, facts: dict[str, Any]) -> None:
    with pytest.raises(WeightsError) as refused:
        weights.open_weights(headed(header, bytes(size)))
    assert refused.value.code == code and refused.value.facts == facts
    with pytest.raises(safetensors.SafetensorError):
        safetensors.torch.load(headed(header, bytes(size)))  # the format's own reader refuses it too


def test_a_name_that_comes_twice_is_refused() -> None:
    entry = json.dumps(four(0))
    text = f'{{"a":{entry},"a":{entry}}}'.encode()
    assert refusal(len(text).to_bytes(8, "little") + text + bytes(4)) == "weight_file_damaged"


def test_types_that_no_network_computes_with_are_listed_all_the_same() -> None:
    odd = {"c": torch.ones(2, dtype=torch.complex64), "e": torch.ones(2).to(torch.float8_e4m3fn), "u": torch.ones(3, dtype=torch.uint16)}
    rows = {row.name: row for row in weights.open_weights(safetensors.torch.save(odd)).tensors}
    assert rows["c"].mean is None and (rows["e"].dtype, rows["e"].high) == ("float8_e4m3fn", 1.0) and rows["u"].mean == 1.0


def test_offsets_beyond_the_file_and_too_many_tensors_are_refused() -> None:
    beyond = {"dtype": "F32", "shape": [4], "data_offsets": [0, 16]}
    assert refusal(headed({"a": beyond}, bytes(4))) == "weight_file_truncated"
    assert refusal(headed({str(n): 0 for n in range(files.MOST_TENSORS + 1)})) == "weight_file_damaged"
    assert refusal(b'{"a":' * 1 + (200_000).to_bytes(8, "little")).startswith("weight_file_")


def test_deep_json_does_not_exhaust_the_stack() -> None:
    text = b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}"
    assert refusal(len(text).to_bytes(8, "little") + text) == "weight_file_damaged"


def test_files_and_archives_beyond_the_limit_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "MOST_BYTES", 100)
    assert refusal(bytes(101)) == "weight_file_too_large"
    monkeypatch.setattr(files, "MOST_BYTES", 10**9)
    monkeypatch.setattr(files, "MOST_UNPACKED", 10_000)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("archive/data.pkl", bytes(20_000))  # twenty bytes of zip, so many of pickle
    assert refusal(out.getvalue()) == "weight_file_too_large"


@settings(max_examples=30)
@given(st.binary(max_size=200), st.integers(0, 3))
def test_any_bytes_give_tensors_or_a_sentence(noise: bytes, form: int) -> None:
    start = (b"", b"PK\x03\x04", b"\x80\x02", len(noise).to_bytes(8, "little") + b"{")[form]
    try:
        weights.open_weights(start + noise)
    except WeightsError as refused:
        assert refused.code.startswith("weight_file_")
