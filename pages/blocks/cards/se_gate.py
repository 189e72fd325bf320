"""Squeeze-and-Excitation: the picture's maps, their means, the weights that follow, and the weighed maps."""

from __future__ import annotations

import textwrap
from typing import Any

import numpy as np
import plotly.graph_objects as go
from streamlit.delta_generator import DeltaGenerator
from torch import nn

from cnn_core.blocks import gating
from cnn_core.blocks.costs import cost
from cnn_core.blocks.gating import Gated
from cnn_core.blocks.snippets import Code
from cnn_core.kernels import KERNELS
from pages.blocks import frame, inputs
from pages.blocks.drawing import chart, listed, num, small
from pages.ui.components.pixel_maps import Panel, pixel_maps
from pages.ui.i18n import number, row_text, t
from pages.ui.picture import choose_picture
from pages.ui.theme import CHART, KIND_COLORS

WIDE = (8, 64, 256, 512, 1024, 2048)
SIDE = 14


def draw(controls: DeltaGenerator, stage: DeltaGenerator) -> Code:
    with controls:
        picture = choose_picture()
        how: Any = inputs.options("se_how", ("by_hand", "random"))
        strength = inputs.drag("se_strength", 0.0, 20.0, 6.0, 0.5)
        seed, shown_reduction = 0, 1
        if how == "random":
            shown_reduction = inputs.steps("se_r_shown", (1, 2, 4, 8), 4)
            seed = inputs.seed("se_seed")
        channels = inputs.steps("se_channels", WIDE, 256)
        reduction = inputs.steps("se_r", (2, 4, 8, 16), 16)
        _parameters(channels, reduction)
    block = gating.weighted_gate(len(gating.CHANNELS), shown_reduction, how, strength, seed)
    done = gating.run(block, gating.first_maps(small(picture.image)))
    with stage:
        strongest = int(np.argmax(done.weights))
        numbers = t(
            "blocks.se.numbers", name=_title(strongest), mean=num(done.means[strongest]), weight=num(done.weights[strongest]),
        )  # fmt: skip
        hidden = listed(done.hidden, 2)
        frame.formula("s = sigmoid(W_{2}·ReLU(W_{1}·mean(x))),  y = s·x", note=f"{numbers} {t('blocks.se.hidden', values=hidden)}")
        _bars(done)
        _maps(done)
    code = {"means": done.means.tolist(), "how": how, "shown_reduction": shown_reduction, "strength": strength, "seed": seed}
    return Code("se_gate", {**code, "channels": channels, "reduction": reduction, "side": SIDE}, draws=how == "random")


def _parameters(channels: int, reduction: int) -> None:
    """The gate beside the 3×3 convolution it may stand behind: what it adds is little."""
    shape = (channels, SIDE, SIDE)
    gate, convolution = cost(gating.gate(channels, reduction), shape), cost(nn.Conv2d(channels, channels, 3, padding=1, bias=False), shape)
    hidden = max(1, channels // reduction)
    working = f"{number(channels)}·{hidden} + {hidden} + {hidden}·{number(channels)} + {number(channels)}"
    rows = [(t("blocks.se.gate"), gate), (t("blocks.se.beside"), convolution)]
    frame.parameters("se_gate", t("blocks.se.asked", channels=number(channels), reduction=reduction), gate.params, working, rows)


def _title(index: int) -> str:
    return row_text("kernel_table", KERNELS[gating.CHANNELS[index]], "title")


def _bars(done: Gated) -> None:
    figure = go.Figure()
    names = ["<br>".join(textwrap.wrap(_title(index), 13)) for index in range(len(done.means))]
    figure.add_bar(x=names, y=done.means, name=t("blocks.se.means"), marker_color=CHART[9])
    figure.add_bar(x=names, y=done.weights, name=t("blocks.se.weights"), marker_color=KIND_COLORS["attention"])
    names_below = {"autotickangles": [0, -60], "automargin": True, "tickfont": {"size": 10}}
    chart(figure, "se-bars", 175, barmode="group", yaxis={"range": [0, 1.25], "automargin": True}, xaxis=names_below)


def _maps(done: Gated) -> None:
    """Every map after the gate on the scale of the maps before it: what is held back goes dark."""
    top = float(np.quantile(done.maps, 0.995)) or 1.0
    panels = [
        Panel(done.weighed[index], f"{num(done.weights[index], 2)} · {_title(index)}",
              t("blocks.se.alt", name=_title(index), weight=num(done.weights[index], 2)), scale="magnitude", limits=(0, top), legend=False)
        for index in range(len(done.weights))
    ]  # fmt: skip
    pixel_maps(panels, key="se_maps", layout="grid")
