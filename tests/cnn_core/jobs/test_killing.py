"""kill -9 at random moments; `killing` does the same a hundred times from a shell."""

from __future__ import annotations

from tests.cnn_core.jobs.conftest import Lab
from tests.cnn_core.jobs.killing import Mayhem, check


def test_nothing_is_lost_and_nothing_is_done_twice(lab: Lab) -> None:
    mayhem = Mayhem(lab, rounds=12, seed=1)
    mayhem.run()
    check(lab, lab.queue)
    assert sum(mayhem.killed.values()) == 12
