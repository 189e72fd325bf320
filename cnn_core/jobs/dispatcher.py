"""What makes the queue go on while nobody looks: one small process that starts, watches and ends jobs.

``python -m cnn_core.jobs dispatch`` is started by the queue when there is work, and again by anybody who finds it missing: every
page that looks at the queue, and every worker. An exclusive lock makes it the only one of its runs folder; it ends by itself when
nothing is left to do. It may be killed at any moment: everything it knows is in the index and in the run folders, so the next one
goes on where it stood. It imports no torch.

Time is counted by a clock that nobody sets, and no single wait counts for more than a second: a laptop that was asleep, or a
machine that was paused, finds its jobs as it left them.
"""

from __future__ import annotations

import sys
import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from cnn_core.errors import ConvolabError, exhausted
from cnn_core.jobs.engines import Engine, Order, Preparing, Report, Ticket
from cnn_core.jobs.fairness import fits, turns
from cnn_core.jobs.folder import clear_leftovers
from cnn_core.jobs.job import ACTIVE, Job, State
from cnn_core.jobs.lead import take_lead, take_wish
from cnn_core.jobs.store import Index

TICK_S = 0.2
LONGEST_TICK_S = 1.0  # of which no more is counted
IDLE_S = 5.0  # without work, after which it ends
SILENT_S = 7.0  # without a sign of life, after which a worker counts as hung; it is noticed within 10 s
STUCK_S = 900.0  # busy and yet not one step further: more than any epoch's validation or compilation takes
WARM_S = 300.0  # how long a wish for a quick start is heeded
GRACE_S = 15.0  # for a worker to save and end after it was asked to
ENDED_BY_ITSELF = ("crashed", "disk_full")
FORGIVEN_STARTS = 3  # how often a worker may vanish before its first word and be started again


@dataclass
class _Watch:
    """What the dispatcher has seen of one attempt, on its own clock."""

    life: int = -1
    progress: int = -1
    lived_at: float = 0.0
    moved_at: float = 0.0
    asked_at: float | None = None


class Dispatcher:
    """Brings the index and the engine together, one look at a time.

    Args:
        clock: seconds, monotonic; tests give one of their own.
        wake: the command with which a worker starts another dispatcher when this one is gone.
    """

    def __init__(
        self, index: Index, engine: Engine, clock: Callable[[], float] = time.monotonic, wake: Sequence[str] = ()
    ) -> None:
        self._index = index
        self._engine = engine
        self._wake = tuple(wake)
        self._clock = clock
        self._last = clock()
        self._now = 0.0
        self._warm_until = 0.0
        self._watches: dict[tuple[str, int], _Watch] = {}

    def tick(self) -> bool:
        """Look at every active job, and start what can start. Returns whether anything is left to do."""
        reading = self._clock()
        self._now += min(max(reading - self._last, 0.0), LONGEST_TICK_S)
        self._last = reading
        for job in self._index.jobs():
            if job.state.is_active:
                self._attend(job)
        self._start_waiting()
        if isinstance(self._engine, Preparing):
            self._engine.prepare(self._expects_more())
        return self.has_work() or self._now < self._warm_until

    def has_work(self) -> bool:
        return any(not job.state.is_over for job in self._index.jobs())

    def _expects_more(self) -> bool:
        """Will a job start soon: because one waits, or because somebody stands before the start button?"""
        if take_wish(self._index.runs_dir):
            self._warm_until = self._now + WARM_S
        return self._now < self._warm_until or any(job.state is State.QUEUED for job in self._index.jobs())

    # Watching

    def _attend(self, job: Job) -> None:
        ticket = self._ticket(job)
        report = self._engine.poll(ticket)
        if job.state is State.STARTING and report.is_running:
            self._index.change(job.id, (State.STARTING,), State.RUNNING)
        if not report.is_alive:
            self._watches.pop((job.id, job.attempt), None)
            self._conclude(job, report)
            return
        watch = self._observe(job, report)
        if job.state is State.STOPPING or report.ending is not None:
            self._see_off(job, ticket, watch)
        elif self._is_hung(watch) and self._index.change(job.id, (State.STARTING, State.RUNNING), State.STOPPING, "hung"):
            self._engine.stop(ticket, force=True)

    def _is_hung(self, watch: _Watch) -> bool:
        return self._now - watch.lived_at >= SILENT_S or self._now - watch.moved_at >= STUCK_S

    def _observe(self, job: Job, report: Report) -> _Watch:
        watch = self._watches.setdefault((job.id, job.attempt), _Watch(lived_at=self._now, moved_at=self._now))
        if report.life != watch.life:
            watch.life, watch.lived_at = report.life, self._now
        if report.progress != watch.progress:
            watch.progress, watch.moved_at = report.progress, self._now
        return watch

    def _see_off(self, job: Job, ticket: Ticket, watch: _Watch) -> None:
        """Ask once, wait for the grace, then end it by force, again and again until it is gone.

        A worker that has said its last word and stays is given the grace, too.
        """
        hung = job.state is State.STOPPING and job.reason == "hung"
        if watch.asked_at is None:
            watch.asked_at = self._now
            self._engine.stop(ticket, force=hung)
        elif hung or self._now - watch.asked_at >= GRACE_S or self._now - watch.lived_at >= SILENT_S:
            self._engine.stop(ticket, force=True)

    def _conclude(self, job: Job, report: Report) -> None:
        """The process is gone: what does that make of the job?"""
        ending, stopping = report.ending, job.state is State.STOPPING
        if ending is not None and ending.state == State.FINISHED:
            self._index.change(job.id, ACTIVE, State.FINISHED, ending.reason, ending.facts)
        elif stopping and job.reason == "hung":
            self._index.change(job.id, ACTIVE, State.FAILED, "hung")
        elif ending is not None and ending.state == State.FAILED:
            self._index.change(job.id, ACTIVE, State.FAILED, ending.reason or "crashed", ending.facts)
        elif ending is not None:
            asked = stopping and ending.reason == "ended_from_outside"
            self._index.change(job.id, ACTIVE, State.STOPPED, "cancelled" if asked else ending.reason, ending.facts)
        elif stopping:
            self._index.change(job.id, ACTIVE, State.STOPPED, "stop_forced" if report.has_begun else "cancelled")
        elif not report.has_begun:
            self._start_again(job, report)
        elif report.cause in ENDED_BY_ITSELF:
            self._index.change(job.id, ACTIVE, State.FAILED, report.cause, {"detail": report.detail})
        else:
            self._index.change(job.id, ACTIVE, State.LOST, report.cause, {"detail": report.detail} if report.detail else {})

    def _start_again(self, job: Job, report: Report) -> None:
        """It vanished before its first word, so nothing was done twice if it starts again; but not for ever."""
        vanished = sum(change.reason == "not_started" for change in job.history[-2 * FORGIVEN_STARTS :])
        if report.cause == "disk_full":
            self._index.change(job.id, ACTIVE, State.FAILED, "disk_full")
        elif report.cause == "crashed" or vanished >= FORGIVEN_STARTS:
            self._index.change(job.id, ACTIVE, State.FAILED, "worker_did_not_start", {"detail": report.detail})
        else:
            self._index.change(job.id, (State.STARTING,), State.QUEUED, "not_started")

    # Starting

    def _start_waiting(self) -> None:
        jobs = self._index.jobs()
        waiting = [job for job in jobs if job.state is State.QUEUED]
        if not waiting:
            return
        slots = self._engine.slots
        taken = {job.device for job in jobs if job.state.is_active}
        for job in turns(waiting, self._index.last_turns()):
            fitting = [slot for slot in slots if fits(job.wants, slot, slots)]
            if not fitting:
                facts = {"device": job.wants, "has": ", ".join(slots)}
                self._index.change(job.id, (State.QUEUED,), State.FAILED, "device_missing", facts)
                continue
            free = next((slot for slot in fitting if slot not in taken), None)
            if free is not None and self._index.claim(job.id, free):
                taken.add(free)
                self._start(job.id)

    def _start(self, job_id: str) -> None:
        job = self._index.find(job_id)
        if job is None:
            return
        order = Order(
            id=job.id, attempt=job.attempt, run_dir=str(job.run_dir), recipe_json=job.recipe_json, device=job.device,
            wants=job.wants, budget_s=job.budget_s or 0.0, resume=self._index.private(job.id)[1], wake=self._wake,
            name=job.name, session=job.session, tags=job.tags,
        )  # fmt: skip
        try:
            handle = self._engine.submit(order)
        except ConvolabError as err:
            self._index.change(job.id, ACTIVE, State.FAILED, err.code, err.facts)
        except OSError as err:
            reason = exhausted(err) or "worker_did_not_start"
            self._index.change(job.id, ACTIVE, State.FAILED, reason, {"detail": str(err)})
        else:
            self._index.set(job.id, handle=handle)

    def _ticket(self, job: Job) -> Ticket:
        return Ticket(job.id, job.attempt, job.run_dir, self._index.private(job.id)[0])


def run(runs_dir: Path, engine: Engine, wake: Sequence[str] = ()) -> int:
    """Dispatch until there is nothing left to do. Returns at once if somebody else dispatches for this folder."""
    lead = take_lead(runs_dir)
    if lead is None:
        return 0
    index = Index(runs_dir)
    dispatcher = Dispatcher(index, engine, wake=wake)
    clear_leftovers(runs_dir)
    idle_ticks = failures = 0
    while True:
        lead.beat()
        try:
            idle_ticks = 0 if dispatcher.tick() else idle_ticks + 1
            failures = 0
        except Exception:  # a full disk, above all: the jobs go on, and so does their queue when there is room again
            traceback.print_exc()
            sys.stderr.flush()
            failures += 1
        if idle_ticks * TICK_S >= IDLE_S:
            with index.writing():  # nobody can submit between this look and the lock's release
                if not dispatcher.has_work():
                    lead.release()
                    return 0
        time.sleep(TICK_S * 2 ** min(failures, 5))
