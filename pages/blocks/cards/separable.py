"""Separable convolution beside the standard one: which inputs each output sees, what that weighs, and the maps."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from cnn_core.blocks import separating
from cnn_core.blocks.costs import cost
from cnn_core.blocks.separating import Sizes
from cnn_core.blocks.snippets import Code
from pages.blocks import frame, inputs
from pages.blocks.drawing import num, small
from pages.blocks.wiring import Column, Wires, wiring
from pages.ui.i18n import number, t
from pages.ui.picture import choose_picture

SHOWN = 8  # channels of a column that are drawn
MOST_CHANNELS, MOST_SIDE = 2048, 512
COMPUTED = 64  # channels: beyond these the maps on the screen are of the first ones' weights alone


def draw(controls: DeltaGenerator, stage: DeltaGenerator) -> Code:
    with controls:
        buttons = st.container()
        picture = choose_picture()
        first = separating.PRESETS["course"]
        left, right = st.columns(2, gap="small")
        with left:
            n_in = inputs.count("sep_in", 1, MOST_CHANNELS, first.inputs)
            kernel = inputs.steps("sep_k", (1, 3, 5, 7), first.kernel)
        with right:
            n_out = inputs.count("sep_out", 1, MOST_CHANNELS, first.outputs)
            side = inputs.count("sep_side", 1, MOST_SIDE, first.side)
        groups = _groups(n_in, n_out)
    sizes = Sizes(n_in, n_out, kernel, groups, side)
    with buttons:
        inputs.presets("sep_preset", {name: _choices(preset) for name, preset in separating.PRESETS.items()}, _choices(sizes))
    standard, separable = separating.standard(sizes), separating.separable(sizes)
    one, two = cost(standard, sizes.input_shape), cost(separable, sizes.input_shape)
    depthwise, pointwise = (cost(part, sizes.input_shape).params for part in (separable.depthwise, separable.pointwise))
    with controls:
        rows = [(t("blocks.sep.standard") if groups == 1 else t("blocks.sep.grouped", groups=groups), one),
                (t("blocks.sep.separable"), two)]  # fmt: skip
        working = f"{kernel}·{kernel}·{number(n_in)} + {number(n_in)}·{number(n_out)}"
        told = frame.parameters("separable", t("blocks.sep.asked"), two.params, working, rows)
    with stage:
        plain = f"{kernel}·{kernel}·{number(n_in)}·{number(n_out)}" + (f" / {groups}" if groups > 1 else "")
        left, right = st.columns([2, 3], gap="medium")
        with left:
            frame.formula("k²·C_{in}·C_{out}" + (" / g" if groups > 1 else ""), plain, number(one.params) if told else "")
        with right:
            share = t("blocks.sep.share", share=num(100 * two.params / one.params, 1)) if told else ""
            frame.formula("k²·C_{in} + C_{in}·C_{out}", working, f"{number(depthwise)} + {number(pointwise)}" if told else "", share)
        wiring(_wires(small(picture.image, 64), sizes), told=told, key="sep-wiring")
    return Code("separable", {"inputs": n_in, "outputs": n_out, "kernel": kernel, "groups": groups, "side": side})


def _choices(sizes: Sizes) -> dict[str, Any]:
    return {"sep_in": sizes.inputs, "sep_out": sizes.outputs, "sep_k": sizes.kernel, "sep_side": sizes.side, "sep_groups": sizes.groups}


def _groups(n_in: int, n_out: int) -> int:
    """A slider over the numbers of groups that divide both; without a choice there is no slider."""
    possible = separating.group_counts(n_in, n_out)
    if len(possible) > 1:
        return inputs.steps("sep_groups", possible, 1)
    st.caption(t("blocks.sep.no_groups"))
    return 1


def _wires(image: np.ndarray, sizes: Sizes) -> list[Wires]:
    """Both ways as columns of channels, with the maps of the picture on the screen; the first channels of many."""
    drawn = replace(sizes, inputs=min(sizes.inputs, COMPUTED), outputs=min(sizes.outputs, COMPUTED), groups=1)
    if drawn.inputs % sizes.groups == 0 and drawn.outputs % sizes.groups == 0:
        drawn = replace(drawn, groups=sizes.groups)
    maps = separating.maps(image, drawn)
    standard, separable = separating.standard(sizes), separating.separable(sizes)
    square, n_in = sizes.kernel**2, sizes.inputs
    given = Column(t("blocks.sep.inputs"), n_in, maps.inputs[:SHOWN])
    seen = separating.seen_inputs(standard)[:SHOWN]
    title = t("blocks.sep.standard") if sizes.groups == 1 else t("blocks.sep.grouped", groups=sizes.groups)
    one = Wires(
        title, (given, Column(t("blocks.sep.outputs"), sizes.outputs, maps.whole[:SHOWN])), (seen[:, :SHOWN],),
        (standard.weight[0].numel(),), (sizes.kernel,), sizes.side**2,
    )  # fmt: skip
    columns = (given, Column(t("blocks.sep.middle"), n_in, maps.depthwise[:SHOWN]),
               Column(t("blocks.sep.outputs"), sizes.outputs, maps.pointwise[:SHOWN]))  # fmt: skip
    links = tuple(separating.seen_inputs(layer)[:SHOWN, :SHOWN] for layer in separable)
    two = Wires(t("blocks.sep.separable"), columns, links, (square, n_in), (sizes.kernel, 1), sizes.side**2)
    return [one, two]
