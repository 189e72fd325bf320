"""Controls of the cards: each a choice that the address holds, with its texts under ``blocks.<name>``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import streamlit as st

from pages.ui import in_our_words, state
from pages.ui.i18n import t

Value = TypeVar("Value", int, float)


@dataclass(frozen=True)
class Between:
    """The numbers from ``low`` to ``high``, both included."""

    low: float
    high: float

    def __contains__(self, value: object) -> bool:
        return isinstance(value, (int, float)) and self.low <= value <= self.high


def options(name: str, ids: Sequence[str], *, label: bool = False) -> str:
    """A row of named options, the first the default; ``label`` says what they are about."""
    chosen: str = state.choice(name, ids[0], allowed=ids)
    st.segmented_control(
        t(f"blocks.{name}"), ids, format_func=lambda option: t(f"blocks.{name}.{option}"), key=name, required=True, width="stretch",
        label_visibility="visible" if label else "collapsed", wrap=True,
    )  # fmt: skip
    return chosen


def drag(name: str, low: Value, high: Value, default: Value, step: Value) -> Value:
    """A number to drag."""
    chosen: Value = state.choice(name, default, allowed=Between(low, high))
    st.slider(t(f"blocks.{name}"), low, high, step=step, key=name)
    return chosen


def steps(name: str, values: Sequence[int], default: int) -> int:
    """A slider over a few chosen numbers."""
    chosen: int = state.choice(name, default, allowed=values)
    st.select_slider(t(f"blocks.{name}"), values, key=name)
    return chosen


def switch(name: str, default: bool = True) -> bool:
    """Something on or off."""
    chosen: bool = state.choice(name, default)
    st.toggle(t(f"blocks.{name}"), key=name)
    return chosen


def count(name: str, low: int, high: int, default: int) -> int:
    """A whole number to type."""
    chosen: int = state.choice(name, default, allowed=range(low, high + 1))
    in_our_words.number_input(t(f"blocks.{name}"), low, high, step=1, key=name)
    return chosen


def seed(name: str) -> int:
    """A button that draws anew; the number it draws from."""
    chosen: int = state.choice(name, 0, allowed=range(10_000))
    st.button(t(f"blocks.{name}"), key=f"{name}-again", icon=":material/casino:", on_click=_next, args=(name,))
    return chosen


def _next(name: str) -> None:
    state.keep(name, (int(st.session_state.get(name, 0)) + 1) % 10_000)


def presets(name: str, values: dict[str, dict[str, Any]], current: dict[str, Any]) -> None:
    """Buttons that set several choices at once; the one that stands for what is chosen is marked."""
    with st.container(horizontal=True, gap="small", key=f"presets-{name}"):
        for preset, chosen in values.items():
            st.button(
                t(f"blocks.{name}.{preset}"), key=f"preset-{name}-{preset}", type="primary" if chosen == current else "secondary",
                help=t(f"blocks.{name}.{preset}.help"), on_click=_keep_all, args=(chosen,),
            )  # fmt: skip


def _keep_all(chosen: dict[str, Any]) -> None:
    for name, value in chosen.items():
        state.keep(name, value)
