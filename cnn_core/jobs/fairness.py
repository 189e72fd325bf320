"""Whose turn it is: sessions take turns, and within a session the oldest job comes first."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping

from cnn_core.jobs.job import Job


def turns(waiting: Iterable[Job], last_turns: Mapping[str, int]) -> tuple[Job, ...]:
    """The waiting jobs in the order in which they will start.

    Args:
        waiting: oldest first.
        last_turns: of each session, when it last had a job started (a count of starts); sessions that never had are first.

    Twenty jobs of one session and one of another: the one is second at most, whenever it came.
    """
    lines: dict[str, deque[Job]] = {}
    for job in waiting:
        lines.setdefault(job.session, deque()).append(job)
    # Of equals, the session that has waited longer: sorting keeps the order in which they were met.
    sessions = deque(sorted(lines, key=lambda session: last_turns.get(session, 0)))
    order: list[Job] = []
    while sessions:
        session = sessions.popleft()
        order.append(lines[session].popleft())
        if lines[session]:
            sessions.append(session)
    return tuple(order)


def fits(wants: str, device: str, slots: Iterable[str]) -> bool:
    """May a job that asks for ``wants`` run on ``device``? "auto" is a GPU wherever there is one."""
    if wants == "auto":
        gpus = [slot for slot in slots if slot != "cpu"]
        return device in gpus if gpus else device == "cpu"
    return device == wants or (wants == "cuda" and device.startswith("cuda:"))
