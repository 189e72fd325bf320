"""The blocks page: every card and view opens in both languages, asks before it tells, and says what the network counts."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from cnn_core.blocks import CARDS, separating
from pages.blocks import batches
from pages.blocks.drawing import grid, small
from pages.blocks.frame import read_count
from pages.blocks.inputs import Between
from pages.blocks.wiring import LABELS, _grey
from tests.conftest import ROOT
from tests.pages.test_i18n import message_ids

TITLES = {"en": "Building blocks", "es": "Bloques"}
VIEWS: dict[str, list[dict[str, Any]]] = {
    "batch_norm": [{}, {"bn_of": "edges", "bn_mode": "eval", "bn_n": 1}, {"bn_dims": "1"}],
    "dropout": [{}, {"drop_view": "picture", "drop_kind": "values"}, {"drop_mode": "eval"}],
    "separable": [{}, {"sep_in": 4, "sep_out": 8, "sep_groups": 2}, {"sep_in": 728, "sep_out": 728, "sep_groups": 728}],
    "residual": [{}, {"res_form": "projection", "res_skip": False}, {"res_view": "depth", "res_depth": 10}],
    "se_gate": [{}, {"se_how": "random"}],
    "inception": [{}, {"inc_widths": "googlenet_3a", "inc_one": False}],
    "downsampling": [{}, {"down_filter": "random"}, {"down_view": "head"}],
    "dense_conv": [{}, {"dense_view": "head"}, {"dense_view": "picture"}],
    "activation": [{}, {"act_name": "prelu", "act_x": -0.0}, {"act_view": "depth"}],
}
CASES = [(card, query) for card, queries in VIEWS.items() for query in queries]


@pytest.fixture(scope="module")
def page() -> AppTest:
    """One session for all cards: a server's first run imports torch, and each new session runs the router twice."""
    test = AppTest.from_file(str(ROOT / "app.py"), default_timeout=300)
    test.run()
    return test.switch_page("pages/blocks/page.py").run()


def show(page: AppTest, lang: str = "en", **query: Any) -> AppTest:
    untold = {f"told_{card}": False for card in CARDS}
    for name, value in {"lang": lang, "pic": "sample-astronaut", **untold, **query}.items():
        page.session_state[name] = value
    return page.run()


def html(page: AppTest, kind: str) -> str:
    return " ".join(shown.proto.body for shown in page.get("html") if kind in shown.proto.body and "<style" not in shown.proto.body)


def words(page: AppTest) -> list[str]:
    elements = [*page.caption, *page.markdown, *page.title]
    labels = [w.label for kind in ("slider", "select_slider", "number_input", "toggle", "button", "text_input") for w in page.get(kind)]
    return [*(element.value for element in elements), *labels, html(page, "blocks-")]


@pytest.mark.parametrize(("card", "query"), CASES, ids=str)
def test_every_view_opens(page: AppTest, card: str, query: dict[str, Any]) -> None:
    for lang in ("en",) if query else ("en", "es"):
        show(page, lang, card=card, **query)
        assert not page.exception
        assert not page.error
        assert page.title[0].value == TITLES[lang]
        assert not [text for text in words(page) if re.search(r"\bblocks\.\w+\.", text)]
        assert "import" in page.code[0].value


@pytest.mark.parametrize("preset", ["course", "googlenet_4e"])
def test_every_part_of_the_inception_bar_has_its_name_and_its_channels(page: AppTest, preset: str) -> None:
    show(page, card="inception", inc_widths=preset, inc_one=True)
    bar = html(page, "blocks-depth")
    assert len(re.findall(r"<b [^>]*>[\d,]+</b>", bar)) == 4
    assert [name in bar for name in (">1×1</span>", ">3×3</span>", ">5×5</span>", ">max-pool 3×3</span>")] == 4 * [True]


def test_every_card_is_looked_at() -> None:
    assert set(VIEWS) == set(CARDS)


@pytest.mark.parametrize(
    ("card", "query", "answer"),
    [("batch_norm", {"bn_dims": "2"}, "384"), ("dropout", {}, "0"), ("separable", {"sep_in": 1, "sep_out": 8, "sep_groups": 1}, "17"),
     ("residual", {"res_view": "block", "res_form": "same"}, "18,496"), ("se_gate", {"se_channels": 256, "se_r": 16}, "8,464"),
     ("inception", {"inc_widths": "course", "inc_one": True}, "18,016"),
     ("downsampling", {"down_view": "head", "down_preset": "mnist_cnn"}, "62,730"),
     ("dense_conv", {"dense_view": "numbers"}, "10"), ("activation", {"act_view": "curve", "act_name": "prelu"}, "1")],
)  # fmt: skip
def test_the_count_is_asked_before_it_is_told(page: AppTest, card: str, query: dict[str, Any], answer: str) -> None:
    show(page, card=card, **query)
    assert "?" in html(page, "blocks-costs")
    assert not html(page, "blocks-answer")
    page.button(f"tell_{card}").click().run()
    assert re.search(rf"(^|>|= ){answer}</b>", html(page, "blocks-answer"))
    assert f"{answer}</td>" in html(page, "blocks-costs")
    page.button(f"again_{card}").click().run()
    assert not html(page, "blocks-answer")


def test_a_guess_is_judged(page: AppTest) -> None:
    show(page, card="batch_norm", bn_dims="2")
    page.text_input("guess_batch_norm").set_value("384").run()
    assert "Right!" in html(page, "blocks-answer")
    page.button("again_batch_norm").click().run()
    page.text_input("guess_batch_norm").set_value("14,592").run()
    assert "You said 14,592." in html(page, "blocks-answer")


@pytest.mark.parametrize(("text", "count"), [("72", 72), (" 14.592 ", 14592), ("14 592", 14592), ("", None), ("x", None), ("-3", None)])
def test_counts_as_people_type_them(text: str, count: int | None) -> None:
    assert read_count(text) == count


def test_the_course_s_numbers_stand_on_the_screen(page: AppTest) -> None:
    show(page, card="dense_conv", dense_view="numbers")
    assert "1.1·1 + 1.2·2 + 1.3·3 + 1.4·4 + 1.9" in html(page, "blocks-formula")
    assert "<b>14.9</b>" in html(page, "blocks-formula")
    assert "<b>19</b>" in html(page, "blocks-formula")
    show(page, card="separable", sep_in=1, sep_out=8, sep_groups=1, sep_k=3, told_separable=True)
    assert "3·3·1·8 = <b>72</b>" in html(page, "blocks-formula")
    assert "<b>9 + 8</b>" in html(page, "blocks-formula")


def test_what_cannot_be_is_said(page: AppTest) -> None:
    show(page, card="batch_norm", bn_dims="1", bn_rows=1, bn_mode="train")
    assert "no variance" in page.error[0].value
    show(page, card="inception", inc_one=False, inc_three=False, inc_five=False, inc_pool=False)
    assert "switch one on" in page.error[0].value
    assert not page.exception


def test_nonsense_in_a_link_is_as_good_as_nothing(page: AppTest) -> None:
    show(page, card="separable", sep_in=-4, sep_out=10**9, sep_k=2, sep_groups=5)
    assert not page.exception
    show(page, card="nowhere")
    assert not page.exception
    assert page.session_state["card"] == "separable"  # what was there before
    assert float("nan") not in Between(0, 1)
    assert "x" not in Between(0, 1)


def test_zero_weights_make_the_identity(page: AppTest) -> None:
    show(page, card="residual", res_view="block", res_form="same", res_skip=True, res_strength=0.0)
    assert "identity" in html(page, "blocks-formula")
    show(page, card="residual", res_view="block", res_form="same", res_skip=False, res_strength=0.0)
    assert "identity" not in html(page, "blocks-formula")


def test_a_minus_behind_a_sign_stands_in_parentheses(page: AppTest) -> None:
    show(page, card="batch_norm", bn_dims="1", bn_rows=4, bn_mode="train", bn_beta=-0.5, bn_gamma=-1.0)
    assert "+ (−0.5)" in html(page, "blocks-formula")
    for card, query in CASES:
        show(page, card=card, **{"bn_beta": -0.5, "bn_of": "edges", **query})
        assert not re.search(r"[-−+·/] ?[-−]\s?\d", html(page, "blocks-formula")), (card, query)


def test_numbers_in_a_row_are_told_apart_where_the_comma_is_decimal(page: AppTest) -> None:
    for card, query in (("se_gate", {}), ("downsampling", {"down_view": "halve"}), ("downsampling", {"down_view": "head"}),
                        ("dense_conv", {"dense_view": "picture"})):  # fmt: skip
        show(page, "es", card=card, **query)
        assert re.search(r"\d; −?\d", html(page, "blocks-formula"))
        assert not re.search(r"\(−?\d+(,\d+)?, ", html(page, "numbers"))


def test_the_head_is_first_compared_where_there_is_something_to_see() -> None:
    test = AppTest.from_file(str(ROOT / "app.py"), default_timeout=300)  # a session in which nobody has moved the place
    test.run()
    page = test.switch_page("pages/blocks/page.py").run()
    for picture, side in (("sample-astronaut", 16), ("sample-coffee", 8), ("sample-coffee", 16)):
        show(page, card="dense_conv", dense_view="picture", pic=picture, dense_side=side)
        scores = re.search(r"<span class='numbers'>\((.*?)\)", html(page, "blocks-formula"))
        assert scores is not None
        assert max(float(value.replace("−", "-")) for value in scores[1].split(", ")) > 0.5


@pytest.mark.parametrize("lang", ["en", "es"])
def test_every_label_of_the_wiring_and_every_preset_has_a_text(lang: str) -> None:
    ids = message_ids(lang, "blocks").keys()
    assert {f"blocks.wiring.{name}" for name in LABELS} <= ids
    assert {f"blocks.sep_preset.{name}{end}" for name in separating.PRESETS for end in ("", ".help")} <= ids


def test_every_card_has_its_spanish() -> None:
    ids = message_ids("es", "blocks").keys()
    assert {f"blocks.{card}.{field}" for card in CARDS for field in ("title", "idea", "paper")} <= ids


def test_batches_are_real_and_repeat() -> None:
    one, two = batches.draw(None, 8, 3), batches.draw(None, 8, 3)
    assert one.shape == (8, 32, 32, 3)
    np.testing.assert_array_equal(one, two)
    assert batches.draw(None, 40, 1).shape[0] == 40


@pytest.mark.parametrize("shape", [(1, 1, 3), (3, 500, 3), (33, 65, 3), (400, 300, 3)])
def test_pictures_are_made_small_and_even(shape: tuple[int, int, int]) -> None:
    made = small(np.full(shape, 9, np.uint8))
    assert all(n % 2 == 0 and 2 <= n <= 160 for n in made.shape[:2])


def test_grids_escape_and_wiring_is_stretched() -> None:
    assert "<b>" not in grid(np.zeros((1, 1)), "<b>")
    stretched = _grey(np.stack([np.zeros((2, 2)), np.array([[-1.0, 0.0], [1.0, 3.0]])]))
    assert stretched[0].max() == 0
    assert stretched[1].tolist() == [[0, 64], [128, 255]]


def test_a_preset_sets_all_its_numbers_and_is_marked(page: AppTest) -> None:
    show(page, card="separable", sep_in=5, sep_out=5, sep_groups=5)
    page.button("preset-sep_preset-mobilenet").click().run()
    state = page.session_state
    assert (state["sep_in"], state["sep_out"], state["sep_k"], state["sep_groups"], state["sep_side"]) == (32, 64, 3, 1, 112)
    assert page.button("preset-sep_preset-mobilenet").proto.type == "primary"
    assert page.button("preset-sep_preset-course").proto.type == "secondary"
