"""A chain of layers as a table whose rows are edited, added, removed and reordered in the browser."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from fractions import Fraction
from pathlib import Path
from typing import Any

import streamlit as st

from cnn_core.chains import KINDS, MOST_LAYERS, MOST_PIXELS, Chain, Layer, Row
from pages.ui.components import register, sent
from pages.ui.i18n import compact, error_text, language, number, t
from pages.ui.theme import KIND_COLORS

HEADS = ("layer", "size", "channels", "params", "field", "jump", "start")
ACTIONS = ("up", "down", "copy", "remove", "add")
LABELS = (
    *HEADS,
    *ACTIONS,
    "input",
    "in_channels",
    "in_height",
    "in_width",
    "total",
    "macs",
    "options",
    "whole",
    "table",
    "choose",
)
MOST = 99_999  # the largest number of the compact text
SYMBOLS = {
    "out_channels": "c",
    "kernel": "k",
    "size": "o",
    "out_features": "o",
    "percent": "%",
}  # of a layer's main number


def chain_table(chain: Chain, *, key: str, on_edit: Callable[[Chain], None]) -> None:
    """Draw the table; ``on_edit`` gets the chain after every edit, before the page runs again."""

    def report() -> None:
        edited = sent(key, "edited")
        if edited is None:
            return
        st.session_state[f"{key}_count"] = int(edited["count"])
        on_edit(_read(edited))

    register("chain_table", Path(__file__).parent)(
        key=key,
        data={
            "input": list(chain.input_shape),
            "rows": [_row(row) for row in chain.rows],
            "total": None if any(row.error for row in chain.rows) else {"params": _large(chain.params), "macs": _large(chain.macs)},
            "kinds": {word: _kind(word, kind) for word, kind in KINDS.items()},
            "count": st.session_state.get(f"{key}_count", 0),
            "limits": {"rows": MOST_LAYERS, "number": MOST, "pixels": MOST_PIXELS},
            "labels": {name: t(f"arithmetic.table.{name}") for name in LABELS},
            "help": {name: t(f"arithmetic.table.{name}.help") for name in ("params", "field", "jump", "start")},
            "language": language(),
        },
        on_edited_change=report,
    )


def _kind(word: str, kind: type[Layer]) -> dict[str, Any]:
    return {
        "label": t(f"arithmetic.kind.{word}"), "color": KIND_COLORS[kind.family],
        "fields": [
            {
                "name": spec.name, "label": t(f"arithmetic.field.{spec.name}"),
                "symbol": spec.metadata["letter"] or SYMBOLS.get(spec.name, ""),
                "least": spec.metadata.get("least"), "choices": list(spec.metadata.get("choices", ())),
                "default": spec.default,
            }
            for spec in fields(kind)
        ],
    }  # fmt: skip


def _row(row: Row) -> dict[str, Any]:
    shape = row.output_shape
    return {
        "word": row.layer.word, "values": row.layer.options(), "error": error_text(row.error) if row.error else "",
        "size": "×".join(map(str, shape[1:])) if shape and len(shape) == 3 else "",
        "channels": number(shape[0]) if shape else "", "flat": bool(shape) and len(shape or ()) == 1,
        "params": _large(row.params) if shape else None,
        "field": _pair(row.field), "jump": _pair(row.jump), "start": _pair(row.start),
    }  # fmt: skip


def _pair(pair: tuple[int, int] | tuple[Fraction, Fraction] | None) -> str:
    """Both axes, or one number where they agree."""
    if pair is None:
        return ""
    first, second = (str(value).replace("-", "−") for value in pair)
    return first if first == second else f"{first}×{second}"


def _large(value: int) -> dict[str, str]:
    """As a table shows it, and whole on hover."""
    return {"short": compact(value, whole_below=10_000_000), "whole": number(value)}


def _read(edited: dict[str, Any]) -> Chain:
    """The chain the browser holds; what it should not have sent is left at its default."""
    layers = []
    for word, values in edited["layers"][:MOST_LAYERS]:
        kind = KINDS[word]
        defaults = kind().options()
        layers.append(kind(**{name: type(defaults[name])(value) for name, value in values.items() if name in defaults}))
    channels, height, width = (max(1, min(int(value), MOST_PIXELS)) for value in edited["input"])
    return Chain((channels, height, width), tuple(layers))
