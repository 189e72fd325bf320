"""The local engine by itself: four calls, and a spare."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from cnn_core.errors import JobError
from cnn_core.jobs.engines import ENGINES, Engine, Order, Preparing, Ticket, make_engine
from cnn_core.jobs.engines.local import LocalEngine
from cnn_core.jobs.process import identify, is_alive
from tests.cnn_core.jobs.conftest import TINY, Lab
from tests.conftest import ROOT


@pytest.fixture
def engine() -> Iterator[LocalEngine]:
    made = LocalEngine(TINY)
    yield made
    made.prepare(False)


def order(runs_dir: Path, job_id: str = "a", attempt: int = 1, **recipe: object) -> Order:
    text = json.dumps({"steps": 5, **recipe})
    return Order(job_id, attempt, str(runs_dir / job_id), text, device="cpu")


def ticket(told: Order, handle: str = "") -> Ticket:
    return Ticket(told.id, told.attempt, Path(told.run_dir), handle)


def test_engines_have_the_four_calls_and_an_unknown_one_is_said() -> None:
    for name in ENGINES:
        engine: Engine = make_engine(name, TINY)
        assert all(callable(getattr(engine, call)) for call in ("submit", "poll", "stop", "tail"))
        assert isinstance(engine, Preparing)
    with pytest.raises(JobError) as caught:
        make_engine("moon", TINY)
    assert caught.value.code == "unknown_engine"


@pytest.mark.parametrize("with_handle", [True, False])
def test_a_job_from_start_to_end(lab: Lab, engine: LocalEngine, with_handle: bool) -> None:
    """Also where whoever submitted died before he wrote the handle down."""
    told = order(lab.runs_dir, steps=100_000)
    handle = engine.submit(told)
    mine = ticket(told, handle if with_handle else "")
    lab.until(lambda: engine.poll(mine).progress > 5, "progress")
    report = engine.poll(mine)
    assert report.is_alive and report.has_begun and report.is_running and report.ending is None
    engine.stop(mine)
    lab.until(lambda: not engine.poll(mine).is_alive, "the end")
    ending = engine.poll(mine).ending
    assert ending is not None and (ending.state, ending.reason) == ("stopped", "ended_from_outside")
    lines = engine.tail(Path(told.run_dir), 0, 10**6).splitlines()
    assert json.loads(lines[0])["step"] == 1
    assert engine.tail(Path(told.run_dir), 0, 7) == lines[0][:7] and engine.tail(Path(told.run_dir), 10**9, 7) == b""
    engine.stop(mine, force=True)  # nothing is there any more


def test_one_worker_a_folder(lab: Lab, engine: LocalEngine) -> None:
    told = order(lab.runs_dir, steps=100_000)
    engine.submit(told)
    with pytest.raises(JobError) as caught:
        engine.submit(order(lab.runs_dir, attempt=2))
    assert caught.value.code == "job_folder_busy"


def test_force_ends_the_worker_and_what_it_started(lab: Lab, engine: LocalEngine) -> None:
    told = order(lab.runs_dir, trouble="child")
    mine = ticket(told, engine.submit(told))
    child = lab.runs_dir / "a" / "child.txt"
    lab.until(lambda: child.exists() and child.read_text(), "its child")
    who = identify(int(child.read_text()))
    assert who is not None
    engine.stop(mine, force=True)
    lab.until(lambda: not engine.poll(mine).is_alive, "the end")
    lab.until(lambda: not is_alive(who), "its child's end")
    assert engine.poll(mine).detail == "SIGKILL"


def test_a_dead_workers_children_do_not_keep_its_job_alive(lab: Lab, engine: LocalEngine) -> None:
    told = order(lab.runs_dir, trouble="child")
    mine = ticket(told, engine.submit(told))
    child = lab.runs_dir / "a" / "child.txt"
    lab.until(lambda: child.exists() and child.read_text(), "its child")
    worker = lab.worker("a")
    assert worker is not None
    os.kill(worker.pid, signal.SIGKILL)
    lab.until(lambda: not engine.poll(mine).is_alive, "the end")


def test_a_spare_becomes_the_next_worker(lab: Lab, engine: LocalEngine) -> None:
    engine.prepare(True)
    spare = engine._spare
    assert spare is not None
    engine.prepare(True)
    assert engine._spare is spare, "one is enough"
    lab.until(spare.is_ready, "a spare that is ready")
    told = order(lab.runs_dir)
    engine.submit(told)
    lab.until(lambda: not engine.poll(ticket(told)).is_alive, "the end")
    assert [pid for pid, _ in lab.starts("a")] == [spare.process.pid]
    assert lab.steps("a") == [1, 2, 3, 4, 5]
    assert engine._spare is None


def test_a_spare_that_was_killed_is_done_without(lab: Lab, engine: LocalEngine) -> None:
    engine.prepare(True)
    spare = engine._spare
    assert spare is not None
    lab.until(spare.is_ready, "a spare that is ready")
    spare.process.kill()
    spare.process.wait()
    told = order(lab.runs_dir)
    engine.submit(told)
    lab.until(lambda: not engine.poll(ticket(told)).is_alive, "the end")
    assert lab.steps("a") == [1, 2, 3, 4, 5]


def test_a_spare_ends_with_its_maker(lab: Lab) -> None:
    code = (
        "import os, signal, threading; from cnn_core.jobs.engines.local import LocalEngine\n"
        f"engine = LocalEngine({TINY!r}); engine.prepare(True)\n"
        "while not engine._spare.is_ready(): threading.Event().wait(0.02)\n"
        "print(engine._spare.process.pid, flush=True); os.kill(os.getpid(), signal.SIGKILL)"
    )
    maker = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    who = identify(int(maker.stdout))
    lab.until(lambda: who is None or not is_alive(who), "the spare's end")
