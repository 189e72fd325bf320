"""Who made a network, when, what it brought, and what it adds up to."""

from __future__ import annotations

import html
import re

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from cnn_core.architectures import Architecture
from cnn_core.inspection import Trace
from pages.architectures.choose import title
from pages.architectures.words import shape_text
from pages.ui import cached
from pages.ui.i18n import compact, compact_bytes, number, row_text, t

MOST_AUTHORS = 4  # by name beside the title; all of them stand behind "more"
LINKS = ((r"arXiv:(\d{4}\.\d{4,5})", "https://arxiv.org/abs/"), (r"doi:(10\.\S+)", "https://doi.org/"))


def draw_network(row: Architecture) -> DeltaGenerator:
    """Draw what is known without torch; the place beside it, for ``draw_totals``."""
    with st.container(key="arch-facts"):
        words, figures = st.columns([1.55, 1], gap="medium", vertical_alignment="top")
    family = row.family
    with words:
        name, year = title(row), str(row.year)
        st.title(name if year in name else f"{name} :gray[{year}]", anchor=False)
        authors = row_text("catalogue", family, "authors").split(", ")
        few = ", ".join(authors) if len(authors) <= MOST_AUTHORS else t("architectures.and_others", first=authors[0])
        paper = _linked(row_text("catalogue", family, "paper"))
        st.caption(f"{few} · {paper}")
        st.markdown(row_text("catalogue", family, "brought"))
    return figures


def draw_totals(row: Architecture, found: cached.Traced) -> None:
    """Draw what the network adds up to, and what stands behind "more"."""
    _totals(found.trace, found.error is None)
    _more(row)


def _linked(paper: str) -> str:
    for pattern, address in LINKS:
        paper = re.sub(pattern, lambda hit, address=address: f"[{hit[0]}]({address}{hit[1]})", paper)  # type: ignore[misc]
    return paper


def _more(row: Architecture) -> None:
    """Where the implementation departs from the paper, whose code it is, and all the authors."""
    with st.popover(t("architectures.more"), type="tertiary", key="arch-more"):
        notes = [row_text("catalogue", note, "differs") for note in row.notes]
        st.markdown(f"**{t('architectures.differs')}**")
        st.markdown("\n\n".join(notes) if notes else t("architectures.differs.nowhere"))
        st.caption(f"{t(f'architectures.source.{row.source}')}  \n{row_text('catalogue', row.family, 'authors')}")


def _totals(trace: Trace | None, whole: bool) -> None:
    if trace is None:
        return
    least = "" if whole else "≥\u202f"  # what was added up until the layer that failed
    memory = trace.activation_bytes
    weighted = sum(layer.params > 0 for layer in trace.layers)
    products = sum(layer.kind in ("conv", "linear") for layer in trace.layers)
    weights = t("architectures.total.params.whole", params=number(trace.params), size=compact_bytes(trace.param_bytes))
    cells = [
        ("params", compact(trace.params), weights),
        ("macs", least + compact(trace.macs), t("architectures.total.macs.whole", macs=number(trace.macs), flops=compact(2 * trace.macs))),
        ("memory", least + compact_bytes(memory), t("architectures.total.memory.whole", size=number(memory))),
        ("layers", least + number(len(trace.layers)), t("architectures.total.layers.whole", weighted=weighted, products=products)),
        ("shapes", f"{shape_text(trace.input_shape)} → {shape_text(trace.output_shape) if trace.output_shape else '?'}",
         t("architectures.total.shapes.whole")),
    ]  # fmt: skip
    drawn = "".join(
        f"<div class='figure {name}' title='{html.escape(hover, quote=True)}'><b>{html.escape(value)}</b>"
        f"<span>{html.escape(t(f'architectures.total.{name}'))}</span></div>"
        for name, value, hover in cells
    )
    st.html(f"<div class='arch-figures'>{drawn}</div>")


def downloads(row: Architecture, trace: Trace | None) -> None:
    """The table as a file; made when it is asked for."""
    if trace is None:
        return
    with st.container(horizontal=True, gap="small", width="content", key="arch-downloads"):
        for name, make, mime in (("csv", trace.to_csv, "text/csv"), ("md", trace.to_markdown, "text/markdown")):
            st.download_button(
                {"csv": "CSV", "md": "Markdown"}[name], make, f"{row.id}.{name}", mime, key=f"arch-{name}", type="tertiary",
                icon=":material/download:", on_click="ignore", help=t("architectures.download"),
            )  # fmt: skip
