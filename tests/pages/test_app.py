"""Every page opens, in both languages, alone and in presentation mode, with nothing but what the project ships."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from tests.conftest import ROOT

TOPICS = sorted(path.parent.name for path in (ROOT / "pages").glob("*/page.py"))


def open_app(topic: str, **query: str) -> AppTest:
    test = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    for name, value in query.items():
        test.query_params[name] = value
    test.run()
    return test.switch_page(str(Path("pages") / topic / "page.py")).run()


@pytest.mark.parametrize("present", ["0", "1"])
@pytest.mark.parametrize("lang", ["en", "es"])
@pytest.mark.parametrize("topic", TOPICS)
def test_page_opens(topic: str, lang: str, present: str) -> None:
    test = open_app(topic, lang=lang, present=present)
    assert not test.exception
    assert not test.error
    assert bool(test.sidebar.selectbox) == (present == "0")


def test_language_is_switched_live() -> None:
    test = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60).run()
    assert test.sidebar.selectbox("lang").label == "Language"
    test.sidebar.selectbox("lang").set_value("es").run()
    assert test.sidebar.selectbox("lang").label == "Idioma"
    assert test.query_params["lang"] == "es"


def test_every_topic_folder_says_where_it_stands() -> None:
    import importlib

    orders = [importlib.import_module(f"pages.{topic}").ORDER for topic in TOPICS]
    assert len(set(orders)) == len(orders)
