"""Thousands of designs put together by lot: valid and they run, or refused for a reason that is true."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
import torch
from torch import nn

from cnn_core import designs, inspection
from cnn_core.designs.checking import LIMITS
from cnn_core.designs.modules import _layer, assemble
from cnn_core.errors import ConvolabError, TraceError
from tests.cnn_core.designs.randomly import design

# What torch itself would do, and what is refused here all the same: why it would not be what the author means.
OWN_RULES = {
    "design_needs_flat",      # torch's Linear works on the last axis of maps
    "design_needs_maps",      # a flat row may look like an unbatched picture to torch
    "design_features", "design_channels",  # the author's own number; torch never hears of it
    "design_pool_enlarges", "design_pads_nothing", "same_needs_stride_one",
    "design_add", "design_gate", "design_concat", "design_no_branch",  # broadcasting would hide a mistake
}  # fmt: skip


def traced(checked: designs.Checked) -> inspection.Trace:
    network = inspection.build_meta(assemble, checked)
    return inspection.trace(network, checked.design.input_shape)


@pytest.mark.parametrize("block", range(10))
def test_random_designs_run_or_are_refused_truly(block: int) -> None:
    outcomes: Counter[str] = Counter()
    for seed in range(block * 250, block * 250 + 250):
        made = design(seed)
        assert designs.from_text(designs.to_text(made)) == made
        checked = designs.check(made)
        if checked.whole:
            whole = traced(checked)
            assert whole.output_shape == (1, *(checked.output_shape or ())), seed
            assert (whole.params, whole.macs) == (checked.params, checked.macs), seed
            outcomes["runs"] += 1
        else:
            outcomes["refused"] += 1
            holds_what_is_said(checked, seed)
    assert outcomes["runs"] >= 25 and outcomes["refused"] >= 25


def holds_what_is_said(checked: designs.Checked, seed: int) -> None:
    with pytest.raises(TraceError) as stopped:
        traced(checked)
    assert stopped.value.trace is not None  # the part that works can be drawn
    for problem in checked.problems:
        code = problem.error.code
        shape, row = problem.input_shape, checked.design.rows[problem.row]
        assert str(problem.error) and shape
        if code in LIMITS or code in OWN_RULES:
            continue
        with pytest.raises((RuntimeError, ValueError)):  # torch refuses it too
            layer: nn.Module = _layer(row.kind, shape, shape)
            layer.train()(torch.zeros(2, *shape))
    for remedy in designs.remedies(checked):
        after = designs.check(remedy.after)
        assert len(after.problems) <= len(checked.problems), (seed, remedy)


@pytest.mark.parametrize("seed", range(0, 2500, 40))
def test_random_designs_compute(seed: int) -> None:
    checked = designs.check(design(seed))
    if not checked.whole:
        with pytest.raises(ConvolabError):
            designs.build(designs.to_text(checked.design))
        return
    network = designs.build(designs.to_text(checked.design))
    out = network(torch.zeros(2, *checked.design.input_shape))
    assert tuple(out.shape) == (2, *(checked.output_shape or ()))
    assert sum(p.numel() for p in network.parameters()) == checked.params


def test_every_word_is_met_by_the_random_designs() -> None:
    met = {row.kind.word for seed in range(400) for row in design(seed).rows}
    assert met == designs.KINDS.keys()


def test_facts_of_a_refused_line_stop_there() -> None:
    checked: Any = designs.check(designs.from_text("input 1x8x8\nconv 4 9x9\nrelu"))
    assert [facts.output_shape for facts in checked.facts] == [None, None]
    assert checked.facts[1].input_shape is None
