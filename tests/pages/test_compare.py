"""The compare page: its three views, what a link brings back, and stages that hold all of a network."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from cnn_core import architectures
from cnn_core.inspection import build_meta, trace
from pages.compare.accuracy import WEIGHTS, chosen
from pages.compare.stages import HEAD, Part, stages
from pages.compare.timeline import best_of_families, members_of_families
from pages.ui import cached
from tests.conftest import ROOT

TITLES = {"en": "Compare", "es": "Comparar"}


def open_page(**query: object) -> AppTest:
    test = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)
    test.run()
    test.switch_page("pages/compare/page.py").run()
    for name, value in query.items():
        test.session_state[name] = value
    return test.run()


def table(test: AppTest) -> str:
    return next(shown.proto.body for shown in test.get("html") if "compare-scroll" in shown.proto.body)


@pytest.mark.parametrize("view", ["accuracy", "sides", "timeline"])
@pytest.mark.parametrize("lang", ["en", "es"])
def test_every_view_opens_on_something(view: str, lang: str) -> None:
    test = open_page(compare_view=view, lang=lang)
    assert not test.exception and not test.error
    assert test.title[0].value == TITLES[lang]
    assert not [text for text in (*test.caption, *test.markdown) if "compare." in text.value]


def test_the_chart_has_a_row_for_every_published_network_and_says_where_it_comes_from() -> None:
    rows = cached.published()
    original, best = chosen(rows, "original"), chosen(rows, "best")
    assert len(original) == len(best) == len({row.architecture for row in rows}) == 80
    figures = {row.architecture: row for row in original}
    assert (figures["resnet50"].weights, figures["resnet50"].top1) == ("IMAGENET1K_V1", 76.13)
    assert {row.architecture: row for row in best}["resnet50"].top1 == 80.858
    assert all(row.source.startswith("https://") for row in rows)
    assert set(WEIGHTS) == {"original", "best"}


@pytest.mark.parametrize("axis", ["log", "linear"])
def test_the_weights_and_the_axis_are_in_the_link(axis: str) -> None:
    test = open_page(published="best", axis=axis)
    assert not test.exception
    assert "".join(test.query_params["published"]) == "best"
    assert ("axis" in test.query_params) == (axis != "log")


def test_a_link_brings_back_the_networks_side_by_side() -> None:
    test = open_page(compare_view="sides", nets=["lenet5", "mini_resnet", "resnet20"], compare_size=32)
    assert not test.exception
    assert "".join(test.query_params["nets"]) == "lenet5,mini_resnet,resnet20"
    assert "<b>Block</b>" in table(test)
    test.multiselect("nets").set_value(["lenet5"]).run()
    assert test.info
    test.multiselect("nets").set_value([]).run()
    assert test.info and not test.exception


def test_a_network_that_runs_out_of_pixels_says_so_beside_the_others() -> None:
    test = open_page(compare_view="sides", nets=["resnet18", "alexnet"], compare_size=28, lang="es")
    assert not test.exception
    assert "class='failed'>La imagen" in table(test) and "BasicBlock" in table(test)


@pytest.mark.parametrize("nets", [["resnet18", "nonsense"], ["resnet18"] * 7, "resnet18"])
def test_networks_that_there_are_not_give_the_default(nets: object) -> None:
    test = open_page(compare_view="sides", nets=nets)
    assert not test.exception
    assert test.session_state["nets"] == ["resnet18", "vgg16"]


def test_the_timeline_steps_through_the_families() -> None:
    test = open_page(compare_view="timeline")
    assert test.session_state["family"] == "lenet"
    assert test.button("timeline-earlier").disabled
    test.button("timeline-later").click().run()
    assert test.session_state["family"] == architectures.families().ids()[1]
    test.selectbox("family").set_value("resnet").run()
    assert not test.exception
    assert any("ResNet" in text.value for text in test.markdown)
    assert test.button("open-resnet18")


def test_opening_a_network_leads_to_its_page() -> None:
    test = open_page(compare_view="timeline", family="vgg")
    test.button("open-vgg16").click().run()
    assert not test.exception
    assert test.session_state["arch"] == "vgg16"


def test_every_family_has_members_and_published_ones_their_best() -> None:
    best = best_of_families(cached.published())
    assert all(members_of_families().values())
    assert best["resnet"].architecture == "resnet152"
    assert "lenet" not in best


@pytest.mark.parametrize("id", ["lenet5", "resnet20", "googlenet_2014", "densenet121", "swin_t", "vit_b_32", "convnext_tiny", "seresnet50"])
def test_stages_hold_all_of_a_network(id: str) -> None:
    record = trace(build_meta(architectures.build, id), architectures.get(id).input_shape)
    found = stages(record)
    assert sum(stage.params for stage in found) + record.unused_params == record.params
    assert sum(stage.macs for stage in found) == record.macs
    levels = [stage.level for stage in found]
    assert levels[-1] == HEAD and levels[:-1] == sorted(set(levels[:-1]))


def test_resnet18_is_summed_up_as_the_paper_s_table() -> None:
    record = trace(build_meta(architectures.build, "resnet18"), (3, 224, 224))
    found = {stage.side: stage.parts for stage in stages(record)}
    assert found[112, 112] == (Part("conv", "7×7", 1, (64, 64)),)
    assert found[56, 56] == (Part("max_pool", "3×3", 1, (64, 64)), Part("block", "BasicBlock", 2, (64, 64)))
    assert found[7, 7] == (Part("block", "BasicBlock", 2, (512, 512)),)
    assert found[None] == (Part("global_pool", "", 1, (512, 512)), Part("linear", "", 1, (1000, 1000)))
