"""What comes from an address or a file's name never acts as Markdown or HTML."""

from __future__ import annotations

import re

import pytest

from cnn_core.errors import KernelError
from pages.ui.i18n import error_text
from pages.ui.plain import plain

ACTING = [
    "![x](//elsewhere/a.png)", "<img src=x>", "**b**", ":red[x]", ":material/bug_report:", "$x$", "`c`", "__b__", "# h", "[a](b)",
]  # fmt: skip


@pytest.mark.parametrize("text", ACTING)
def test_no_sign_is_left_that_acts(text: str) -> None:
    assert not set("<>[]*`$#") & set(plain(text))
    assert not re.search(r":[\w/+-]+[:⟦]", plain(text))
    assert "__" not in plain(text)


def test_words_stay_as_they_were_written() -> None:
    for text in ("IMG_2024 foto.jpg (1)", "layer1.0:add", "3:2"):
        assert plain(text) == text


def test_the_facts_of_an_error_are_plain() -> None:
    error = KernelError("bad padding", code="padding_text", most=99, text="![x](//elsewhere/a.png)")
    assert "![x]" not in error_text(error)
    assert "⟦x⟧" in error_text(error)
