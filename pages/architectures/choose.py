"""Choosing an architecture and the numbers it is built with: one row of controls."""

from __future__ import annotations

import functools
import re
from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from cnn_core import architectures
from cnn_core.architectures import Architecture
from cnn_core.errors import ArchitectureError, ConvolabError
from pages.ui import cached, own_designs, state
from pages.ui.i18n import language, number, row_text, t

DEFAULT = "resnet18"
OWN = "own"  # in the URL and the session: what the architecture was made with
OFFERED = {"size": ("32", "28"), "channels": ("1", "3"), "classes": ("10", "100"), "width": ("0.25", "0.5", "2")}
MAX_SIDE = 4096  # pixels: beyond any camera these networks were fed from, and every total still has a name


class _Numbers:
    """What may stand in a field: ``OWN``, or the text of a number, which the architecture then checks."""

    def __contains__(self, text: object) -> bool:
        return isinstance(text, str) and (text == OWN or re.fullmatch(r"\d{1,9}([.,]\d{1,6})?(e\d)?", text) is not None)


@dataclass(frozen=True)
class Chosen:
    """The network on the screen: (C, H, W) of its input, and the options that are not the architecture's own."""

    row: Architecture
    input_shape: tuple[int, int, int]
    options: dict[str, float | None]
    problem: ConvolabError | None = None  # with the numbers that were asked for; then the others are the network's own

    @property
    def id(self) -> str:
        return self.row.id

    def traced(self) -> cached.Traced:
        return cached.Traced(None, None, self.problem) if self.problem else cached.traced(self.id, self.input_shape, **self.options)


def title(row: Architecture) -> str:
    return row_text("catalogue", row, "title")


def offered() -> tuple[str, ...]:
    """The networks there are to choose: one's own designs first."""
    return (*architectures.designed(), *architectures.ids())


class _Networks:
    """Every network, older versions of designs too, which a link may name."""

    def __contains__(self, arch_id: object) -> bool:
        if not isinstance(arch_id, str) or not arch_id.startswith(architectures.PREFIX):
            return arch_id in architectures.ids()
        try:
            return architectures.get(arch_id).id == arch_id
        except ConvolabError:
            return False


@functools.lru_cache(maxsize=16)
def labels(lang: str, ids: tuple[str, ...]) -> dict[str, str]:
    """What the select shows: title and year, and the family where the title does not say it, so that typing finds it."""
    found = {}
    for id_ in ids:
        row = architectures.get(id_)
        family = row_text("catalogue", row.family, "title")
        name = title(row)
        found[id_] = f"{name} · {row.year}" if family in name else f"{name} · {family}, {row.year}"
    return found


def choose() -> Chosen:
    """Draw the controls; the network they make."""
    arch_id = state.choice("arch", DEFAULT, allowed=_Networks(), read=own_designs.read)
    own_designs.say_missing("arch", arch_id)
    row = architectures.get(arch_id)
    networks = offered() if arch_id in offered() else (arch_id, *offered())
    wide = row.has_option("width")
    with st.container(key="arch-controls"):
        columns = st.columns([3.4, 1.7, 1.2, 1.3, *([1.2] if wide else [])], gap="small")
    columns[0].selectbox(
        t("architectures.pick"), networks, format_func=labels(language(), networks).__getitem__, key="arch",
        help=t("architectures.pick.help"),
    )  # fmt: skip
    with columns[1]:
        side = _field("size", row.input_shape[1], suffix=" × {text}")
    with columns[2]:
        channels = _field("channels", row.input_shape[0])
    with columns[3]:
        classes = _field("classes", row.num_classes)
    width: float | None = None
    if wide:
        with columns[4]:
            width = _field("width", float(row.option("width").default), prefix="× ")
    try:
        height = row.input_shape[1] if side is None else _check_side(side)
        depth = row.input_shape[0] if channels is None else int(row.option("in_channels").check(_whole(channels), row.id))
    except ArchitectureError as error:
        return Chosen(row, row.input_shape, {}, error)
    options = {name: None if value is None else _whole(value) for name, value in (("num_classes", classes), ("width", width))}
    return Chosen(row, (depth, height, height), options)


def choose_small(row: Architecture) -> None:
    """Go to the form of a network for small pictures, at its own numbers; for callbacks."""
    state.keep("arch", row.small)
    use_own()


def use_own() -> None:
    """Go back to the architecture's own numbers; for callbacks."""
    for name in OFFERED:
        state.keep(name, OWN)


def _field(name: str, own: float, prefix: str = "", suffix: str = "") -> float | None:
    """A select of usual numbers that takes any other too; None for the architecture's own."""
    text = state.choice(name, OWN, allowed=_Numbers())

    def label(option: str) -> str:
        shown = number(own if option == OWN else _read(option))
        shown = prefix + shown + suffix.format(text=shown)
        return t("architectures.own", value=shown) if option == OWN else shown

    offered: Sequence[str] = [OWN, *(option for option in OFFERED[name] if _read(option) != own)]
    st.selectbox(
        t(f"architectures.{name}"), offered, format_func=label, key=name, accept_new_options=True, help=t(f"architectures.{name}.help")
    )
    return None if text == OWN else _read(text)


def _read(text: str) -> float:
    """The number of a field; what is being typed, and no number yet, is asked for by the select's labels too."""
    try:
        return float(text.replace(",", "."))
    except ValueError:
        return 0.0


def _whole(value: float) -> float:
    return int(value) if value.is_integer() else value


def _check_side(side: float) -> int:
    if not side.is_integer() or not 1 <= side <= MAX_SIDE:
        raise ArchitectureError(
            f"the side of a picture is a whole number from 1 to {MAX_SIDE}, not {side:g}",
            code="picture_side", side=f"{side:g}", most=MAX_SIDE,
        )
    return int(side)
