"""kill -9 at random moments of worker, dispatcher and server, again and again: ``python -m tests.cnn_core.jobs.killing 100``.

Three sessions submit jobs through two servers, each submission twice with the same token. Something is killed every few tenths of a
second, and what a user would do is done: killed servers are started again, lost jobs are resumed. In the end every job must be
finished, and what independent witnesses wrote down must agree with the index (see ``check``).
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path

from cnn_core.errors import JobError
from cnn_core.jobs import JobQueue, State
from cnn_core.jobs.process import Identity
from tests.cnn_core.jobs.conftest import PATIENCE_S, TINY, Lab

JOBS = 9
STEPS = 50
ROOT = Path(__file__).parents[3]

SERVER = """
import json, sys, threading
from cnn_core.jobs import JobQueue
queue = JobQueue(sys.argv[1], worker=sys.argv[2])
recipe = json.dumps({"steps": int(sys.argv[4]), "step_s": 0.02})
for number in range(int(sys.argv[3])):
    queue.submit(recipe, "ABC"[number % 3], token=f"click {number}")
marks = {}
while True:
    for job in queue.list():
        events, marks[job.id] = queue.events(job.id, marks.get(job.id, 0))
    threading.Event().wait(0.05)
"""


class Mayhem:
    """The servers, the killer, and a user who resumes what was lost."""

    def __init__(self, lab: Lab, rounds: int, seed: int) -> None:
        self.lab = lab
        self.rounds = rounds
        self.random = random.Random(seed)
        self.servers = [self._server() for _ in range(2)]
        self.killed: Counter[str] = Counter()

    def _server(self) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-c", SERVER, str(self.lab.runs_dir), TINY, str(JOBS), str(STEPS)]
        return subprocess.Popen(command, cwd=ROOT, start_new_session=True)

    def run(self) -> None:
        try:
            extra = 0
            while sum(self.killed.values()) < self.rounds:
                threading.Event().wait(self.random.uniform(0.0, 0.5))
                self._kill(self.random.choice(("worker", "worker", "dispatcher", "server")))
                self._help()
                if self._is_done():  # more work for what is left of the rounds
                    extra += 1
                    self.lab.submit("ABC"[extra % 3], steps=STEPS, step_s=0.02)
            end = time.monotonic() + PATIENCE_S + JOBS * 10
            while not self._is_done():
                if time.monotonic() > end:
                    raise AssertionError([(job.id, job.state, job.reason) for job in self.lab.queue.list()])
                self._help()
                threading.Event().wait(0.05)
        finally:
            for server in self.servers:
                server.kill()
                server.wait()

    def _kill(self, victim: str) -> None:
        if victim == "server":
            number = self.random.randrange(len(self.servers))
            self.servers[number].kill()
            self.servers[number].wait()
            self.servers[number] = self._server()
        else:
            target = self.lab.dispatcher() if victim == "dispatcher" else self._worker()
            if target is None:
                return
            try:
                os.kill(target.pid, signal.SIGKILL)
            except ProcessLookupError:
                return
        self.killed[victim] += 1

    def _worker(self) -> Identity | None:
        living = [who for job in self.lab.queue.list() if (who := self.lab.worker(job.id))]
        return self.random.choice(living) if living else None

    def _help(self) -> None:
        for job in self.lab.queue.list():
            if job.state in (State.LOST, State.FAILED):
                try:
                    self.lab.queue.resume(job.id)
                except JobError as err:
                    if err.code != "job_not_resumable":
                        raise

    def _is_done(self) -> bool:
        jobs = self.lab.queue.list()
        return len(jobs) >= JOBS and all(job.state is State.FINISHED for job in jobs)


def check(lab: Lab, queue: JobQueue) -> None:
    """Every click is one job; every curve is whole, each step once; nobody worked twice at once or more often than he was told to.

    The witnesses: the events as they lie in the file, the workers' own list of their starts, and a lock that the tiny workload
    takes for the device (``overlaps.txt`` names who found it taken).
    """
    jobs = queue.list()
    assert len({job.id for job in jobs}) == len(jobs) >= JOBS
    assert not (lab.runs_dir / "overlaps.txt").exists(), (lab.runs_dir / "overlaps.txt").read_text()
    for job in jobs:
        assert job.state is State.FINISHED
        assert lab.steps(job.id) == list(range(1, STEPS + 1)), f"{job.id}: a step twice, or lost"
        told = [event["step"] for event in queue.events(job.id)[0]]
        assert told == lab.steps(job.id)
        started = sum(change.state is State.STARTING for change in job.history)
        assert len(lab.starts(job.id)) <= started == job.attempt
        assert not list(job.run_dir.rglob(".*.part")), "a half-written file was left"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("rounds", type=int, nargs="?", default=100)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        lab = Lab(Path(folder) / "runs")
        try:
            mayhem = Mayhem(lab, options.rounds, options.seed)
            began = time.monotonic()
            mayhem.run()
            check(lab, lab.queue)
            jobs = lab.queue.list()
            print(json.dumps({
                "killed": dict(mayhem.killed), "jobs": len(jobs), "attempts": sum(job.attempt for job in jobs),
                "seconds": round(time.monotonic() - began), "lost": 0, "twice": 0,
            }))  # fmt: skip
        finally:
            lab.close()


if __name__ == "__main__":
    main()
