"""The architectures page: every network in turn, in both languages, with absurd input, and what is sent to the browser."""

from __future__ import annotations

import json
import pickle
import subprocess
import sys
import threading
from math import prod
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from cnn_core import architectures, inspection
from cnn_core.errors import ArchitectureError, TraceError
from pages.architectures.words import in_language, shape_text
from pages.ui import cached, i18n
from pages.ui.components.field_view import blob as field_blob
from pages.ui.components.field_view import positions
from pages.ui.components.layer_table import BLOCK, FAILED, blob, table_rows
from tests.conftest import ROOT
from tests.pages.test_i18n import message_ids


def open_page(**query: str) -> AppTest:
    """The page as a link opens it."""
    test = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    test.query_params["lang"] = query.get("lang", "en")
    test.run()
    for name, value in query.items():
        test.query_params[name] = value
    return test.switch_page("pages/architectures/page.py").run()


@pytest.fixture(scope="module")
def page() -> AppTest:
    """One session that goes from network to network, as a lecture does."""
    return open_page()


def unpack(data: bytes) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """What the browser makes of it."""
    size = int.from_bytes(data[:4], "little")
    head = json.loads(data[4 : 4 + size])
    arrays = {}
    for array in head["arrays"]:
        flat = np.frombuffer(data, f"<{array['type']}", int(np.prod(array["shape"])), 4 + size + array["offset"])
        arrays[array["name"]] = flat.reshape(array["shape"])
    return head["meta"], arrays


def figures(test: AppTest) -> str:
    return next(element.proto.body for element in test.main.get("html") if "arch-figures" in element.proto.body)


def test_opens_on_resnet18_with_its_figures(page: AppTest) -> None:
    fresh = open_page()
    assert not fresh.exception
    assert fresh.title[0].value == "ResNet-18 :gray[2015]"
    shown = figures(fresh)
    assert "11,689,512" in shown and "1,814,073,344" in shown and "3×224×224 → 1000" in shown


@pytest.mark.parametrize("arch_id", architectures.ids())
def test_every_architecture_is_shown(page: AppTest, arch_id: str) -> None:
    page.selectbox("arch").set_value(arch_id).run()
    row = architectures.get(arch_id)
    assert not page.exception and not page.error
    assert page.title[0].value.startswith(row.title)
    assert f"{row.params:,}" in figures(page)
    assert page.query_params.get("arch", "resnet18") == arch_id


@pytest.mark.parametrize("arch_id", ["lenet5", "googlenet", "vit_b_16", "densenet121"])
def test_the_same_in_spanish(arch_id: str) -> None:
    test = open_page(arch=arch_id, lang="es")
    assert not test.exception and not test.error
    params = f"{architectures.get(arch_id).params:,}".replace(",", ".")
    assert params in figures(test) and "parámetros" in figures(test)
    said = message_ids("es", "catalogue")[f"catalogue.{architectures.get(arch_id).family.id}.brought"][0]
    assert any(said == element.value for element in test.markdown)


def test_options_change_everything_that_follows() -> None:
    test = open_page(arch="vgg16", size="32", channels="1", classes="10")
    assert not test.exception and not test.error
    assert "1×32×32 → 10" in figures(test)
    expected = 138_357_544 - 64 * 2 * 9 - 4097 * 990  # a grey picture's first kernels, and the last layer's 990 missing rows
    assert f"{expected:,}" in figures(test)


def test_width_is_offered_where_there_is_one() -> None:
    test = open_page(arch="mobilenet_v1", width="0.5")
    assert not test.error
    assert test.selectbox("width").value == "0.5"
    with pytest.raises(KeyError):
        open_page().selectbox("width")


def test_too_few_pixels_name_the_layer_and_offer_the_small_form() -> None:
    test = open_page(arch="alexnet", size="32")
    assert not test.exception
    assert "features.12" in test.error[0].value
    assert "≥" in figures(test)
    test.button("arch-use-small").click().run()
    assert not test.error and test.title[0].value.startswith(architectures.get("alexnet_cifar").title)


@pytest.mark.parametrize(
    "query",
    [{"size": "1"}, {"channels": "5"}, {"classes": "0"}, {"arch": "mobilenet_v2", "width": "1e6"}, {"size": "999999999"},
     {"size": "0"}, {"size": "1e9"}, {"channels": "99999999"}, {"classes": "2,5"}, {"size": "-3"}, {"arch": "no_such_network"},
     {"channels": "<b>"}, {"layer": "nowhere"}, {"arch": "vgg_d", "size": "1"}, {"arch": "inception_v3", "size": "1"},
     {"arch": "vit_b_16", "size": "17"}, {"arch": "vgg16", "size": "4096", "width": "4"}],
    ids=str,
)  # fmt: skip
def test_absurd_links_are_answered_with_a_page(query: dict[str, str]) -> None:
    test = open_page(**query)
    assert not test.exception
    assert test.selectbox("arch").value in architectures.ids()


@pytest.mark.parametrize(
    ("query", "sentence"),
    [({"classes": "0"}, "num_classes must be between 1 and 65,536, not 0"),
     ({"arch": "mobilenet_v2", "width": "1e6"}, "width must be between 0.05 and 4, not 1,000,000"),
     ({"size": "999999999"}, "whole number from 1 to 4,096"), ({"classes": "2,5"}, "must be a whole number")],
    ids=str,
)  # fmt: skip
def test_what_cannot_be_built_is_said(query: dict[str, str], sentence: str) -> None:
    assert sentence in open_page(**query).error[0].value


def test_a_channel_choice_of_another_page_is_no_number_of_channels(page: AppTest) -> None:
    test = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60).run()  # the kernel lab: channels are "grey" there
    test.switch_page("pages/architectures/page.py").run()
    assert not test.exception and test.selectbox("channels").value == "own"
    test.switch_page("pages/kernels/page.py").run()
    assert not test.exception


def test_a_link_brings_the_chosen_layer_back_and_its_arithmetic() -> None:
    test = open_page(layer="layer1.0.conv1", lang="es")
    worked = next(element.proto.body for element in test.main.get("html") if "arch-arithmetic" in element.proto.body)
    assert "64·(3·3·64 + 0) = 36.864" in worked
    assert "o = ⌊(56 + 2·1 − 3)/1⌋ + 1 = 56" in worked
    assert "r = 11 + (3 − 1)·4 = 19" in worked


def test_a_block_shows_its_sums() -> None:
    test = open_page(layer="layer1.0")
    worked = next(element.proto.body for element in test.main.get("html") if "arch-arithmetic" in element.proto.body)
    assert "73,984" in worked and "64×56×56 → 64×56×56" in worked


@pytest.mark.parametrize("arch_id", ["lenet5", "resnet18", "googlenet", "densenet201", "swin_t"])
def test_the_table_holds_every_layer_once_inside_its_blocks(arch_id: str) -> None:
    found = cached.traced(arch_id)
    assert found.trace is not None and found.graph is not None
    meta, arrays = unpack(blob(table_rows(found.trace, found.graph), network=arch_id, selected=""))
    places = arrays["places"]
    layers = places[:, 3] & BLOCK == 0
    assert places[layers, 1].tolist() == list(range(len(found.trace.layers)))
    assert len(set(meta["ids"])) == len(places)
    assert arrays["costs"][layers].sum(axis=0).tolist()[1:] == [found.trace.macs, found.trace.activation_bytes]
    inside: list[int] = []
    for depth, first, stop, flags in places.tolist():
        while inside and inside[-1] <= first:
            inside.pop()
        assert depth == len(inside) and (not inside or stop <= inside[-1])
        if flags & BLOCK:
            inside.append(stop)
    assert set(meta["opened"]) <= set(meta["ids"])


def test_the_failing_layer_is_a_marked_row_behind_those_that_ran() -> None:
    found = cached.traced("alexnet", (3, 32, 32))
    assert found.trace is not None and found.graph is not None and isinstance(found.error, TraceError)
    rows = table_rows(found.trace, found.graph, ("features.12", "MaxPool2d"))
    meta, arrays = unpack(blob(rows, network="alexnet", selected="", sentence=str(found.error)))
    assert arrays["places"][-1, 3] == FAILED and meta["names"][-1] == "features.12"
    assert found.trace.layers[-1].path == "features.11"


def test_cached_errors_are_each_sessions_own() -> None:
    errors = []
    for _ in range(2):
        with pytest.raises(TraceError) as caught:
            cached.trace("alexnet", (3, 32, 32))
        errors.append(caught.value)
    assert errors[0] is not errors[1] and errors[0].facts == errors[1].facts
    assert errors[0].trace.layers[-1].path == "features.11"
    with pytest.raises(ArchitectureError):
        cached.trace("resnet18", num_classes=0)


def test_traces_are_shared_keyed_by_every_option_and_can_be_pickled() -> None:
    first = cached.trace("resnet18")
    assert cached.trace("resnet18", (3, 224, 224), num_classes=None) is first
    assert cached.trace("resnet18", num_classes=10).params == 11_689_512 - 513 * 990
    assert cached.trace("resnet18", (1, 224, 224)).params == 11_689_512 - 2 * 64 * 49
    assert cached.trace("resnet18", (3, 64, 64)).macs < first.macs
    assert pickle.loads(pickle.dumps(first)) == first


def test_the_page_is_imported_without_torch() -> None:
    code = "import sys, pages.architectures.stages, pages.architectures.facts; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0


def test_torch_is_imported_in_the_background_unless_told_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[str] = []
    monkeypatch.setattr(threading.Thread, "start", lambda thread: started.append(thread.name))
    for setting, expected in (("0", []), ("1", ["load-torch"])):
        monkeypatch.setenv("CONVOLAB_WARM_UP", setting)
        cached.load_torch.clear()
        cached.load_torch()
        cached.load_torch()
        assert started == expected
    cached.wait_for_torch()
    assert cached.torch_is_here()


@pytest.mark.parametrize(("arch_id", "size"), [("resnet18", (224, 224)), ("swin_t", (224, 224)), ("lenet5", (32, 32))])
def test_the_field_moves_over_the_map_and_not_over_channels(arch_id: str, size: tuple[int, int]) -> None:
    for record in cached.trace(arch_id).layers:
        if record.receptive_field is None or len(record.output_shape) != 4:
            continue
        rows, columns = positions(record, size)
        assert rows == columns and prod(record.output_shape) % (rows * columns) == 0
        (top, bottom), _ = record.receptive_field.window((rows - 1, columns - 1), size)
        assert top < size[0] and bottom <= size[0] - 1


def test_a_grey_network_sees_the_picture_in_grey() -> None:
    record = inspection.LayerRecord(0, "c", "c", 1, "conv", "Conv2d", "", (-1,), ((1, 1, 4, 4),), ((1, 1, 4, 4),), 0, 0, 0, 0, 0, None)
    colours = np.random.default_rng(0).integers(0, 256, (4, 4, 3), dtype=np.uint8)
    for channels, grey in ((1, True), (3, False), (5, False)):
        _, arrays = unpack(field_blob(record, (channels, 4, 4), colours, title="x"))
        assert bool((arrays["picture"] == arrays["picture"][:, :, :1]).all()) is grey


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0"), (61_706, "61,706"), (99_999, "99,999"), (100_000, "100 k"), (999_499, "999 k"), (999_600, "1.00 M"), (11_689_512, "11.7 M"),
     (1_814_073_344, "1.81 G"), (19_646_000_000, "19.6 G"), (127_000_000_000, "127 G")],
)  # fmt: skip
def test_large_numbers_have_three_digits(value: int, text: str) -> None:
    assert i18n.compact(value).replace("\u202f", " ") == text


def test_numbers_and_shapes_as_people_write_them() -> None:
    assert i18n.compact_bytes(3_211_264).replace("\u202f", " ") == "3.21 MB"
    assert i18n.compact_bytes(64).replace("\u202f", " ") == "64 B"
    assert shape_text((1, 64, 56, 56)) == "64×56×56" and shape_text((2, 10)) == "2×10"
    assert in_language("64·(3·3·3 + 1) = 1,792") == "64·(3·3·3 + 1) = 1,792"
