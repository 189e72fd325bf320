"""Every challenge can be met, and is not met by the network it begins with."""

from __future__ import annotations

import pytest

from cnn_core import designs, inspection
from cnn_core.designs.challenges import CHALLENGES, HEAVY, HEAVY_MACS, Goal, Measured
from cnn_core.designs.modules import assemble
from cnn_core.inspection.measuring import last_field, measure
from pages.design.session import FIRST


def traced(text: str) -> inspection.Trace:
    checked = designs.check(designs.from_text(text))
    return inspection.trace(inspection.build_meta(assemble, checked), checked.design.input_shape)


def measured(text: str) -> Measured | None:
    checked = designs.check(designs.from_text(text))
    return measure(checked, traced(text)) if checked.whole else None


def missed(id_: str, text: str) -> set[str]:
    """The goals that a design does not meet, that on accuracy left out."""
    found = measured(text)
    assert found is not None, text
    return {goal.quantity for goal in CHALLENGES[id_].goals if goal.quantity != "accuracy" and not goal.is_met(found)}


@pytest.mark.parametrize("challenge", CHALLENGES.values(), ids=lambda challenge: challenge.id)
def test_challenges_can_be_met_and_are_not_met_at_once(challenge: object) -> None:
    found = CHALLENGES[challenge.id]  # type: ignore[attr-defined]
    goals = [goal for goal in found.goals if goal is not found.trained]
    solved, begun = measured(found.solution), measured(found.start)
    assert solved is not None and all(goal.is_met(solved) for goal in goals)
    assert begun is None or not all(goal.is_met(begun) for goal in goals)
    assert found.trained or missed(found.id, FIRST), "what the page opens on solves it"
    assert (found.seconds > 0) == (found.trained is not None)


def test_half_of_the_macs_is_half_of_what_the_network_has() -> None:
    assert designs.check(designs.from_text(HEAVY)).macs == HEAVY_MACS


def test_goals_compare_as_their_signs_say() -> None:
    made = measured("input 3x8x8\nconv 4 3x3 groups 1\ndepthwise 3x3\ngap\nflatten\nlinear 10")
    assert made is not None and (made.field, made.convs, made.depthwise, made.linears) == (5, 2, 1, 1)
    assert Goal("field", "≥", 5).is_met(made) and not Goal("field", "≥", 6).is_met(made)
    assert Goal("params", "≤", made.params).is_met(made) and not Goal("params", "≤", made.params - 1).is_met(made)
    assert Goal("input", "=", (3, 8, 8)).is_met(made) and not Goal("classes", "=", 9).is_met(made)


HEAD = "gap\nflatten\nlinear 10\n"
SEEN = "maxpool 24x24 stride 1\n"
TINY = "conv 1 3x3 pad 1\n"
CHEATS = [  # challenge, what somebody without an idea hands in, goals that it must miss
    *((id_, f"input {'1x32x32' if id_ == 'repair' else '1x28x28' if id_ == 'inception' else '3x32x32'}\nflatten\nlinear 10\n", {"convs"}
       if id_ not in ("inception", "phone") else {"joins" if id_ == "inception" else "depthwise"}) for id_ in CHALLENGES.ids()),
    ("repair", "input 1x32x32\nmaxpool 6\npadchannels 16\nflatten\nlinear 10", {"convs", "narrowest"}),
    ("repair", "input 1x32x32\nconv 1 3x3\nconv 1 3x3\nmaxpool 5\npadchannels 16\nflatten\nlinear 10", {"narrowest"}),
    ("small_wide", f"input 3x32x32\n{SEEN}{HEAD}", {"convs", "window", "narrowest"}),
    ("small_wide", f"input 3x32x32\n{4 * TINY}{SEEN}{HEAD}", {"narrowest", "window"}),
    ("small_wide", f"input 3x32x32\n{4 * ('conv 16 3x3 pad 1' + chr(10))}gap 1\nflatten\nlinear 10",
     {"field"}),
    ("small_wide", f"input 3x32x32\ngap 2\n{4 * ('conv 16 3x3 pad 1' + chr(10))}{HEAD}", {"window"}),
    ("half_macs", f"input 3x32x32\nmaxpool 2\npadchannels 128\n{HEAD}", {"convs", "filters", "field"}),
    ("half_macs", f"input 3x32x32\nmaxpool 2\n{4 * ('conv 1 5x5 pad 2' + chr(10))}padchannels 128\n{HEAD}", {"filters"}),
    ("half_macs", HEAVY.replace("conv 128", "conv 16"), {"maps", "filters"}),
    ("no_linear", f"input 3x32x32\n{4 * ('conv 10 1x1' + chr(10))}gap\nflatten\n", {"convs", "narrowest"}),
    ("no_linear", "input 3x32x32\nconv 10 32x32\nflatten\n", {"convs", "window", "narrowest"}),
    ("no_linear", f"input 3x32x32\n{4 * TINY}conv 10 1x1\ngap\nflatten\n", {"narrowest"}),
    ("deep", f"input 3x32x32\nrepeat 20\n  residual\n    conv 3 1x1\n{HEAD}", {"convs", "skips", "narrowest"}),
    ("deep", f"input 3x32x32\nrepeat 8\n  residual\nrepeat 20\n  conv 16 3x3 pad 1\n{HEAD}", {"skips"}),
    ("inception", f"input 1x28x28\nconv 8 3x3\nbranches\n  branch\n  branch\nbranches\n  branch\n  branch\n{HEAD}", {"joins"}),
    ("inception", "input 1x28x28\nrepeat 2\n  branches\n    branch\n      conv 8 3x3\n    branch\n      conv 8 3x3\n" + HEAD, {"joins"}),
    ("phone", f"input 3x32x32\n{3 * ('depthwise 1x1' + chr(10))}{SEEN}{HEAD}", {"depthwise", "window", "narrowest"}),
    ("phone", f"input 3x32x32\nconv 2 3x3\n{3 * ('depthwise 3x3' + chr(10))}{SEEN}{HEAD}", {"narrowest", "window"}),
    ("minute", CHALLENGES["minute"].start, {"convs"}),
]  # fmt: skip


@pytest.mark.parametrize(("id_", "text", "misses"), CHEATS)
def test_an_empty_idea_meets_no_challenge(id_: str, text: str, misses: set[str]) -> None:
    assert misses <= missed(id_, text)


def test_what_a_residual_network_with_gates_and_one_without_see() -> None:
    """A gate shows the whole picture to what is behind it, as the table of layers says."""
    from pages.ui import cached

    gated, plain = cached.design_start("seresnet50_cifar"), cached.design_start("resnet20")
    last = [layer for layer in traced(gated).layers if len(layer.output_shape) == 4 and layer.output_shape[2] > 1][-1]
    assert last.receptive_field is None and last_field(traced(gated)) is None
    found = measured(gated)
    assert found is not None and found.field == 32
    # 3×3 convolutions over pixels that lie 1 apart: 7, and the one that strides; 2 apart: 5, and the next one that strides; 4 apart: 5
    assert last_field(traced(plain)) == (1 + 2 * (7 + 1) + 4 * (5 + 1) + 8 * 5,) * 2
    assert last_field(traced("input 3x8x8\nflatten\nlinear 10")) == (1, 1)
    assert last_field(traced("input 3x8x8\nconv 4 3x3\ngap\nconv 4 1x1\nflatten")) == (3, 3)


def test_blocks_are_measured_by_what_is_in_them() -> None:
    text = ("input 3x8x8\ndepthwise 3x3\nconv 8 1x1\nrepeat 2\n  residual\n    separable 8 3x3 pad 1\n"
            "maxpool 2\ngap\nflatten\nlinear 10")  # fmt: skip
    made = measured(text)
    assert made is not None and (made.skips, made.joins, made.convs, made.depthwise, made.pools) == (2, 0, 3, 3, 1)
    assert (made.narrowest, made.filters, made.window, made.maps) == (8, 24, 3, (8, 3, 3))
