"""Smaller maps: pooled or with stride 2, on a picture; and the head that one mean for each map replaces."""

from __future__ import annotations

from typing import Any

import numpy as np
import plotly.graph_objects as go
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from cnn_core import images
from cnn_core.blocks import downsampling, gating
from cnn_core.blocks.costs import cost
from cnn_core.blocks.snippets import Code
from pages.blocks import frame, inputs
from pages.blocks.drawing import chart, listed, num, small
from pages.ui.components.pixel_maps import Panel, pixel_maps
from pages.ui.i18n import number, t
from pages.ui.picture import choose_picture
from pages.ui.theme import CHART, KIND_COLORS

MAPS_SIDE = 16  # px of the maps that the heads answer to
WIDE = (3, 16, 64, 96, 128, 192, 256, 512)
CLASSES = 10
HALVED = 32  # px of the maps that the costs of halving are counted for


def draw(controls: DeltaGenerator, stage: DeltaGenerator) -> Code:
    with controls:
        view = inputs.options("down_view", ("halve", "head"))
        picture = choose_picture()
    draw_view = _halve if view == "halve" else _head
    return draw_view(controls, stage, picture.image, picture.title)


def _halve(controls: DeltaGenerator, stage: DeltaGenerator, image: np.ndarray, title: str) -> Code:
    with controls:
        which: Any = inputs.options("down_filter", downsampling.FILTERS, label=True)
        seed = inputs.seed("down_seed") if which == "random" else 0
        channels = inputs.steps("down_channels", WIDE, 96)
        layers = downsampling.halving(channels)
        rows = [(t(f"blocks.down.{name}"), cost(layer, (channels, HALVED, HALVED))) for name, layer in layers.items()]
        frame.parameters("downsampling", t("blocks.down.asked", channels=channels), rows[-1][1].params, f"2·2·{channels}·{channels}", rows)
    given = small(image, 96)
    found = downsampling.halved(given, which, seed)
    with stage:
        window = given[:2, :2].astype(np.float64).transpose(2, 0, 1) / 255
        values = listed(window[0].ravel(), 2)
        numbers = " · ".join(f"{t(f'blocks.down.{name}')} {num(maps[0, 0, 0], 2)}" for name, maps in found.items())
        frame.formula("2×2 → 1", f"({values}) → {numbers}", note=t("blocks.down.lost"))
        name = t("blocks.down.input")
        panels = [Panel(given, name, t("blocks.down.alt", title=title, how=name), kind="rgb", legend=False)]
        panels += [
            Panel(_rgb(maps), t(f"blocks.down.{name}"), t("blocks.down.alt", title=title, how=t(f"blocks.down.{name}")), kind="rgb",
                  origin=(0.5, 0.5), step=(2.0, 2.0), reach=(2.0, 2.0), legend=False)
            for name, maps in found.items()
        ]  # fmt: skip
        pixel_maps(panels, key="down_maps")
    code = {"window": window.tolist(), "channels": channels, "filter": which, "seed": seed, "side": HALVED}
    return Code("halving", code, draws=which == "random")


def _rgb(maps: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(np.clip(np.rint(maps * 255), 0, 255).astype(np.uint8).transpose(1, 2, 0))


def _head(controls: DeltaGenerator, stage: DeltaGenerator, image: np.ndarray, title: str) -> Code:
    with controls:
        rows_moved = inputs.drag("down_rows", -8, 8, 4, 1)
        cols_moved = inputs.drag("down_cols", -8, 8, 4, 1)
        head = downsampling.PRESETS[inputs.options("down_preset", tuple(downsampling.PRESETS))]
        priced = {name: cost(network, head.input_shape) for name, network in downsampling.heads(head).items()}
        working = f"{number(head.channels)}·{head.side}·{head.side}·{number(head.classes)} + {number(head.classes)}"
        shape = f"{number(head.channels)}×{head.side}×{head.side}"
        question = t("blocks.down.head_asked", shape=shape, classes=number(head.classes))
        frame.parameters("downsampling", question, priced["dense"].params, working, [(t(f"blocks.down.{n}"), c) for n, c in priced.items()])
    maps = gating.first_maps(images.resize(images.square_crop(image), MAPS_SIDE, MAPS_SIDE))
    moved = downsampling.moved(maps, rows_moved, cols_moved, CLASSES)
    with stage:
        means = listed(maps.mean(axis=(1, 2)), 2)
        change = {name: float(np.abs(moved.after[name] - moved.before[name]).max()) for name in moved.before}
        note = t("blocks.down.changed", dense=num(change["dense"]), gap=num(change["gap"]))
        frame.formula("GAP(x)_{c} = Σ x_{c} / (H·W)", f"({means})", note=note)
        charts, drawn = st.columns([3, 1], gap="small")
        for name in moved.before:
            figure = go.Figure()
            for when, color in (("before", CHART[9]), ("after", KIND_COLORS["linear" if name == "dense" else "pool"])):
                answers = getattr(moved, when)[name]
                figure.add_bar(x=[str(k) for k in range(CLASSES)], y=answers, name=t(f"blocks.down.{when}"), marker_color=color)
            heading = {"text": t(f"blocks.down.{name}"), "x": 1, "xanchor": "right", "y": 0.98, "font": {"size": 13}}
            with charts:
                chart(figure, f"down-{name}", 190, barmode="group", title=heading, yaxis={"automargin": True})
        with drawn:
            panels = [_moved(maps[0], title, "before", 0, 0), _moved(maps[0], title, "after", rows_moved, cols_moved)]
            pixel_maps(panels, key="down_moved", layout="grid")
    return Code("heads", {**vars(head), "rows": rows_moved, "cols": cols_moved})


def _moved(values: np.ndarray, title: str, when: str, rows: int, cols: int) -> Panel:
    name = t(f"blocks.down.map_{when}")
    alt = t("blocks.down.alt", title=title, how=name)
    return Panel(np.roll(values, (rows, cols), axis=(0, 1)), name, alt, scale="magnitude", legend=False)
