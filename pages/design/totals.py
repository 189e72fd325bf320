"""What the design adds up to, and what is wrong with it: the first thing one looks at after an edit."""

from __future__ import annotations

import html
from collections.abc import Sequence

import streamlit as st

from cnn_core import designs
from cnn_core.designs import Remedy
from cnn_core.inspection.measuring import last_field
from pages.design import session
from pages.design.words import sentence
from pages.ui.cached import Designed
from pages.ui.i18n import compact, compact_bytes, number, t


def draw_totals(found: Designed) -> None:
    """One strip of figures."""
    checked, trace = found.checked, found.trace
    least = "" if checked.whole else "≥\u202f"
    seen = last_field(trace)
    output = designs.shape_text(checked.output_shape) if checked.output_shape else "?"
    cells = (
        ("params", least + compact(checked.params), number(checked.params)),
        ("macs", least + compact(checked.macs), number(checked.macs)),
        ("field", _side(seen), t("design.total.field.help")) if seen else ("field.all", "∞", t("design.total.field.all.help")),
        ("memory", least + compact_bytes(trace.activation_bytes), number(trace.activation_bytes)),
        ("layers", least + number(checked.layers), ""),
        ("output", output, ""),
    )
    drawn = ""
    for name, value, whole in cells:
        label = html.escape(t(f"design.total.{name}"))
        drawn += f"<div title='{html.escape(whole, quote=True)}'><b>{html.escape(value)}</b><span>{label}</span></div>"
    st.html(f"<div class='design-totals'>{drawn}</div>")


def _side(seen: tuple[int, int]) -> str:
    return f"{seen[0]}" if seen[0] == seen[1] else f"{seen[0]}×{seen[1]}"


def draw_problem(found: Designed, lines: Sequence[int]) -> None:
    """The first line that does not fit, why, and what one click can do about it; ``lines`` says where each row stands in the text."""
    if found.checked.whole:
        return
    problem = found.checked.problems[0]
    with st.container(key="design-problem"):
        where = t("design.problem", line=lines[problem.row]) if found.checked.design.rows else ""
        st.error(f"{where} {sentence(problem.error)}".strip(), icon=":material/build:")
        offered = designs.remedies(found.checked)
        if offered:
            with st.container(horizontal=True, gap="small"):
                for place, remedy in enumerate(offered):
                    st.button(
                        label(remedy), key=f"design-remedy-{place}", type="primary" if place == 0 else "secondary",
                        on_click=session.show, args=(remedy.after,),
                    )  # fmt: skip


def label(remedy: Remedy) -> str:
    facts = {name: number(fact) if isinstance(fact, int) else fact for name, fact in remedy.facts.items()}
    return t(f"design.remedy.{remedy.code}", **facts)

