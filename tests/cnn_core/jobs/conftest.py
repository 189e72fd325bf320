"""A queue with a tiny workload, whose processes are all gone when the test is."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from cnn_core.jobs import Job, JobQueue, State
from cnn_core.jobs.folder import lock_is_held
from cnn_core.jobs.lead import LOCK
from cnn_core.jobs.process import Identity, identify, kill_group

TINY = "tests.cnn_core.jobs.tiny_worker"
PATIENCE_S = 90.0  # on a machine that does six other things; nothing here takes longer than seconds by itself


class Lab:
    """A runs folder, queues on it, and the means to look at and end its processes."""

    patience_s = PATIENCE_S

    def __init__(self, runs_dir: Path) -> None:
        self.runs_dir = runs_dir
        self.queue = self.open_queue()

    def open_queue(self) -> JobQueue:
        return JobQueue(self.runs_dir, worker=TINY)

    def submit(self, session: str = "", *, token: str = "", budget_s: float | None = None, **recipe: Any) -> str:
        return self.queue.submit(json.dumps({"steps": 10, **recipe}), session, token=token, budget_s=budget_s)

    def until(self, met: Callable[[], Any], what: str) -> Any:
        """Look again and again until ``met`` gives something true."""
        end = time.monotonic() + self.patience_s
        while time.monotonic() < end:
            found = met()
            if found:
                return found
            threading.Event().wait(0.02)
        raise AssertionError(f"not within {self.patience_s:.0f} s: {what}; {[(j.id, j.state, j.reason) for j in self.queue.list()]}")

    def until_state(self, job_id: str, *states: State) -> Job:
        def there() -> Job | None:
            job = self.queue.get(job_id)
            return job if job.state in states else None

        found: Job = self.until(there, f"{job_id} in {states}")
        return found

    def until_over(self, job_id: str) -> Job:
        return self.until_state(job_id, State.FINISHED, State.STOPPED, State.FAILED, State.LOST)

    def until_step(self, job_id: str, step: int) -> None:
        self.until(lambda: (self.queue.summary(job_id).step or 0) >= step, f"{job_id} at step {step}")

    def steps(self, job_id: str) -> list[int]:
        """What the file holds, read by other means than the queue's."""
        lines = (self.runs_dir / job_id / "events.jsonl").read_text().splitlines()
        return [json.loads(line)["step"] for line in lines]

    def starts(self, job_id: str) -> list[tuple[int, int]]:
        """(process number, first step) of every worker that began this job."""
        lines = (self.runs_dir / job_id / "starts.txt").read_text().splitlines()
        return [(int(pid), int(step)) for pid, step in (line.split() for line in lines)]

    def worker(self, job_id: str) -> Identity | None:
        """The living worker of a job."""
        try:
            said = json.loads((self.runs_dir / job_id / "job" / "worker.json").read_text())
        except (OSError, ValueError):
            return None
        who = Identity(said["pid"], said["born"])
        return who if identify(who.pid) == who else None

    def dispatcher(self) -> Identity | None:
        if not lock_is_held(self.runs_dir / LOCK):
            return None
        words = (self.runs_dir / LOCK).read_text().split()
        return Identity(int(words[0]), words[1]) if len(words) == 3 else None

    def close(self) -> None:
        self.queue.close()
        # A worker that dies last may have called one more dispatcher, and that may have started one more worker.
        end = time.monotonic() + self.patience_s
        while (self._end_all() or self._is_busy()) and time.monotonic() < end:
            threading.Event().wait(0.05)

    def _end_all(self) -> int:
        living = [self.worker(folder.parent.name) for folder in self.runs_dir.glob("*/job")] + [self.dispatcher()]
        for who in living:
            if who is not None:
                kill_group(who)
        return sum(who is not None for who in living)

    def _is_busy(self) -> bool:
        """Somebody is there who has not yet said who he is."""
        return any(lock_is_held(path) for path in [self.runs_dir / LOCK, *self.runs_dir.glob("*/job/lock")])


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Lab]:
    made = Lab(tmp_path / "runs")
    try:
        yield made
    finally:
        made.close()
