"""The code of the views is run for sizes of every kind, in both frameworks: it counts the weights that the block has.

That it prints what a card shows is held by ``tests/pages/test_blocks_code.py``, on the cards themselves.
"""

from __future__ import annotations

import os

os.environ.setdefault("KERAS_BACKEND", "torch")

from typing import Any

import pytest
import torch
from torch import nn

from cnn_core.blocks import branching, downsampling, gating, normalising, residual, separating, signals
from cnn_core.blocks.costs import cost
from cnn_core.blocks.snippets import FRAMEWORKS, Code
from cnn_core.blocks.snippets.writing import literal


def run(text: str) -> dict[str, Any]:
    scope: dict[str, Any] = {"__name__": "written"}
    exec(compile(text, "written", "exec"), scope)
    return scope


def separable_rows(**sizes: int) -> list[nn.Module]:
    made = separating.Sizes(**sizes)
    return [separating.standard(made), separating.separable(made)]


VALUE = {"x": 0.5, "mean": -0.1, "var": 0.2}
# The numbers of a view, the networks of its table in their order, and the shape of their input.
CASES: list[tuple[str, dict[str, Any], list[nn.Module], tuple[int, ...]]] = [
    ("batch_norm_pictures", {**VALUE, "channels": 3, "batch": 2, "side": 8}, [normalising.layer(3)], (3, 8, 8)),
    ("batch_norm_numbers", {"rows": [[1, 2], [3, 5]], "n": 2, "gammas": [1, 1], "betas": [0, 1], "seen": 1, "mean": [0, 0], "var": [1, 1]},
     [normalising.layer(2, 1)], (2,)),
    ("separable", {"inputs": 6, "outputs": 4, "kernel": 5, "groups": 2, "side": 9},
     separable_rows(inputs=6, outputs=4, kernel=5, groups=2, side=9), (6, 9, 9)),
    *(
        ("residual_block", {"channels": 4, "form": form, "skip": skip, "side": 8}, [residual.ResidualBlock(4, form, skip=skip)], (4, 8, 8))
        for form in residual.FORMS for skip in (True, False)
    ),
    ("se_gate", {"means": [0.5, 1.0], "channels": 3, "reduction": 8, "side": 4},
     [gating.gate(3, 8), nn.Conv2d(3, 3, 3, bias=False)], (3, 4, 4)),
    *(
        ("inception", {**vars(widths), "side": 6}, [branching.InceptionBlock(widths)], (widths.inputs, 6, 6))
        for widths in (branching.PRESETS["googlenet_4e"], branching.PRESETS["googlenet_3a"].without_bottlenecks())
    ),
    ("inception", {"on": ("three",), "side": 6}, [branching.InceptionBlock(branching.PRESETS["course"], ["three"])], (16, 6, 6)),
    ("heads", {"channels": 5, "side": 3, "classes": 4}, list(downsampling.heads(downsampling.Head(5, 3, 4)).values()), (5, 3, 3)),
    ("activation_depth", {"name": "prelu", "start": "large", "depth": 3}, [signals.stack("prelu", 3)], (signals.WIDTH,)),
]  # fmt: skip


@pytest.mark.parametrize("framework", FRAMEWORKS)
@pytest.mark.parametrize(("view", "numbers", "networks", "shape"), CASES, ids=lambda value: value if isinstance(value, str) else "")
def test_code_runs_and_counts_what_the_block_has(
    view: str, numbers: dict[str, Any], networks: list[nn.Module], shape: tuple[int, ...], framework: Any
) -> None:
    code = Code(view, numbers)
    assert framework in code.frameworks or view == "activation_depth"
    if framework in code.frameworks:
        counted = run(code.write(framework))["params"]
        assert (counted if isinstance(counted, list) else [counted]) == [cost(network, shape).params for network in networks]


def test_a_draw_of_pytorch_is_offered_in_pytorch_alone() -> None:
    assert Code("se_gate", draws=True).frameworks == ("pytorch",)
    assert Code("se_gate").frameworks == tuple(FRAMEWORKS)
    assert Code("residual_depth").frameworks == ("pytorch",)


def test_numbers_survive_being_written() -> None:
    values = torch.rand(20, 3) * 1e4 - 5e3
    assert torch.allclose(torch.tensor(eval(literal(values.tolist()))), values, rtol=1e-6)
    assert literal(-0.0) == "0.0"
