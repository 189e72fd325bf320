"""The equations on the blackboard: their two sides agree, and they say what the record says."""

from __future__ import annotations

import re
from math import ceil, floor

import pytest
from torch import nn
from torchvision.models import get_model

from cnn_core import architectures
from cnn_core.inspection import Trace, build_meta, explain, trace
from tests.cnn_core.inspection.networks import lenet


def worked_out(equation: str) -> tuple[float, int]:
    """Both sides of an equation as numbers."""
    left, right = equation.replace(" B", "").split(" = ")
    left = re.sub(r"⌊(.*?)⌋", r"floor(\1)", re.sub(r"⌈(.*?)⌉", r"ceil(\1)", left))
    left = left.replace("·", "*").replace("−", "-")
    return eval(left, {"floor": floor, "ceil": ceil}), int(right.replace(",", ""))


def test_written_as_on_the_blackboard() -> None:
    vgg = trace(build_meta(get_model, "vgg16"), (3, 224, 224))
    first = explain(vgg.layers[0], vgg)
    assert first.params == "64·(3·3·3 + 1) = 1,792"
    assert first.output == ("⌊(224 + 2·1 − 3)/1⌋ + 1 = 224",) * 2
    resnet = trace(build_meta(get_model, "resnet18"), (3, 224, 224))
    assert explain(resnet.layers[0], resnet).macs == "112·112·64·7·7·3 = 118,013,952"
    assert explain(resnet.layers[0], resnet).params == "64·(7·7·3 + 0) = 9,408"
    assert explain(resnet.layer("maxpool"), resnet).field == ("7 + (3 − 1)·2 = 11",) * 2
    assert explain(resnet.layer("bn1"), resnet).params == "2·64 = 128"
    mobile = trace(build_meta(get_model, "mobilenet_v2"), (3, 224, 224))
    assert explain(mobile.layer("features.1.conv.0.0")).params == "32·(3·3·1 + 0) = 288"
    assert explain(trace(lenet(), (1, 32, 32)).layers[9]).params == "84·(120 + 1) = 10,164"


@pytest.mark.parametrize("name", ["tf_efficientnet_lite0", "tf_efficientnet_lite4"])
def test_padding_done_inside_a_layer_is_in_its_equation(name: str) -> None:
    found = trace(build_meta(architectures.build, name), architectures.get(name).input_shape)
    first = explain(found.layers[0], found).output[0]
    n = found.input_shape[-1]
    assert first == f"⌊({n} + 1 − 3)/2⌋ + 1 = {n // 2}"  # TensorFlow's "same": one row behind, none in front
    for layer in found.layers:
        for equation in explain(layer, found).output:
            if "⌊" in equation:
                left, right = worked_out(equation)
                assert left == right, (layer.path, equation)


def test_flattening_and_joining() -> None:
    google = trace(build_meta(get_model, "googlenet", init_weights=False), (3, 224, 224))
    assert explain(google.layer("inception3a:cat")).output == ("64 + 128 + 32 + 32 = 256",)
    vgg = trace(build_meta(get_model, "vgg16"), (3, 224, 224))
    assert explain(next(layer for layer in vgg.layers if layer.kind == "flatten")).output == ("512·7·7 = 25,088",)


MIXED = nn.Sequential(
    nn.Conv2d(4, 8, 3, stride=2, padding=2, dilation=2, groups=2), nn.Conv2d(8, 8, 4, padding="same"),
    nn.MaxPool2d(3, 2, 1, ceil_mode=True), nn.AvgPool2d(2, 3, 1, ceil_mode=True), nn.PReLU(8),
    nn.ConvTranspose2d(8, 6, 3, stride=2, padding=1, output_padding=1, groups=2), nn.Upsample(scale_factor=2), nn.GroupNorm(2, 6),
    nn.AdaptiveAvgPool2d(3), nn.Flatten(), nn.Linear(54, 5, bias=False))


@pytest.mark.parametrize("name", ["mixed", "googlenet", "mobilenet_v3_small", "densenet121", "vit_b_32", "swin_t"])
@pytest.mark.parametrize("batch", [1, 3])
def test_every_equation_holds(name: str, batch: int) -> None:
    traced = _traced(name, batch)
    equations = 0
    for layer in traced.layers:
        told = explain(layer, traced)
        if told.params:
            assert worked_out(told.params)[0] == worked_out(told.params)[1] == layer.params + layer.shared_params
        if told.macs and "=" in told.macs:
            assert worked_out(told.macs)[0] == worked_out(told.macs)[1] == layer.macs
        if told.memory:
            assert worked_out(told.memory)[0] == worked_out(told.memory)[1] == layer.activation_bytes
        for equation in (*told.output, *told.field):
            if "=" in equation:
                assert worked_out(equation)[0] == worked_out(equation)[1], equation
        if told.field:
            assert layer.receptive_field is not None
            assert tuple(worked_out(equation)[1] for equation in told.field) == layer.receptive_field.size
        equations += bool(told.params) + bool(told.macs)
        assert bool(told.macs) == bool(layer.macs)
    assert equations > 5


def _traced(name: str, batch: int) -> Trace:
    if name == "mixed":
        return trace(MIXED, (batch, 4, 33, 29))
    options = {"init_weights": False} if name == "googlenet" else {}
    return trace(build_meta(get_model, name, **options), (batch, 3, 224, 224))


def test_layers_without_arithmetic_say_nothing() -> None:
    relu = trace(lenet(), (1, 32, 32)).layers[1]
    told = explain(relu)
    assert (told.params, told.output, told.macs, told.field) == ("", (), "", ())
