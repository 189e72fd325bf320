"""Watching a run, and what kill -9 does to the queue.

Thirty viewers look once a second at one run of two thousand events that goes on: what all of them cost the server, against each of them
reading the file. The page's own drawing is not in it.
"""

from __future__ import annotations

import json
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

from cnn_core.jobs import JobQueue
from cnn_core.jobs.tailing import FRESH_S

VIEWERS = 30
EVENTS = 2_000
EVENTS_A_SECOND = 4
SECONDS = 15
KILLS = 100


def run() -> list[dict[str, Any]]:
    return [watching(), killing()]


def watching() -> dict[str, Any]:
    """CPU time of one second of one viewer: the list of jobs, the new events, the summary, the curve of 500 points."""
    with tempfile.TemporaryDirectory() as folder:
        run_dir = Path(folder) / "some-run"
        run_dir.mkdir()
        (run_dir / "recipe.json").write_text("{}")
        write(run_dir, [*(progress(step) for step in range(EVENTS)), {"kind": "end", "state": "finished"}])
        queue = JobQueue(folder)
        [job] = queue.list()
        marks = [0] * VIEWERS
        ours = peer = 0.0
        for second in range(SECONDS):
            steps = range(EVENTS + second * EVENTS_A_SECOND, EVENTS + (second + 1) * EVENTS_A_SECOND)
            write(run_dir, [progress(step) for step in steps])
            threading.Event().wait(FRESH_S)  # the next second, as far as the queue's cache goes
            began = time.process_time()
            for viewer in range(VIEWERS):
                queue.list()
                _, marks[viewer] = queue.events(job.id, marks[viewer])
                queue.summary(job.id)
                queue.curve(job.id)
            ours += time.process_time() - began
            began = time.process_time()
            for _ in range(VIEWERS):
                for line in (run_dir / "events.jsonl").read_text().splitlines():
                    json.loads(line)
            peer += time.process_time() - began
        queue.close()
    each = VIEWERS * SECONDS
    return {
        "table": "Watching a run, 30 viewers", "what": f"one second of one viewer, {EVENTS:,} events", "ours_s": ours / each,
        "peer": "reading the file", "peer_s": peer / each, "ratio": peer / ours, "target": "ours at most 0.06 s with the page",
    }  # fmt: skip


def progress(step: int) -> dict[str, Any]:
    figures = {"loss": 1 / (1 + step), "accuracy": 0.5, "lr": 0.1, "images_per_s": 7321.5, "grad_norm": 1.25, "left_s": 12.5}
    return {"kind": "progress", "time": time.time(), "elapsed_s": step / 4, "step": step, "epoch": step / 100, **figures}


def write(run_dir: Path, events: list[dict[str, Any]]) -> None:
    with open(run_dir / "events.jsonl", "a") as file:
        file.write("".join(json.dumps(event) + "\n" for event in events))


def killing() -> dict[str, Any]:
    """Fails if anything is lost or done twice."""
    from tests.cnn_core.jobs.conftest import Lab
    from tests.cnn_core.jobs.killing import Mayhem, check

    with tempfile.TemporaryDirectory() as folder:
        lab = Lab(Path(folder) / "runs")
        try:
            mayhem = Mayhem(lab, KILLS, seed=0)
            began = time.monotonic()
            mayhem.run()
            check(lab, lab.queue)
            seconds = time.monotonic() - began
        finally:
            lab.close()
    who = ", ".join(f"{count} × {name}" for name, count in sorted(mayhem.killed.items()))
    return {
        "table": "kill -9 at random moments", "what": f"steps lost or done twice after {KILLS} kills ({who})", "ours_s": seconds,
        "peer": "", "peer_s": None, "ratio": 0, "target": "0",
    }  # fmt: skip


if __name__ == "__main__":
    from benchmarks.__main__ import show

    show(run())
