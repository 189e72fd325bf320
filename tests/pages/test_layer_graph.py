"""The Python side of the graph: its words, what is sent to the browser, what it refuses from it."""

from __future__ import annotations

import re
from typing import Any

import pytest
import torch
from babel.messages.pofile import read_po
from torch import nn

from cnn_core.inspection import Graph, Trace, collapse, graph, trace
from pages.ui.components import layer_graph
from pages.ui.components.layer_graph.drawing import FRAME_SIDE, drawing, enclosing, shape_text
from pages.ui.i18n import ASSETS, LANGUAGES

FOLDER = ASSETS.parent / "pages" / "ui" / "components" / "layer_graph"


class Residual(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(4, 4, 3, padding=1)
        self.relu = nn.ReLU()
        self.conv2 = nn.Conv2d(4, 4, 3, padding=1, groups=4)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.relu(x + self.conv2(self.relu(self.conv1(x))))


@pytest.fixture(scope="module")
def small() -> Trace:
    return trace(nn.Sequential(nn.Conv2d(3, 4, 5, stride=2), Residual(), nn.Flatten(), nn.Linear(4 * 2 * 2, 7)), (3, 7, 7))


@pytest.fixture(scope="module")
def whole(small: Trace) -> Graph:
    return graph(small)


def by_id(drawn: dict[str, Any]) -> dict[str, Any]:
    return {node["id"]: node for node in drawn["nodes"]}


def test_texts_are_in_every_language_and_all_are_used() -> None:
    ids = {f"graph.{name}" for name in layer_graph.LABELS}
    for language in LANGUAGES:
        with (ASSETS / "locale" / language / "LC_MESSAGES" / "graph.po").open("rb") as file:
            assert {str(message.id) for message in read_po(file) if message.id} == ids
    source = "".join(path.read_text("utf-8") for path in FOLDER.glob("*.js"))
    named = set(re.findall(r"labels\.(\w+)", source)) | set(re.findall(r'button\("(\w+)"', source))
    named |= {"input", "output", "skip", "branch"} | {f"kind_{kind}" for kind in layer_graph.NAMED_KINDS}
    assert named == set(layer_graph.LABELS)


def test_a_closed_block_is_one_node_with_its_type_and_shape(small: Trace, whole: Graph) -> None:
    drawn = drawing(small, whole, ())
    view = collapse(whole)
    assert [node["id"] for node in drawn["nodes"]] == [node.id for node in view.nodes]
    block = by_id(drawn)["1"]
    assert (block["title"], block["aside"], block["shape"], block["kind"]) == ("Residual", "1", "4×2×2", "block")
    assert drawn["blocks"] == ["1"]
    assert not drawn["groups"]


def test_words_say_what_the_label_does_not(small: Trace, whole: Graph) -> None:
    nodes = by_id(drawing(small, whole, {"1"}))
    assert (nodes["0"]["title"], nodes["0"]["aside"]) == ("Conv2d 5×5 /2", "0")
    assert (nodes["1.conv1"]["title"], nodes["1.conv1"]["aside"]) == ("conv1", "3×3")
    assert nodes["1.conv2"]["aside"] == "3×3 g4"
    assert (nodes["1.relu"]["title"], nodes["1.relu"]["aside"]) == ("relu", "")
    assert nodes["3"]["shape"] == "7"
    assert nodes["@input"]["shape"] == "3×7×7"


def test_an_opened_block_shows_its_shortcut_without_a_route(small: Trace, whole: Graph) -> None:
    drawn = drawing(small, whole, {"1"})
    ids = [node["id"] for node in drawn["nodes"]]
    skips = [(ids[edge["from"]], ids[edge["to"]]) for edge in drawn["edges"] if edge["role"] == "skip"]
    assert skips == [("0", "1:add")]
    assert all(bool(edge["route"]) == (edge["role"] != "skip") for edge in drawn["edges"])
    assert [group["id"] for group in drawn["groups"]] == ["1"]
    # The chain stands on one line.
    centres = {round(node["x"] + node["w"] / 2, 1) for node in drawn["nodes"]}
    assert max(centres) - min(centres) <= 0.2


def test_parallel_boxes_leave_room_for_the_frames_around_them() -> None:
    class Parallel(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.a, self.b = (nn.Sequential(nn.Conv2d(3, 2, 1), nn.ReLU()) for _ in range(2))

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return torch.cat([self.a(x), self.b(x)], 1)

    traced = trace(Parallel(), (3, 8, 8))
    whole = graph(traced)
    nodes = by_id(drawing(traced, whole, {"a", "b"}))
    left, right = sorted((nodes["a.0"], nodes["b.0"]), key=lambda node: float(node["x"]))
    assert right["x"] - (left["x"] + left["w"]) > 2 * FRAME_SIDE


def test_a_shape_without_its_batch_of_one() -> None:
    assert [shape_text(shape) for shape in [(1, 64, 56, 56), (1, 10), (1,), (49, 64, 96), ()]] == [
        "64×56×56", "10", "1", "49×64×96", ""]  # fmt: skip


def test_the_blocks_around_a_layer(small: Trace, whole: Graph) -> None:
    assert enclosing(whole, small.layer("1.conv2").index) == {"1"}
    assert enclosing(whole, small.layer("3").index) == frozenset()


@pytest.mark.parametrize("sent", [None, "1", {}, {"network": "n"}, {"network": 1, "blocks": []}, {"network": "n", "blocks": "1"}])
def test_what_is_no_list_of_blocks_is_not_listened_to(sent: Any) -> None:
    assert layer_graph._read_opened(sent) is None


def test_blocks_and_clicks_as_the_browser_sends_them(small: Trace, whole: Graph) -> None:
    assert layer_graph._read_opened({"network": "n", "blocks": ["1", 2]}) == layer_graph.Opened("n", frozenset({"1"}))
    drawn = drawing(small, whole, ())
    assert layer_graph._index({"index": 0, "id": "0"}, drawn) == 0
    assert layer_graph._index({"index": 0, "id": "conv1"}, drawn) is None  # a layer of the network before
    assert layer_graph._index({"index": "0", "id": "0"}, drawn) is None
    assert layer_graph._index(None, drawn) is None


def test_what_fits_no_box_is_shortened_in_the_middle() -> None:
    deep = nn.Sequential()
    deep.add_module("a_name_that_is_much_longer_than_any_box_should_be", nn.ReLU())
    deep.add_module("b", nn.ReLU())
    traced = trace(deep, (1, 4, 4))
    titles = [node["title"] for node in drawing(traced, graph(traced), ())["nodes"]]
    assert titles[1] == "a_name_that_…x_should_be"


def test_names_are_sent_as_they_are_and_never_as_markup() -> None:
    odd = nn.Sequential()
    odd.add_module('<img src=x onerror="alert(1)">', nn.ReLU())
    traced = trace(odd, (1, 4, 4))
    assert drawing(traced, graph(traced), ())["nodes"][1]["id"] == '<img src=x onerror="alert(1)">'
    source = "".join(path.read_text("utf-8") for path in FOLDER.glob("*.js"))
    assert not re.search(r"innerHTML|insertAdjacentHTML|document\.write|outerHTML", source)
