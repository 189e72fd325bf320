"""Choices are kept through page changes and mirrored in the URL."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest


def _app() -> None:
    import streamlit as st

    from pages.ui import state

    topic = st.radio("page", ["a", "b"], key="where")
    with state.page(topic):
        if topic == "a":
            state.choice("size", 3, allowed=range(1, 12))
            st.number_input("size", 1, 11, key="size")
            state.choice("flip", True)
            st.toggle("flip", key="flip")
        else:
            state.choice("mode", "valid", allowed=("valid", "same"))
            st.selectbox("mode", ["valid", "same"], key="mode")
            if st.query_params.get("cut"):
                raise ZeroDivisionError  # as abrupt as a newer click
        st.button("seven", on_click=state.keep, args=("size", 7))


def _run(**query: str) -> AppTest:
    test = AppTest.from_function(_app)
    for name, value in query.items():
        test.query_params[name] = value
    return test.run()


def test_the_url_decides_at_first_and_a_default_is_left_out() -> None:
    test = _run(size="5", flip="0")
    assert (test.number_input("size").value, test.toggle("flip").value) == (5, False)
    test.number_input("size").set_value(3).run()
    assert "size" not in test.query_params
    assert test.query_params["flip"] == "0"


def test_nonsense_in_the_url_is_as_good_as_nothing() -> None:
    test = _run(size="a lot", flip="maybe")
    assert (test.number_input("size").value, test.toggle("flip").value) == (3, True)
    assert not test.exception
    assert _run(size="99").number_input("size").value == 3


def test_a_choice_outlives_a_visit_to_another_page() -> None:
    test = _run()
    test.number_input("size").set_value(9).run()
    test.radio("where").set_value("b").run()
    assert dict(test.query_params) == {}
    test.radio("where").set_value("a").run()
    assert test.number_input("size").value == 9
    assert test.query_params["size"] == "9"


def test_a_visit_cut_short_before_it_wrote_its_url_loses_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pages.ui.state._STALE_S", -1.0)  # a slow reader: long after the last click
    test = _run()
    test.number_input("size").set_value(9).run()
    test.query_params.clear()  # as the sidebar's links do
    test.query_params["cut"] = "1"
    test.radio("where").set_value("b").run()
    test.query_params.clear()
    test.radio("where").set_value("a").run()
    assert test.number_input("size").value == 9
    assert test.query_params["size"] == "9"


def test_a_callback_changes_a_choice_and_the_url_follows() -> None:
    test = _run()
    test.button[0].click().run()
    assert test.number_input("size").value == 7
    assert test.query_params["size"] == "7"


def _always() -> None:
    import streamlit as st

    from pages.ui import state

    with state.page("a"):
        st.text(state.choice("pic", "frog", always=True))


def test_a_choice_whose_default_differs_between_servers_is_always_in_the_url() -> None:
    assert AppTest.from_function(_always).run().query_params["pic"] == "frog"
