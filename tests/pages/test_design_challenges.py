"""Every challenge can be met, and is not met by the network it begins with."""

from __future__ import annotations

import pytest

from cnn_core import designs, inspection
from cnn_core.designs.challenges import CHALLENGES, HEAVY, HEAVY_MACS, Goal, Measured
from cnn_core.designs.modules import assemble
from pages.design.challenge_view import measure
from pages.ui.cached import Designed


def measured(text: str) -> Measured | None:
    checked = designs.check(designs.from_text(text))
    if not checked.whole:
        return None
    trace = inspection.trace(inspection.build_meta(assemble, checked), checked.design.input_shape)
    return measure(Designed(checked, trace, inspection.graph(trace), {}))


@pytest.mark.parametrize("challenge", CHALLENGES.values(), ids=lambda challenge: challenge.id)
def test_challenges_can_be_met_and_are_not_met_at_once(challenge: object) -> None:
    found = CHALLENGES[challenge.id]  # type: ignore[attr-defined]
    goals = [goal for goal in found.goals if goal is not found.trained]
    solved, begun = measured(found.solution), measured(found.start)
    assert solved is not None and all(goal.is_met(solved) for goal in goals)
    if found.trained is None:
        assert begun is None or not all(goal.is_met(begun) for goal in goals)
    assert (found.seconds > 0) == (found.trained is not None)


def test_half_of_the_macs_is_half_of_what_the_network_has() -> None:
    assert designs.check(designs.from_text(HEAVY)).macs == HEAVY_MACS


def test_goals_compare_as_their_signs_say() -> None:
    made = measured("input 3x8x8\nconv 4 3x3 groups 1\ndepthwise 3x3\ngap\nflatten\nlinear 10")
    assert made is not None and (made.field, made.convs, made.depthwise, made.linears) == (5, 2, 1, 1)
    assert Goal("field", "≥", 5).is_met(made) and not Goal("field", "≥", 6).is_met(made)
    assert Goal("params", "≤", made.params).is_met(made) and not Goal("params", "≤", made.params - 1).is_met(made)
    assert Goal("input", "=", (3, 8, 8)).is_met(made) and not Goal("classes", "=", 9).is_met(made)
