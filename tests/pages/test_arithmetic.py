"""The arithmetic page: what it opens with, what it refuses, what a link brings back, and that its picture tells the truth."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from streamlit.testing.v1 import AppTest

from cnn_core.chains import KINDS, PRESETS, from_text
from cnn_core.errors import GeometryError
from cnn_core.windows import Kind, Window
from pages.arithmetic.chain_table import _read
from pages.arithmetic.layer_view import EXAMPLES, NUMBERS
from pages.arithmetic.pooling_view import _prepare
from pages.arithmetic.sliding_window import PADDING, UNSEEN, ZERO, axis
from tests.conftest import ROOT
from tests.pages.test_i18n import message_ids

KINDS_OF_WINDOW: tuple[Kind, ...] = ("conv", "pool", "transposed")


def open_page(**query: object) -> AppTest:
    """The page as a link opens it: AppTest knows no addresses, so the page is chosen first and the link read then."""
    test = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    test.run()
    test.switch_page("pages/arithmetic/page.py").run()
    for name, value in query.items():
        test.session_state[name] = value
    return test.run()


@st.composite
def windows(draw: st.DrawFn) -> Window:
    kind, kernel = draw(st.sampled_from(KINDS_OF_WINDOW)), draw(st.integers(1, 5))
    padding = draw(st.integers(0, 6))
    after = padding + draw(st.integers(0, 1)) if kind == "conv" else padding
    ceil = kind == "pool" and draw(st.booleans())
    extra = draw(st.integers(0, 3)) if kind == "transposed" else 0
    return Window(kind, kernel, draw(st.integers(1, 5)), (padding, after), draw(st.integers(1, 3)), extra, ceil)


@given(windows(), st.integers(1, 14))
def test_the_picture_puts_every_tap_on_the_pixel_it_reads(window: Window, n: int) -> None:
    try:
        shown = axis(window, n)
    except GeometryError:
        assume(False)
    real = np.flatnonzero((shown.cells != PADDING) & (shown.cells != ZERO))
    assert len(real) == n
    assert shown.size == window.output_size(n)
    assert set(np.flatnonzero(shown.cells[real] == UNSEEN)) == set(window.unseen(n))
    pixel_of = {int(cell): pixel for pixel, cell in enumerate(real)}
    for unit in range(shown.size):
        cells = [unit * shown.step + shown.offset + tap * window.dilation for tap in range(window.kernel)]
        assert cells[-1] < len(shown.cells)
        assert [pixel_of[cell] for cell in cells if cell in pixel_of] == [
            tap for tap in window.taps(unit) if 0 <= tap < n
        ]


@pytest.mark.parametrize(
    ("example", "numbers"),
    [("valid", "⌊(32 + 2·0 − 3)/1⌋ + 1"), ("padded", "⌊(32 + 2·1 − 3)/1⌋ + 1"), ("strided", "⌊(32 + 2·1 − 3)/2⌋ + 1"),
     ("max_pool", "⌊(32 + 2·1 − 3)/2⌋ + 1"), ("upsample", "(8 − 1)·2 − 2·1 + 4")],
)  # fmt: skip
def test_the_examples_open_from_their_buttons(example: str, numbers: str) -> None:
    test = open_page(i=7, k=5, p=2)
    test.button(f"example-{example}").click().run()
    chosen = next(row for row in EXAMPLES if row.id == example)
    assert test.session_state["op"] == chosen.op
    for name, (default, _) in NUMBERS.items():
        assert test.session_state[name] == chosen.values.get(name, default)
    state = test.session_state
    window = Window(chosen.op, state["k"], state["s"], (state["p"], state["p"]))
    assert window.expression(state["i"]) == numbers


def test_a_link_holds_what_was_chosen_and_nothing_else() -> None:
    test = open_page(i=20, k=5)
    assert {name: test.query_params[name] for name in test.query_params} == {"i": "20", "k": "5"}


@pytest.mark.parametrize("lang", ["en", "es"])
@pytest.mark.parametrize(
    "query",
    [{"i": 2, "k": 5}, {"s": 0}, {"k": 0}, {"d": 0}, {"i": 0}, {"op": "pool", "p": 2}, {"op": "pool", "k": 0, "s": 0},
     {"op": "transposed", "a": 3}, {"op": "transposed", "i": 1, "p": 9}, {"same": True, "k": 0}, {"same": True, "k": 4},
     {"same": True, "s": 3}, {"i": 999_999, "d": 50}, {"op": "transposed", "i": 999_999, "s": 999_999},
     {"same": True, "k": 999_999}, {"part": "pooling", "pool_p": 9}, {"part": "pooling", "pool_k": 0}],
    ids=str,
)  # fmt: skip
def test_impossible_numbers_are_said_and_the_page_stays(query: dict, lang: str) -> None:
    test = open_page(lang=lang, **query)
    assert not test.exception
    assert test.title[0].value == {"en": "Arithmetic", "es": "Aritmética"}[lang]
    assert test.get("bidi_component")


@pytest.mark.parametrize("preset", PRESETS.ids())
def test_a_preset_opens_with_its_code(preset: str) -> None:
    test = open_page(part="chain")
    test.button(f"preset-{preset}").click().run()
    assert not test.exception
    assert test.session_state["chain"] == PRESETS[preset].text
    assert "nn.Sequential(" in test.code[0].value


def test_a_broken_chain_keeps_its_table_and_names_the_row() -> None:
    test = open_page(part="chain", chain="1x4x4_conv4_conv4")
    assert not test.exception
    assert not test.code
    assert "row 2" in test.caption[-1].value


@pytest.mark.parametrize("text", ["nonsense", "1x4x4_cnov", "0x4x4_conv4", "1x9999x9999", "1x4x4" + "_relu" * 99])
def test_an_unreadable_chain_is_refused_and_a_preset_is_the_way_on(text: str) -> None:
    test = open_page(part="chain", chain=text)
    assert not test.exception
    assert test.error
    test.button("preset-lenet5").click().run()
    assert not test.error
    assert test.code


def test_what_the_browser_edits_becomes_a_chain() -> None:
    edited = {
        "input": [3, 32, 99999],
        "layers": [["conv", {"out_channels": 8, "same": True, "colour": 1}], ["act", {"function": "tanh"}]],
    }
    chain = _read(edited)
    assert chain == from_text("3x32x4096_conv8.same_tanh")


@pytest.mark.parametrize("shape", [(512, 512, 3), (100, 1000, 3), (1, 3000, 3), (20, 10, 3)])
def test_the_picture_is_made_small_and_never_large(shape: tuple[int, int, int]) -> None:
    image = np.full(shape, 200, np.uint8)
    scale = min(1, 64 / max(shape[:2]))
    assert _prepare(image, 64, False).shape == (max(1, round(shape[0] * scale)), max(1, round(shape[1] * scale)), 3)
    assert _prepare(image, 64, True).shape[2] == 1
    assert (_prepare(image, 64, False) == 200).all()


@pytest.mark.parametrize("lang", ["en", "es"])
def test_every_kind_of_layer_and_each_of_its_options_has_a_name(lang: str) -> None:
    names = message_ids(lang, "arithmetic")
    assert {f"arithmetic.kind.{word}" for word in KINDS} <= names.keys()
    options = {name for kind in KINDS.values() for name in kind().options()}
    assert {f"arithmetic.field.{name}" for name in options} <= names.keys()


def test_every_preset_has_a_spanish_title() -> None:
    assert {f"arithmetic.{preset}.title" for preset in PRESETS} <= message_ids("es", "arithmetic").keys()
