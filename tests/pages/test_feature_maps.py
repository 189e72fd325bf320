"""The feature-map page: every small network, labels of weights, both languages, what is sent to the browser, what is saved."""

from __future__ import annotations

import csv
import io
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some
from hypothesis.extra import numpy as arrays_of
from PIL import Image
from streamlit.testing.v1 import AppTest

from cnn_core import architectures, weights
from cnn_core.errors import WeightsError
from pages.feature_maps import maps_view, out, snippet, stacks
from pages.feature_maps.headline import percent, softmax
from pages.feature_maps.scene import Scene
from pages.ui import cached
from pages.ui.components.map_grid import MapTiles, Place, blob, quantize
from pages.ui.downloads import weights_name
from pages.ui.i18n import texts
from pages.ui.picture import Picture
from tests.conftest import ROOT
from tests.pages.test_architectures import unpack

# Those for small pictures that are built in moments; the core's own tests capture all of them.
SMALL = [id_ for id_ in architectures.ids() if architectures.get(id_).input_shape[1] <= 32 and architectures.get(id_).params < 1_400_000]
CAT = "sample-chelsea"


def open_page(**query: str) -> AppTest:
    """The page as a link opens it."""
    test = AppTest.from_file(str(ROOT / "app.py"), default_timeout=90)
    test.query_params["lang"] = query.get("lang", "en")
    test.run()
    for name, value in {"pic": CAT, **query}.items():
        test.query_params[name] = value
    return test.switch_page("pages/feature_maps/page.py").run()


@pytest.fixture(scope="module")
def page() -> AppTest:
    """One session that goes from network to network, as a lecture does."""
    return open_page(net="lenet5", weights="random:0")


def headline(test: AppTest) -> str:
    return next(element.proto.body for element in test.main.get("html") if "fm-headline" in element.proto.body)


def scene(arch_id: str, layer: str, source_id: str = "random:0", picture: str = "chelsea") -> Scene:
    from cnn_core import images

    source = weights.get_source(arch_id, source_id)
    found = cached.traced(arch_id, source.input_shape, **source.options)
    assert found.graph
    assert found.trace
    node = next(node for node in found.graph.nodes if node.id == layer)
    return Scene(Picture(f"sample-{picture}", picture, images.samples()[picture]), source, found, layer, found.trace.layers[node.first])


def test_opens_on_a_cat_in_a_network_that_knows_cats() -> None:
    test = open_page()
    assert not test.exception and not test.error
    assert test.selectbox("net").value == "tf_efficientnet_lite0"
    assert test.selectbox("weights").value == "embedded"
    assert "tabby" in headline(test) or "tiger cat" in headline(test)
    assert "class='random'" not in headline(test)


@pytest.mark.parametrize("arch_id", SMALL)
def test_every_small_network_is_shown_and_random_weights_are_called_random(page: AppTest, arch_id: str) -> None:
    page.selectbox("net").set_value(arch_id).run()
    if page.selectbox("weights").value != "random:0":
        page.selectbox("weights").set_value("random:0").run()
    assert not page.exception and not page.error
    assert "class='random'" in headline(page)
    assert page.query_params["net"] == [arch_id] or page.query_params["net"] == arch_id


def test_in_spanish_random_weights_are_called_random_too() -> None:
    test = open_page(net="lenet5", weights="random:3", lang="es")
    assert not test.exception and not test.error
    assert "Pesos aleatorios" in headline(test)
    assert test.selectbox("weights").options[-2:] == ["Aleatorios, semilla 3", "Un archivo mío…"]


def test_weights_that_are_not_here_are_offered_with_their_size_and_what_is_at_hand() -> None:
    test = open_page(net="alexnet", weights="torchvision:IMAGENET1K_V1")
    assert not test.exception and not test.error
    labels = [button.label for button in test.main.button]
    assert any(label.startswith("Download 24") and label.endswith("MB") for label in labels)
    test.button("fm-use-random:0").click().run()
    assert not test.exception and test.selectbox("weights").value == "random:0"


@pytest.mark.parametrize(
    "query",
    [{"net": "no_such"}, {"weights": "run:../../etc"}, {"weights": "random:x"}, {"map_layer": "nowhere"}, {"channel_at": "9999999"},
     {"maps_page": "77"}, {"sort": "<b>"}, {"colors": "rainbow"}, {"map_view": "none"}, {"invert": "7"}],
    ids=str,
)  # fmt: skip
def test_absurd_links_are_answered_with_a_page(query: dict[str, str]) -> None:
    test = open_page(**{"net": "lenet5", "weights": "random:0", **query})
    assert not test.exception and not test.error


@pytest.mark.parametrize(("query", "sentence"), [
    ({"net": "nope", "weights": "embedded"}, "There is no network “nope” here; EfficientNet-Lite0 is shown."),
    ({"net": "lenet5", "weights": "nonsense"}, "LeNet-5 has no weights “nonsense” here. Shown instead: MNIST, trained here."),
    ({"net": "lenet5", "weights": "file:XYZ"}, "LeNet-5 has no weights “file:XYZ” here. Shown instead: MNIST, trained here."),
    ({"net": "lenet5", "weights": "run:early"}, "saved"),
], ids=str)  # fmt: skip
def test_a_link_whose_network_or_weights_cannot_be_had_says_so(
    query: dict[str, str], sentence: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "early").mkdir()
    monkeypatch.setenv("CONVOLAB_RUNS", str(tmp_path))
    test = open_page(**query)
    assert not test.exception and not test.error
    assert len(test.main.warning) == 1 and sentence in test.main.warning[0].value
    test.selectbox("colors").set_value("layer").run()
    assert len(test.main.warning) == 1  # as long as what came in its place is shown
    test.selectbox("net").set_value("mini_resnet").run()
    assert not test.exception and not test.main.warning


def test_a_network_that_somebody_chooses_brings_its_own_weights_without_a_word() -> None:
    test = open_page(net="tf_efficientnet_lite0", weights="embedded")
    test.selectbox("net").set_value("lenet5").run()
    assert not test.exception and not test.main.warning and test.selectbox("weights").value == "checkpoint"


def test_a_damaged_checkpoint_is_refused_in_a_sentence(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Another network's tensors: the first that does not fit is named, and random weights are a click away."""
    import torch
    from safetensors.torch import save_file

    path = tmp_path / "wrong.safetensors"
    save_file({"features.0.weight": torch.zeros(1)}, path)
    genuine = weights.get_source("lenet5", "random:0")
    wrong = replace(genuine, id="run:wrong", kind="run", path=path, fingerprint="wrong", bytes=1, dataset="mnist")
    monkeypatch.setattr(weights, "sources", lambda arch_id: (wrong, genuine))
    monkeypatch.setattr(weights, "get_source", lambda arch_id, source_id: wrong)
    test = open_page(net="lenet5", weights="run:wrong")
    assert not test.exception
    first = next(iter(architectures.build("lenet5").state_dict()))
    assert first in test.error[0].value
    test.button("fm-use-random").click().run()
    assert not test.exception and not test.error


def test_sorting_and_paging_show_the_maps_that_they_say() -> None:
    seen = scene("resnet18_cifar", "conv1")
    values = seen.values(seen.record)
    found = stacks.figures(values)
    for name in ("mean", "maximum", "zeros"):
        ordered = found[name][stacks.order(found, name)]
        assert (np.diff(ordered) <= 0).all()
    assert stacks.order(found, "index").tolist() == list(range(64))


def test_statistics_are_numpys_own() -> None:
    maps = np.random.default_rng(0).normal(3, 2, (5, 7, 4)).astype(np.float32)
    maps[2] = np.maximum(maps[2] - 3, 0)
    maps[4] = 1.5
    found = stacks.figures(maps)
    np.testing.assert_allclose(found["mean"], maps.mean((1, 2)), rtol=1e-5)
    np.testing.assert_allclose(found["deviation"], maps.std((1, 2)), atol=2e-3)
    np.testing.assert_array_equal(found["maximum"], maps.max((1, 2)))
    assert found["zeros"][2] == pytest.approx((maps[2] == 0).mean()) and found["zeros"][0] == 0
    assert stacks.dead(found).tolist() == [False, False, False, False, True]


@pytest.mark.parametrize(
    ("shape", "form", "count", "size"),
    [((6, 28, 28), "maps", 6, (28, 28)), ((10,), "values", 1, (2, 5)),
     ((1280, 1, 1), "values", 1, (32, 40)), ((3, 4, 7, 7), "planes", 12, (7, 7))],
)
def test_outputs_of_every_shape_become_maps(shape: tuple[int, ...], form: str, count: int, size: tuple[int, int]) -> None:
    record = cached.trace("lenet5").layers[0]
    values = np.arange(np.prod(shape), dtype=np.float32).reshape(shape)
    found = stacks.stack(values, record, (32, 32))
    assert (found.form, len(found.maps), found.maps.shape[1:]) == (form, count, size)
    np.testing.assert_array_equal(found.maps.ravel(), values.ravel())


def test_tokens_lie_in_their_places_and_the_class_token_is_left_out() -> None:
    trace = cached.trace("vit_b_16")
    record = next(layer for layer in trace.layers if layer.output_shape == (1, 197, 768))
    values = np.arange(197 * 768, dtype=np.float32).reshape(197, 768)
    found = stacks.stack(values, record, (224, 224))
    assert found.form == "tokens" and found.maps.shape == (768, 14, 14)
    assert found.maps[5, 0, 0] == values[1, 5] and found.maps[5, 13, 13] == values[196, 5]


def test_channels_that_come_last_are_seen() -> None:
    record = next(layer for layer in cached.trace("swin_t").layers if layer.output_shape == (1, 56, 56, 96))
    values = np.random.default_rng(0).normal(size=(56, 56, 96)).astype(np.float32)
    found = stacks.stack(values, record, (224, 224))
    np.testing.assert_array_equal(found.maps[7], values[:, :, 7])


def test_colours_reach_as_far_as_was_asked() -> None:
    found = {"minimum": np.array([-1.0, 0.5]), "maximum": np.array([2.0, 4.0])}
    each, scale = stacks.limits(found, "map")
    assert scale == "signed" and each.tolist() == [[-2, 2], [-4, 4]]
    assert stacks.limits(found, "layer")[0].tolist() == [[-4, 4], [-4, 4]]
    assert stacks.limits(found, "network", 9.0)[0].tolist() == [[-9, 9], [-9, 9]]
    positive = {"minimum": np.array([0.0]), "maximum": np.array([3.0])}
    assert stacks.limits(positive, "map")[1] == "magnitude"
    one_for_all, scale = stacks.limits(positive, "network", 9.0)  # whatever the layer holds, zero has one colour in the network
    assert scale == "signed" and one_for_all.tolist() == [[-9, 9]]


def test_what_the_browser_gets_is_the_maps() -> None:
    maps = np.random.default_rng(1).normal(size=(3, 4, 5)).astype(np.float32)
    maps[1] = 0
    found = stacks.figures(maps)
    tiles = MapTiles(
        maps, ["0", "1", "2"], stacks.limits(found, "map")[0], "signed", found, stacks.dead(found),
        np.zeros((8, 8, 3), np.uint8), (8, 8), Place((3, 3), (2, 2), (-1, -1)),
    )  # fmt: skip
    meta, arrays = unpack(blob(tiles, version="a", title="layer"))
    back = arrays["values"] * arrays["factors"][:, None, None]
    np.testing.assert_allclose(back, maps, atol=np.abs(maps).max() / 32767)
    assert arrays["dead"].tolist() == [0, 1, 0] and meta["place"]["start"] == [-1, -1]
    assert arrays["figures"].shape == (3, len(meta["figures"]))


def test_quantising_survives_what_is_not_finite() -> None:
    values, factors = quantize(np.array([[[np.nan, 1.0]], [[np.inf, 2.0]]]))
    assert values.dtype == np.int16 and np.isfinite(factors).all()


@given(arrays_of.arrays(np.float32, (2, 3, 4), elements=some.floats(width=32, allow_nan=False, allow_infinity=False)))
def test_quantised_maps_differ_by_half_a_step_at_most(maps: np.ndarray) -> None:
    values, factors = quantize(maps)
    step = factors.astype(np.float64)[:, None, None]
    assert (np.abs(values * step - maps) <= 0.51 * step + 1e-30).all()


def test_the_deviation_of_maps_far_from_zero() -> None:
    maps = 1_000 + np.random.default_rng(0).normal(size=(3, 50, 50)).astype(np.float32)
    np.testing.assert_allclose(stacks.figures(maps)["deviation"], maps.astype(np.float64).std(axis=(1, 2)), rtol=1e-4)


def test_the_statistics_file_is_a_table() -> None:
    seen = scene("lenet5", "c1")
    stack = stacks.stack(seen.values(seen.record), seen.record, seen.input_size)
    rows = list(csv.DictReader(io.StringIO(out.statistics_csv(stack, stacks.figures(stack.maps)))))
    assert [row["channel"] for row in rows] == list("012345")
    assert float(rows[3]["maximum"]) == pytest.approx(float(stack.maps[3].max()), rel=1e-6)


def test_the_saved_grid_holds_every_map_enlarged_by_a_whole_number() -> None:
    maps = np.stack([np.full((8, 8), value, np.float32) for value in (0, 1, 2)])
    stack = stacks.Stack(maps, range(3), None, "maps")
    sheet = np.asarray(Image.open(io.BytesIO(out.grid_png(stack, stacks.figures(maps), np.arange(3), "layer"))))
    assert sheet.shape == (2 * (96 + 4) + 4, 2 * (96 + 4) + 4, 3)
    assert (sheet[4:100, 4:100] == sheet[5, 5]).all() and tuple(sheet[5, 5]) == (0x44, 0x01, 0x54)


@pytest.mark.parametrize(
    ("arch_id", "source_id", "layer"),
    [("lenet5", "random:7", "c1"), ("resnet20", "random:0", "stages.0.0:add"), ("tf_efficientnet_lite0", "embedded", "blocks.1.0.conv_dw")],
)
def test_the_code_makes_the_same_maps(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, arch_id: str, source_id: str, layer: str
) -> None:
    graph = cached.traced(arch_id).graph
    assert graph
    nodes = [node.id for node in graph.nodes]
    layer = layer if layer in nodes else next(id_ for id_ in nodes if (":add" in id_) == (":add" in layer) and id_[0] != "@")
    seen = scene(arch_id, layer, source_id)
    (tmp_path / snippet.INPUT).write_bytes(out.input_png(seen))
    monkeypatch.chdir(tmp_path)
    namespace: dict[str, object] = {"__name__": "__main__"}
    exec(compile(snippet.write(seen), "snippet", "exec"), namespace)
    maps = namespace["maps"]
    np.testing.assert_allclose(np.asarray(maps), seen.values(seen.record), atol=1e-3)  # sums in another order of the threads


def run_alone(code: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """As somebody runs it who saved it into a folder, without this project in reach."""
    (folder / "maps.py").write_text(code + 'np.save("found.npy", maps.numpy())\n', "utf-8")
    return subprocess.run([sys.executable, "-I", "maps.py"], cwd=folder, capture_output=True, text=True, timeout=120, check=False)


@pytest.mark.parametrize("kind", ["checkpoint", "run"])
def test_the_code_runs_in_an_empty_folder_with_what_save_offers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    chosen = "checkpoint"
    if kind == "run":
        chosen = "run:mine@best"
        made = weights.get_source("lenet5", "checkpoint")
        assert made.path
        folder = tmp_path / "runs" / "mine"
        (folder / "weights").mkdir(parents=True)
        shutil.copy(made.path, folder / "weights" / "best.safetensors")
        shutil.copy(made.path.with_suffix(".json"), folder / "network.json")
        monkeypatch.setenv("CONVOLAB_RUNS", str(tmp_path / "runs"))
    seen = scene("lenet5", "c3", chosen)
    code, empty = snippet.write(seen), tmp_path / "empty"
    empty.mkdir()
    alone = run_alone(code, empty)
    assert alone.returncode == 1 and alone.stderr.startswith(f"{snippet.weights_file(seen.source)} is not in this folder: save it")
    assert snippet.weights_file(seen.source) in code.splitlines()[0] and "/" not in snippet.weights_file(seen.source)
    (empty / snippet.weights_file(seen.source)).write_bytes(out.weights(seen))
    (empty / snippet.INPUT).write_bytes(out.input_png(seen))
    done = run_alone(code, empty)
    assert done.returncode == 0, done.stderr
    np.testing.assert_allclose(np.load(empty / "found.npy"), seen.values(seen.record), atol=1e-4)


def test_save_offers_the_weights_where_no_package_has_them() -> None:
    for chosen, offered in (("checkpoint", True), ("random:0", False)):
        test = open_page(net="lenet5", weights=chosen)
        test.session_state["fm-save"] = True
        test.run()
        labels = [button.proto.label for button in test.main.get("download_button")]
        assert ("Weights of this network (.safetensors)" in labels) == offered and "Maps as NumPy (.npy)" in labels


def test_probabilities_are_a_softmax() -> None:
    import torch

    logits = np.array([3.0, -2.0, 700.0, 699.0], np.float32)
    np.testing.assert_allclose(softmax(logits), torch.softmax(torch.tensor(logits), 0).numpy(), rtol=1e-5, atol=1e-12)
    assert percent(0.5) == "50 %"


def test_the_whole_networks_range_holds_most_values_of_most_layers() -> None:
    test = open_page(net="lenet5", weights="random:0", colors="network")
    assert not test.exception and not test.error
    assert any("95 % of the values lie within it in 90 % of the layers" in element.value for element in test.main.caption)
    seen = scene("lenet5", "c1")
    end = maps_view.extent(seen)
    within = [float((np.abs(seen.values(record)) <= end * (1 + 1e-6)).mean()) for record in seen.trace.layers]
    assert 0.9 <= np.mean([share >= 0.95 for share in within]) < 1


def test_one_extreme_layer_does_not_decide_the_networks_range() -> None:
    seen = scene("tf_efficientnet_lite0", "bn1.act", "embedded")
    largest = max(float(np.abs(seen.values(record)).max()) for record in seen.trace.layers if record.path.startswith("blocks.2"))
    assert maps_view.extent(seen) < largest / 5
    stack = stacks.stack(seen.values(seen.record), seen.record, seen.input_size)
    sheets = [out.grid_png(stack, stacks.figures(stack.maps), np.arange(4), reach, 9.0) for reach in ("network", "layer")]
    assert sheets[0] != sheets[1]  # what is saved has the colours of the screen


@pytest.mark.parametrize("shape", [(1, 1, 3), (1, 900, 3), (700, 2, 3)], ids=str)
def test_pictures_of_absurd_shapes_go_through(shape: tuple[int, int, int]) -> None:
    whole = scene("lenet5", "c1")
    picture = Picture(f"absurd-{shape}", "absurd", np.full(shape, 200, np.uint8))
    seen = replace(whole, picture=picture)
    assert seen.input_rgb.shape == (32, 32, 3) and np.isfinite(seen.logits()).all()


def test_a_channel_that_is_open_brings_its_page_and_another_page_closes_it() -> None:
    test = open_page(net="tf_efficientnet_lite0", weights="embedded", map_layer="bn2.act", sort="mean", channel_at="5")
    assert not test.exception and not test.error
    seen = scene("tf_efficientnet_lite0", "bn2.act", "embedded")
    means = np.sort(seen.values(seen.record).mean(axis=(1, 2)))[::-1]
    place = int(np.searchsorted(-means, -seen.values(seen.record)[5].mean()))
    assert test.selectbox("maps_page").value == place // 64 + 1 != 1
    assert test.query_params["channel_at"] in ("5", ["5"])
    test.selectbox("maps_page").set_value(1).run()
    assert not test.exception and test.selectbox("maps_page").value == 1 and "channel_at" not in test.query_params
    test.session_state["channel_at"] = 5
    test.selectbox("sort").set_value("index").run()
    assert not test.exception and test.selectbox("maps_page").value == 1


def test_the_menus_open_in_spanish(page: AppTest) -> None:
    test = open_page(net="lenet5", weights="random:0", lang="es")
    for menu in ("fm-prepare", "fm-card", "fm-save"):
        test.session_state[menu] = True
    test.run()
    assert not test.exception and not test.error
    said = " ".join(element.value for element in test.main.markdown)
    assert "Normalizada" in said and "al azar" in said
    assert any("register_forward_hook" in element.value for element in test.main.code)


@pytest.mark.parametrize("lang", ["en", "es"])
def test_no_two_controls_beside_each_other_have_one_name(lang: str) -> None:
    names = ("picture", "net", "weights", "card", "prepare", "save")
    said = [text for name, text in texts(lang, "feature_maps", names).items() if text != f"feature_maps.{name}"]
    assert len(said) >= 4 and len(set(said)) == len(said)


def test_without_a_network_it_says_so_and_offers_what_is_at_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    def offline(source: weights.WeightSource, *args: object, **more: object) -> Path:
        raise WeightsError("no network", code="weights_no_network", title=source.title, weights=source.title, megabytes=1)

    monkeypatch.setattr(weights, "fetch", offline, raising=False)
    test = open_page(net="alexnet", weights="torchvision:IMAGENET1K_V1")
    test.button("fm-fetch").click().run()
    name = weights_name(weights.get_source("alexnet", "torchvision:IMAGENET1K_V1"))
    latest = cached.downloads().get(name)
    assert latest is not None and latest.ended.wait(20)
    test.run()
    assert not test.exception and len(test.error) == 1
    assert test.button("fm-use-random:0")
    cached.downloads().forget(name)


def test_the_network_follows_the_picture_until_somebody_chooses(monkeypatch: pytest.MonkeyPatch, shared_data: Path) -> None:
    monkeypatch.setenv("CONVOLAB_DATA", str(shared_data))
    test = open_page(pic="mnist-test-7")
    assert test.selectbox("net").value == "lenet5" and test.selectbox("weights").value == "checkpoint"
    assert "<b>9</b>" in headline(test)  # the eighth test image of MNIST is a nine
    test.session_state["pic"] = CAT
    test.run()
    assert test.selectbox("net").value == "tf_efficientnet_lite0"
    test.selectbox("net").set_value("mini_resnet").run()
    test.session_state["pic"] = "mnist-test-7"
    test.run()
    assert test.selectbox("net").value == "mini_resnet"
