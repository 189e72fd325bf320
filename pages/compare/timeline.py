"""From LeNet on: each family of the catalogue in its year, with what it brought, what it cost and how well it did."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import plotly.graph_objects as go
import streamlit as st

from cnn_core import architectures
from cnn_core.architectures import Architecture, Family
from pages.compare.accuracy import load
from pages.compare.words import enlarged, family_color, family_title, open_architecture, text_color, title
from pages.ui import state
from pages.ui.i18n import compact, number, row_text, t
from pages.ui.theme import CHART_CONFIG, style_figure

if TYPE_CHECKING:
    from cnn_core.architectures import Published

HEIGHT = 400
WRAP = 14  # letters of a name in a line: what a year's column has room for


def draw() -> None:
    families = architectures.families()
    best = best_of_families(load())
    members = members_of_families()
    chosen = state.choice("family", "lenet", allowed=families)
    strip = st.container(key="compare-strip")  # on a phone it is wider than the screen, and scrolls
    event = strip.plotly_chart(
        figure(list(families.values()), best, chosen), key=f"timeline_{chosen}", on_select="rerun", selection_mode="points",
        config=CHART_CONFIG, width="stretch",
    )  # fmt: skip
    for point in event["selection"]["points"]:
        if (data := point.get("customdata")) and data[0] != chosen:
            state.keep("family", str(data[0]))
            st.rerun()
    _choose(families.ids(), chosen)
    _card(families[chosen], members[chosen], best.get(chosen))


def best_of_families(published: Sequence[Published]) -> Mapping[str, Published]:
    """For each family the member with the highest top-1, whatever weight set it comes from."""
    best: dict[str, Published] = {}
    for row in published:
        family_id = architectures.get(row.architecture).family.id
        if family_id not in best or row.top1 > best[family_id].top1:
            best[family_id] = row
    return best


def members_of_families() -> Mapping[str, list[Architecture]]:
    found: dict[str, list[Architecture]] = {family_id: [] for family_id in architectures.families()}
    for arch_id in architectures.ids():
        row = architectures.get(arch_id)
        found[row.family.id].append(row)
    return found


def figure(families: Sequence[Family], best: Mapping[str, Published], chosen: str) -> go.Figure:
    """A dot a family over its year; those of one year stand above each other. Only the years between first and last are drawn."""
    heights: dict[int, int] = {}
    places = []
    for family in families:
        heights[family.year] = heights.get(family.year, 0) + 1
        places.append(heights[family.year])
    years = sorted(heights)
    column = {year: place for place, year in enumerate(years)}  # gaps of fourteen years would leave no room for 2014 to 2018
    drawn = go.Figure()
    drawn.add_scatter(
        x=[column[family.year] for family in families], y=places, mode="markers+text",
        text=["<br>".join(textwrap.wrap(family_title(family), WRAP)) for family in families], textposition="top center", cliponaxis=False,
        textfont={"size": enlarged(11), "color": text_color()},
        marker={
            "size": [enlarged(20 if family.id == chosen else 12) for family in families],
            "color": [family_color(family.id) for family in families],
            "line": {"width": [3 if family.id == chosen else 0 for family in families], "color": "#808080"},
        },
        customdata=[[family.id, _hover(family, best.get(family.id))] for family in families],
        hovertemplate="%{customdata[1]}<extra></extra>", showlegend=False,
    )  # fmt: skip
    style_figure(drawn, enlarged(HEIGHT))
    return drawn.update_layout(
        xaxis={"tickvals": list(column.values()), "ticktext": [str(year) for year in years], "showgrid": True, "zeroline": False,
               "range": [-0.5, len(years) - 0.5], "side": "bottom", "fixedrange": True},
        yaxis={"visible": False, "range": [0.75, max(heights.values()) + 0.9], "fixedrange": True},
        margin={"l": 8, "r": 8, "t": 8, "b": 8}, clickmode="event+select", dragmode=False, font={"size": enlarged(13)},
    )  # fmt: skip


def _hover(family: Family, best: Published | None) -> str:
    if best is None:
        return f"<b>{family_title(family)}</b> · {family.year}"
    best_title = title(best.architecture)
    return t("compare.timeline.hover", family=family_title(family), year=family.year, top1=number(best.top1, 1), title=best_title)


def _choose(ids: Sequence[str], chosen: str) -> None:
    """Earlier, later, and every family by name: what the keyboard needs."""
    here = ids.index(chosen)
    with st.container(horizontal=True, vertical_alignment="bottom", key="compare-steps"):
        for name, step in (("earlier", -1), ("later", 1)):
            st.button(
                t(f"compare.timeline.{name}"), key=f"timeline-{name}", disabled=not 0 <= here + step < len(ids), width="content",
                icon=f":material/{'arrow_back' if step < 0 else 'arrow_forward'}:", on_click=state.keep,
                args=("family", ids[min(max(here + step, 0), len(ids) - 1)]), shortcut="Left" if step < 0 else "Right",
            )  # fmt: skip
        st.selectbox(
            t("compare.timeline.family"), ids, key="family", label_visibility="collapsed", width=320,
            format_func=lambda name: f"{architectures.families()[name].year} · {family_title(architectures.families()[name])}",
        )  # fmt: skip


def _card(family: Family, members: Sequence[Architecture], best: Published | None) -> None:
    words, figures = st.columns([1.9, 1], gap="medium")
    with words:
        st.markdown(f"### {family_title(family)} :gray[{family.year}]")
        st.markdown(row_text("catalogue", family, "brought"))
        st.caption(f"{row_text('catalogue', family, 'authors')} · {row_text('catalogue', family, 'paper')}")
    with figures:
        sizes = sorted(member.params for member in members)
        shown = compact(sizes[0]) if sizes[0] == sizes[-1] else f"{compact(sizes[0])} – {compact(sizes[-1])}"
        st.markdown(f"**{shown}**  \n:gray[{t('compare.timeline.params', count=len(members))}]")
        if best is not None:
            whose = t("compare.timeline.top1", title=title(best.architecture), weights=best.weights)
            st.markdown(f"**{number(best.top1, 1)} %**  \n:gray[{whose}]")
        else:
            st.markdown(f":gray[{t('compare.timeline.unpublished')}]")
    with st.container(horizontal=True, key="compare-members"):
        for member in members:
            if st.button(title(member.id), key=f"open-{member.id}", type="tertiary", icon=":material/open_in_new:"):
                open_architecture(member.id)
