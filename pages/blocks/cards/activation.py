"""Activations, their gradients and where these vanish; and twenty layers from different starts."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go
from streamlit.delta_generator import DeltaGenerator

from cnn_core.blocks import signals
from cnn_core.blocks.costs import cost
from cnn_core.blocks.snippets import Code
from pages.blocks import frame, inputs
from pages.blocks.drawing import beside, chart, num, power
from pages.ui import cached
from pages.ui.i18n import t
from pages.ui.theme import CHART, KIND_COLORS

RANGE = 5.0
STARTS = {"xavier": CHART[0], "he": CHART[7], "small": CHART[9], "large": CHART[1]}
NAMES = ("tanh", "sigmoid", "relu", "leaky_relu", "prelu", "elu", "gelu", "silu")
HEIGHT = 205
RANGES = {"forward": (-4, 3), "backward": (-7, 2)}  # powers of ten: Xavier and He apart; what fades or blows up leaves the picture


def draw(controls: DeltaGenerator, stage: DeltaGenerator) -> Code:
    with controls:
        view = inputs.options("act_view", ("curve", "depth"))
        name = inputs.options("act_name", NAMES)
    return (_curve if view == "curve" else _depth)(controls, stage, name)


def _curve(controls: DeltaGenerator, stage: DeltaGenerator, name: str) -> Code:
    with controls:
        x = inputs.drag("act_x", -RANGE, RANGE, 2.0, 0.1)
        layer = signals.ACTIVATIONS[name][0]()
        priced = cost(layer, (64, 28, 28))
        rows = [(type(layer).__name__, priced)]
        frame.parameters("activation", t("blocks.act.asked", name=type(layer).__name__), priced.params, "", rows)
    at = signals.curve(name, np.array([x]))
    whole = signals.curve(name, np.linspace(-RANGE, RANGE, 401))
    y, slope = float(at.y[0]), float(at.gradient[0])
    with stage:
        flat = abs(slope) < signals.FLAT
        note = t("blocks.act.steep", slope=num(slope, 4))
        if flat:
            note = t("blocks.act.flat", slope=num(slope, 4), left=power(abs(slope) ** 10))
        frame.formula(f"σ(x) = {signals.ACTIVATIONS[name][1]}", f"σ({num(x, 1)}) = {num(y, 4)}    σ′({num(x, 1)})", num(slope, 4), note)
        charts = ((whole.y, y, "value", "act-value"), (whole.gradient, slope, "gradient", "act-gradient"))
        for place, (values, point, title, key) in zip(beside(), charts, strict=True):
            figure = go.Figure()
            figure.add_scatter(x=whole.x, y=values, mode="lines", line={"color": KIND_COLORS["activation"], "width": 3}, showlegend=False)
            figure.add_scatter(x=[x], y=[point], mode="markers", marker={"size": 11, "color": CHART[0]}, showlegend=False)
            for low, high in _stretches(whole):
                figure.add_vrect(x0=low, x1=high, fillcolor=CHART[9], opacity=0.16, line_width=0)
            heading = {"text": t(f"blocks.act.{title}"), "x": 0, "y": 0.98, "font": {"size": 13}}
            with place:
                chart(figure, key, HEIGHT, title=heading, yaxis={"automargin": True}, xaxis={"range": [-RANGE, RANGE]})
    return Code("activation_curve", {"name": name, "x": round(x, 1)})


def _stretches(curve: signals.Curve) -> list[tuple[float, float]]:
    """Where the activation is saturated, as stretches of x."""
    marks = np.flatnonzero(np.diff(np.concatenate([[0], curve.saturated.astype(int), [0]])))
    ends = np.append(curve.x, curve.x[-1])
    return [(float(ends[a]), float(ends[b])) for a, b in zip(marks[::2], marks[1::2], strict=True)]


def _depth(controls: DeltaGenerator, stage: DeltaGenerator, name: str) -> Code:
    with controls:
        depth = inputs.drag("act_depth", 5, 40, 20, 1)
        seed = inputs.seed("act_seed")
        start = inputs.options("act_start", tuple(STARTS), label=True)
        _parameters_of_stack(name, depth)
    found = {
        way: cached.measured(
            ("signals", name, way, depth, seed),
            lambda way=way: signals.measure(signals.noise(seed), name, way, depth=depth, seed=seed),
        )
        for way in STARTS
    }  # fmt: skip
    chosen = found[start]
    with stage:
        n = signals.WIDTH
        symbols = {"xavier": "√(2 / (n + n))", "he": "√(2 / n)"}.get(start, "s")
        drawn = float(signals.first_weights(n, start, seed).std())
        note = t("blocks.act.after", depth=depth, first=power(float(chosen.forward[1])), last=power(float(chosen.forward[-1])),
                 gradient=power(float(chosen.backward[0])), flat=num(100 * float(chosen.saturated[-1]), 0))  # fmt: skip
        frame.formula(f"w ~ N(0, s²),  s = {symbols}", t("blocks.act.drawn", n=n), num(drawn, 4), note)
        charts = (("forward", "signal", "act-signal"), ("backward", "back", "act-back"))
        for place, (values, title, key) in zip(beside(), charts, strict=True):
            figure = go.Figure()
            for way, color in STARTS.items():
                line = getattr(found[way], values)
                first = 0 if values == "forward" else 1
                figure.add_scatter(
                    x=np.arange(first, first + len(line)), y=[v if v > 0 else None for v in line], name=t(f"blocks.act_start.{way}"),
                    mode="lines", line={"color": color, "width": 4 if way == start else 1.5},
                )  # fmt: skip
            heading = {"text": t(f"blocks.act.{title}"), "x": 1, "xanchor": "right", "y": 0.98, "font": {"size": 13}}
            axis = {"type": "log", "exponentformat": "power", "automargin": True, "range": RANGES[values]}
            with place:
                chart(figure, key, HEIGHT, title=heading, yaxis=axis, xaxis={"title": t("blocks.act.layers")})
    numbers = {"name": name, "start": start, "width": n, "depth": depth, "samples": signals.SAMPLES, "seed": seed}
    return Code("activation_depth", {**numbers, "noise_seed": signals.NOISE_SEED + seed})


def _parameters_of_stack(name: str, depth: int) -> None:
    """All the layers that are measured; PReLU has a weight in each."""
    n, learned = signals.WIDTH, name == "prelu"
    priced = cost(signals.stack(name, depth), (n,))
    question = t("blocks.act.stack_asked_slopes" if learned else "blocks.act.stack_asked", depth=depth, width=n)
    frame.parameters("activation", question, priced.params, f"{depth}·{n}·{n}" + (f" + {depth}" if learned else ""),
                     [(t("blocks.act.stack", depth=depth), priced)])  # fmt: skip
