"""One picture in several networks: what is lined up with what, links, and clicks."""

from __future__ import annotations

import numpy as np
import pytest

from pages.feature_maps import resolutions, sides_view
from pages.feature_maps.map_rows import shades
from pages.feature_maps.side_table import Cell, Side, blob
from pages.ui import cached
from tests.pages.test_architectures import unpack
from tests.pages.test_feature_maps import open_page, scene


@pytest.mark.parametrize("lang", ["en", "es"])
def test_three_networks_from_a_link(lang: str) -> None:
    test = open_page(
        net="lenet5", weights="random:0", map_view="sides", beside_1="resnet20", beside_weights_1="random:0", beside_2="mnist_cnn",
        lang=lang,
    )  # fmt: skip
    assert not test.exception and not test.error
    assert [test.selectbox(f"beside_{k}").value for k in (1, 2, 3)] == ["resnet20", "mnist_cnn", "none"]
    assert "random:0" in test.query_params["beside_weights_1"] and "resnet20" in test.query_params["beside_1"]
    if lang != "en":  # AppTest names options outside of the session, where nobody has chosen a language
        return
    test.selectbox("side_sort").set_value("maximum").run()
    assert not test.exception
    test.selectbox("beside_2").set_value("none").run()  # the next empty place goes with it
    assert not test.exception and not {"beside_3", "beside_weights_2"} & {box.key for box in test.selectbox}


@pytest.mark.parametrize("query", [{"beside_1": "nowhere"}, {"beside_weights_1": "run:x"}, {"side_sort": "?"}, {"side_maps": "9"}], ids=str)
def test_absurd_links_are_answered_with_a_page(query: dict[str, str]) -> None:
    test = open_page(**{"net": "lenet5", "weights": "random:0", "map_view": "sides", "beside_1": "mnist_cnn", **query})
    assert not test.exception and not test.error


def test_weights_that_are_not_here_are_said_to_be_missing() -> None:
    from cnn_core import weights

    seen = scene("lenet5", "c1")
    away = next(source for source in weights.sources("alexnet") if source.kind == "torchvision")
    if not away.is_here:
        assert sides_view._side(seen, away, "mean", 4).problem


def test_layers_of_one_resolution_share_a_row() -> None:
    cells = resolutions.cells(scene("resnet18_cifar", "conv1"), "index", 4)
    assert {row: cell.shape for row, cell in cells.items()} == {5: "64×32×32", 4: "128×16×16", 3: "256×8×8", 2: "512×4×4"}
    assert all(len(cell.maps) == 4 and cell.names == ["0", "1", "2", "3"] for cell in cells.values())


def test_the_maps_shown_are_the_largest() -> None:
    seen = scene("resnet18_cifar", "conv1")
    cell = resolutions.cells(seen, "mean", 4)[5]
    assert seen.found.graph
    assert seen.found.trace
    node = next(node for node in seen.found.graph.nodes if node.id == cell.id)
    values = seen.values(seen.found.trace.layers[node.first])
    assert sorted(map(int, cell.names)) == sorted(np.argsort(-values.mean((1, 2)))[:4].tolist())


def test_heights_of_maps_of_every_kind() -> None:
    tokens = next(layer for layer in cached.trace("vit_b_16").layers if layer.output_shape == (1, 197, 768))
    assert resolutions.side_of(tokens, (224, 224)) == 14
    lenet = cached.trace("lenet5").layers
    assert resolutions.side_of(lenet[0], (32, 32)) == 28 and resolutions.side_of(lenet[-1], (32, 32)) == 0


def test_what_the_browser_gets() -> None:
    maps = np.random.default_rng(0).normal(size=(2, 3, 4)).astype(np.float32)
    side = Side("<b>", "random", True, np.zeros((5, 6, 3), np.uint8), [("cat", 0.5)], {5: Cell("n1", "c1", "2×3×4", 9, maps, ["3", "7"])})
    meta, arrays = unpack(blob([side, Side("b", "w", problem="no")], [(6, "56 px"), (5, "28 px")], version="v"))
    assert meta["rows"] == ["56 px", "28 px"] and meta["sides"][0]["cells"][0] is None and meta["sides"][0]["cells"][1]["id"] == "n1"
    np.testing.assert_array_equal(arrays["maps0_1"], shades(maps)[0])
    assert meta["sides"][1]["problem"] == "no" and "picture1" not in arrays
