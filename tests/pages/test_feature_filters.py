"""The filters of a network on the feature-map page: as pictures, beside hand-made kernels, and replaced by one."""

from __future__ import annotations

import numpy as np
import pytest

from cnn_core import inspection
from cnn_core.inspection import Match
from cnn_core.kernels import KERNELS
from pages.feature_maps import convolutions, filters_like, replacing, tiles
from pages.feature_maps.convolutions import Convolution
from pages.feature_maps.scene import Scene
from tests.pages.test_feature_maps import open_page, scene


def opened(arch_id: str = "lenet5", layer: str = "c1") -> tuple[Scene, Convolution]:
    seen = scene(arch_id, layer)
    found = convolutions.records(seen)
    return seen, convolutions.opened(seen, next(iter(found.values())))


@pytest.mark.parametrize("lang", ["en", "es"])
@pytest.mark.parametrize("part", ["look", "like", "put"])
def test_every_part_is_drawn(part: str, lang: str) -> None:
    test = open_page(net="lenet5", weights="random:0", map_view="filters", filter_part=part, lang=lang)
    assert not test.exception and not test.error
    assert test.selectbox("conv").value == test.selectbox("conv").options[0].split(":")[0]


def test_deeper_filters_are_shown_by_channel_and_by_norm() -> None:
    test = open_page(net="resnet18_cifar", weights="random:0", map_view="filters", conv="layer1.0.conv1", filter_at="9", filter_input="5")
    assert not test.exception and test.selectbox("filter_at").value == 9 and test.selectbox("filter_input").value == 5
    test.selectbox("filter_form").set_value("norms").run()
    assert not test.exception
    test.selectbox("conv").set_value("conv1").run()  # other forms, fewer channels: what no longer fits falls back
    assert not test.exception and test.selectbox("filter_form").value in ("norms", "color")


@pytest.mark.parametrize("query", [{"conv": "nowhere"}, {"filter_at": "999"}, {"filter_form": "color"}, {"like_kernel": "x"},
                                   {"put_channel": "7"}, {"filter_part": "none"}], ids=str)  # fmt: skip
def test_absurd_links_are_answered_with_a_page(query: dict[str, str]) -> None:
    test = open_page(net="lenet5", weights="random:0", map_view="filters", **{"filter_part": "put", **query})
    assert not test.exception and not test.error


def test_a_filter_that_is_the_kernel_answers_like_the_kernel() -> None:
    """The turned kernel put where it was found gives the filter's own answer, but for strength and bias."""
    _, layer = opened()
    kernel = KERNELS["vertical"].weights
    weights = np.zeros_like(layer.weights)
    weights[2, 0, 1:4, 2:5] = -kernel[::-1, ::-1]
    match = inspection.likeness(weights).match(2, "vertical")
    assert match.cosine == pytest.approx(-1) and match.shift == (1, 2)
    turned = np.sign(match.cosine) * filters_like.placed(match, weights.shape[2:])[::-1, ::-1]
    np.testing.assert_array_equal(turned, weights[2, 0])


def test_a_kernel_larger_than_the_filter_is_cut_where_it_is_most_alike() -> None:
    match = Match(0, "gaussian", 0.9, (2, 1), None)
    np.testing.assert_array_equal(filters_like.placed(match, (3, 3))[::-1, ::-1], KERNELS["gaussian"].weights[2:5, 1:4])


def test_the_response_of_a_kernel_is_the_layers_own_arithmetic() -> None:
    from scipy.signal import correlate2d

    seen, layer = opened()
    match = filters_like.likeness(seen, layer).of_kernel("sobel_x", 1)[0]
    found = filters_like.kernel_response(seen, layer, match)
    kernel = np.sign(match.cosine) * filters_like.placed(match, layer.weights.shape[2:])[::-1, ::-1]
    kernel *= np.linalg.norm(layer.weights[match.filter]) / np.linalg.norm(kernel)
    wanted = correlate2d(seen.prepared.tensor.numpy()[0, 0].astype(np.float64), kernel, mode="valid")
    np.testing.assert_allclose(found, wanted, atol=1e-4)


def test_replacing_changes_that_map_alone_in_its_layer_and_leaves_the_network_as_it_was() -> None:
    seen, layer = opened()
    before = layer.weights.copy()
    found = replacing.replaced(seen, layer, 3, "laplacian", replacing.ALL, True)
    assert found.changes[0].channel == 3 and found.changes[0].share > 0
    assert not np.allclose(found.logits, seen.logits())
    np.testing.assert_array_equal(layer.weights, before)
    network = inspection.with_filter_replaced(seen.network(), layer.record.module, 3, KERNELS["laplacian"].weights)
    np.testing.assert_allclose(found.logits, network(seen.batch())[0].numpy(), rtol=1e-5, atol=1e-6)


def test_tiles_have_zero_in_the_middle_and_a_seam_between_pairs() -> None:
    signed = tiles.colored(np.array([[[-2.0, 0.0, 1.0]]]), "signed", top=2.0)
    assert signed[0, 0, 1].min() >= 253 and signed[0, 0, 0].tolist() == [5, 48, 97]
    assert tiles.colored(np.zeros((1, 2, 2)), "magnitude")[0, 0, 0].tolist() == [68, 1, 84]
    pair = tiles.pair(signed[0], signed[0], 32)
    assert pair.shape == (32, 66, 3) and (pair[:, 32:34] == tiles.GAP).all()
