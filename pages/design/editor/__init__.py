"""The lines of a design as a list: chosen, edited, moved, wrapped in blocks, with what each of them gives.

``tree.js`` moves rows, ``component.js`` draws them and listens to hands.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import streamlit as st

from cnn_core import designs
from cnn_core.designs import Checked, Design, Kind, Row, Spec
from cnn_core.errors import ConvolabError
from pages.design.words import sentence
from pages.ui.components import register, sent
from pages.ui.i18n import compact, language, number, t, texts
from pages.ui.theme import KIND_COLORS, OTHER_COLOR

LABELS = (
    "add", "layers", "blocks", "tools", "list", "up", "down", "in", "out", "copy", "remove", "residual", "branches", "undo", "redo", "drag",
    "kind", "auto", "range", "shape", "params", "params_short", "channels", "height", "width",
)  # fmt: skip

# What a kind begins with when it is added: (depth, word, values); "=" is the number of channels that come in.
_CONV = {"filters": "=", "kernel": "3x3", "pad": "1"}
_TEMPLATES: dict[str, tuple[tuple[int, str, dict[str, str]], ...]] = {
    "conv": ((0, "conv", {"filters": "32", "pad": "1"}),),
    "depthwise": ((0, "depthwise", {"pad": "1"}),),
    "separable": ((0, "separable", {"filters": "32", "pad": "1"}),),
    "padchannels": ((0, "padchannels", {"channels": "="}),),
    "residual": ((0, "residual", {}), (1, "conv", _CONV), (1, "relu", {}), (1, "conv", _CONV)),
    "shortcut": ((0, "shortcut", {}), (1, "conv", {"filters": "=", "kernel": "1x1"})),
    "branches": ((0, "branches", {}), (1, "branch", {}), (2, "conv", {"filters": "16", "kernel": "1x1"}), (1, "branch", {}),
                 (2, "conv", {"filters": "16", "pad": "1"})),
    "branch": ((0, "branch", {}), (1, "conv", {"filters": "16", "kernel": "1x1"})),
    "gate": ((0, "gate", {}), (1, "gap", {}), (1, "conv", {"filters": "=/4", "kernel": "1x1"}), (1, "relu", {}),
             (1, "conv", {"filters": "=", "kernel": "1x1"}), (1, "sigmoid", {})),
    "repeat": ((0, "repeat", {}), (1, "conv", _CONV), (1, "relu", {})),
}  # fmt: skip


@dataclass(frozen=True)
class Edited:
    """What the browser holds after an edit, and the line that is chosen in it (-1: the input)."""

    design: Design
    selected: int


def editor(
    checked: Checked, *, selected: int, lines: Sequence[int], can: Mapping[str, bool], key: str, on_edit: Callable[[Edited], None],
    on_pick: Callable[[int], None], on_turn: Callable[[int], None],
) -> None:  # fmt: skip
    """Draw the list.

    Args:
        selected: the chosen row; -1 is the input.
        lines: the number that each row has in the design's text.
        can: whether there is something to "undo" and to "redo".
        on_edit: gets every edit before the page runs again.
        on_pick: gets a row that was chosen.
        on_turn: gets -1 for undo and 1 for redo.
    """

    def edited() -> None:
        made = sent(key, "edited")
        if not isinstance(made, Mapping):
            return
        st.session_state[f"{key}_count"] = int(made.get("count", 0))
        design = read(made, checked.design.name)
        if design is not None:
            on_edit(Edited(design, int(made.get("selected", 0))))

    def picked() -> None:
        made = sent(key, "picked")
        if isinstance(made, Mapping):
            on_pick(int(made.get("row", 0)))

    def turned() -> None:
        made = sent(key, "turned")
        if isinstance(made, Mapping):
            on_turn(1 if made.get("by") == 1 else -1)

    lang = language()
    register("design_editor", Path(__file__).parent)(
        key=key,
        data={
            **rows_data(checked), "kinds": kinds(lang), "selected": selected, "count": st.session_state.get(f"{key}_count", 0),
            "lines": list(lines), "header": 2 if checked.design.name else 1,
            "can": dict(can), "labels": texts(lang, "design.editor", LABELS), "language": lang,
            "present": bool(st.session_state.get("present")),
            "limits": {"rows": 2 * designs.MOST_LAYERS, "side": designs.MOST_SIDE, "channels": designs.MOST_CHANNELS},
        },
        on_edited_change=edited, on_picked_change=picked, on_turned_change=turned,
    )  # fmt: skip


def rows_data(checked: Checked) -> dict[str, Any]:
    """The lines and what each of them gives, as the browser reads them."""
    facts = [
        {
            "shape": designs.shape_text(one.output_shape) if one.output_shape else "", "params": compact(one.params) if one.params else "",
            "title": t("design.row.costs", params=number(one.params), macs=number(one.macs)),
            "channels": one.output_shape[0] if one.output_shape and len(one.output_shape) == 3 else 0,
        }
        for one in checked.facts
    ]  # fmt: skip
    return {
        "input": list(checked.design.input_shape), "rows": [[row.depth, row.kind.word, values(row.kind)] for row in checked.design.rows],
        "facts": facts, "errors": {problem.row: sentence(problem.error) for problem in checked.problems if checked.design.rows},
    }  # fmt: skip


def values(kind: Kind) -> dict[str, str | bool]:
    """A line's values as they are typed."""
    return {spec.name: _shown(spec, getattr(kind, spec.name)) for spec in kind.specs()}


def _shown(spec: Spec, value: Any) -> str | bool:
    return bool(value) if spec.form == "flag" else designs.value_text(spec, value)


@functools.lru_cache(maxsize=4)
def kinds(lang: str) -> dict[str, Any]:
    """Everything that the browser knows of the kinds, in a language."""
    return {word: _kind(word, kind) for word, kind in designs.KINDS.items()}


def _kind(word: str, kind: type[Kind]) -> dict[str, Any]:
    made = kind()
    return {
        "label": t(f"design.kind.{word}"), "color": KIND_COLORS.get(kind.family, OTHER_COLOR), "opens": kind.opens, "values": values(made),
        "template": [list(row) for row in _TEMPLATES.get(word, ((0, word, {}),))],
        "fields": [
            {
                "name": spec.name, "word": spec.word, "form": spec.form, "main": spec.main, "optional": spec.optional,
                "least": spec.least, "most": spec.most,
                "label": t(f"design.field.{spec.name}"), "help": t(f"design.field.{spec.name}.help"),
                "default": _shown(spec, spec.default), "quiet": _shown(spec, spec.default) if spec.name == "size" else None,
            }
            for spec in kind.specs()
        ],
    }  # fmt: skip


def read(made: Mapping[str, Any], name: str) -> Design | None:
    """The design that the browser holds; None where it is none, and the page's own stays."""
    try:
        channels, height, width = (int(n) for n in made["input"])
        rows = [Row(int(depth), _made(str(word), given)) for depth, word, given in made["rows"][: 2 * designs.MOST_LAYERS]]
        return Design((channels, height, width), tuple(rows), name)
    except (ConvolabError, KeyError, TypeError, ValueError):
        return None


def _made(word: str, given: Mapping[str, Any]) -> Kind:
    """A line from what was typed; what cannot be read is at its default."""
    kind = designs.KINDS[word]
    found: dict[str, Any] = {}
    for spec in kind.specs():
        if spec.form == "flag":
            found[spec.name] = bool(given.get(spec.name, spec.default))
        elif spec.name in given:
            try:
                found[spec.name] = designs.read_value(spec, str(given[spec.name]))
            except ConvolabError:
                found[spec.name] = spec.default
    return kind(**found)
