"""Inception block: four branches on a picture, each on and off, and what a 1×1 bottleneck saves."""

from __future__ import annotations

import html

import numpy as np
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from cnn_core.blocks import branching
from cnn_core.blocks.branching import InceptionBlock, Widths
from cnn_core.blocks.costs import Cost, cost
from cnn_core.blocks.snippets import Code
from cnn_core.errors import BlockError
from cnn_core.kernels import KERNELS
from pages.blocks import frame, inputs
from pages.blocks.drawing import num, small
from pages.ui import errors
from pages.ui.components.pixel_maps import Panel, pixel_maps, robust_limits
from pages.ui.i18n import number, row_text, t
from pages.ui.picture import choose_picture
from pages.ui.theme import CHART, KIND_COLORS

COLORS = {"one": CHART[0], "three": CHART[4], "five": CHART[5], "pool": KIND_COLORS["pool"]}


def draw(controls: DeltaGenerator, stage: DeltaGenerator) -> Code | None:
    with controls:
        picture = choose_picture()
        on = tuple(name for name in branching.BRANCHES if inputs.switch(f"inc_{name}"))
        preset = inputs.options("inc_widths", tuple(branching.PRESETS))
        widths = branching.PRESETS[preset]
        reduced = widths.has_bottlenecks and inputs.switch("inc_reduce")
        chosen = widths if reduced else widths.without_bottlenecks()
    try:
        block = branching.picture_block(on)
    except BlockError as error:
        with stage:
            errors.show(error)
        return None
    each = {name: cost(InceptionBlock(chosen, [name]), chosen.input_shape) for name in on}
    with controls:
        _parameters(widths, chosen, on)
    with stage:
        parts = " + ".join(number(priced.output_shape[0]) for priced in each.values())
        height, width = chosen.side, chosen.side
        total = sum(priced.output_shape[0] for priced in each.values())
        note = t("blocks.inc.same_size", inputs=number(chosen.inputs), size=f"{height}×{width}")
        frame.formula("C = C_{1×1} + C_{3×3} + C_{5×5} + C_{pool}", parts, number(total), note)
        _depth(each)
        _maps(branching.run(block, small(picture.image)))
    return Code("inception", {**vars(chosen), "on": on})


def _parameters(widths: Widths, chosen: Widths, on: tuple[str, ...]) -> None:
    whole = cost(InceptionBlock(chosen, on), chosen.input_shape)
    rows = [(t("blocks.inc.this"), whole)]
    if widths.has_bottlenecks:
        other = widths.without_bottlenecks() if chosen == widths else widths
        name = t("blocks.inc.without" if chosen == widths else "blocks.inc.with")
        rows.append((name, cost(InceptionBlock(other, on), other.input_shape)))
    working = " + ".join(part for name in on if (part := _working(name, chosen)))
    frame.parameters("inception", t("blocks.inc.asked"), whole.params, working, rows)


def _working(branch: str, w: Widths) -> str:
    """A branch's weights and biases as a sum of products."""
    kernels = {"one": 1, "three": 3, "five": 5}
    if branch == "pool":
        return f"({w.inputs}·{w.pool} + {w.pool})" if w.pool else ""
    out = {"one": w.one, "three": w.three, "five": w.five}[branch]
    first = {"one": 0, "three": w.reduce_three, "five": w.reduce_five}[branch]
    square = f"{kernels[branch]}²·" if kernels[branch] > 1 else ""
    if first:
        return f"({w.inputs}·{first} + {first} + {square}{first}·{out} + {out})"
    return f"({square}{w.inputs}·{out} + {out})"


def _depth(each: dict[str, Cost]) -> None:
    """The concatenation as one bar of channels; the names stand below it, where a narrow part has room for its own too."""
    parts, names = [], []
    for name, priced in each.items():
        channels, title = number(priced.output_shape[0]), html.escape(t(f"blocks.inc_{name}"))
        style = f"style='--part: {COLORS[name]}; flex-grow: {priced.output_shape[0]}'"
        parts.append(f"<b {style} title='{title} · {channels}'>{channels}</b>")
        names.append(f"<span {style}>{title}</span>")
    st.html(f"<div class='blocks-depth'><div>{''.join(parts)}</div><p>{''.join(names)}</p></div>")


def _maps(found: dict[str, np.ndarray]) -> None:
    panels = []
    for branch, maps in found.items():
        for index, values in enumerate(maps):
            name = _name(branch, index)
            title = t(f"blocks.inc_{branch}")
            panels.append(Panel(
                values, f"{title}: {name}", t("blocks.inc.alt", branch=title, name=name, most=num(float(values.max()))),
                scale="magnitude", limits=robust_limits(values, "magnitude"), legend=False,
            ))  # fmt: skip
    pixel_maps(panels, key="inc_maps", layout="grid")


def _name(branch: str, index: int) -> str:
    name = branching.HAND_MADE[branch][index]
    return row_text("kernel_table", KERNELS[name], "title") if name in KERNELS else t(f"blocks.inc.{name}")
