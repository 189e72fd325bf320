"""Batch normalisation: a real batch before and after, or four rows of numbers for checking by hand."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from cnn_core.blocks import normalising
from cnn_core.blocks.costs import cost
from cnn_core.blocks.normalising import Normalised
from cnn_core.blocks.snippets import Code
from cnn_core.errors import BlockError
from pages.blocks import batches, frame, inputs
from pages.blocks.drawing import chart, grid, num, row, term
from pages.ui import errors
from pages.ui.components.pixel_maps import Panel, pixel_maps
from pages.ui.i18n import number, t
from pages.ui.picture import choose_picture
from pages.ui.theme import CHART, KIND_COLORS

SIZES = (1, 2, 4, 8, 16, 32)
CHANNELS = ("0", "1", "2")
COURSE = 192  # maps of the course's convolution: 3 → 192, 5×5, without bias
TILED = 8  # pictures of a batch that are shown
MAPS = {"colours": normalising.colours, "edges": normalising.edges}


def draw(controls: DeltaGenerator, stage: DeltaGenerator) -> Code:
    with controls:
        dims = inputs.options("bn_dims", ("2", "1"))
        of = inputs.options("bn_of", tuple(MAPS)) if dims == "2" else ""
        picture = choose_picture() if dims == "2" else None
        mode = inputs.options("bn_mode", ("train", "eval"))
        channel = int(inputs.options(f"bn_channel_{of}" if of else "bn_feature", CHANNELS))
        left, right = st.columns(2, gap="small")
        with left:
            n = inputs.steps("bn_n", SIZES, 8) if dims == "2" else inputs.steps("bn_rows", (1, 2, 3, 4), 4)
            gamma = inputs.drag("bn_gamma", -1.0, 3.0, 1.0, 0.1)
        with right:
            seen = inputs.drag("bn_seen", 0, 60, 20, 1)
            beta = inputs.drag("bn_beta", -3.0, 3.0, 0.0, 0.1)
        channels = COURSE if dims == "2" else 3
        layer = normalising.layer(channels, int(dims))
        priced = cost(layer, (channels, 28, 28) if dims == "2" else (channels,))
        question = t("blocks.bn.asked", channels=channels)
        frame.parameters("batch_norm", question, priced.params, f"2·{channels}", [(type(layer).__name__, priced)])
    gammas, betas = [1.0] * 3, [0.0] * 3
    gammas[channel], betas[channel] = gamma, beta
    with stage:
        try:
            if picture is None:
                rows = normalising.NUMBERS[:n]
                earlier = [normalising.NUMBERS] * seen
                done = normalising.normalise(rows, gamma=gammas, beta=betas, training=mode == "train", seen=earlier)
            else:
                make, source = MAPS[of], batches.choose_source()
                earlier = [make(batches.draw(source, max(n, 2), 1 + k)) for k in range(seen)]
                given = make(batches.with_picture(batches.draw(source, n, 0), picture))
                done = normalising.normalise(given, gamma=gammas, beta=betas, training=mode == "train", seen=earlier)
        except BlockError as error:
            errors.show(error)
            st.caption(t("blocks.bn.one_row"))
            return _code_of_numbers(n, gammas, betas, mode, seen)
        _formula(done, channel, gamma, beta, mode)
        if picture is None:
            _rows(done)
            _remembered(done, channel)
            st.caption(t("blocks.bn.unbiased"))
        else:
            left, right = st.columns(2, gap="small")
            with left:
                _histogram(done, channel)
            with right:
                _remembered(done, channel)
            _pictures(done, channel, of)
    if picture is None:
        return _code_of_numbers(n, gammas, betas, mode, seen, done)
    x, _, mean, var = _one_value(done, channel)
    numbers = {"x": x, "mean": mean, "var": var, "gamma": gamma, "beta": beta, "training": mode == "train"}
    return Code("batch_norm_pictures", {**numbers, "channels": channels, "batch": n, "side": batches.SIDE})


def _code_of_numbers(n: int, gammas: list[float], betas: list[float], mode: str, seen: int, done: Normalised | None = None) -> Code:
    """The rows on the screen; without ``done`` the card has refused them, and the code shows how PyTorch does."""
    remembered = {} if done is None else {"mean": done.running_means[seen].tolist(), "var": done.running_vars[seen].tolist()}
    numbers = {"rows": normalising.NUMBERS.tolist(), "n": n, "gammas": gammas, "betas": betas, "training": mode == "train", "seen": seen}
    return Code("batch_norm_numbers", {**numbers, **remembered}, draws=done is None)


def _one_value(done: Normalised, channel: int) -> tuple[float, float, float, float]:
    """A value before and after, with what it is normalised by: the first picture's middle, or the first row's feature."""
    middle = (0, channel, *(n // 2 for n in done.before.shape[2:]))
    return float(done.before[middle]), float(done.after[middle]), float(done.used_mean[channel]), float(done.used_var[channel])


def _formula(done: Normalised, channel: int, gamma: float, beta: float, mode: str) -> None:
    """One value on its way."""
    x, y, mean, var = _one_value(done, channel)
    numbers = f"{num(gamma, 1)}·({num(x)} − {term(mean)}) / √({num(var, 4)} + 10⁻⁵) + {term(beta, 1)}"
    shape = done.before.shape
    counted = "·".join(str(size) for size in (shape[0], *shape[2:]))
    axes = f"N·H·W = {counted}" if len(shape) == 4 else "N"
    over = t("blocks.bn.over", axes=axes, count=number(done.counts))
    note = over if mode == "train" else t("blocks.bn.eval_note", mean=num(done.mean[channel]), var=num(done.var[channel], 4))
    if mode == "train" and shape[0] == 1:
        note = f"{note} {t('blocks.bn.alone')}"
    frame.formula("y = γ·(x − μ) / √(σ² + ε) + β", numbers, num(y), note)


def _rows(done: Normalised) -> None:
    """Before and after as numbers, mean and variance below."""
    heads = [*(f"x{i + 1}" for i in range(len(done.before))), "μ", "σ²"]
    before = np.vstack([done.before, done.mean, done.var])
    after = np.vstack([done.after, done.after.mean(axis=0), done.after.var(axis=0)])
    row(grid(before, t("blocks.bn.before"), heads=heads), "→",
        grid(after, t("blocks.bn.after"), scale="signed", limits=(-4, 4), heads=heads))  # fmt: skip


def _histogram(done: Normalised, channel: int) -> None:
    figure = go.Figure()
    for values, name, color in ((done.before, "before", CHART[9]), (done.after, "after", KIND_COLORS["norm"])):
        counts, ends = np.histogram(np.clip(values[:, channel], -6, 6), bins=72, range=(-6, 6))
        figure.add_bar(x=(ends[:-1] + ends[1:]) / 2, y=counts, name=t(f"blocks.bn.{name}"), marker_color=color, opacity=0.75)
    chart(figure, "bn-histogram", 165, barmode="overlay", bargap=0, yaxis={"visible": False}, xaxis={"range": [-4, 4], "title": None})


def _remembered(done: Normalised, channel: int) -> None:
    """What eval mode will use, as it comes closer to the data with every batch."""
    figure = go.Figure()
    for values, name, color in (
        (done.running_means, "mean", CHART[0]), (done.running_vars, "var", CHART[1]),
    ):  # fmt: skip
        figure.add_scatter(y=values[:, channel], name=t(f"blocks.bn.running_{name}"), mode="lines", line={"color": color})
    for value, color in ((done.mean[channel], CHART[0]), (done.var[channel], CHART[1])):
        figure.add_hline(y=float(value), line={"color": color, "dash": "dot", "width": 1})
    chart(figure, "bn-remembered", 165, xaxis={"title": t("blocks.bn.batches"), "automargin": True}, yaxis={"automargin": True})


def _pictures(done: Normalised, channel: int, of: str) -> None:
    """The channel's maps of the batch's first pictures, one colour scale for before and after: zero is white."""
    name = t(f"blocks.bn_channel_{of}.{channel}")
    panels = [
        Panel(_tiled(values[:TILED, channel]), t(f"blocks.bn.{when}_of", name=name), t("blocks.bn.alt", name=name), limits=(-3, 3),
              legend=False)
        for when, values in (("before", done.before), ("after", done.after))
    ]  # fmt: skip
    pixel_maps(panels, key="bn_maps")


def _tiled(maps: np.ndarray) -> np.ndarray:
    """Up to eight maps in rows of four, as one map."""
    across = min(len(maps), 4)
    rows = [np.concatenate(list(maps[i : i + across]), axis=1) for i in range(0, len(maps), across)]
    return np.concatenate([part for part in rows if part.shape[1] == rows[0].shape[1]], axis=0)
