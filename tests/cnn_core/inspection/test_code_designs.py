"""Designs as code: three ways in PyTorch and three in Keras, each run, each with the design's parameters and shape."""

from __future__ import annotations

import os

os.environ.setdefault("KERAS_BACKEND", "torch")

from functools import cache
from typing import Any

import pytest
import torch

from cnn_core import architectures, designs, inspection
from cnn_core.designs.modules import Network, assemble
from cnn_core.errors import ArchitectureError
from cnn_core.inspection import code
from tests.cnn_core.designs.randomly import design

EVERYTHING = """input 3x16x16
conv 8 3x3 same nobias
batchnorm
leakyrelu 0.2
residual
  conv 8 3x3 pad 1
  relu
  repeat 2
    residual
      conv 8 3x3 pad 1
      tanh
  shortcut
    avgpool 1x1
    conv 8 1x1
gate
  gap
  conv 2 1x1
  relu
  conv 8 1x1
  sigmoid
branches
  branch
    conv 4 1x1
    relu
  branch
  branch
    maxpool 3x3 stride 1 pad 1
    separable 6 5x5 pad 2
padchannels 24
depthwise 3x3 stride 2 pad 1
dropout2d 0.1
gelu
gmp 2
flatten
flatten
dropout 0.3
linear 12 in 96 nobias
scale 0.125
linear 10
"""


@cache
def traced(text: str) -> tuple[designs.Checked, inspection.Trace, dict[str, int]]:
    checked = designs.check(designs.from_text(text))
    network = inspection.build_meta(assemble, checked)
    assert isinstance(network, Network)
    return checked, inspection.trace(network, checked.design.input_shape), network.rows


def run(text: str) -> Any:
    scope: dict[str, Any] = {"__name__": "written"}
    exec(compile(text, "written", "exec"), scope)
    return scope


def nested(text: str, framework: str) -> str:
    checked, trace, rows = traced(text)
    return code.write_nested(checked, trace, rows, framework)


def test_everything_in_one_sequential_model() -> None:
    checked = traced(EVERYTHING)[0]
    assert checked.whole and checked.classes == 10
    model = run(nested(EVERYTHING, "pytorch"))["model"].eval()
    assert isinstance(model, torch.nn.Sequential)
    own = designs.build(EVERYTHING)
    assert sum(p.numel() for p in model.parameters()) == checked.params
    # The same weights in the same order give the same answer: body first, then the shortcut, in both.
    own.load_state_dict(dict(zip(own.state_dict(), model.state_dict().values(), strict=True)))
    picture = torch.randn(2, 3, 16, 16)
    with torch.no_grad():
        torch.testing.assert_close(model(picture), own(picture))


@pytest.mark.parametrize("way", ["sequential", "functional", "subclass"])
def test_everything_in_keras(way: str) -> None:
    checked, trace, _ = traced(EVERYTHING)
    text = nested(EVERYTHING, "keras") if way == "sequential" else code.write(trace, "keras", way)
    model = run(text)["model"]
    trained = sum(int(weight.numpy().size) for weight in model.trainable_weights)
    assert trained == checked.params
    assert tuple(model(torch.zeros(1, 16, 16, 3)).shape) == (1, 10)


@pytest.mark.parametrize("way", ["functional", "class"])
def test_everything_in_pytorchs_other_ways(way: str) -> None:
    checked, trace, _ = traced(EVERYTHING)
    scope = run(code.write(trace, "pytorch", way))
    layers = scope["layers"] if way == "functional" else scope["model"]
    assert sum(p.numel() for p in layers.eval().parameters()) == checked.params
    assert tuple(scope["model"](torch.zeros(2, 3, 16, 16)).shape) == (2, 10)


@pytest.mark.parametrize("arch_id", ["lenet5", "mini_inception", "mini_resnet", "resnet20", "resnet9"])
def test_starts_as_sequential_models(arch_id: str) -> None:
    row = architectures.get(arch_id)
    whole = inspection.trace(inspection.build_meta(architectures.build, arch_id), row.input_shape)
    text = designs.to_text(inspection.to_design(whole))
    model = run(nested(text, "pytorch"))["model"].eval()
    assert sum(p.numel() for p in model.parameters()) == row.params
    assert tuple(model(torch.zeros(1, *row.input_shape)).shape) == (1, row.num_classes)


@pytest.mark.parametrize("seed", range(0, 600, 4))
def test_random_designs_as_code(seed: int) -> None:
    made = design(seed)
    checked = designs.check(made)
    if not checked.whole or checked.params > 300_000:
        return
    text = designs.to_text(made)
    trace = traced(text)[1]
    if not trace.layers:
        return
    try:
        model = run(nested(text, "pytorch"))["model"].eval()
    except ArchitectureError as refused:
        assert refused.code == "code_incomplete"  # a network none of whose lines does anything, or whose end is a fork
        return
    assert sum(p.numel() for p in model.parameters()) == checked.params
    with torch.no_grad():
        assert tuple(model(torch.zeros(2, *made.input_shape)).shape) == (2, *(checked.output_shape or ()))
