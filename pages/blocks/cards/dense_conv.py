"""Fully connected as convolution: the course's numbers, any two-layer head, and the head on all of a picture."""

from __future__ import annotations

import numpy as np
import streamlit as st
import torch
from streamlit.delta_generator import DeltaGenerator

from cnn_core.architectures.building import seeded
from cnn_core.blocks import dense
from cnn_core.blocks.costs import cost
from cnn_core.blocks.dense import COURSE, HeadSizes
from cnn_core.blocks.snippets import Code
from cnn_core.errors import BlockError
from pages.blocks import frame, inputs
from pages.blocks.drawing import grid, listed, num, power, row, small, term
from pages.ui import cached, errors, state
from pages.ui.components.pixel_maps import Panel, pixel_maps
from pages.ui.i18n import number, t
from pages.ui.picture import choose_picture

PIECES = 3
PIECE = "_dense_piece"  # where in the session the place stands that the sliders began at
LIMITS = (-2.5, 2.5)  # of the course's weights on the scale


def draw(controls: DeltaGenerator, stage: DeltaGenerator) -> Code | None:
    with controls:
        view = inputs.options("dense_view", ("numbers", "head", "picture"))
    return {"numbers": _numbers, "head": _head, "picture": _picture}[view](controls, stage)


def _numbers(controls: DeltaGenerator, stage: DeltaGenerator) -> Code | None:
    """The course's layer three ways, every product to be checked by hand."""
    ways = dense.three_ways()
    shapes = {"linear": (1, 2, 2), "window": (1, 2, 2), "pixel": (4, 1, 1)}
    with controls:
        rows = [(t(f"blocks.dense_way.{name}"), cost(network.float(), shapes[name])) for name, network in ways.items()]
        frame.parameters("dense_conv", t("blocks.dense.asked"), rows[0][1].params, "4·2 + 2", rows)
    found = dense.answers()
    values = [value for line in COURSE.x for value in line]
    with stage:
        for unit, (weights, bias) in enumerate(zip(COURSE.weights, COURSE.bias, strict=True)):
            terms = " + ".join(f"{term(w)}·{term(x)}" for w, x in zip(weights, values, strict=True))
            frame.formula(f"y_{{{unit + 1}}} = ReLU", f"({terms} + {num(bias)})", num(found["linear"][unit], 1))
        for way, parts in _ways(values).items():
            st.markdown(f"**{t(f'blocks.dense_way.{way}')}** {t(f'blocks.dense.{way}_note')}")
            answer = grid(found[way][:, None], t("blocks.dense.answer"), scale="magnitude", limits=(0, 25), digits=1)
            row(*parts, "+", grid(np.array(COURSE.bias)[:, None], "b"), "=", answer)
        same = max(float(np.abs(answers - found["linear"]).max()) for answers in found.values())
        st.caption(t("blocks.dense.all_same", worst=power(same)))
    return Code("dense_numbers", {"x": COURSE.x, "weights": COURSE.weights, "bias": COURSE.bias})


def _ways(values: list[float]) -> dict[str, list[str]]:
    """Input and weights as each way lays them out."""
    kernels = [np.array(weights) for weights in COURSE.weights]
    whole = grid(np.array(kernels), t("blocks.dense.matrix"), scale="weights", limits=LIMITS)
    folded = [
        grid(weights.reshape(2, 2), t("blocks.dense.kernel", n=k + 1), scale="weights", limits=LIMITS)
        for k, weights in enumerate(kernels)
    ]
    flat = grid(np.array(kernels), t("blocks.dense.pixel_kernels"), scale="weights", limits=LIMITS, heads=("1", "2"))
    channels = [grid(np.array([[value]]), t("blocks.dense.channel", n=k + 1)) for k, value in enumerate(values)]
    return {
        "linear": [whole, "·", grid(np.array(values)[:, None], t("blocks.dense.vector"))],
        "window": [grid(np.array(COURSE.x), t("blocks.dense.map")), "∗", *folded],
        "pixel": [*channels, "∗", flat],
    }


def _head(controls: DeltaGenerator, stage: DeltaGenerator) -> Code | None:
    """Any two-layer head: drawn, turned into convolutions, compared, and run on maps that are larger by some pixels."""
    with controls:
        left, right = st.columns(2, gap="small")
        with left:
            channels = inputs.count("dense_channels", 1, 256, 128)
            height = inputs.count("dense_height", 1, 16, 7)
            hidden = inputs.count("dense_hidden", 1, 512, 64)
        with right:
            larger = inputs.count("dense_larger", 0, 16, 4)
            width = inputs.count("dense_width", 1, 16, 7)
            classes = inputs.count("dense_classes", 1, 100, 10)
        sizes = HeadSizes(channels, height, width, hidden, classes)
        with seeded(0):
            head = dense.linear_head(sizes)
        convolutions = dense.as_convolutions(head, sizes)
        forms = (("linear_head", head), ("conv_head", convolutions))
        rows = [(t(f"blocks.dense.{name}"), cost(network, sizes.input_shape)) for name, network in forms]
        working = f"{channels}·{height}·{width}·{hidden} + {hidden} + {hidden}·{classes} + {classes}"
        frame.parameters("dense_conv", t("blocks.dense.head_asked"), rows[0][1].params, working, rows)
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(1, *sizes.input_shape, generator=generator)
    big = torch.randn(1, channels, height + larger, width + larger, generator=generator)
    with torch.no_grad():
        one, two, scores = head(x)[0].numpy(), convolutions(x)[0, :, 0, 0].numpy(), convolutions(big)[0].numpy()
    with stage:
        shape = f"{channels}×{height}×{width}"
        steps = f"{shape} → {hidden} ({height}×{width}) → {classes} (1×1)"
        note = t("blocks.dense.equal", worst=power(float(np.abs(one - two).max())), size=f"{channels}×{height + larger}×{width + larger}",
                 out="×".join(map(str, scores.shape)))  # fmt: skip
        frame.formula("Flatten, Linear, ReLU, Linear  =  Conv, ReLU, Conv 1×1", steps, note=note)
        limit = float(max(np.abs(one).max(), np.abs(two).max())) or 1.0
        both = np.stack([one, two])[:, :10]
        row(grid(both, t("blocks.dense.answers"), scale="signed", limits=(-limit, limit), digits=3,
                 heads=[t("blocks.dense.linear_head"), t("blocks.dense.conv_head")]))  # fmt: skip
        most = float(np.abs(scores).max()) or 1.0
        shown = scores[0, :9, :9]
        row(grid(shown, t("blocks.dense.scores", out="×".join(map(str, scores.shape[1:]))), scale="signed", limits=(-most, most)))
    return Code("dense_head", {**vars(sizes), "larger": larger})


def _place(piece: tuple[int, int], rows_most: int, cols_most: int) -> tuple[int, int]:
    """Two sliders; they begin at a piece that the head knows, and go back to one when the pieces have become others."""
    names = ("dense_row", "dense_col")
    if st.session_state.get(PIECE, piece) != piece:
        for name, at in zip(names, piece, strict=True):
            state.keep(name, at)
    st.session_state[PIECE] = piece
    row, col = (
        _drag_in(column, name, most, at)
        for column, name, most, at in zip(st.columns(2, gap="small"), names, (rows_most, cols_most), piece, strict=True)
    )
    return row, col


def _drag_in(column: DeltaGenerator, name: str, most: int, default: int) -> int:
    with column:
        return inputs.drag(name, 0, max(1, most), default, 1)


def _picture(controls: DeltaGenerator, stage: DeltaGenerator) -> Code | None:
    """A head that knows pieces of the picture, run on all of it at once."""
    with controls:
        picture = choose_picture()
        image = small(picture.image, 96)
        side = inputs.steps("dense_side", (4, 6, 8, 12, 16, 24, 32), 8)
    try:
        corners = cached.measured(("pieces", picture.id, side), lambda: dense.liveliest(image, side, PIECES))
    except BlockError as error:
        with stage:
            errors.show(error)
        return None
    with controls:
        place = _place(corners[0], image.shape[0] - side, image.shape[1] - side)
    found = dense.search(image, side, PIECES, place)
    sizes = HeadSizes(3, side, side, len(found.corners), len(found.corners))
    with controls:
        head = dense.linear_head(sizes)
        rows = [(t("blocks.dense.linear_head"), cost(head, sizes.input_shape)),
                (t("blocks.dense.on_picture"), cost(dense.as_convolutions(head, sizes), (3, *image.shape[:2])))]  # fmt: skip
        n = sizes.hidden
        frame.parameters("dense_conv", t("blocks.dense.head_asked"), rows[0][1].params, f"3·{side}·{side}·{n} + {n} + {n}·{n} + {n}", rows)
    with stage:
        answers = listed(found.convolution)
        worst = found.largest_difference
        note = t("blocks.dense.found" if worst else "blocks.dense.found_equal", side=side, worst=power(worst),
                 count=number(found.scores[0].size))  # fmt: skip
        frame.formula(t("blocks.dense.place", row=found.place[0], col=found.place[1]), f"({answers})", note=note)
        panels = [Panel(image, t("blocks.dense.whole"), t("blocks.dense.alt", title=picture.title), kind="rgb", legend=False)]
        middle = (side - 1) / 2
        most = float(np.abs(found.scores).max()) or 1.0
        panels += [
            Panel(scores, t("blocks.dense.piece", row=corner[0], col=corner[1]), t("blocks.dense.alt", title=picture.title),
                  limits=(-most, most), origin=(middle, middle), reach=(float(side), float(side)), legend=False)
            for corner, scores in zip(found.corners, found.scores, strict=True)
        ]  # fmt: skip
        pixel_maps(panels, key="dense_maps")
    return Code("dense_picture", {"hidden": found.hidden.tolist(), "side": side, "height": image.shape[0], "width": image.shape[1]})
