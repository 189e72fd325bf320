"""The graph of a trace: its edges, its blocks that open and close, its skips, and where everything is drawn."""

from __future__ import annotations

from itertools import combinations, pairwise

import pytest
import torch
from torch import nn
from torchvision.models import get_model

from cnn_core.errors import TraceError
from cnn_core.inspection import Graph, build_meta, collapse, graph, layout, opening, trace
from cnn_core.inspection.graphs import SINK, SOURCE, View
from cnn_core.inspection.placing import Box, Layout
from tests.cnn_core.inspection.networks import Branches, Residual, Shared, lenet

NETWORKS = ["resnet50", "googlenet", "inception_v3", "densenet121", "vit_b_16", "swin_t", "efficientnet_b0", "vgg11",
            "shufflenet_v2_x1_0", "regnet_y_400mf"]


@pytest.fixture(scope="module")
def graphs() -> dict[str, Graph]:
    quick = {"googlenet": {"init_weights": False}, "inception_v3": {"init_weights": False}}
    return {name: graph(trace(build_meta(get_model, name, **quick.get(name, {})), (3, 299, 299) if "v3" in name else (3, 224, 224)))
            for name in NETWORKS}


def arrows(view: View | Graph, role: str | None = None) -> set[tuple[str, str]]:
    return {(e.source, e.target) for e in view.edges if role in (None, e.role)}


def test_a_chain() -> None:
    whole = graph(trace(lenet(), (1, 32, 32)))
    assert [node.id for node in whole.nodes] == [SOURCE, *map(str, range(12)), SINK]
    assert [e.shape for e in whole.edges][:2] == [(1, 1, 32, 32), (1, 6, 28, 28)]
    assert {e.role for e in whole.edges} == {"main"}
    assert whole.edges[-1].target == SINK
    assert whole.edges[-1].shape == (1, 10)


def test_a_shortcut_is_a_skip_and_closes_with_its_block() -> None:
    whole = graph(trace(nn.Sequential(nn.Conv2d(3, 4, 1), Residual(4)), (3, 8, 8)))
    assert arrows(whole, "skip") == {("0", "1:add")}
    view = collapse(whole)
    assert [node.id for node in view.nodes] == [SOURCE, "0", "1", SINK]
    block = view.nodes[2]
    assert (block.kind, block.type, block.layers, block.params) == ("block", "Residual", 5, 2 * 4 * 37)
    assert arrows(view) == {(SOURCE, "0"), ("0", "1"), ("1", SINK)}
    assert not arrows(view, "skip")
    opened = collapse(whole, {"1"})
    assert opened.edges == whole.edges
    assert [group.id for group in opened.groups] == ["1"]
    assert [node.label for node in opened.nodes][2:-1] == ["conv1", "relu", "conv2", "add", "relu#2"]


def test_parallel_branches_part_and_meet() -> None:
    whole = graph(trace(nn.Sequential(nn.ReLU(), Branches(3, 2)), (3, 8, 8)))
    names = ["1.one", "1.three", "1.five"]
    assert arrows(whole, "branch") == {("0", name) for name in names} | {(name, "1:cat") for name in names}


def test_resnet_has_a_shortcut_for_every_block(graphs: dict[str, Graph]) -> None:
    whole = graphs["resnet50"]
    # 16 blocks, of which 4 have a convolution on the shortcut
    assert len(arrows(whole, "skip")) == 12
    assert sum(node.kind == "add" for node in whole.nodes) == 16
    view = collapse(whole, opening(whole))
    assert [node.id for node in view.nodes][5:9] == ["layer1.0", "layer1.1", "layer1.2", "layer2.0"]


def test_googlenet_opens_into_four_columns(graphs: dict[str, Graph]) -> None:
    view = collapse(graphs["googlenet"], {"inception3a"})
    drawn = layout(view)
    branches = [drawn.boxes[f"inception3a.branch{i}"] for i in (1, 2, 3, 4)]
    assert len({box.y for box in branches}) == 1
    assert [box.x for box in branches] == sorted(box.x for box in branches)
    frame = drawn.groups["inception3a"]
    assert all(inside(box, frame) for box in [*branches, drawn.boxes["inception3a:cat"]])


@pytest.mark.parametrize("name", NETWORKS)
def test_totals_survive_folding(graphs: dict[str, Graph], name: str) -> None:
    whole = graphs[name]
    everything = {block.id for block in whole.blocks}
    for expanded in (frozenset[str](), opening(whole), everything):
        view = collapse(whole, expanded)
        assert sum(node.params for node in view.nodes) == sum(node.params for node in whole.nodes)
        assert sum(node.macs for node in view.nodes) == sum(node.macs for node in whole.nodes)
        covered = [i for node in view.nodes for i in range(node.first, node.stop)]
        assert covered == list(range(len(whole.nodes) - 2))
        ids = [node.id for node in view.nodes]
        assert len(set(ids)) == len(ids)
        place = {key: i for i, key in enumerate(ids)}
        assert all(place[e.source] < place[e.target] for e in view.edges)
    assert len(collapse(whole, everything).nodes) == len(whole.nodes)
    assert 5 < len(collapse(whole, opening(whole)).nodes) <= 48


@pytest.mark.parametrize("name", NETWORKS)
def test_nothing_overlaps_and_lines_pass_beside_the_boxes(graphs: dict[str, Graph], name: str) -> None:
    whole = graphs[name]
    first = next(block.id for block in whole.blocks if block.depth == 1)
    view = collapse(whole, opening(whole) | {first})
    for across in (False, True):
        drawn = layout(view, across=across)
        for a, b in combinations(drawn.boxes.values(), 2):
            assert a.x + a.width <= b.x or b.x + b.width <= a.x or a.y + a.height <= b.y or b.y + b.height <= a.y
        for box in drawn.boxes.values():
            assert box.x >= 0
            assert box.x + box.width <= drawn.width
            assert box.y + box.height <= drawn.height
        if not across:
            check_routes(view, drawn)
        assert drawn == layout(view, across=across)


def check_routes(view: View, drawn: Layout) -> None:
    assert set(drawn.routes) == arrows(view)
    for (source, target), points in drawn.routes.items():
        start, end = drawn.boxes[source], drawn.boxes[target]
        assert points[0][1] == pytest.approx(start.y + start.height, abs=0.2)
        assert points[-1][1] == pytest.approx(end.y, abs=0.2)
        for (x1, y1), (x2, y2) in pairwise(points):
            assert y2 >= y1
            for key, box in drawn.boxes.items():  # within the height of a box, a line is vertical and beside it
                if key not in (source, target) and y1 < box.y + box.height - 1 and y2 > box.y + 1 and x1 == x2:
                    assert x1 < box.x or x1 > box.x + box.width


def inside(box: Box, frame: Box) -> bool:
    return (frame.x <= box.x and box.x + box.width <= frame.x + frame.width
            and frame.y <= box.y and box.y + box.height <= frame.y + frame.height)


def test_the_main_path_is_straight_and_the_shortcut_beside_it() -> None:
    view = collapse(graph(trace(nn.Sequential(nn.Conv2d(3, 4, 1), Residual(4), nn.ReLU()), (3, 8, 8))), {"1"})
    drawn = layout(view, {node.id: (100.0, 40.0) for node in view.nodes})
    columns = [drawn.boxes[node.id].x for node in view.nodes]
    assert max(columns) - min(columns) < 6
    skip = drawn.routes["0", "1:add"]
    assert min(x for x, _ in skip[1:-1]) > max(columns) + 100


def test_the_same_module_twice_is_two_nodes() -> None:
    whole = graph(trace(Shared(), (4, 8, 8)))
    assert [node.id for node in whole.nodes] == [SOURCE, "conv", "conv@2", SINK]
    assert [node.params for node in whole.nodes] == [0, 148, 0, 0]


def test_a_trace_that_stopped_has_a_graph_without_an_output() -> None:
    with pytest.raises(TraceError) as caught:
        trace(nn.Sequential(nn.Conv2d(3, 4, 1), Residual(4), nn.Conv2d(5, 4, 1)), (3, 8, 8))
    view = collapse(graph(caught.value.trace), ())
    assert [node.id for node in view.nodes] == [SOURCE, "0", "1"]
    assert set(layout(view).boxes) == {SOURCE, "0", "1"}


def test_several_outputs_all_reach_the_end() -> None:
    class Heads(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.a, self.b = nn.Conv2d(3, 4, 1), nn.Conv2d(3, 5, 1)

        def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
            return self.a(x), self.b(x)

    whole = graph(trace(Heads(), (3, 8, 8)))
    assert {("a", SINK), ("b", SINK)} <= arrows(whole)


def test_a_network_without_layers_still_has_ends() -> None:
    view = collapse(graph(trace(nn.Identity(), (3, 8, 8))))
    assert [node.id for node in view.nodes] == [SOURCE, SINK]
    assert arrows(view) == {(SOURCE, SINK)}
    assert set(layout(view).boxes) == {SOURCE, SINK}
