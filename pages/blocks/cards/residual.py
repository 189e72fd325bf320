"""Residual block: the sum on a picture, the identity at zero weights, and gradients by depth with and without skips."""

from __future__ import annotations

from typing import Any

import numpy as np
import plotly.graph_objects as go
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from cnn_core.blocks import residual
from cnn_core.blocks.costs import cost
from cnn_core.blocks.residual import Parts
from cnn_core.blocks.snippets import Code
from pages.blocks import frame, inputs
from pages.blocks.drawing import beside, chart, num, power, small, term
from pages.ui import cached
from pages.ui.components.pixel_maps import Panel, pixel_maps
from pages.ui.i18n import t
from pages.ui.picture import choose_picture
from pages.ui.theme import CHART

CHANNELS, SIDE = 32, 28  # the course's block
HEIGHT = 235  # px of a chart
COLORS = {False: CHART[1], True: CHART[0]}


def draw(controls: DeltaGenerator, stage: DeltaGenerator) -> Code:
    with controls:
        view = inputs.options("res_view", ("block", "depth"))
    return _block(controls, stage) if view == "block" else _depth(controls, stage)


def _block(controls: DeltaGenerator, stage: DeltaGenerator) -> Code:
    with controls:
        picture = choose_picture()
        form: Any = inputs.options("res_form", residual.FORMS)
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            skip = inputs.switch("res_skip")
            seed = inputs.seed("res_seed")
        strength = inputs.drag("res_strength", 0.0, 1.0, 0.7, 0.05)
        _parameters(form, skip)
    parts = residual.run(residual.drawn_block(3, form, skip=skip, strength=strength, seed=seed), small(picture.image))
    step = 1 if form == "same" else 2
    with stage:
        at = (0, *(n // 2 for n in parts.out.shape[1:]))
        _formula(parts, step, at)
        _panels(parts, step, picture.title)
    numbers = {"z": float(parts.z[at]), "a": 0.0 if parts.shortcut is None else float(parts.shortcut[at]), "strength": strength}
    return Code("residual_block", {**numbers, "channels": CHANNELS, "form": form, "skip": skip, "side": SIDE})


def _parameters(form: str, skip: bool) -> None:
    shape = (CHANNELS, SIDE, SIDE)
    rows = [(t(f"blocks.res_form.{name}"), cost(residual.ResidualBlock(CHANNELS, name, skip=skip), shape)) for name in residual.FORMS]
    answer = rows[residual.FORMS.index(form)][1].params
    out = CHANNELS if form == "same" else 2 * CHANNELS
    working = f"3·3·{CHANNELS}·{out} + {out} + 3·3·{out}·{out} + {out}"
    if form == "projection" and skip:
        working += f" + {CHANNELS}·{out}"
    question = t("blocks.res.asked", form=t(f"blocks.res_form.{form}"), channels=CHANNELS)
    frame.parameters("residual", question, answer, working, rows)


def _formula(parts: Parts, step: int, at: tuple[int, ...]) -> None:
    """One value, of the middle of the first channel, and whether the block is the identity."""
    z, out = parts.z[at], parts.out[at]
    given = parts.a[:, ::step, ::step]
    worst = float(np.abs(parts.out[: len(given)] - given).max())
    note = t("blocks.res.identity") if worst < 1e-6 else t("blocks.res.difference", worst=num(worst))
    if parts.shortcut is not None:
        frame.formula("a^{(l+2)} = σ(z^{(l+2)} + a^{(l)})", f"max(0, {num(z)} + {term(parts.shortcut[at])})", num(out), note)
    else:
        frame.formula("a^{(l+2)} = σ(z^{(l+2)})", f"max(0, {num(z)})", num(out), note)


def _panels(parts: Parts, step: int, title: str) -> None:
    names = {name: t(f"blocks.res.{name}") for name in ("a", "z", "out")}
    alts = {name: t("blocks.res.alt", title=title, shown=shown) for name, shown in names.items()}
    apart = (float(step), float(step))
    panels = [
        Panel(_rgb(parts.a), names["a"], alts["a"], kind="rgb", legend=False),
        Panel(parts.z[0], names["z"], alts["z"], limits=(-1, 1), step=apart, legend=False),
        Panel(_rgb(parts.out), names["out"], alts["out"], kind="rgb", step=apart, legend=False),
    ]
    pixel_maps(panels, key="res_maps")


def _rgb(maps: np.ndarray) -> np.ndarray:
    """The first three maps, 0 to 1, as a picture."""
    return np.ascontiguousarray(np.clip(np.rint(maps[:3] * 255), 0, 255).astype(np.uint8).transpose(1, 2, 0))


def _depth(controls: DeltaGenerator, stage: DeltaGenerator) -> Code:
    with controls:
        init = inputs.options("res_init", residual.INITIALISATIONS)
        batch_norm = inputs.switch("res_norm", False)
        depth = inputs.drag("res_depth", 2, 100, 50, 2)
        seed = inputs.seed("res_seed")
        depth += depth % 2  # a link may hold an odd number; a block has two layers
        settings = {"init": init, "batch_norm": batch_norm, "seed": seed}
        _parameters_of_stack(depth, settings)
    with stage:
        norms = {skip: _norms(depth, skip, settings) for skip in COLORS}
        firsts = _first_layers(settings)
        note = t("blocks.res.share", depth=depth, plain=_share(norms[False]), skipped=_share(norms[True]))
        frame.formula("∂L/∂a^{(l)} = ∂L/∂a^{(l+2)} · σ′ · (1 + ∂z^{(l+2)}/∂a^{(l)})", note=note)
        for_layers, for_depths = go.Figure(), go.Figure()
        for skip, color in COLORS.items():
            name = t("blocks.res.with" if skip else "blocks.res.without")
            line = {"name": name, "mode": "lines+markers", "line": {"color": color}, "marker": {"size": 4}}
            for_layers.add_scatter(x=np.arange(1, depth + 1), y=_positive(norms[skip]), **line)
            for_depths.add_scatter(x=residual.DEPTHS, y=_positive(firsts[skip]), **line)
        axis = {"type": "log", "exponentformat": "power", "automargin": True}
        titles = _title("blocks.res.by_layer", depth=depth), _title("blocks.res.by_depth")
        left, right = beside()
        with left:
            chart(for_layers, "res-layers", HEIGHT, title=titles[0], yaxis=axis, xaxis={"title": t("blocks.res.layer")})
        with right:
            chart(for_depths, "res-depths", HEIGHT, title=titles[1], yaxis=axis, xaxis={"title": t("blocks.res.depth")})
    return Code("residual_depth", {"depth": depth, **settings})


def _parameters_of_stack(depth: int, settings: dict[str, Any]) -> None:
    """The network that is measured, without and with skips: a skip has no weights."""
    shape = (residual.CHANNELS, residual.SIDE, residual.SIDE)
    rows = [
        (t("blocks.res.with" if skip else "blocks.res.without"), cached.measured(
            ("stack", depth, skip, *settings.values()),
            lambda skip=skip: cost(residual.stack(depth, skip=skip, **settings).float(), shape),
        ))
        for skip in COLORS
    ]  # fmt: skip
    n, norm = residual.CHANNELS, settings["batch_norm"]
    question = t("blocks.res.stack_asked_norm" if norm else "blocks.res.stack_asked", depth=depth, channels=n)
    frame.parameters("residual", question, rows[0][1].params, f"{depth}·(3·3·{n}·{n} + {f'2·{n}' if norm else n})", rows)


def _norms(depth: int, skip: bool, settings: dict[str, Any]) -> np.ndarray:
    made_from = ("gradients", depth, skip, *settings.values())
    found: np.ndarray = cached.measured(made_from, lambda: residual.gradient_norms(depth, skip=skip, **settings))
    return found


def _first_layers(settings: dict[str, Any]) -> dict[bool, list[float]]:
    """The first layer's gradient norm at every depth, without and with skips; says how far it is."""
    bar = st.progress(0.0, t("blocks.res.measuring"))
    found: dict[bool, list[float]] = {skip: [] for skip in COLORS}
    for done, depth in enumerate(residual.DEPTHS, start=1):
        for skip in COLORS:
            found[skip].append(float(_norms(depth, skip, settings)[0]))
        bar.progress(done / len(residual.DEPTHS), t("blocks.res.measuring"))
    bar.empty()
    return found


def _title(message_id: str, **values: object) -> dict[str, Any]:
    return {"text": t(message_id, **values), "font": {"size": 13}, "x": 1, "xanchor": "right", "y": 0.98}


def _positive(values: Any) -> list[float | None]:
    """For a logarithmic axis, on which zero has no place."""
    return [float(value) if value > 0 else None for value in values]


def _share(norms: np.ndarray) -> str:
    """How much of the last layer's gradient arrives at the first."""
    return power(float(norms[0] / norms[-1])) if norms[-1] else power(0.0)
