"""The chosen layer: its own arithmetic, written out, and what it sees of the picture."""

from __future__ import annotations

import html

import streamlit as st

from cnn_core.inspection import LayerRecord, explain
from pages.architectures.choose import Chosen
from pages.architectures.words import in_language, shape_text
from pages.ui import cached, picture
from pages.ui.components.field_view import field_view
from pages.ui.i18n import compact_bytes, number, t, tn
from pages.ui.theme import KIND_COLORS, OTHER_COLOR

MOST_PIXELS = 256  # a side of the picture as it is sent; more is finer than the panel shows


def draw_layer(chosen: Chosen, found: cached.Traced, selected: str) -> None:
    """Draw the panel of a layer or a block."""
    if found.trace is None or found.graph is None or not selected:
        return
    node = next((node for node in found.graph.nodes if node.id == selected), None)
    if node is not None:
        record = found.trace.layers[node.first]
        last = record
        _head(selected, record.type, KIND_COLORS.get(record.kind, OTHER_COLOR), _marks(record))
        _rows(_arithmetic(record, found))
    else:
        block = next(block for block in found.graph.blocks if block.id == selected)
        inside = found.trace.layers[block.first : block.stop]
        last = inside[-1]
        _head(selected, block.type, OTHER_COLOR, [tn("architectures.block.layers", len(inside))])
        _rows([
            ("shapes", f"{_shapes(inside[0].input_shapes[:1])} → {_shapes(last.output_shapes)}"),
            ("params", number(block.params)), ("macs", number(block.macs)),
            ("memory", compact_bytes(sum(layer.activation_bytes for layer in inside))),
        ])  # fmt: skip
    shown = picture.current_picture()
    side = min(chosen.input_shape[1], MOST_PIXELS)
    field_view(
        last, chosen.input_shape, cached.thumbnail(shown.id, side, shown.image), title=shown.title, key="arch-field"
    )


def _head(name: str, type_: str, color: str, marks: list[str]) -> None:
    chips = "".join(f"<span class='mark'>{html.escape(mark)}</span>" for mark in marks)
    st.html(
        f"<div class='arch-head'><i style='background:{color}'></i><b>{html.escape(name)}</b>"
        f"<span>{html.escape(type_)}</span>{chips}</div>"
    )


def _marks(record: LayerRecord) -> list[str]:
    found = {
        "functional": record.functional, "shared": record.shared, "frozen": record.frozen_params > 0,
        "repeated": record.call > 1,
    }  # fmt: skip
    return [t(f"architectures.mark.{name}") for name, holds in found.items() if holds]


def _shapes(shapes: tuple[tuple[int, ...], ...]) -> str:
    return " + ".join(shape_text(shape) for shape in shapes)


def _arithmetic(record: LayerRecord, found: cached.Traced) -> list[tuple[str, str]]:
    """The equations that there are, each with the name of what it gives."""
    worked = explain(record, found.trace)
    rows = [("shapes", f"{_shapes(record.input_shapes)} → {_shapes(record.output_shapes)}")]
    for name, letters, equations in (("output", "hw", worked.output), ("field", "hw", worked.field)):
        same = len(set(equations)) == 1
        signs = {"output": "o", "field": "r"}
        for axis, equation in enumerate(equations[:1] if same else equations):
            letter = signs[name] if same else f"{signs[name]}<sub>{letters[axis]}</sub>" if axis < 2 else signs[name]
            rows.append((name, f"{letter} = {html.escape(equation)}"))
    rows += [("params", html.escape(worked.params)), ("macs", html.escape(worked.macs)), ("memory", html.escape(worked.memory))]
    order = ("shapes", "output", "params", "macs", "field", "memory")
    return sorted(((name, in_language(text)) for name, text in rows if text), key=lambda row: order.index(row[0]))


def _rows(rows: list[tuple[str, str]]) -> None:
    """Texts may hold markup of ours (an index)."""
    drawn, before = "", ""
    for name, text in rows:
        label = html.escape(t(f"architectures.layer.{name}")) if name != before else ""
        drawn, before = drawn + f"<dt>{label}</dt><dd>{text}</dd>", name
    st.html(f"<dl class='arch-arithmetic'>{drawn}</dl>")
