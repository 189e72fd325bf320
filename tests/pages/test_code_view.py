"""The code on the page: every framework and way for networks that can and cannot be written, in both languages, from a link."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest


def _view() -> None:
    import streamlit as st

    from cnn_core import architectures
    from pages.architectures.code_view import draw_code
    from pages.ui import cached, state

    with state.page("architectures"):
        state.choice("lang", "en")
        row = architectures.get(st.session_state["id"])
        options = {"num_classes": st.session_state.get("classes"), "width": None}
        draw_code(row, options, cached.trace(row.id, **options))


def show(id: str, **chosen: object) -> AppTest:
    test = AppTest.from_function(_view, default_timeout=60)
    for name, value in {"id": id, **chosen}.items():
        test.session_state[name] = value
    return test.run()


@pytest.mark.parametrize("lang", ["en", "es"])
@pytest.mark.parametrize(("framework", "way"), [("pytorch", "source"), *[
    (framework, way) for framework in ("pytorch", "keras") for way in ("sequential", "functional", "class")
]])  # fmt: skip
def test_lenet_is_shown_in_every_way(framework: str, way: str, lang: str) -> None:
    test = show("lenet5", lang=lang, code_in=framework, code_way=way)
    assert not test.exception and not test.error
    assert ("keras" in test.code[0].value) == (framework == "keras")
    compile(test.code[0].value, "shown", "exec")
    assert {"en": "61,706", "es": "61.706"}[lang] in test.caption[0].value


def test_the_framework_is_changed_and_a_way_that_it_has_not_with_it() -> None:
    test = show("resnet20")
    assert "class CifarResNet" in test.code[0].value
    test.session_state["code_in"] = "keras"
    test.run()
    assert not test.exception
    assert "keras.Model(inputs" in test.code[0].value


@pytest.mark.parametrize("lang", ["en", "es"])
def test_a_branch_refuses_the_sequential_way_by_sentence(lang: str) -> None:
    test = show("mini_resnet", lang=lang, code_way="sequential")
    assert not test.exception and not test.code
    assert "block:add" in test.error[0].value
    assert {"en": "one chain", "es": "una sola cadena"}[lang] in test.error[0].value


def test_changed_classes_are_in_the_code_and_torchvision_s_is_a_call() -> None:
    assert "models.resnet18(num_classes=10)" in show("resnet18", classes=10).code[0].value
    assert "nn.Linear(512, 10)" in show("resnet18", classes=10, code_way="class").code[0].value
