"""Top-1 against multiply-accumulates, the area of a disc its parameters: the chart that the course shows from Canziani et al. (2016)."""

from __future__ import annotations

import html
from collections.abc import Sequence
from typing import TYPE_CHECKING

import plotly.graph_objects as go
import streamlit as st

from cnn_core import architectures
from pages.compare.words import enlarged, family_color, family_title, open_architecture, text_color, title
from pages.ui import cached, state
from pages.ui.i18n import compact, number, t, tn
from pages.ui.theme import CHART_CONFIG, style_figure

if TYPE_CHECKING:
    from cnn_core.architectures import Published

WEIGHTS = ("original", "best")
AXES = ("log", "linear")
LARGEST_PX = 84  # diameter of the network with the most parameters
SMALLEST_PX = 7  # what can still be clicked
SCALE = (5_000_000, 50_000_000, 150_000_000)  # the discs of the legend
HEIGHT = 520
TICKS = (0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100)  # GMACs
LINEAR_END = 72  # GMACs: up to ViT-L/16; the two beyond it (374 and 1,016) would press all others into one line


def draw() -> None:
    weights = state.choice("published", "original", allowed=WEIGHTS)
    axis = state.choice("axis", "log", allowed=AXES)
    with st.container(horizontal=True, vertical_alignment="center", key="compare-controls"):
        st.segmented_control(
            t("compare.weights"), WEIGHTS, format_func=lambda name: t(f"compare.weights.{name}"), key="published", required=True,
            label_visibility="collapsed", width="content", help=t("compare.weights.help"),
        )  # fmt: skip
        st.segmented_control(
            t("compare.axis"), AXES, format_func=lambda name: t(f"compare.axis.{name}"), key="axis", required=True,
            label_visibility="collapsed", width="content",
        )  # fmt: skip
        st.caption(t("compare.accuracy.about"))
    rows = chosen(load(), weights)
    beyond = [row for row in rows if row.macs / 1e9 > LINEAR_END]
    if axis == "linear" and beyond:
        st.caption(tn("compare.accuracy.beyond", len(beyond), end=LINEAR_END))
    strip = st.container(key="compare-strip")  # on a phone it is wider than the screen, and scrolls
    event = strip.plotly_chart(
        figure(rows, logarithmic=axis == "log"), key="compare_chart", on_select="rerun", selection_mode="points",
        config=CHART_CONFIG, width="stretch",
    )  # fmt: skip
    for point in event["selection"]["points"]:
        if data := point.get("customdata"):
            open_architecture(str(data[0]))
    _sources(rows)


def load() -> tuple[Published, ...]:
    """Every published weight set; in the first seconds of a server, after torchvision has arrived."""
    if cached.torch_is_here():
        return cached.published()
    with st.spinner(t("compare.loading")):
        return cached.published()


def chosen(published: Sequence[Published], weights: str) -> list[Published]:
    """One weight set for each architecture: the first that came with it, or the one with the highest top-1."""
    found: dict[str, Published] = {}
    for row in published:
        known = found.get(row.architecture)
        if known is None or (weights == "best" and row.top1 > known.top1):
            found[row.architecture] = row
    return list(found.values())


def figure(rows: Sequence[Published], *, logarithmic: bool) -> go.Figure:
    largest = max(row.params for row in rows)
    disc = {"sizemode": "area", "sizeref": 2 * largest / enlarged(LARGEST_PX) ** 2, "sizemin": enlarged(SMALLEST_PX) / 2}
    drawn = go.Figure()
    by_family: dict[str, list[Published]] = {}
    for row in rows:
        by_family.setdefault(architectures.get(row.architecture).family.id, []).append(row)
    for family_id, members in by_family.items():
        members = sorted(members, key=lambda row: -row.params)  # small discs are drawn over large ones
        color = family_color(family_id)
        drawn.add_scatter(
            x=[row.macs / 1e9 for row in members], y=[row.top1 for row in members], mode="markers",
            name=family_title(architectures.families()[family_id]),
            marker={"size": [row.params for row in members], "color": color, "opacity": 0.62, "line": {"width": 1, "color": color}, **disc},
            customdata=[[row.architecture, _hover(row)] for row in members], hovertemplate="%{customdata[1]}<extra></extra>",
        )  # fmt: skip
    _name_the_known(drawn, rows if logarithmic else [row for row in rows if _apart(row)], disc)
    _disc_scale(drawn, disc)
    style_figure(drawn, enlarged(HEIGHT))
    return drawn.update_layout(
        xaxis={"title": t("compare.axis.macs"), "type": "log" if logarithmic else "linear", "showgrid": True, "zeroline": False,
               **({"tickvals": TICKS, "ticktext": [number(tick) for tick in TICKS]} if logarithmic else {"range": [-2, LINEAR_END]})},
        yaxis={"title": t("compare.axis.top1"), "showgrid": True, "zeroline": False, "automargin": True},
        legend={"orientation": "h", "y": -0.13, "yanchor": "top", "x": 0, "font": {"size": enlarged(11)}, "itemsizing": "constant"},
        margin={"l": 8, "r": 8, "t": 8, "b": 8}, clickmode="event+select", dragmode=False,
        hoverlabel={"align": "left", "font": {"size": enlarged(13)}}, font={"size": enlarged(13)},
    )  # fmt: skip


def _hover(row: Published) -> str:
    facts = t(
        "compare.hover", top1=number(row.top1, 2), macs=compact(row.macs), params=compact(row.params), side=row.input_size,
        weights=row.weights,
    )  # fmt: skip
    return f"<b>{html.escape(title(row.architecture))}</b><br>{facts}<br>{html.escape(row.source)}"


# The discs that a lecture speaks of, and where there is room for their names.
LABELLED = {
    "alexnet": "bottom center", "vgg16": "bottom center", "googlenet": "top center", "resnet18": "bottom center",
    "squeezenet1_1": "middle left", "mobilenet_v2": "bottom center", "efficientnet_b0": "top center", "efficientnet_b7": "top center",
    "shufflenet_v2_x0_5": "middle right",
    "vit_h_14": "bottom center", "regnet_y_128gf": "bottom center", "vit_l_16": "bottom center",
}  # fmt: skip


def _apart(row: Published) -> bool:
    """Whether a disc stands by itself on the linear axis, where the small networks share one corner."""
    return 4 < row.macs / 1e9 < LINEAR_END or row.top1 < 57


def _name_the_known(drawn: go.Figure, rows: Sequence[Published], disc: dict) -> None:
    """Names beside the discs; invisible discs of the same size keep the names off the visible ones."""
    named = [row for row in rows if row.architecture in LABELLED]
    drawn.add_scatter(
        x=[row.macs / 1e9 for row in named], y=[row.top1 for row in named], mode="markers+text",
        text=[title(row.architecture).partition(" (")[0] for row in named], textposition=[LABELLED[row.architecture] for row in named],
        textfont={"size": enlarged(12), "color": text_color()}, marker={"size": [row.params for row in named], "opacity": 0, **disc},
        hoverinfo="skip", showlegend=False, cliponaxis=False,
    )  # fmt: skip


def _disc_scale(drawn: go.Figure, disc: dict) -> None:
    """Three grey discs in the corner, as large as so many parameters."""
    at = (0.72, 0.80, 0.91)
    drawn.add_scatter(
        x=at, y=[0.08] * len(at), xaxis="x2", yaxis="y2", mode="markers+text", hoverinfo="skip", showlegend=False,
        marker={"size": SCALE, "color": "rgba(128,128,128,0.25)", "line": {"width": 1, "color": "#808080"}, **disc},
        text=[compact(size) for size in SCALE], textposition="top center", textfont={"size": enlarged(11), "color": text_color()},
    )  # fmt: skip
    hidden = {"range": [0, 1], "visible": False, "fixedrange": True}
    drawn.update_layout(xaxis2={**hidden, "overlaying": "x"}, yaxis2={**hidden, "overlaying": "y"})


def _sources(rows: Sequence[Published]) -> None:
    with st.expander(t("compare.figures", count=len(rows))):
        st.caption(t("compare.figures.source"))
        st.dataframe(
            {
                t("compare.column.network"): [title(row.architecture) for row in rows],
                t("compare.column.weights"): [row.weights for row in rows],
                t("compare.column.top1"): [row.top1 for row in rows],
                t("compare.column.top5"): [row.top5 for row in rows],
                t("compare.column.macs"): [row.macs / 1e9 for row in rows],
                t("compare.column.params"): [row.params / 1e6 for row in rows],
                t("compare.column.size"): [row.input_size for row in rows],
                t("compare.column.source"): [row.source for row in rows],
            },
            column_config={t("compare.column.source"): st.column_config.LinkColumn()}, hide_index=True, width="stretch",
        )  # fmt: skip
