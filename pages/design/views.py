"""What stands beside the lines: the graph, the chosen line's arithmetic, code, challenges."""

from __future__ import annotations

import html
import re

import streamlit as st

from cnn_core import designs
from cnn_core.designs import Design
from cnn_core.errors import ConvolabError
from cnn_core.inspection import LayerRecord, code, explain
from pages.design import session
from pages.ui import cached, errors, picture, state
from pages.ui.cached import Designed
from pages.ui.components.field_view import field_view
from pages.ui.graph_view import draw_graph
from pages.ui.i18n import compact_bytes, number, t, tn
from pages.ui.theme import KIND_COLORS, OTHER_COLOR

WAYS = {"pytorch": ("sequential", "functional", "class"), "keras": ("sequential", "functional", "subclass")}
FRAMEWORKS = {"pytorch": "PyTorch", "keras": "Keras"}
NO_LAYER = ("scale", "padchannels")  # what a row of layers has no layer for
CODE_HEIGHT = 490  # pixels: what is left of a laptop's screen, scrolled inside
MOST_PIXELS = 256  # a side of the picture as it is sent


def graph(design: Design, found: Designed, line: int) -> None:
    """The network; a click chooses its line."""
    if not found.trace.layers:
        st.info(t("design.graph.empty"), icon=":material/account_tree:")
        return
    records = records_of(found, line)
    nodes = {node.first: node.id for node in found.graph.nodes if node.layers}
    # The line that the page begins with, which no link names, does not draw the eye away from the whole.
    selected = nodes.get(records[0].index) if records and session.LINE in st.query_params else None
    with st.container(key="design-graph"):
        clicked = draw_graph(found.trace, selected, key="design-graph-drawing", parameter=session.LINE, open_all=True)
    if clicked is not None and clicked != selected:
        record = next(record for record in found.trace.layers if nodes[record.index] == clicked)
        row = code.line_of(record, found.rows)
        if row is not None and row != line:
            state.keep(session.LINE, row)
            st.rerun()


def records_of(found: Designed, line: int) -> list[LayerRecord]:
    """The layers that ran for a line, those inside a block too."""
    paths = [path for path, row in found.rows.items() if row == line]
    return [
        layer for layer in found.trace.layers
        if any(layer.path == path or layer.path.startswith((f"{path}.", f"{path}:")) for path in paths)
    ]  # fmt: skip


def layer(design: Design, found: Designed, line: int) -> None:
    """The chosen line with its arithmetic, and what it sees of the picture of the session."""
    records = records_of(found, line)
    if line < 0 or not records:
        st.caption(t("design.layer.none"))
        return
    kind, last = design.rows[line].kind, records[-1]
    color = KIND_COLORS.get(kind.family, OTHER_COLOR)
    facts = found.checked.facts[line]
    marks = tn("design.layer.runs", len(records)) if len(records) > 1 else last.type
    title = f"<b>{html.escape(designs.line_text(kind))}</b><span>{html.escape(marks)}</span>"
    st.html(f"<div class='design-head'><i style='background:{color}'></i>{title}</div>")
    rows = _arithmetic(last, found) if len(records) == 1 else []
    shapes = f"{_shape(facts.input_shape)} → {_shape(facts.output_shape)}"
    if not rows:
        rows = [("shapes", shapes), ("params", number(facts.params)), ("macs", number(facts.macs)),
                ("memory", compact_bytes(sum(record.activation_bytes for record in records)))]  # fmt: skip
    drawn = "".join(f"<dt>{html.escape(t(f'design.layer.{name}'))}</dt><dd>{html.escape(text)}</dd>" for name, text in rows)
    st.html(f"<dl class='design-arithmetic'>{drawn}</dl>")
    if len(last.output_shape) == 4:
        shown, side = picture.current_picture(), min(max(design.input_shape[1:]), MOST_PIXELS)
        field_view(last, design.input_shape, cached.thumbnail(shown.id, side, shown.image), title=shown.title, key="design-field")


def _shape(shape: tuple[int, ...] | None) -> str:
    return designs.shape_text(shape) if shape else "?"


def _arithmetic(record: LayerRecord, found: Designed) -> list[tuple[str, str]]:
    worked = explain(record, found.trace)
    inside = " + ".join(_shape(shape[1:]) for shape in record.input_shapes)
    rows = [("shapes", f"{inside} → {_shape(record.output_shape[1:])}")]
    rows += [("output", f"o = {line}") for line in dict.fromkeys(worked.output)]
    rows += [("params", worked.params), ("macs", worked.macs)]
    rows += [("field", f"r = {line}") for line in dict.fromkeys(worked.field)]
    rows.append(("memory", worked.memory))
    return [(name, in_language(text)) for name, text in rows if text]


def in_language(equation: str) -> str:
    """The core writes ``= 1,792``; a Spanish reader expects another sign between the thousands."""
    return re.sub(r"\d{1,3}(?:,\d{3})+", lambda found: number(int(found[0].replace(",", ""))), equation)


def code_out(design: Design, found: Designed, line: int) -> None:
    """The network as code of its own: three ways in PyTorch, three in Keras."""
    framework = state.choice("code_in", "pytorch", allowed=FRAMEWORKS)
    way = state.choice("design_way", "class" if framework == "pytorch" else "functional", allowed=WAYS[framework])
    with st.container(horizontal=True, key="design-code-ways"):
        st.segmented_control(
            t("design.code.framework"), FRAMEWORKS, format_func=FRAMEWORKS.__getitem__, key="code_in", required=True,
            label_visibility="collapsed", width="content", on_change=_use_a_way,
        )  # fmt: skip
        st.segmented_control(
            t("design.code.way"), WAYS[framework], format_func=lambda one: t(f"design.code.{one}"), key="design_way", required=True,
            label_visibility="collapsed", width="content",
        )  # fmt: skip
    if not found.checked.whole:
        st.caption(t("design.code.broken"))
        return
    try:
        if way == "sequential" and any(row.kind.opens or row.kind.word in NO_LAYER for row in design.rows):
            text = code.write_nested(found.checked, found.trace, found.rows, framework)
        else:
            text = code.write(found.trace, framework, way, code.class_name(design.name or "Network"))
    except ConvolabError as error:
        errors.show(error)
        return
    st.code(text, language="python", height=CODE_HEIGHT)


def _use_a_way() -> None:
    if st.session_state.get("design_way") not in WAYS[st.session_state["code_in"]]:
        state.keep("design_way", "functional")
