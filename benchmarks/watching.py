"""What watching a training run costs the server, for one viewer and for thirty, and how soon the first point is on the chart.

The viewers speak Streamlit's own messages: they ask for each part of the page as often as it tells a browser to. The job is a real
one, in a process of its own; only the server's processor time is counted.
"""

from __future__ import annotations

import asyncio
import os
import tempfile
import time
from pathlib import Path
from typing import Any
from unittest.mock import patch

import websockets
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from benchmarks.first_point import first_point, wait_for_end, wait_for_points
from benchmarks.sessions import Server, one, percentile, serve
from cnn_core.jobs import JobQueue
from cnn_core.training import Recipe

SECONDS = 20
TIMEOUT_S = 120
LONG = Recipe("lenet5_keras", "digits", name="watched", validation_images=200, batch=64, epochs=10_000, budget_s=600.0, device="cpu")


def run() -> list[dict[str, Any]]:
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:  # the queue's own process ends a little later
        runs, data = str(Path(folder) / "runs"), str(Path(folder) / "data")
        with serve(CONVOLAB_RUNS=runs, CONVOLAB_DATA=data) as server, patch.dict(os.environ, CONVOLAB_DATA=data):
            asyncio.run(one(server, []))  # a server learns of its pages from the first visit
            queue = JobQueue(runs)
            first_s = first_point(queue, LONG)
            job = queue.submit(LONG)
            try:
                wait_for_points(queue, job)
                rows = [watched(server, job, viewers) for viewers in (1, 30)]
            finally:
                queue.cancel(job)
                wait_for_end(queue, job)
                queue.close()
    rows.append({
        "what": "from the start of a job to its first point, CPU, data set already there", "ours_s": first_s, "peer": "", "peer_s": None,
        "ratio": None, "target": "≤ 6 s",
    })  # fmt: skip
    return [{"table": "Watching a training run"} | row for row in rows]


def watched(server: Server, job: str, viewers: int) -> dict[str, Any]:
    answers, cpu_s, asked_a_second = asyncio.run(many(server, job, viewers))
    each = cpu_s / len(answers) * asked_a_second  # a server that answers late for want of a processor does not look cheaper by that
    latest = f"p95 of {len(answers)} answers {1000 * percentile(answers, 0.95):.0f} ms"
    what = f"{viewers} viewer{'s' * (viewers > 1)}: processor time a second each ({latest})"
    return {"what": what, "ours_s": each, "peer": "", "peer_s": None, "ratio": None, "target": "≤ 0.06 s"}


async def many(server: Server, job: str, viewers: int) -> tuple[list[float], float, float]:
    """Seconds of every answer, the server's processor time for all of them, and how often a viewer asks in a second."""
    tabs = [Tab(server, job) for _ in range(viewers)]
    for tab in tabs:
        await tab.open()
    server.rest()
    before = server.cpu_s
    answers = await asyncio.gather(*(tab.watch(SECONDS) for tab in tabs))
    spent = server.cpu_s - before
    for tab in tabs:
        await tab.socket.close()
    return [answer for each in answers for answer in each], spent, sum(1 / every for every in tabs[0].parts.values())


class Tab:
    """A browser tab on the page of one run."""

    def __init__(self, server: Server, job: str) -> None:
        self.address = server.url.replace("http", "ws") + "/_stcore/stream"
        self.query = f"train_view=watch&run={job}"
        self.parts: dict[str, float] = {}  # a fragment → every how many seconds it wants to be asked for
        self.socket: Any = None

    async def open(self) -> None:
        self.socket = await websockets.connect(self.address, subprotocols=["streamlit"], max_size=None, compression=None)  # type: ignore[list-item]
        await self._ask("")

    async def watch(self, seconds: float) -> list[float]:
        clock = asyncio.get_running_loop().time
        end = clock() + seconds
        due = {part: clock() + every for part, every in self.parts.items()}
        answers = []
        while due:
            part = min(due, key=lambda name: due[name])
            if due[part] > end:
                break
            await asyncio.sleep(max(0.0, due[part] - clock()))
            answers.append(await self._ask(part))
            due[part] = max(due[part] + self.parts[part], clock())
        return answers

    async def _ask(self, part: str) -> float:
        message = BackMsg()
        message.rerun_script.query_string = self.query
        message.rerun_script.page_name = "training"
        message.rerun_script.fragment_id = part
        started = time.perf_counter()
        await self.socket.send(message.SerializeToString())
        while True:
            answer = ForwardMsg.FromString(await asyncio.wait_for(self.socket.recv(), TIMEOUT_S))
            kind = answer.WhichOneof("type")
            if kind == "auto_rerun":
                self.parts[answer.auto_rerun.fragment_id] = answer.auto_rerun.interval
            elif kind == "script_finished":
                return time.perf_counter() - started


if __name__ == "__main__":
    from benchmarks.__main__ import show

    show(run())
