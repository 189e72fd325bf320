"""One value of a map, worked out: the patch, the weights, the products, the sum, beside what torch computed."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from cnn_core import inspection
from cnn_core.errors import ConvolabError
from pages.feature_maps import layers, stacks
from pages.feature_maps.layers import CHANNEL
from pages.feature_maps.scene import Scene
from pages.feature_maps.stacks import Stack
from pages.ui import cached, errors, state
from pages.ui.components.map_grid import MapTiles, map_grid
from pages.ui.components.pixel_maps import Panel, pixel_maps
from pages.ui.i18n import number, t

if TYPE_CHECKING:
    from cnn_core.inspection import WorkedValue

MOST_LISTED = 8  # input channels in the table: those that count most
STRONGEST = -1  # the channel with the largest value, where none is open
BELOW = 18.0  # rem: for the sums and the steps under the grids
MOST_CELLS = 400  # of a window that is drawn as grids


def draw(scene: Scene) -> None:
    left, middle, right = st.columns([1.2, 1.2, 1.6], gap="small")
    with left.container(key="fm-layers"):
        layers.choose_layer(scene.found, scene.source.architecture, scene.layer)
    stack = stacks.stack(scene.values(scene.record), scene.record, scene.input_size)
    with middle.container(key="fm-value-map"):
        channel, spot = _choose_value(scene, stack)
    with right.container(key="fm-value"):
        try:
            found = _worked(scene, position(scene, stack, channel, spot, scene.input_size))
        except ConvolabError as error:
            errors.show(error)
            return
        _show(scene, found)


def _choose_value(scene: Scene, stack: Stack) -> tuple[int, tuple[int, int]]:
    """Draw the select of channels and the map; the map's place and the value's row and column."""
    count, columns = len(stack.maps), stack.maps.shape[2]
    strongest = int(np.argmax(stack.maps.reshape(count, -1).max(axis=1)))
    opened = state.choice(CHANNEL, STRONGEST, allowed=range(STRONGEST, count))
    shown = strongest if opened == STRONGEST else opened
    if count > 1:
        labels = {STRONGEST: t("feature_maps.value.strongest", channel=stack.channels[strongest])}
        labels |= {k: str(channel) for k, channel in enumerate(stack.channels)}
        st.selectbox(t("feature_maps.value.channel"), tuple(labels), key=CHANNEL, format_func=labels.__getitem__)
    plane = stack.maps[shown]
    at = state.choice("value_at", -1, allowed=range(-1, plane.size))
    place = int(np.argmax(plane)) if at < 0 else at
    spot = (place // columns, place % columns)
    found = stacks.figures(plane[None])
    limits, scale = stacks.limits(found, "map")
    tiles = MapTiles(
        plane[None], [str(stack.channels[shown])], limits, scale, {}, stacks.dead(found), scene.input_rgb, scene.input_size, stack.place,
        stack.flat, alone=True, spot=spot,
    )  # fmt: skip
    map_grid(
        tiles, version=repr((scene.made_from, scene.layer, shown)), key="fm-value-grid",
        title=t("feature_maps.value.map", channel=stack.channels[shown]) if count > 1 else scene.record.path,
        on_spot=lambda row, column: state.keep("value_at", row * columns + column),
    )  # fmt: skip
    return shown, spot


def position(scene: Scene, stack: Stack, channel: int, spot: tuple[int, int], input_size: tuple[int, int]) -> tuple[int, ...]:
    """The index into the layer's output, without the batch, of a value of a map."""
    shape = scene.record.output_shape[1:]
    row, column = spot
    columns = stack.maps.shape[2]
    if stack.form == "tokens":
        tokens = shape[0]
        side = stack.maps.shape[1]
        return tokens - side * side + row * side + column, channel
    if stack.form == "maps" and stacks.channels_last(shape, scene.record, input_size):
        return row, column, channel
    if stack.form == "maps":
        return channel, row, column
    place = channel * stack.maps[0].size + row * columns + column
    return tuple(int(at) for at in np.unravel_index(place, shape))


def _worked(scene: Scene, place: tuple[int, ...]) -> WorkedValue:
    address = inspection.address(scene.record)
    found: WorkedValue = cached.graph_part(
        ("worked", scene.made_from, address, place),
        lambda: inspection.work_out(scene.network(), scene.batch(), address, place),
    )
    return found


def _show(scene: Scene, found: WorkedValue) -> None:
    st.html(_heading(scene, found))
    many = found.channel_sums is not None and len(found.channels) > 1
    windowed = found.patch.ndim > 1 and 1 < found.patch[0].size <= MOST_CELLS
    place = _choose_input(found) if many else 0
    if windowed:
        _grids(found, place)
    if many:
        st.html(_sums(found, place, windowed))
    st.html(_steps(found))


def _heading(scene: Scene, found: WorkedValue) -> str:
    """Ours, torch's, and the difference."""
    agrees = abs(found.difference) <= found.tolerance
    cells = [
        (t("feature_maps.value.ours"), write(found.total)), (t("feature_maps.value.torch"), write(found.computed)),
        (t("feature_maps.value.difference"), _tiny(found.difference)),
    ]  # fmt: skip
    drawn = "".join(f"<div><b>{html.escape(value)}</b><span>{html.escape(label)}</span></div>" for label, value in cells)
    verdict = t("feature_maps.value.agrees" if agrees else "feature_maps.value.differs", tolerance=_tiny(found.tolerance))
    at = ", ".join(map(str, found.position))
    return (
        f"<div class='fm-value-head'><p><code>{html.escape(scene.record.path)}</code> {html.escape(scene.record.type)} [{at}]</p>"
        f"<div class='cells'>{drawn}</div><p class='verdict{'' if agrees else ' off'}'>{html.escape(verdict)}</p></div>"
    )


def _choose_input(found: WorkedValue) -> int:
    """Draw the select of input channels, those that count most first; the place of the chosen one."""
    sums = found.channel_sums if found.channel_sums is not None else np.zeros(0)
    ordered = [int(k) for k in np.argsort(-np.abs(sums), kind="stable")]
    name = "input_channel"
    place = state.choice(name, ordered[0], allowed=range(len(ordered)))
    labels = {k: t("feature_maps.value.input.label", channel=int(found.channels[k]), sum=write(float(sums[k]))) for k in ordered}
    st.selectbox(t("feature_maps.value.input"), ordered, key=name, format_func=labels.__getitem__)
    return int(place)


def _grids(found: WorkedValue, place: int) -> None:
    """Patch, weights and products of one input channel as squares with their numbers."""
    place = min(place, len(found.patch) - 1)
    patch = np.atleast_2d(np.where(np.isfinite(found.patch[place]), found.patch[place], 0.0))
    panels = [Panel(patch, t("feature_maps.value.patch"), t("feature_maps.value.patch"), legend=False,
                    scale="signed" if patch.min() < 0 else "magnitude")]  # fmt: skip
    if found.weights is not None and found.products is not None:
        for name, scale, array in (("weights", "weights", found.weights[place]), ("products", "signed", found.products[place])):
            title = t(f"feature_maps.value.{name}")
            panels.append(Panel(np.atleast_2d(array), title, title, scale=scale, legend=False))
    with st.container(key="fm-value-grids"):
        pixel_maps(panels, key="fm-patch", below=BELOW)
    if not found.inside.all():
        st.caption(t("feature_maps.value.padding"))


def _sums(found: WorkedValue, place: int, windowed: bool) -> str:
    """The input channels that count most, with their sums as bars, and what the others add up to."""
    sums = found.channel_sums if found.channel_sums is not None else np.zeros(0)
    ordered = np.argsort(-np.abs(sums), kind="stable")
    shown, rest = ordered[:MOST_LISTED], ordered[MOST_LISTED:]
    most = float(np.abs(sums).max()) or 1.0
    rows = []
    for k in shown:
        value = float(sums[k])
        detail = ""
        if not windowed and found.weights is not None:
            weight, given = float(found.weights[k].sum()), float(found.patch[k].sum())
            detail = f"{write(weight)} · {write(given)}"
        width = 50 * abs(value) / most
        left = 50 if value >= 0 else 50 - width
        sign = "plus" if value >= 0 else "minus"
        bar = f"<i class='{sign}' style='left:{left:.1f}%;width:{width:.1f}%'></i>"
        chosen = " class='chosen'" if windowed and k == place else ""
        cells = (str(int(found.channels[k])), detail, bar, write(value))
        rows.append(f"<tr{chosen}>" + "".join(f"<td{' class=bar' if cell is bar else ''}>{cell}</td>" for cell in cells) + "</tr>")
    if rest.size:
        label = html.escape(t("feature_maps.value.rest", count=number(len(rest))))
        rows.append(f"<tr class='rest'><td colspan=3>{label}</td><td>{write(float(sums[rest].sum()))}</td></tr>")
    titles = (t("feature_maps.value.from"), "" if windowed else t("feature_maps.value.product"), "", t("feature_maps.value.sum"))
    heads = "".join(f"<th>{html.escape(title)}</th>" for title in titles)
    return f"<table class='fm-sums'><tr>{heads}</tr>{''.join(rows)}</table>"


def _steps(found: WorkedValue) -> str:
    rows = "".join(
        f"<li><span>{html.escape(t(f'why.step.{step.id}'))}</span><em>{html.escape(step.symbols)}</em>"
        f"<code>{html.escape(step.text(write))}</code></li>"
        for step in found.steps
    )
    return f"<ol class='fm-steps'>{rows}</ol>"


def write(value: float) -> str:
    """Four digits that count, as the language writes them."""
    if not np.isfinite(value):
        return ("−" if value < 0 else "") + "∞" if np.isinf(value) else "?"
    if value and not 1e-4 <= abs(value) < 1e6:
        return _tiny(value)
    size = int(np.floor(np.log10(abs(value)))) if value else 0
    return number(round(float(value), max(0, 3 - size)), max(0, 3 - size)).replace("-", "−")


def _tiny(value: float) -> str:
    """A power of ten where the number is too small to be written out."""
    if value == 0:
        return "0"
    power = int(np.floor(np.log10(abs(value))))
    digits = "".join("⁰¹²³⁴⁵⁶⁷⁸⁹"[int(sign)] if sign.isdigit() else "⁻" for sign in str(power))
    return f"{number(value / 10.0**power, 1)}·10{digits}".replace("-", "−")
