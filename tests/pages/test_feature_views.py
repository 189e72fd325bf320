"""The journey, one value worked out, and why: what they draw, on small networks and on their own."""

from __future__ import annotations

import re
from itertools import pairwise

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from cnn_core import architectures, inspection
from pages.feature_maps import prediction, value_view
from pages.feature_maps.class_bars import Bar
from pages.feature_maps.headline import likeliest
from pages.feature_maps.map_rows import MapRow, blob, shades
from pages.feature_maps.stops import STAGES, Stop, stops
from pages.ui import cached
from tests.pages.test_architectures import unpack
from tests.pages.test_feature_maps import open_page, scene


@pytest.fixture(scope="module")
def page() -> AppTest:
    return open_page(net="resnet20", weights="random:0")


def show(page: AppTest, **choices: object) -> AppTest:
    for name, value in choices.items():
        page.session_state[name] = value
    return page.run()


# The journey ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("arch_id", ["lenet5", "vgg16", "tf_efficientnet_lite0", "googlenet", "densenet121", "vit_b_16", "swin_t"])
def test_the_stops_are_the_whole_network_in_its_order(arch_id: str) -> None:
    found = cached.traced(arch_id)
    assert found.trace and found.graph
    places = stops(found.trace, found.graph)
    assert places[0].first == 0 and places[-1].stop == len(found.trace.layers)
    assert all(before.stop == after.first for before, after in pairwise(places))
    assert 5 <= len(places) <= 24


def test_a_residual_block_is_one_stop() -> None:
    found = cached.traced("resnet18")
    assert found.trace and found.graph
    blocks = [place.block for place in stops(found.trace, found.graph) if place.block]
    assert blocks == [f"layer{stage}.{block}" for stage in (1, 2, 3, 4) for block in (0, 1)]


def test_before_and_after_normalisation_and_activation() -> None:
    trace = cached.trace("resnet18")
    stem = Stop(0, 3)
    assert [stem.record(trace, stage).path for stage in STAGES] == ["relu", "conv1", "bn1", "relu"]
    lenet = cached.trace("lenet5")
    assert Stop(0, 2).record(lenet, "norm").kind == "conv"  # LeNet-5 has no normalisation: what comes before it


def test_the_journey_is_drawn(page: AppTest) -> None:
    show(page, map_view="journey")
    for stage in STAGES:
        show(page, stage=stage)
        assert not page.exception and not page.error


def test_rows_hold_each_map_in_its_own_range() -> None:
    maps = np.array([[[0.0, 1.0]], [[0.0, 4.0]]], np.float32)
    row = MapRow("conv", "conv", "Conv2d", "2×1×2", 0.5, 2, maps, ("0", "1"), "#000")
    meta, arrays = unpack(blob([row], np.zeros((2, 2, 3), np.uint8), [("cat", 0.9)], version="a"))
    assert arrays["maps0"].tolist() == [[[0, 255]], [[0, 255]]] and meta["rows"][0]["signed"] is False
    assert shades(np.array([[[-1.0, 0.0, 0.5]]]))[0].tolist() == [[[0, 128, 191]]]


# One value --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["maps", "tokens", "last", "values"])
def test_the_value_that_is_clicked_is_the_value_that_is_worked_out(form: str) -> None:
    """Every form of output: what stands at a place of a map stands at the position in the layer's output."""
    from pages.feature_maps import stacks

    arch_id, shape = {
        "maps": ("resnet18", (1, 64, 56, 56)), "tokens": ("vit_b_16", (1, 197, 768)), "last": ("swin_t", (1, 56, 56, 96)),
        "values": ("resnet18", (1, 1000)),
    }[form]  # fmt: skip
    trace = cached.trace(arch_id)
    record = next(layer for layer in trace.layers if layer.output_shape == shape)
    values = np.random.default_rng(0).normal(size=shape[1:]).astype(np.float32)
    seen = scene("lenet5", "c1").at(record)
    size = (224, 224)
    stack = stacks.stack(values, record, size)
    channel, row, column = len(stack.maps) - 1, stack.maps.shape[1] - 2, stack.maps.shape[2] // 2
    position = value_view.position(seen, stack, channel, (row, column), size)
    assert values[position] == stack.maps[channel, row, column]


@pytest.mark.parametrize("kind", ["conv", "norm", "activation", "add", "linear"])
def test_a_value_of_each_kind_of_layer_is_worked_out(page: AppTest, kind: str) -> None:
    found = cached.traced("resnet20", (3, 32, 32))
    assert found.trace and found.graph
    node = next(node for node in found.graph.nodes if node.kind == kind)
    show(page, map_view="value", map_layer=node.id, channel_at=-1)
    assert not page.exception and not page.error
    drawn = next(element.proto.body for element in page.main.get("html") if "fm-value-head" in element.proto.body)
    assert "class='verdict'" in drawn


@pytest.mark.parametrize(
    ("value", "text"), [(0.0, "0"), (1.23456, "1.235"), (-0.001234, "−0.001234"), (1.5e-9, "1.5·10⁻⁹"), (-np.inf, "−∞")]
)
def test_values_are_written_with_the_digits_that_count(value: float, text: str) -> None:
    assert value_view.write(value) == text


# Why --------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["grad_cam", "saliency", "integrated_gradients", "occlusion"])
def test_every_method_answers_for_any_class(page: AppTest, method: str) -> None:
    show(page, map_view="why", method=method, about=7)
    assert not page.exception and not page.error
    said = " ".join(element.value for element in page.markdown)
    assert "What it shows." in said and "What it does not." in said


def test_the_bars_are_the_likeliest_classes_and_what_they_were() -> None:
    seen = scene("lenet5", "c1")
    before, after = np.zeros(10, np.float32), np.zeros(10, np.float32)
    before[3], after[8] = 9.0, 9.0
    bars = prediction.compared(seen, before, after)
    assert bars[0].index == 8 and bars[0].share > 0.99 and bars[0].before is not None and bars[0].before < 0.01
    assert 3 in [bar.index for bar in bars] and all(isinstance(bar, Bar) for bar in bars)


def test_the_likeliest_come_first() -> None:
    logits = np.array([1.0, 5.0, 3.0])
    assert [index for index, _ in likeliest(logits, 2)] == [1, 2]
    assert inspection.default_grad_cam_layer(cached.trace("resnet18")) and "lenet5" in architectures.ids()


def test_the_value_view_opens_on_a_convolution_and_the_maps_on_what_it_found() -> None:
    test = open_page(net="resnet20", weights="random:0")
    assert test.session_state["map_layer"] == "relu"
    show(test, map_view="value")
    assert test.session_state["map_layer"] == "conv"
    show(test, map_view="maps", map_layer="stage2.0.conv1")
    show(test, map_view="value")
    assert test.session_state["map_layer"] == "stage2.0.conv1"  # somebody has chosen it


def test_the_heat_says_that_its_colours_end_below_the_largest_value() -> None:
    test = open_page(net="lenet5", weights="random:0", map_view="why", method="saliency")
    assert not test.exception and not test.error
    said = next(element.value for element in test.main.caption if "below which 99.5 % of the values lie" in element.value)
    end, most = (float(found) for found in re.findall(r"(?:end at|largest is) ([0-9.]*[0-9])", said))
    assert 0 < end < most
