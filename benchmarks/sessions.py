"""Browsers without a browser: sessions that speak Streamlit's own messages to a real server, and time its answers.

    with serve() as server:
        timings = asyncio.run(many(server, sessions=30, seconds=20, …))

A change is timed from the moment its message is sent until the server says that the script has finished and everything
it drew has arrived. Nothing is painted, so this is what the server costs.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import websockets
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState

ROOT = Path(__file__).parents[1]
TIMEOUT_S = 60
_SMALL_BYTES = 2_000  # larger messages hold pictures: only a first run's are looked into, for the widgets' ids


@dataclass(frozen=True)
class Server:
    """A running server: its address, its process, and how long it took to answer HTTP."""

    url: str
    pid: int
    healthy_s: float

    @property
    def cpu_s(self) -> float:
        """Processor time it has used so far."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def rest(self) -> None:
        """Wait until it is idle: after its first visitor it imports torch in the background."""
        quiet, deadline = 0, time.perf_counter() + TIMEOUT_S
        while quiet < 3 and time.perf_counter() < deadline:
            before = self.cpu_s
            time.sleep(0.5)
            quiet = quiet + 1 if self.cpu_s - before < 0.05 else 0


@contextmanager
def serve(script: Path = ROOT / "app.py", **environment_of_its_own: str) -> Iterator[Server]:
    """A server for ``script`` on a free port, with no data sets and folders of its own; ends with the block."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", str(script), f"--server.port={port}", "--server.address=127.0.0.1"]
    with tempfile.TemporaryDirectory() as home:
        folders = {"CONVOLAB_DATA": f"{home}/data", "CONVOLAB_RUNS": f"{home}/runs", "XDG_CACHE_HOME": f"{home}/cache"}
        environment = os.environ | {"PYTHONPATH": str(ROOT)} | folders | environment_of_its_own
        started = time.perf_counter()
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            url = f"http://127.0.0.1:{port}"
            _wait_until_healthy(process, f"{url}/_stcore/health", started + TIMEOUT_S)
            yield Server(url, process.pid, time.perf_counter() - started)
        finally:
            process.terminate()
            process.wait(timeout=20)


def _wait_until_healthy(process: subprocess.Popen[bytes], url: str, deadline: float) -> None:
    while time.perf_counter() < deadline and process.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=1):
                return
        except OSError:
            time.sleep(0.02)
    raise RuntimeError("the server did not start")


@dataclass
class Session:
    """One browser tab: the connection, and the widgets that the page has drawn, id by key."""

    socket: Any
    query: str
    page: str = ""  # as in the address; "" is the first page
    widgets: dict[str, str] = field(default_factory=dict)
    states: dict[str, WidgetState] = field(default_factory=dict)
    opened: bool = False  # the first run has finished

    @classmethod
    @asynccontextmanager
    async def open(cls, server: Server, query: str = "", page: str = "") -> AsyncIterator[Session]:
        """A tab that has opened a page, with a query such as ``view=table``, and has seen it whole."""
        address = server.url.replace("http", "ws") + "/_stcore/stream"
        async with websockets.connect(address, subprotocols=["streamlit"], max_size=None, compression=None) as connection:  # type: ignore[list-item]
            session = cls(connection, query, page)
            await session._run()
            session.opened = True
            yield session

    async def change(self, key: str, value: float | str) -> float:
        """Give the widget with this key a value, as the user would; seconds until the server has answered in full."""
        state = WidgetState(id=self.widgets[key])
        if isinstance(value, str):
            if ":segments" in self.widgets.get(f"{key}:kind", ""):
                state.string_array_value.data.append(value)
            else:
                state.string_value = value
        else:
            state.double_value = value
        self.states[key] = state
        return await self._run()

    async def trigger(self, key: str, event: str, value: str) -> float:
        """Let one of our own components tell the page something, as a click in it does; seconds as for ``change``."""
        # How Streamlit 1.67 names what a component of the second version sends (`bidi_component.main._make_trigger_id`).
        sent = WidgetState(id=f"$$STREAMLIT_INTERNAL_KEY_{self.widgets[key]}__events")
        sent.json_trigger_value = json.dumps([{"event": event, "value": value}])
        return await self._run(sent)

    async def _run(self, *once: WidgetState) -> float:
        message = BackMsg()
        message.rerun_script.query_string = self.query
        message.rerun_script.page_name = self.page
        message.rerun_script.widget_states.widgets.extend([*self.states.values(), *once])
        started = time.perf_counter()
        await self.socket.send(message.SerializeToString())
        while True:
            data = await asyncio.wait_for(self.socket.recv(), TIMEOUT_S)
            if self.opened and len(data) > _SMALL_BYTES:
                continue
            answer = ForwardMsg.FromString(data)
            kind = answer.WhichOneof("type")
            if kind == "delta" and answer.delta.WhichOneof("type") == "new_element":
                self._remember(answer.delta.new_element)
            elif kind == "script_finished":
                if answer.script_finished != ForwardMsg.FINISHED_SUCCESSFULLY:
                    raise RuntimeError("the script did not finish")
                return time.perf_counter() - started

    def _remember(self, element: Any) -> None:
        """Streamlit's ids end in the key that the page gave."""
        kind = element.WhichOneof("type")
        widget_id = getattr(getattr(element, kind), "id", "")
        if widget_id.startswith("$$ID-"):
            key = widget_id.split("-", 2)[2]
            self.widgets[key] = widget_id
            self.widgets[f"{key}:kind"] = ":segments" if kind == "button_group" else kind


async def one(server: Server, changes: Sequence[tuple[str, float | str]], query: str = "", page: str = "") -> list[float]:
    """One session that makes these changes one after the other; seconds for each."""
    async with Session.open(server, query, page) as session:
        return [await session.change(key, value) for key, value in changes]


async def many(
    server: Server, changes: Sequence[tuple[str, float | str]], *, sessions: int, seconds: float, every_s: float, query: str = ""
) -> list[float]:
    """Sessions that each make one change every ``every_s`` seconds, out of step; seconds for every change of all.

    A session that is answered late makes its next change late too, as people do.
    """
    rng = random.Random(0)
    delays = [rng.uniform(0, every_s) for _ in range(sessions)]

    async def visit(session: Session, delay: float) -> list[float]:
        timings = []
        clock = asyncio.get_running_loop().time
        due, end = clock() + delay, clock() + seconds
        turn = rng.randrange(len(changes))
        while due < end:
            await asyncio.sleep(max(0.0, due - clock()))
            timings.append(await session.change(*changes[turn % len(changes)]))
            turn, due = turn + 1, due + every_s
        return timings

    async with _opened(server, sessions, query) as opened:
        timings = await asyncio.gather(*(visit(session, delay) for session, delay in zip(opened, delays, strict=True)))
    return [timing for each in timings for timing in each]


@asynccontextmanager
async def _opened(server: Server, sessions: int, query: str) -> AsyncIterator[list[Session]]:
    from contextlib import AsyncExitStack

    async with AsyncExitStack() as stack:
        yield [await stack.enter_async_context(Session.open(server, query)) for _ in range(sessions)]


def percentile(timings: Sequence[float], share: float) -> float:
    """The value that this share of the timings stays at or below.

    >>> percentile([0.1, 0.2, 0.3, 0.4], 0.5)
    0.2
    """
    ordered = sorted(timings)
    return ordered[max(0, -(-int(share * 1000 * len(ordered)) // 1000) - 1)]
