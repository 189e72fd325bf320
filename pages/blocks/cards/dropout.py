"""Dropout: single values or whole maps gone, on the course's 1×3×5×5 tensor or on the picture's three colours."""

from __future__ import annotations

from typing import Any

import numpy as np
from streamlit.delta_generator import DeltaGenerator

from cnn_core.blocks import dropping
from cnn_core.blocks.costs import cost
from cnn_core.blocks.snippets import Code
from pages.blocks import frame, inputs
from pages.blocks.drawing import grid, num, row, small
from pages.ui.components.pixel_maps import Panel, pixel_maps
from pages.ui.i18n import t, tn
from pages.ui.picture import choose_picture

KINDS = ("maps", "values")
DRAWS = (1, 2, 5, 10, 20, 50, 100)


def draw(controls: DeltaGenerator, stage: DeltaGenerator) -> Code:
    with controls:
        view = inputs.options("drop_view", ("numbers", "picture"))
        picture = choose_picture() if view == "picture" else None
        whole = inputs.options("drop_kind", KINDS) == "maps"
        training = inputs.options("drop_mode", ("train", "eval")) == "train"
        p = inputs.drag("drop_p", 0.0, 0.9, 0.5, 0.1)
        draws = inputs.steps("drop_draws", DRAWS, 20)
        seed = inputs.seed("drop_seed")
        layer = dropping.layer(p, whole)
        priced = cost(layer, (3, 5, 5))
        frame.parameters("dropout", t("blocks.drop.asked", name=type(layer).__name__), priced.params, "", [(type(layer).__name__, priced)])
    x = dropping.COURSE if picture is None else _channels(small(picture.image))
    once = dropping.drop(x, p, whole_maps=whole, training=training, seed=seed)
    mean = dropping.mean_of_draws(x, p, draws, whole_maps=whole, seed=seed) if training else x
    with stage:
        gone = dropping.drop(np.ones_like(x), p, whole_maps=whole, training=training, seed=seed) == 0
        survivor = _survivor(gone)
        _formula(float(x[0, survivor, 0, 0]), gone, p, training)
        if picture is None:
            _numbers(x, once, mean, draws)
        else:
            panels = [
                Panel(_rgb(values), caption, t("blocks.drop.alt", title=picture.title, shown=caption), kind="rgb", legend=False)
                for values, caption in ((x, t("blocks.drop.input")), (once, t("blocks.drop.output")), (mean, tn("blocks.drop.mean", draws)))
            ]
            pixel_maps(panels, key="drop_maps")
    numbers: dict[str, Any] = {"p": round(p, 2), "whole_maps": whole, "training": training, "seed": seed, "draws": draws}
    numbers["channel"] = survivor
    if picture is not None:
        numbers |= {"value": float(x[0, survivor, 0, 0]), "height": x.shape[2], "width": x.shape[3]}
    return Code("dropout", numbers)


def _survivor(gone: np.ndarray) -> int:
    """The first map whose corner survived; the first of all where none did."""
    kept = np.flatnonzero(~gone[0, :, 0, 0])
    return int(kept[0]) if len(kept) else 0


def _formula(value: float, gone: np.ndarray, p: float, training: bool) -> None:
    """A value that survived, scaled; its expectation stays what it was."""
    if not training:
        frame.formula("y = x", note=t("blocks.drop.eval_note"))
        return
    numbers = f"{num(value)} / (1 − {num(p, 1)})"
    scaled = num(value / (1 - p))
    note = t("blocks.drop.expected", q=num(1 - p, 1), scaled=scaled, p=num(p, 1), value=num(value))
    share = t("blocks.drop.gone", share=num(100 * float(gone.mean()), 0))
    frame.formula("y = x / (1 − p)", numbers, scaled, f"{note} {share}")


def _numbers(x: np.ndarray, once: np.ndarray, mean: np.ndarray, draws: int) -> None:
    top = float(max(once.max(), x.max()))
    for values, name in ((x, "input"), (once, "output")):
        grids = [
            grid(values[0, c], t(f"blocks.drop.{name}_map", map=c + 1), scale="magnitude", limits=(0, top), digits=1,
                 faded=values[0, c] == 0)
            for c in range(3)
        ]  # fmt: skip
        row(*grids)
    row(*(grid(mean[0, c, :1], tn("blocks.drop.mean_row", draws), scale="magnitude", limits=(0, top), digits=1) for c in range(3)))


def _channels(image: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(image.transpose(2, 0, 1)[None], dtype=np.float32)


def _rgb(values: np.ndarray) -> np.ndarray:
    """(1, 3, H, W) as a picture; what is brighter than white stays white."""
    return np.ascontiguousarray(np.clip(np.rint(values[0]), 0, 255).astype(np.uint8).transpose(1, 2, 0))
