"""Where jobs run: an engine is four calls, and nothing else knows what a job is made of.

``submit`` starts one, ``poll`` tells how it is, ``stop`` ends it, ``tail`` reads on in what it tells. The queue decides what
starts when and what a report means; an engine only does and looks. A cluster's engine is a class with the same four calls and
a row in ``ENGINES``.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from cnn_core.errors import JobError
from cnn_core.jobs.folder import Ending


@dataclass(frozen=True)
class Order:
    """What a worker is told.

    Attributes:
        attempt: how many times this job has been started, this time included; what earlier attempts left behind is told
            apart by it.
        device: the slot it was given.
        wants: the device its recipe names.
        budget_s: seconds of training after which it stops by itself; 0 for no limit.
        resume: go on from the saved state.
        name, session, tags: the job's, kept with the run in case the index is lost.
        wake: a command that starts a dispatcher; a worker that finds none runs it.
    """

    id: str
    attempt: int
    run_dir: str
    recipe_json: str
    device: str = ""
    wants: str = "auto"
    budget_s: float = 0.0
    resume: bool = False
    name: str = ""
    session: str = ""
    tags: tuple[str, ...] = ()
    wake: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    def to_json(self) -> str:
        return json.dumps(self.to_dict())


@dataclass(frozen=True)
class Ticket:
    """Which attempt of which job is meant.

    Attributes:
        handle: what ``submit`` returned; "" if whoever submitted died before writing it down. An engine then finds the job by
            its folder and attempt, or reports that it does not exist.
    """

    id: str
    attempt: int
    run_dir: Path
    handle: str = ""


@dataclass(frozen=True)
class Report:
    """How a job is.

    Attributes:
        is_alive: something of it exists. Once False it stays False for this attempt.
        has_begun: the worker has said who it is; if not, and it is not alive, it never took a step and may be started again.
        is_running: training has begun (before: torch and the data are being loaded); stays True when it is over.
        life: grows as long as there is any sign of life: steps taken, processor time used, the disk waited for.
        progress: grows with the steps taken only.
        ending: the worker's last word.
        cause: why it is gone, if it is and left no last word: "killed", "crashed" (it ended by itself), "disk_full" (it
            could not even write that word), "machine_restarted".
        detail: a signal's name or an exit code, where known.
    """

    is_alive: bool
    has_begun: bool = False
    is_running: bool = False
    life: int = 0
    progress: int = 0
    ending: Ending | None = None
    cause: str = "killed"
    detail: str = ""


class Engine(Protocol):
    """A place where jobs run."""

    @property
    def slots(self) -> tuple[str, ...]:
        """The devices, by name; each takes one job at a time."""
        ...

    def submit(self, order: Order) -> str:
        """Start a job, and return a handle that will be stored. It must go on when the caller ends, however that ends.

        Raises:
            JobError: it cannot be started here; the code says why.
            OSError: the system refused (no memory, no space).
        """
        ...

    def poll(self, ticket: Ticket) -> Report: ...

    def stop(self, ticket: Ticket, *, force: bool = False) -> None:
        """Ask a job to save and end; with ``force`` end it at once, and everything it started. Safe to repeat."""
        ...

    def tail(self, run_dir: Path, start: int, limit: int) -> bytes:
        """The bytes of the run's events from ``start`` on, ``limit`` at most; empty if there are none."""
        ...


@runtime_checkable
class Preparing(Protocol):
    """An engine that can shorten the next start; the dispatcher tells it whether one is to be expected."""

    def prepare(self, wanted: bool) -> None: ...


def _local(worker: str) -> Engine:
    from cnn_core.jobs.engines.local import LocalEngine

    return LocalEngine(worker)


ENGINES: Mapping[str, Callable[[str], Engine]] = {"local": _local}


def make_engine(engine_id: str, worker: str) -> Engine:
    """The engine of that name; ``worker`` is the module that its jobs run."""
    try:
        return ENGINES[engine_id](worker)
    except KeyError:
        raise JobError(
            f"no engine {engine_id!r}; there are: {', '.join(ENGINES)}", code="unknown_engine", id=engine_id,
            known=", ".join(ENGINES),
        ) from None
