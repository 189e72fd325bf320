"""Networks that do not fit their input: the records so far, the layer, both shapes, and a remedy."""

from __future__ import annotations

import pickle
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import torch
from babel.messages.pofile import read_po
from torch import nn
from torchvision.models import get_model

from cnn_core.errors import TraceError
from cnn_core.inspection import build_meta, trace
from cnn_core.inspection.failures import MESSAGES
from tests.cnn_core.inspection.networks import lenet

LOCALE = Path(__file__).parents[3] / "assets" / "locale"


def failure(network: nn.Module, shape: Sequence[Any], **options: Any) -> TraceError:
    with pytest.raises(TraceError) as caught:
        trace(network, shape, **options)
    error = caught.value
    assert str(error) == MESSAGES[error.code].format(**error.facts)
    return error


def test_a_dense_layer_that_expects_other_features() -> None:
    network = nn.Sequential(nn.Conv2d(1, 64, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(64, 128, 3, padding=1),
                            nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(6272, 10))
    assert trace(network, (1, 28, 28)).params == 64 * 10 + 128 * (64 * 9 + 1) + 62_730
    error = failure(network, (1, 32, 32))
    assert error.code == "trace_features"
    assert (error.facts["layer"], error.facts["type"]) == ("7", "Linear")
    assert (error.facts["expected"], error.facts["got"], error.facts["input_shape"]) == (6272, 8192, "1×8192")
    assert [layer.path for layer in error.trace.layers] == ["0", "1", "2", "3", "4", "5", "6"]
    assert not error.trace.complete
    assert error.trace.output_shape is None


def test_wrong_channels() -> None:
    error = failure(lenet(), (3, 32, 32))
    assert (error.code, error.facts["layer"], error.facts["expected"], error.facts["got"]) == ("trace_channels", "0", 1, 3)
    assert error.trace.layers == ()
    error = failure(nn.Sequential(nn.Conv2d(3, 4, 1), nn.BatchNorm2d(5)), (3, 8, 8))
    assert (error.code, error.facts["layer"], error.facts["expected"], error.facts["got"]) == ("trace_channels", "1", 5, 4)


@pytest.mark.parametrize(("name", "size", "layer"), [
    ("alexnet", 32, "features.12"), ("alexnet", 1, "features.0"), ("inception_v3", 32, "Mixed_6a.branch3x3.conv"),
    ("densenet121", 1, "features.transition1.pool")])
def test_a_picture_that_runs_out_of_pixels(name: str, size: int, layer: str) -> None:
    network = build_meta(get_model, name, **({"init_weights": False} if name == "inception_v3" else {}))
    error = failure(network, (3, size, size))
    assert (error.code, error.facts["layer"]) == ("trace_out_of_pixels", layer)
    with pytest.raises(RuntimeError):  # torch agrees
        network(torch.empty(1, 3, size, size, device="meta"))


def test_branches_that_do_not_meet() -> None:
    class Uneven(nn.Module):
        def __init__(self, join: str) -> None:
            super().__init__()
            self.a, self.b, self.join = nn.Conv2d(3, 4, 3), nn.Conv2d(3, 4, 1), join

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            a, b = self.a(x), self.b(x)
            return a + b if self.join == "add" else torch.cat((a, b), 1)

    for join in ("add", "cat"):
        error = failure(Uneven(join), (3, 8, 8))
        assert (error.code, error.facts["layer"]) == ("trace_join", f":{join}")
        assert (error.facts["left"], error.facts["right"]) == ("1×4×6×6", "1×4×8×8")
        assert len(error.trace.layers) == 2


def test_the_path_of_a_nested_layer_is_named() -> None:
    network = nn.Sequential(nn.Conv2d(3, 4, 3), nn.Sequential(nn.ReLU(), nn.Sequential(nn.Conv2d(5, 4, 1))))
    error = failure(network, (3, 8, 8))
    assert error.facts["layer"] == "1.1.0"
    assert [block.path for block in error.trace.blocks] == ["", "1"]


def test_a_network_that_states_its_size() -> None:
    error = failure(build_meta(get_model, "vit_b_16"), (3, 32, 32))
    assert error.code == "trace_refused"
    assert "Expected 224 but got 32" in str(error)


def test_a_network_whose_path_depends_on_the_pixels() -> None:
    class Doubting(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return x if x.sum() > 0 else x * 2

    assert failure(Doubting(), (3, 8, 8)).code == "trace_data_dependent"


def test_a_path_that_depends_on_a_constant_is_followed() -> None:
    class Switch(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.register_buffer("on", torch.tensor(True))

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return x.relu() if self.on else x.flatten(1)

    assert [layer.kind for layer in trace(Switch(), (3, 8, 8)).layers] == ["activation"]


@pytest.mark.parametrize("shape", [(), (0, 28, 28), (-1, 8, 8), (3, 2.5, 3), "abc", (1,) * 7, (3, 10**30, 10**30), (None, 3)])
def test_shapes_that_are_none(shape: Sequence[Any]) -> None:
    assert failure(lenet(), shape).code == "trace_bad_input"


def test_pictures_beyond_counting_and_just_within() -> None:
    network = build_meta(get_model, "resnet18")
    assert failure(network, (3, 10**9, 10**9)).code == "trace_too_large"
    assert trace(network, (3, 10**6, 10**6)).output_shape == (1, 1000)
    assert trace(network, (3, 1, 1)).output_shape == (1, 1000)


def test_a_shape_without_height() -> None:
    error = failure(build_meta(get_model, "resnet18"), (3,))
    assert (error.code, error.facts["expected"]) == ("trace_rank", 4)


def test_a_layer_without_a_size() -> None:
    assert failure(nn.Sequential(nn.LazyConv2d(3, 3)), (1, 8, 8)).code == "trace_uninitialised"


def test_what_torch_refuses_is_passed_on() -> None:
    error = failure(nn.Sequential(nn.MaxPool2d(2, padding=4)), (3, 8, 8))
    assert error.code == "trace_failed"
    assert "half of effective kernel size" in error.facts["reason"]
    error = failure(nn.Unflatten(1, (2, 5)), (3, 8, 8))
    assert error.code == "trace_reshape"


def test_the_error_survives_a_process_boundary() -> None:
    error = failure(lenet(), (1, 40, 40))
    copy = pickle.loads(pickle.dumps(error))
    assert (str(copy), copy.code, copy.trace) == (str(error), error.code, error.trace)


@pytest.mark.parametrize("language", ["en", "es"])
def test_every_code_has_a_sentence_with_the_same_facts(language: str) -> None:
    with (LOCALE / language / "LC_MESSAGES" / "errors.po").open("rb") as file:
        catalogue = read_po(file)
    for code, english in MESSAGES.items():
        sentence = catalogue.get(f"errors.{code}")
        assert sentence is not None, code
        assert facts_in(str(sentence.string)) == facts_in(english)
        if language == "en":
            assert sentence.string == english


def facts_in(text: str) -> set[str]:
    return {part.split("}")[0] for part in text.split("{")[1:]}
