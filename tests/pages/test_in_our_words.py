"""Streamlit's widgets with words of their own: everywhere through the helper that puts ours in their place."""

from __future__ import annotations

import re

import pytest
from streamlit.testing.v1 import AppTest

from tests.conftest import ROOT

HELPER = "in_our_words.py"


def test_no_page_draws_an_uploader_with_english_words() -> None:
    drawn = re.compile(r"(?<!in_our_words)\.(file_uploader|camera_input)\(")
    files = [path for path in sorted((ROOT / "pages").rglob("*.py")) if path.name != HELPER]
    found = [path.name for path in files if drawn.search(path.read_text("utf-8"))]
    assert found == ["photographs.py"]  # the camera, whose button is told about beside it


@pytest.mark.parametrize("lang, words", [
    ("en", ("Choose a file", ".json, .toml, up to 50 MB", "Choose a number between 1 and 10,000:")),
    ("es", ("Elige un archivo", ".json, .toml, hasta 50 MB", "Elige un número entre 1 y 10.000;")),
])  # fmt: skip
def test_our_words_stand_in_their_place(lang: str, words: tuple[str, ...]) -> None:
    def script(lang: str) -> None:
        import streamlit as st

        from pages.ui import in_our_words

        st.session_state["lang"] = lang
        in_our_words.file_uploader("File", key="file", type=["json", "toml"])
        in_our_words.number_input("Number", 1, 10_000, key="count")

    test = AppTest.from_function(script, args=(lang,)).run()
    assert not test.exception and test.number_input("count").max == 10_000
    style = "".join(element.proto.body for element in test.get("html"))
    for said in words:
        assert f'content: "{said}' in style
    assert ".st-key-file " in style and ".st-key-count " in style
