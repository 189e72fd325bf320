"""The code of every card is run, in both frameworks: it must count the weights that the block on the screen has."""

from __future__ import annotations

import os

os.environ.setdefault("KERAS_BACKEND", "torch")

from typing import Any

import pytest
from torch import nn

from cnn_core.blocks import (
    CARDS,
    branching,
    dense,
    downsampling,
    dropping,
    gating,
    normalising,
    residual,
    separating,
    signals,
)
from cnn_core.blocks.costs import cost
from cnn_core.blocks.snippets import FRAMEWORKS, write


def run(text: str) -> dict[str, Any]:
    scope: dict[str, Any] = {"__name__": "written"}
    exec(compile(text, "written", "exec"), scope)
    return scope


def separable_block(inputs: int, outputs: int, kernel: int, side: int) -> nn.Module:
    return separating.separable(separating.Sizes(inputs, outputs, kernel, side=side))


def dense_conv_block(**sizes: int) -> nn.Module:
    head = dense.HeadSizes(**sizes)
    return dense.as_convolutions(dense.linear_head(head), head)


def activation_block(name: str, **_: Any) -> nn.Module:
    make = signals.ACTIVATIONS[name][0]
    return nn.Sequential(*(layer for _ in range(20) for layer in (nn.Linear(16, 16, bias=False), make())))


# The numbers of a card, the block they make, and the shape of its input.
CASES: list[tuple[str, dict[str, Any], nn.Module, tuple[int, ...]]] = [
    ("batch_norm", {"channels": 192}, normalising.layer(192), (192, 8, 8)),
    ("batch_norm", {"channels": 3, "batch": 2, "side": 8}, normalising.layer(3), (3, 8, 8)),
    ("dropout", {}, dropping.layer(0.5, True), (3, 5, 5)),
    ("dropout", {"p": 0.2, "whole_maps": False}, dropping.layer(0.2, False), (3, 5, 5)),
    ("separable", {}, separable_block(1, 8, 3, 28), (1, 28, 28)),
    ("separable", {"inputs": 6, "outputs": 4, "kernel": 5, "side": 9}, separable_block(6, 4, 5, 9), (6, 9, 9)),
    *(
        ("residual", {"channels": 4, "form": form, "skip": skip, "side": 8}, residual.ResidualBlock(4, form, skip=skip), (4, 8, 8))
        for form in residual.FORMS for skip in (True, False)
    ),
    ("se_gate", {"channels": 64, "reduction": 16}, gating.gate(64, 16), (64, 14, 14)),
    ("se_gate", {"channels": 3, "reduction": 8, "side": 4}, gating.gate(3, 8), (3, 4, 4)),
    *(
        ("inception", {**vars(widths), "side": 6}, branching.InceptionBlock(widths), (widths.inputs, 6, 6))
        for widths in (*branching.PRESETS.values(), branching.PRESETS["googlenet_3a"].without_bottlenecks())
    ),
    ("inception", {"on": ("three",), "side": 6}, branching.InceptionBlock(branching.PRESETS["course"], ["three"]), (16, 6, 6)),
    *(
        ("downsampling", vars(head), downsampling.heads(head)["gap"], head.input_shape)
        for head in downsampling.PRESETS.values()
    ),
    *(
        ("dense_conv", sizes, dense_conv_block(**sizes), (sizes["channels"], sizes["height"], sizes["width"]))
        for sizes in (
            {"channels": 1, "height": 2, "width": 2, "hidden": 2, "classes": 2},
            {"channels": 3, "height": 4, "width": 3, "hidden": 5, "classes": 7},
        )
    ),
    *(
        ("activation", {"name": name, "start": start, "width": 16}, activation_block(name), (16,))
        for name, start in zip(signals.ACTIVATIONS, signals.STARTS * 2, strict=True)
    ),
]  # fmt: skip


@pytest.mark.parametrize("framework", FRAMEWORKS)
@pytest.mark.parametrize(("card", "numbers", "block", "shape"), CASES, ids=lambda value: value if isinstance(value, str) else "")
def test_code_runs_and_counts_what_the_block_has(
    card: str, numbers: dict[str, Any], block: nn.Module, shape: tuple[int, ...], framework: Any
) -> None:
    assert run(write(card, framework, **numbers))["params"] == cost(block, shape).params


def test_every_card_is_written() -> None:
    assert {case[0] for case in CASES} == set(CARDS)
