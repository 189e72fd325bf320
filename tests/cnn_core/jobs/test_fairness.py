"""Whose turn it is."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from cnn_core.jobs import Job
from cnn_core.jobs.fairness import fits, turns


def waiting(sessions: str) -> list[Job]:
    """A job for each letter, of the session of that name, in order of submission."""
    return [Job(str(n), "", (), session, "{}", Path(), ()) for n, session in enumerate(sessions)]


def order(sessions: str, **last_turns: int) -> str:
    return "".join(job.session for job in turns(waiting(sessions), last_turns))


def test_twenty_jobs_do_not_starve_one() -> None:
    assert order("A" * 20 + "B") == "AB" + "A" * 19
    assert order("A" * 20 + "B", A=1) == "B" + "A" * 20


def test_who_had_a_turn_longest_ago_is_next() -> None:
    assert order("ABC", A=3, B=1, C=2) == "BCA"
    assert order("AABBCC") == "ABCABC"
    assert order("") == ""


@given(st.text("ABCD", max_size=25), st.dictionaries(st.sampled_from("ABCD"), st.integers(1, 9)))
def test_everybody_gets_the_same_until_he_has_nothing_left(sessions: str, last_turns: dict[str, int]) -> None:
    placed = turns(waiting(sessions), last_turns)
    assert sorted(job.id for job in placed) == sorted(str(n) for n in range(len(sessions)))
    total, served = Counter(sessions), Counter[str]()
    for job in placed:
        for other in total:
            if served[other] < total[other] and other != job.session:
                assert served[job.session] <= served[other], "nobody is served twice while another waits"
        served[job.session] += 1
    for session in total:
        mine = [int(job.id) for job in placed if job.session == session]
        assert mine == sorted(mine), "within a session the oldest first"


def test_which_device_fits() -> None:
    both = ("cuda:0", "cuda:1", "cpu")
    assert [slot for slot in both if fits("auto", slot, both)] == ["cuda:0", "cuda:1"]
    assert [slot for slot in both if fits("cuda", slot, both)] == ["cuda:0", "cuda:1"]
    assert [slot for slot in both if fits("cuda:1", slot, both)] == ["cuda:1"]
    assert [slot for slot in both if fits("cpu", slot, both)] == ["cpu"]
    assert fits("auto", "cpu", ("cpu",)) and fits("auto", "mps", ("mps", "cpu"))
    assert not fits("auto", "cpu", ("mps", "cpu")) and not fits("mps", "cpu", ("cpu",))
