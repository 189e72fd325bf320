"""Two to six networks side by side, their stages of equal resolution in one row."""

from __future__ import annotations

import html
from dataclasses import dataclass

import streamlit as st

from cnn_core import architectures, designs
from cnn_core.errors import ConvolabError
from cnn_core.inspection import Trace
from pages.compare.stages import HEAD, Part, Stage, stages
from pages.compare.words import family_color, open_architecture, title
from pages.ui import cached, own_designs, state
from pages.ui.i18n import compact, error_text, number, t

MOST = 6
OWN = 0
SIDES = (OWN, 224, 64, 32, 28)
DEFAULT = ("resnet18", "vgg16")


@dataclass(frozen=True)
class Column:
    """One network: its stages by level, or why it has none at this size."""

    id: str
    trace: Trace | None
    stages: dict[int, Stage]
    error: ConvolabError | None = None


class _Nets:
    """Lists of one to six ids of the catalogue, or of designs."""

    def __contains__(self, value: object) -> bool:
        return isinstance(value, list) and len(value) <= MOST and set(value) <= set(_offered(value))


def draw() -> None:
    nets = state.choice("nets", list(DEFAULT), allowed=_Nets(), read=_read, write=_write)
    own_designs.say_missing("nets", nets)
    side = state.choice("compare_size", OWN, allowed=SIDES)
    left, right = st.columns([3, 1.4], gap="small")
    left.multiselect(
        t("compare.nets"), _offered(nets), format_func=title, key="nets", max_selections=MOST, placeholder=t("compare.nets.choose"),
    )  # fmt: skip
    right.selectbox(
        t("compare.size"), SIDES, key="compare_size",
        format_func=lambda n: t("compare.size.own") if n == OWN else f"{n} × {n}",
    )  # fmt: skip
    if len(nets) < 2:
        st.info(t("compare.nets.more"), icon=":material/add_circle:")
    if not nets:
        return
    columns = [_column(name, side) for name in nets]
    st.html(_table(columns))
    with st.container(horizontal=True, key="compare-open"):
        for name in nets:
            if st.button(t("compare.open", title=title(name)), key=f"open-{name}", icon=":material/open_in_new:", type="tertiary"):
                open_architecture(name)


def _offered(chosen: list[str]) -> tuple[str, ...]:
    """Everything there is, and older versions of designs that a link names."""
    newest = architectures.designed()
    older = [name for name in chosen if _is_design(name) and name not in newest and own_designs.problem(name) is None]
    return (*newest, *older, *architectures.ids())


def _is_design(name: object) -> bool:
    return isinstance(name, str) and designs.is_id(name)


def _read(text: str) -> list[str]:
    """The networks that a link names; designs that are not here are left out, and told about."""
    here = [name for name in text.split(",") if not _is_design(name) or own_designs.problem(name) is None]
    return [own_designs.read(name) for name in here] or list(DEFAULT)


def _write(names: list[str]) -> str:
    return ",".join(names)


def _column(name: str, side: int) -> Column:
    row = architectures.get(name)
    shape = (row.input_shape[0], side, side) if side else row.input_shape
    if cached.torch_is_here():
        found = cached.traced(name, shape)
    else:
        with st.spinner(t("compare.loading")):
            found = cached.traced(name, shape)
    if found.trace is None or found.error is not None:
        return Column(name, None, {}, found.error)
    return Column(name, found.trace, {stage.level: stage for stage in stages(found.trace)})


def _table(columns: list[Column]) -> str:
    """The whole comparison; every text in it is escaped here."""
    levels = sorted({level for column in columns for level in column.stages if level != HEAD})
    rows = [_head(columns), _totals(columns)]
    rows += [_row(level, columns) for level in [*levels, HEAD] if any(level in column.stages for column in columns)]
    return f"<div class='compare-scroll' tabindex='0'><table class='compare'>{''.join(rows)}</table></div>"


def _head(columns: list[Column]) -> str:
    cells = ""
    for column in columns:
        family = architectures.get(column.id).family
        cells += (f"<th scope='col' style='--family: {family_color(family.id)}'><i></i>{html.escape(title(column.id))}"
                  f"<small>{family.year}</small></th>")  # fmt: skip
    return f"<thead><tr><th></th>{cells}</tr></thead>"


def _totals(columns: list[Column]) -> str:
    """What each adds up to, on bars of one scale; where a network cannot be run at this size, why."""
    traces = [column.trace for column in columns if column.trace]
    rows = ""
    for name, values in (("params", [trace.params for trace in traces]), ("macs", [trace.macs for trace in traces])):
        cells = ""
        for column in columns:
            if column.trace is None:
                message = error_text(column.error) if column.error and name == "params" else ""
                cells += f"<td class='failed'>{html.escape(message)}</td>"
            else:
                value = getattr(column.trace, name)
                cells += f"<td><b>{compact(value)}</b>{_bar(value, max(values), name)}</td>"
        rows += f"<tr class='totals'><th scope='row'>{html.escape(t(f'compare.{name}'))}</th>{cells}</tr>"
    return rows + f"<tr><th scope='row'>{html.escape(t('compare.layers'))}</th>{''.join(_layers(column.trace) for column in columns)}</tr>"


def _layers(trace: Trace | None) -> str:
    if trace is None:
        return "<td></td>"
    weighted = sum(layer.kind in ("conv", "linear") for layer in trace.layers)
    return f"<td>{html.escape(t('compare.total', layers=weighted, size='×'.join(map(str, trace.input_shape[1:]))))}</td>"


def _bar(value: float, most: float, kind: str) -> str:
    share = 100 * value / max(most, 1)
    return f"<span class='bar {kind}' title='{number(value)}'><span style='width:{share:.2f}%'></span></span>"


def _row(level: int, columns: list[Column]) -> str:
    sides = {side for column in columns if level in column.stages and (side := column.stages[level].side)}
    name = t("compare.head") if level == HEAD else f"÷{2**level}"
    shown = "×".join(map(str, next(iter(sides)))) if len(sides) == 1 else ""
    most = max(column.stages[level].macs for column in columns if level in column.stages)
    cells = "".join(_cell(column.stages.get(level), most, len(sides) > 1) for column in columns)
    return f"<tr><th scope='row'>{html.escape(name)}<small>{shown}</small></th>{cells}</tr>"


def _cell(stage: Stage | None, most: int, with_side: bool) -> str:
    if stage is None:
        return "<td class='none'>–</td>"
    side = f"<small>{stage.side[0]}×{stage.side[1]}</small>" if with_side and stage.side else ""
    parts = " → ".join(_part(part) for part in stage.parts)
    if not stage.params and not stage.macs:
        return f"<td>{side}<div>{parts}</div></td>"
    cost = html.escape(t("compare.cell", params=compact(stage.params), macs=compact(stage.macs)))
    return f"<td>{side}<div>{parts}</div><span class='cost'>{cost}</span>{_bar(stage.macs, most, 'macs')}</td>"


def _part(part: Part) -> str:
    first, last = part.channels
    channels = number(last) if first == last else f"{number(first)}–{number(last)}"
    name = f"<b>{html.escape(part.name)}</b>"
    if part.kind != "block":
        name = html.escape(t(f"compare.part.{part.kind}", window=part.name).strip())
    count = f"{part.count} × " if part.count > 1 else ""
    return f"{count}{name}, {channels}" if part.kind not in ("max_pool", "avg_pool", "global_pool") else f"{count}{name}"
