"""The graph of a network in a real Chromium: what is drawn against the core, opening, choosing, keyboard, zoom, SVG file."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from cnn_core import architectures, inspection
from cnn_core.inspection.graphs import View
from pages.ui.graph_view import ROOM
from tests.browser.conftest import OpenPage, serve

pytestmark = pytest.mark.browser

APP = Path(__file__).parent / "apps" / "graph.py"


@pytest.fixture(scope="module")
def graph_url() -> Iterator[str]:
    with serve(APP) as url:
        yield url


@pytest.fixture(scope="module")
def googlenet() -> inspection.Graph:
    return graph_of("googlenet")


def graph_of(name: str) -> inspection.Graph:
    model = inspection.build_meta(architectures.build, name)
    return inspection.graph(inspection.trace(model, architectures.get(name).input_shape))


def open_graph(open_page: OpenPage, url: str, query: str, width: int = 1366) -> Page:
    page = open_page(f"{url}/?{query}", width=width)
    page.locator(".layer-graph[data-drawn]").wait_for()
    return page


def node(page: Page, node_id: str) -> Locator:
    return page.locator(f'.node[data-id="{node_id}"]')


def expect_view(page: Page, view: View) -> None:
    """The page shows the nodes, edges and open blocks of a view of the core, no more and no fewer."""
    expect(page.locator(".node")).to_have_count(len(view.nodes))
    expect(page.locator(".edge")).to_have_count(len(view.edges))
    ids = page.locator(".node").evaluate_all("nodes => nodes.map((one) => one.dataset.id)")
    assert set(ids) == {one.id for one in view.nodes}
    for role in ("skip", "branch"):
        assert page.locator(f".edge.{role}").count() == sum(edge.role == role for edge in view.edges)
    framed = page.locator("[data-close]").evaluate_all("toggles => toggles.map((one) => one.dataset.close)")
    assert set(framed) == {group.id for group in view.groups}


def boxes(page: Page, ids: list[str]) -> list[dict[str, float]]:
    """Where nodes are on the screen, all at one moment, once they have glided to their places."""
    page.locator(".node").evaluate_all(
        "nodes => Promise.all(nodes.flatMap((one) => one.getAnimations()).map((glide) => glide.finished))"
    )
    found: list[dict[str, float]] = page.locator(".node").evaluate_all(
        """(nodes, ids) => ids.map((id) => {
             const {x, y, width, height} = nodes.find((one) => one.dataset.id === id).querySelector(".box").getBoundingClientRect();
             return {x, y, width, height};
           })""",
        ids,
    )
    return found


def test_blocks_open_one_by_one_all_and_close_again(open_page: OpenPage, graph_url: str, googlenet: inspection.Graph) -> None:
    page = open_graph(open_page, graph_url, "arch=googlenet")
    first = inspection.opening(googlenet, limit=ROOM)
    expect_view(page, inspection.collapse(googlenet, first))
    page.locator('[data-open="inception3a"]').click()
    expect(node(page, "inception3a:cat")).to_be_visible()
    expect_view(page, inspection.collapse(googlenet, {*first, "inception3a"}))
    branches = boxes(page, [f"inception3a.branch{i}" for i in range(1, 5)])
    assert len({round(box["y"]) for box in branches}) == 1
    assert all(left["x"] + left["width"] < right["x"] for left, right in pairwise(branches))
    page.locator('[data-close="inception3a"]').first.click()
    expect(node(page, "inception3a")).to_be_visible()
    expect_view(page, inspection.collapse(googlenet, first))
    page.locator("button.expand_all").click()
    expect(page.locator(".node.block")).to_have_count(0)
    expect_view(page, inspection.collapse(googlenet, [block.id for block in googlenet.blocks]))


def test_double_click_opens_and_a_shortcut_is_an_arc_beside_what_it_passes(open_page: OpenPage, graph_url: str) -> None:
    page = open_graph(open_page, graph_url, "arch=resnet18")
    node(page, "layer1.0").dblclick()
    expect(node(page, "layer1.0:add")).to_be_visible()
    arc = page.locator(".edge.skip .line").bounding_box()
    assert arc
    passed = boxes(page, [f"layer1.0.{name}" for name in ("conv1", "bn1", "conv2", "bn2")])
    assert all(arc["x"] + arc["width"] > box["x"] + box["width"] for box in passed)


def test_nothing_overlaps(open_page: OpenPage, graph_url: str) -> None:
    page = open_graph(open_page, graph_url, "arch=googlenet")
    page.locator("button.expand_all").click()
    expect(page.locator(".node.block")).to_have_count(0)
    ids = page.locator(".node").evaluate_all("nodes => nodes.map((one) => one.dataset.id)")
    places = [(box["x"], box["y"], box["x"] + box["width"], box["y"] + box["height"]) for box in boxes(page, ids)]
    for i, a in enumerate(places):
        for b in places[:i]:
            assert a[2] <= b[0] or b[2] <= a[0] or a[3] <= b[1] or b[3] <= a[1]


def test_a_click_chooses_a_layer_and_a_chosen_layer_is_brought_into_view(open_page: OpenPage, graph_url: str) -> None:
    page = open_graph(open_page, graph_url, "arch=resnet18")
    node(page, "conv1").click()
    expect(page.get_by_text("chosen conv1", exact=True)).to_be_visible()
    node(page, "maxpool").click()
    expect(page.get_by_text("chosen maxpool", exact=True)).to_be_visible()
    expect(node(page, "maxpool")).to_have_class(re.compile("chosen"))
    expect(page.locator(".node.chosen")).to_have_count(1)
    # From outside: deep in two closed blocks, which open.
    page = open_graph(open_page, graph_url, "arch=resnet18&layer=layer4.1.conv2")
    expect(node(page, "layer4.1.conv2")).to_have_class(re.compile("chosen"))
    expect(node(page, "layer4.1.conv2")).to_be_in_viewport()
    expect(page.locator(".node.chosen")).to_have_count(1)
    page.locator('[data-close="layer4.1"]').first.click()
    expect(node(page, "layer4.1")).to_have_class(re.compile("chosen"))  # the block that holds it


def test_the_keyboard_walks_the_edges_opens_and_chooses(open_page: OpenPage, graph_url: str) -> None:
    page = open_graph(open_page, graph_url, "arch=mini_inception")
    ids = [one.id for one in graph_of("mini_inception").nodes]
    page.locator('.node[tabindex="0"]').focus()
    page.keyboard.press("ArrowDown")
    expect(node(page, ids[1])).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_text(f"chosen {ids[1]}", exact=True)).to_be_visible()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    expect(node(page, "branch1x1")).to_be_focused()
    page.keyboard.press("ArrowRight")
    expect(node(page, "branch5x5")).to_be_focused()
    page.keyboard.press("End")
    expect(node(page, "@output")).to_be_focused()
    before = page.locator(".world").get_attribute("transform")
    page.keyboard.press("+")
    expect(page.locator(".world")).not_to_have_attribute("transform", before or "")
    page.keyboard.press("0")
    expect(page.locator(".world")).to_have_attribute("transform", before or "")
    page = open_graph(open_page, graph_url, "arch=resnet18")
    node(page, "layer1.0").focus()
    page.keyboard.press("Enter")
    node(page, "layer1.0.conv1").focus()
    page.keyboard.press("Backspace")
    expect(node(page, "layer1.0")).to_be_visible()


def test_wheel_and_drag_move_the_sheet_and_leave_the_choice_alone(open_page: OpenPage, graph_url: str) -> None:
    page = open_graph(open_page, graph_url, "arch=lenet5")
    box = page.locator("svg.sheet").bounding_box()
    assert box
    before = boxes(page, ["c1"])[0]
    x, y = before["x"] + before["width"] / 2, before["y"] + before["height"] / 2
    page.mouse.move(x, y)
    page.mouse.wheel(0, -200)
    expect(page.locator("svg.sheet")).to_have_attribute("data-detail", "all")
    after = boxes(page, ["c1"])[0]
    assert after["width"] > before["width"]
    assert abs(after["x"] + after["width"] / 2 - x) < 2  # what is under the pointer stays there
    page.mouse.down()
    page.mouse.move(x + 60, y + 40, steps=4)
    page.mouse.up()
    moved = boxes(page, ["c1"])[0]
    assert abs(moved["x"] - after["x"] - 60) < 2
    expect(page.get_by_text("chosen None", exact=True)).to_be_visible()


def test_the_svg_file_stands_alone(open_page: OpenPage, graph_url: str, tmp_path: Path) -> None:
    page = open_graph(open_page, graph_url, "arch=mini_inception")
    with page.expect_download() as coming:
        page.locator("button.save_svg").click()
    assert coming.value.suggested_filename.endswith(".svg")
    coming.value.save_as(tmp_path / "graph.svg")
    text = (tmp_path / "graph.svg").read_text("utf-8")
    root = ET.fromstring(text)
    words = "".join(root.itertext())
    assert "branch5x5" in words and "112×28×28" in words
    assert not re.search(r"var\(|color-mix|class=|href|<script", text)
    size = [float(n) for n in root.attrib["viewBox"].split()]
    assert size[2] > 300 and size[3] > 300


def test_both_languages_and_a_phone(open_page: OpenPage, graph_url: str) -> None:
    page = open_page(f"{graph_url}/?arch=mini_inception", locale="es-MX", width=390, height=844)
    page.locator(".layer-graph[data-drawn]").wait_for()
    expect(node(page, "@input")).to_contain_text("entrada")
    expect(page.locator("button.fit")).to_have_attribute("title", re.compile("Ajustar"))
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    for one in boxes(page, ["branch1x1", "pool"]):
        assert one["x"] >= 0 and one["x"] + one["width"] <= 390
