from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnn_core import designs
from cnn_core.designs.sliding import Conv, MaxPool
from cnn_core.errors import DesignError

NET = """name  My "<b>net</b>" # 1
input 1x28x28   # a digit
Conv 8 5x5 pad same
bn
relu
residual
    conv 8 3 pad 1
    skip
        conv 8 1x1
maxpool
flatten
linear 10 in 1568
"""


def test_text_is_read_with_comments_aliases_and_any_indentation() -> None:
    design = designs.from_text(NET)
    assert design.name == 'My "<b>net</b>" # 1' and design.input_shape == (1, 28, 28)
    assert design.rows[0].kind == Conv(8, (5, 5), same=True) and design.rows[7].kind == MaxPool()
    assert [row.depth for row in design.rows] == [0, 0, 0, 0, 1, 1, 2, 0, 0, 0]
    assert designs.to_text(design).splitlines()[1:4] == ["input 1x28x28", "conv 8 5x5 same", "batchnorm"]
    assert designs.from_text(designs.to_text(design)) == design


@pytest.mark.parametrize(
    ("text", "code", "line", "column"),
    [
        ("conv 8 3x3\nconf 8", "design_unknown_near", 2, 1),
        ("xyzzy", "design_unknown_layer", 1, 1),
        ("input 3x32", "design_bad_input", 1, 7),
        ("relu\ninput 3x32x32", "design_header_late", 2, 1),
        ("conv 8 3x3 pad", "design_number_missing", 1, 12),
        ("conv 8 3x3 pad x", "design_no_pair", 1, 16),
        ("conv 8 3x3 7", "design_extra_number", 1, 12),
        ("conv 8 3x3 pad 1 pad 2", "design_twice", 1, 18),
        ("conv 0 3x3", "design_out_of_range", 1, 6),
        ("conv 999999999 3x3", "design_out_of_range", 1, 6),
        ("conv 8 3x3 colour 2", "design_unknown_option", 1, 12),
        ("dropout 1,5", "design_out_of_range", 1, 9),
        ("dropout nan", "design_unknown_option", 1, 9),
        ("softmax", "design_softmax", 1, 1),
        ("relu\n  relu", "design_under_layer", 2, 3),
        ("  relu\nrelu", "design_uneven", 2, 1),
        ("residual\n    relu\n  relu", "design_uneven", 3, 3),
        ("shortcut", "design_stray_shortcut", 1, 1),
        ("residual\n  shortcut\n  shortcut", "design_stray_shortcut", 3, 3),
        ("branch", "design_stray_branch", 1, 1),
        ("branches\n  conv 8 3x3", "design_not_a_branch", 2, 3),
        ("\n".join("  " * n + "residual" for n in range(20)), "design_too_deep", 14, 27),
        ("import os; os.system('x')", "design_unknown_layer", 1, 1),
        ("__import__('os')", "design_unknown_layer", 1, 1),
    ],
)
def test_what_is_not_the_format_is_said_with_its_place(text: str, code: str, line: int, column: int) -> None:
    with pytest.raises(DesignError) as refused:
        designs.from_text(text)
    assert (refused.value.code, refused.value.facts["line"], refused.value.facts["column"]) == (code, line, column)


def test_sizes_are_bounded() -> None:
    for text, code in (
        ("input 5000x2x2\nrelu", "design_input"), ("relu\n" * 900, "design_too_many"), ("#" * 70_000, "design_too_long"),
        ("input 0x3x3", "design_input"),
    ):  # fmt: skip
        with pytest.raises(DesignError) as refused:
            designs.from_text(text)
        assert refused.value.code == code


@given(st.text(max_size=200))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        design = designs.from_text(text)
    except DesignError:
        return
    assert designs.from_text(designs.to_text(design)) == design
    designs.check(design)


WORDS = st.sampled_from([*designs.KINDS, "pad", "stride", "in", "same", "3x3", "8", "0.5", "-1", "#", "name", "input", "3x32x32", "x"])


@given(st.lists(st.tuples(st.integers(0, 4), st.lists(WORDS, max_size=5)), max_size=12))
def test_any_words_are_read_or_refused(lines: list[tuple[int, list[str]]]) -> None:
    text = "\n".join("  " * depth + " ".join(words) for depth, words in lines)
    try:
        design = designs.from_text(text)
    except DesignError:
        return
    assert designs.from_text(designs.to_text(design)) == design
    assert len(designs.check(design).facts) == len(design.rows)


@given(st.text(max_size=300))
def test_links_give_the_text_back_and_refuse_what_is_none(text: str) -> None:
    assert designs.unpack(designs.pack(text)) == text
    try:
        designs.unpack(text)
    except DesignError as refused:
        assert refused.code == "design_bad_link"


def test_links_are_bounded_both_ways() -> None:
    import base64
    import random
    import zlib

    noise = "".join(chr(random.Random(n).randrange(33, 1000)) for n in range(8_000))
    with pytest.raises(DesignError, match="link"):
        designs.pack(noise)
    bomb = base64.urlsafe_b64encode(zlib.compress(b"a" * 3_000_000, 9)).decode().rstrip("=")
    assert len(bomb) < designs.MOST_PACKED
    with pytest.raises(DesignError, match="damaged"):
        designs.unpack(bomb)


def test_names_are_one_line_of_what_can_be_seen() -> None:
    assert designs.clean_name("  a\x00b\u202ec\td  ") == "a b c d"
    assert len(designs.clean_name("x" * 500)) == designs.MOST_NAME


@pytest.mark.parametrize(
    ("text", "code", "facts"),
    [
        ("conv 99999999999 3x3", "design_out_of_range", {"found": "99999999999", "least": 1, "most": 8192}),
        ("conv -3", "design_out_of_range", {"found": "-3", "least": 1}),
        ("conv 8 3x-1", "design_out_of_range", {"option": "kernel"}),
        ("conv 8 3x3 padding 9999999999", "design_out_of_range", {"option": "padding"}),
        (f"conv {'9' * 3000}", "design_out_of_range", {}),
        ("dropout 99999999999.5", "design_out_of_range", {"most": 0.99}),
        ("conv 2.5", "design_no_number", {"found": "2.5"}),
        ("input 3x99999999999x4", "design_input", {"height": 99_999_999_999}),
        ("se 2", "design_no_numbers", {"layer": "se"}),
        ("relu 1", "design_no_numbers", {"layer": "relu"}),
        ("bn x", "design_unknown_option", {"layer": "bn"}),
        ("input 3x8x8\n\ninput 1x8x8", "design_header_twice", {"word": "input", "first": 1, "line": 3}),
        ("name A\n# one\nname B\nrelu", "design_header_twice", {"word": "name", "first": 1, "line": 3}),
        ("name " + "long " * 20, "design_name_long", {"length": 99, "most": 60}),
    ],
)
def test_reasons_are_true_and_in_the_authors_words(text: str, code: str, facts: dict[str, object]) -> None:
    with pytest.raises(DesignError) as refused:
        designs.from_text(text)
    assert refused.value.code == code and refused.value.facts | facts == refused.value.facts


def test_rows_know_their_lines_however_lines_end() -> None:
    text = "# first\r\nname A\r\n\r\ninput 1x8x8\rconv 4 3x3 # \u2028 no new line\nresidual\n\n  relu\n"
    assert designs.row_lines(text) == (5, 6, 8) and len(designs.from_text(text).rows) == 3
    assert designs.row_lines(designs.to_text(designs.from_text(text))) == (3, 4, 5)
