"""Several pictures in one layer: links, choosing, the same channels for all, clicks, what the browser gets."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from pages.feature_maps import several, several_view
from pages.feature_maps.picture_table import PictureRow, blob, shades
from pages.ui import cached
from tests.pages.test_architectures import unpack
from tests.pages.test_feature_maps import open_page, scene

THREE = "sample-coffee,sample-moon,sample-coins"


def opened(**query: str) -> AppTest:
    return open_page(**{"net": "lenet5", "weights": "random:0", "map_view": "several", "pics": THREE, **query})


def table(test: AppTest) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """What the browser was sent."""
    proto = next(element.proto for element in test.main.get("bidi_component") if "fm-several-table" in element.proto.id)
    return unpack(proto.bytes)


def pics(test: AppTest) -> str:
    value = test.query_params["pics"]
    return value if isinstance(value, str) else value[0]


@pytest.mark.parametrize("lang", ["en", "es"])
def test_four_pictures_from_a_link(lang: str) -> None:
    test = opened(lang=lang)
    assert not test.exception and not test.error
    assert pics(test) == THREE
    meta, arrays = table(test)
    assert len(meta["rows"]) == 4 and len(meta["names"]) == 6 and arrays["maps3"].shape == (6, 28, 28)
    assert all(len(row["guesses"]) == 3 for row in meta["rows"])
    assert meta["labels"]["remove"] == ("Put away" if lang == "en" else "Quitar")


def test_without_a_choice_there_are_pictures_to_compare() -> None:
    test = open_page(net="lenet5", weights="random:0", map_view="several")
    assert not test.exception and pics(test).count(",") == 2 and "chelsea" not in pics(test)
    assert len(table(test)[0]["rows"]) == 4


@pytest.mark.parametrize("query, rows", [
    ({"pics": ""}, 1), ({"pics": "sample-nothing,sample-coffee"}, 2), ({"pics": "own-0000,sample-chelsea"}, 1),
    ({"pics": ",".join(["sample-coffee"] * 3)}, 4), ({"pics": "../etc"}, 4), ({"pics": ",".join(f"own-{k}" for k in range(30))}, 4),
    ({"several_sort": "<b>"}, 4), ({"several_maps": "7"}, 4), ({"several_colors": "no"}, 4), ({"map_layer": "nowhere"}, 4),
], ids=str)  # fmt: skip
def test_absurd_links_are_answered_with_a_page(query: dict[str, str], rows: int) -> None:
    test = opened(**query)
    assert not test.exception and not test.error
    assert len(table(test)[0]["rows"]) == rows


def test_every_layer_of_a_small_network_is_compared() -> None:
    found = cached.traced("lenet5", (1, 32, 32))
    assert found.graph
    test = opened()
    for node in found.graph.nodes:
        if node.layers:
            test.query_params["map_layer"] = node.id
            test.run()
            assert not test.exception and not test.error, node.id


def test_choices_of_channels_and_colours() -> None:
    test = opened()
    test.selectbox("several_sort").set_value("index").run()
    assert table(test)[0]["names"] == ["0", "1", "2", "3", "4", "5"] and table(test)[0]["shared"]
    test.selectbox("several_colors").set_value("map").run()
    assert not test.exception and not table(test)[0]["shared"]


def test_taking_in_and_putting_away(monkeypatch: pytest.MonkeyPatch) -> None:
    held: dict[str, Any] = {"pic": "sample-cat", "pics": ["sample-a", "sample-b"]}
    monkeypatch.setattr(several.st, "session_state", held)
    several.toggle("sample-c")
    assert held["pics"] == ["sample-a", "sample-b", "sample-c"]
    several.toggle("sample-a")
    several.toggle("sample-cat")  # the page's own is there already
    assert held["pics"] == ["sample-b", "sample-c"]
    several.use("sample-c")
    assert held == {"pic": "sample-c", "pics": ["sample-b", "sample-cat"]}
    held["pics"] = [f"sample-{k}" for k in range(several.MOST - 1)]
    several.toggle("sample-more")
    assert len(held["pics"]) == several.MOST - 1


def test_channels_are_chosen_over_all_pictures() -> None:
    maps = np.zeros((2, 4, 2, 2), np.float32)
    maps[:, 1] = 5.0  # the largest mean
    maps[:, 2, 0, 0] = 8.0  # contrast inside each picture
    maps[1, 3] = 4.0  # in one of the pictures alone
    means, deviations = maps.mean((2, 3)), maps.std((2, 3))
    assert several_view.pick_channels(means, deviations, "mean", 1) == [1]
    assert several_view.pick_channels(means, deviations, "contrast", 1) == [2]
    assert several_view.pick_channels(means, deviations, "apart", 1) == [3]
    assert several_view.pick_channels(means, deviations, "index", 2) == [0, 1]
    assert several_view.pick_channels(means, deviations, "index", 3, first=3) == [3, 0, 1]


def test_colours_of_a_channel_mean_the_same_in_every_picture() -> None:
    maps = np.array([[[[0.0, 1.0]], [[0.0, 2.0]]], [[[0.0, 4.0]], [[0.0, 1.0]]]])
    limits, scale = several_view.colors(maps, "channel")
    assert scale == "magnitude" and limits.tolist() == [[[0, 4], [0, 2]], [[0, 4], [0, 2]]]
    limits, _ = several_view.colors(maps, "map")
    assert limits[:, :, 1].tolist() == [[1, 2], [4, 1]]
    limits, scale = several_view.colors(maps - 3, "channel")
    assert scale == "signed" and limits.tolist() == [[[-3, 3], [-3, 3]], [[-3, 3], [-3, 3]]]
    assert shades(maps[0], limits[0]).dtype == np.uint8


def test_maps_of_each_picture_are_those_of_the_picture_alone() -> None:
    from dataclasses import replace

    from cnn_core import images
    from pages.ui.picture import Picture

    first = scene("lenet5", "c1")
    second = replace(first, picture=Picture("sample-moon", "moon", images.samples()["moon"]), beside=2)
    _, arrays = unpack(several_view._blob([first, second], ["4", "1"], [4, 1], "map", "v"))
    for place, each in enumerate((first, replace(second, beside=1))):
        maps = each.values(each.record)[[4, 1]]
        limits, _ = several_view.colors(np.stack([seen.values(seen.record)[[4, 1]] for seen in (first, second)]), "map")
        np.testing.assert_array_equal(arrays[f"maps{place}"], shades(maps, limits[place]))
    assert not np.array_equal(arrays["maps0"], arrays["maps1"])
    figures = several_view._figures([first, second])
    np.testing.assert_allclose(figures[1].means, second.values(second.record).mean((1, 2)), rtol=1e-5)
    assert several_view._figures([first, second])[1] is figures[1]


def test_large_maps_are_fewer() -> None:
    assert several_view._fitting(8, 64, 224, 24) == 24
    assert several_view._fitting(8, 64, 224 * 224, 24) == 7
    assert several_view._fitting(2, 3, 16, 24) == 3


def test_what_the_browser_gets() -> None:
    maps = np.random.default_rng(0).normal(size=(2, 3, 4)).astype(np.float32)
    limits = np.array([[-3.0, 3.0], [-2.0, 2.0]])
    row = PictureRow("<b>", np.zeros((5, 6, 3), np.uint8), [("cat", 0.5)], maps, limits)
    meta, arrays = unpack(blob([row], ["3", "17"], "signed", shared=True, version="v"))
    assert meta["names"] == ["3", "17"] and meta["limits"] == limits.tolist()
    assert meta["rows"][0]["guesses"] == [{"name": "cat", "share": 0.5}]
    np.testing.assert_allclose(meta["rows"][0]["means"], maps.mean((1, 2)), rtol=1e-6)
    np.testing.assert_array_equal(arrays["maps0"], shades(maps, limits))
    assert arrays["seen0"].shape == (5, 6, 3) and arrays["colors"].shape == (256, 3)
