"""The code of the network on the screen: what builds it, and the course's three ways in PyTorch and in Keras."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from cnn_core.architectures import Architecture
from cnn_core.errors import ConvolabError
from cnn_core.inspection import Trace, code
from pages.ui import errors, state
from pages.ui.i18n import language, number, t, texts

FRAMEWORKS = {"pytorch": "PyTorch", "keras": "Keras"}
SOURCE = "source"
WAYS = {"pytorch": (SOURCE, "sequential", "functional", "class"), "keras": ("sequential", "functional", "class")}
FIRST = {"pytorch": SOURCE, "keras": "functional"}
HEIGHT = 390  # pixels: what is left of a laptop's screen, scrolled inside


def draw_code(architecture: Architecture, options: Mapping[str, float | None], trace: Trace) -> None:
    """The choice of framework and way, the code, and one sentence on it.

    Args:
        options: what the network was built with beside its input shape (``num_classes``, ``width``); None is its own.
        trace: whole, of that network.
    """
    framework = state.choice("code_in", "pytorch", allowed=FRAMEWORKS)
    way = state.choice("code_way", FIRST[framework], allowed=WAYS[framework])
    labels = texts(language(), "code.way", WAYS[framework])
    with st.container(horizontal=True, key="arch-code-ways"):
        st.segmented_control(
            t("code.framework"), FRAMEWORKS, format_func=FRAMEWORKS.__getitem__, key="code_in", required=True,
            label_visibility="collapsed", width="content", on_change=_use_first_way,
        )  # fmt: skip
        st.segmented_control(
            t("code.way"), WAYS[framework], format_func=labels.__getitem__, key="code_way", required=True,
            label_visibility="collapsed", width="content", wrap=True,
        )  # fmt: skip
    try:
        text = _written(architecture, options, trace, framework, way)
    except ConvolabError as error:
        errors.show(error)
        return
    st.caption(t(f"code.about.{framework}.{way}", params=number(trace.params)))
    st.code(text, language="python", height=HEIGHT)


def _written(architecture: Architecture, options: Mapping[str, float | None], trace: Trace, framework: str, way: str) -> str:
    if way == SOURCE:
        channels, height, width = trace.input_shape[1:]
        return code.source(architecture, {**architecture.options_for((channels, height, width)), **options}, trace)
    named = "subclass" if framework == "keras" and way == "class" else way
    return code.write(trace, framework, named, code.class_name(architecture.title))


def _use_first_way() -> None:
    if st.session_state.get("code_way") not in WAYS[st.session_state["code_in"]]:
        state.keep("code_way", FIRST[st.session_state["code_in"]])
