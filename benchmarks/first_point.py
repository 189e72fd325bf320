"""How soon a job that was started has something to show: the time to the first point on the chart."""

from __future__ import annotations

import time

from cnn_core.jobs import JobQueue
from cnn_core.training import Recipe

TIMEOUT_S = 120


def first_point(queue: JobQueue, recipe: Recipe) -> float:
    """Seconds from submitting to the first figure that a chart can draw; the second of two jobs, as in a lesson that goes on."""
    taken = 0.0
    for _ in range(2):
        started = time.monotonic()
        job = queue.submit(recipe)
        wait_for_points(queue, job)
        taken = time.monotonic() - started
        queue.cancel(job)
        wait_for_end(queue, job)
    return taken


def wait_for_points(queue: JobQueue, job: str) -> None:
    until = time.monotonic() + TIMEOUT_S
    while True:
        state = queue.get(job).state  # before the curve: a short job may end between the two
        if queue.curve(job).progress.get("loss"):
            return
        if time.monotonic() > until or state.is_over:
            raise RuntimeError(f"the job told nothing: {state}")
        time.sleep(0.02)


def wait_for_end(queue: JobQueue, job: str) -> None:
    until = time.monotonic() + TIMEOUT_S
    while not queue.get(job).state.is_over and time.monotonic() < until:
        time.sleep(0.05)
