"""Whole numbers in a narrow column, reported while they are typed, with named choices that set several at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import streamlit as st

from pages.ui.components import register, sent
from pages.ui.i18n import t


@dataclass(frozen=True)
class Field:
    """One number.

    Attributes:
        symbol: its letter in the formula.
        shown: text in place of the number where it is derived, not chosen; typing chooses again.
        bad: whether the refusal on the screen is about this number.
    """

    name: str
    symbol: str
    label: str
    value: int
    most: int
    shown: str = ""
    bad: bool = False


@dataclass(frozen=True)
class Chip:
    """A named choice: pressing it reports ``values``."""

    id: str
    label: str
    help: str
    values: Mapping[str, int]
    active: bool = False
    disabled: bool = False


def numbers(
    fields: Sequence[Field],
    chips: Sequence[Chip] = (),
    *,
    chips_label: str = "",
    key: str,
    on_change: Callable[[dict[str, int]], None],
) -> None:
    """Draw the column; ``on_change`` gets the numbers that changed, before the page runs again."""

    def report() -> None:
        chosen = sent(key, "chosen")
        if chosen is None:
            return
        # An answer to an older keystroke must not overwrite a newer one: the browser ignores what lags behind its count.
        st.session_state[f"{key}_count"] = int(chosen["count"])
        known = {field.name for field in fields}.union(*(chip.values for chip in chips))
        on_change({name: int(value) for name, value in chosen["values"].items() if name in known})

    register("numbers", Path(__file__).parent)(
        key=key,
        data={
            "fields": [asdict(field) for field in fields],
            "chips": [asdict(chip) for chip in chips],
            "chipsLabel": chips_label,
            "count": st.session_state.get(f"{key}_count", 0),
            "labels": {name: t(f"arithmetic.numbers.{name}") for name in ("less", "more", "whole")},
        },
        on_chosen_change=report,
    )
