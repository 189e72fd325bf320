"""The dispatcher's decisions, with an engine that does what the test says and a clock that the test turns."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from cnn_core.errors import JobError
from cnn_core.jobs import Job, State
from cnn_core.jobs.dispatcher import FORGIVEN_STARTS, GRACE_S, SILENT_S, STUCK_S, Dispatcher
from cnn_core.jobs.engines import Order, Report, Ticket
from cnn_core.jobs.folder import Ending
from cnn_core.jobs.store import Index

RUNNING = Report(True, has_begun=True, is_running=True, life=1, progress=1)
GONE = Report(False, has_begun=True)


class Stage:
    """An engine of which the test writes the reports."""

    def __init__(self, slots: tuple[str, ...] = ("cpu",)) -> None:
        self.slots = slots
        self.reports: dict[str, Report] = {}
        self.orders: list[Order] = []
        self.stops: list[tuple[str, bool]] = []
        self.refusal: Exception | None = None

    def submit(self, order: Order) -> str:
        if self.refusal:
            raise self.refusal
        self.orders.append(order)
        self.reports[order.id] = Report(True)
        return "handle"

    def poll(self, ticket: Ticket) -> Report:
        return self.reports[ticket.id]

    def stop(self, ticket: Ticket, *, force: bool = False) -> None:
        self.stops.append((ticket.id, force))

    def tail(self, run_dir: Path, start: int, limit: int) -> bytes:
        return b""


class Bench:
    def __init__(self, index: Index, stage: Stage) -> None:
        self.index = index
        self.stage = stage
        self.now = 0.0
        self.dispatcher = Dispatcher(index, stage, clock=lambda: self.now)

    def add(self, job_id: str, session: str = "", wants: str = "auto") -> str:
        columns = {"session": session, "name": "", "tags": "[]", "recipe": "{}", "wants": wants}
        self.index.add(job_id, columns)
        return job_id

    def job(self, job_id: str = "a") -> Job:
        job = self.index.find(job_id)
        assert job is not None
        return job

    def is_now(self, job_id: str = "a") -> tuple[str, str]:
        return self.job(job_id).state, self.job(job_id).reason

    def pass_by(self, seconds: float, tick_s: float = 0.5) -> None:
        for _ in range(round(seconds / tick_s)):
            self.now += tick_s
            self.dispatcher.tick()

    def report(self, report: Report, job_id: str = "a") -> tuple[str, str]:
        self.stage.reports[job_id] = report
        self.dispatcher.tick()
        return self.is_now(job_id)

    def running(self) -> None:
        self.add("a")
        self.dispatcher.tick()
        self.report(RUNNING)


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    index = Index(tmp_path / "runs")
    yield Bench(index, Stage())
    index.close()


def test_it_starts_what_waits_and_follows_it_to_its_end(bench: Bench) -> None:
    bench.add("a")
    assert bench.dispatcher.tick()
    assert bench.is_now() == ("starting", "")
    assert (bench.stage.orders[0].attempt, bench.stage.orders[0].device, bench.stage.orders[0].resume) == (1, "cpu", False)
    assert bench.report(RUNNING) == ("running", "")
    assert bench.report(replace(GONE, ending=Ending("finished", "epochs_done", {"x": 1}))) == ("finished", "epochs_done")
    assert bench.job().facts == {"x": 1}
    assert not bench.dispatcher.tick()


def test_a_short_job_has_been_running_too(bench: Bench) -> None:
    bench.add("a")
    bench.dispatcher.tick()
    bench.report(replace(GONE, is_running=True, ending=Ending("finished", "", {})))
    assert [change.state for change in bench.job().history] == ["queued", "starting", "running", "finished"]


@pytest.mark.parametrize("begun", [True, False])
def test_silence_is_noticed_within_ten_seconds(bench: Bench, begun: bool) -> None:
    bench.add("a")
    bench.dispatcher.tick()
    bench.report(RUNNING if begun else Report(True))
    bench.pass_by(SILENT_S - 1)
    assert bench.is_now()[0] in ("running", "starting")
    bench.pass_by(10 - SILENT_S + 1)
    assert bench.is_now() == ("stopping", "hung")
    assert bench.stage.stops[0] == ("a", True)
    assert bench.report(GONE) == ("failed", "hung")


def test_life_without_progress_is_no_silence_but_does_not_last_for_ever(bench: Bench) -> None:
    bench.running()
    life = 1
    while bench.now < STUCK_S - 10:
        life += 1
        bench.stage.reports["a"] = replace(RUNNING, life=life)
        bench.pass_by(1, tick_s=1)
    assert bench.is_now() == ("running", "")
    while bench.now < STUCK_S + 10:
        life += 1
        bench.stage.reports["a"] = replace(RUNNING, life=life)
        bench.pass_by(1, tick_s=1)
    assert bench.is_now() == ("stopping", "hung")


@pytest.mark.parametrize("jump_s", [86_400.0, -86_400.0, 10.0**9])
def test_a_machine_that_slept_finds_its_jobs_running(bench: Bench, jump_s: float) -> None:
    bench.running()
    for _ in range(3):
        bench.now += jump_s
        bench.dispatcher.tick()
    assert bench.is_now() == ("running", "")
    bench.pass_by(SILENT_S + 1)
    assert bench.is_now() == ("stopping", "hung"), "and dead ones are not kept alive by it"


def test_stop_asks_once_and_ends_by_force_after_the_grace(bench: Bench) -> None:
    bench.running()
    bench.index.change("a", (State.RUNNING,), State.STOPPING, "cancelled")
    steps = 1
    while bench.now < GRACE_S - 1:
        steps += 1
        bench.stage.reports["a"] = replace(RUNNING, life=steps, progress=steps)
        bench.pass_by(0.5)
    assert bench.stage.stops == [("a", False)]
    bench.stage.reports["a"] = replace(RUNNING, life=steps + 1)
    bench.pass_by(2)
    assert bench.stage.stops[-1] == ("a", True)
    assert bench.is_now() == ("stopping", "cancelled"), "not stopped before it is gone"
    assert bench.report(GONE) == ("stopped", "stop_forced")


@pytest.mark.parametrize(
    ("ending", "becomes"),
    [
        (Ending("stopped", "ended_from_outside", {}), ("stopped", "cancelled")),
        (Ending("finished", "epochs_done", {}), ("finished", "epochs_done")),
        (Ending("failed", "nan_loss", {}), ("failed", "nan_loss")),
        (None, ("stopped", "stop_forced")),
    ],
)
def test_how_a_job_ended_that_was_being_stopped(bench: Bench, ending: Ending | None, becomes: tuple[str, str]) -> None:
    bench.running()
    bench.index.change("a", (State.RUNNING,), State.STOPPING, "cancelled")
    assert bench.report(replace(GONE, ending=ending)) == becomes


def test_how_a_job_ended_that_nobody_stopped(bench: Bench) -> None:
    bench.running()
    assert bench.report(replace(GONE, cause="killed", detail="SIGKILL")) == ("lost", "killed")
    assert bench.job().facts == {"detail": "SIGKILL"}


def test_what_vanished_before_its_first_word_starts_again_but_not_for_ever(bench: Bench) -> None:
    bench.add("a")
    for attempt in range(1, FORGIVEN_STARTS + 2):
        bench.dispatcher.tick()
        assert bench.job().attempt == attempt
        state, _ = bench.report(Report(False, has_begun=False))
    assert (state, bench.job().reason) == ("failed", "worker_did_not_start")


def test_a_dispatcher_that_died_between_claim_and_start_left_nothing_behind(bench: Bench) -> None:
    bench.add("a")
    assert bench.index.claim("a", "cpu")  # and here the last dispatcher was killed: no process, no handle
    assert bench.report(Report(False, has_begun=False)) == ("starting", ""), "queued again, and started at once"
    assert [order.attempt for order in bench.stage.orders] == [2]


def test_a_second_dispatcher_takes_over_without_starting_anything_twice(bench: Bench) -> None:
    bench.running()
    second = Dispatcher(bench.index, bench.stage, clock=lambda: bench.now)
    for _ in range(3):
        second.tick()
    assert len(bench.stage.orders) == 1
    assert bench.is_now() == ("running", "")


def test_an_engine_that_refuses_fails_the_job_and_the_next_one_runs(bench: Bench) -> None:
    bench.add("a")
    bench.stage.refusal = OSError(28, "No space left on device")
    bench.dispatcher.tick()
    assert bench.is_now() == ("failed", "disk_full")
    bench.add("b")
    bench.stage.refusal = JobError("busy", code="job_folder_busy", id="b")
    bench.dispatcher.tick()
    assert bench.is_now("b") == ("failed", "job_folder_busy")
    bench.add("c")
    bench.stage.refusal = None
    bench.dispatcher.tick()
    assert bench.is_now("c") == ("starting", "")


def test_every_device_takes_one_job_and_each_job_a_device_it_asks_for(tmp_path: Path) -> None:
    bench = Bench(Index(tmp_path / "runs"), Stage(("cuda:0", "cuda:1", "cpu")))
    for job_id, wants in {"a": "cuda:1", "b": "auto", "c": "auto", "d": "cpu", "e": "cuda", "f": "cpu", "g": "mps"}.items():
        bench.add(job_id, wants=wants)
    bench.dispatcher.tick()
    placed = {order.id: order.device for order in bench.stage.orders}
    assert placed == {"a": "cuda:1", "b": "cuda:0", "d": "cpu"}
    assert bench.is_now("g") == ("failed", "device_missing")
    assert bench.report(replace(GONE, ending=Ending("finished", "", {})), "a") == ("finished", "")
    assert {order.id: order.device for order in bench.stage.orders}["c"] == "cuda:1"
    assert bench.is_now("e") == ("queued", "") and bench.is_now("f") == ("queued", "")
    bench.index.close()


def test_a_resumed_job_is_told_so(bench: Bench) -> None:
    bench.running()
    bench.report(GONE)
    bench.index.change("a", (State.LOST,), State.QUEUED, "resumed", resume=1)
    bench.dispatcher.tick()
    assert (bench.stage.orders[-1].attempt, bench.stage.orders[-1].resume) == (2, True)
