"""The process of one job: ``python -m cnn_core.jobs.worker``, started by an engine, which hands it its order and its folder's lock.

It needs nobody: it trains, saves and says how it ended whether or not a queue, a server or a browser is there. A thread of its own
tells twice a second how far the training is; the training itself only counts. It is the only module of the jobs that knows the
training loop, and imports it late, so that it can be stopped while torch still loads.
"""

from __future__ import annotations

import faulthandler
import os
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable, Mapping
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Any, NoReturn, Protocol

from cnn_core.errors import ConvolabError, exhausted
from cnn_core.jobs.engines import Order
from cnn_core.jobs.engines.devices import narrow
from cnn_core.jobs.engines.spare import FLAG, wait_for_order
from cnn_core.jobs.folder import EXIT_DISK_FULL, Ending, Pulse, RunFolder, beat
from cnn_core.jobs.job import read_object
from cnn_core.jobs.lead import Keeper
from cnn_core.jobs.process import Identity, end_children, identify
from cnn_core.training.allocator import keep_freed_memory

BEAT_EVERY_S = 0.5
MESSAGE_LENGTH = 500
NICENESS = 5  # on the processor, so that the server that shows the job is answered first


class Result(Protocol):
    """What the training loop returns: `cnn_core.training.TrainResult`."""

    @property
    def state(self) -> str: ...

    @property
    def reason(self) -> str: ...


# (recipe's text, run folder, what to call at each event, whether to stop, whether to go on from a saved state)
Train = Callable[[str, Path, Callable[[Mapping[str, Any]], None], Callable[[], bool], bool], Result]


def train(
    recipe_json: str, run_dir: Path, on_event: Callable[[Mapping[str, Any]], None], stop: Callable[[], bool], resume: bool
) -> Result:
    """The real work."""
    from cnn_core import training

    recipe = training.Recipe.from_json(recipe_json)
    try:
        return training.train(recipe, run_dir, on_event, stop=stop, resume=resume, anew=not resume)
    except ConvolabError:
        raise
    except (RuntimeError, ValueError):
        training.check(recipe)  # takes a second or two, and says in words what torch says in numbers
        raise


class _Asked(BaseException):
    """Asked to end before training began: nothing is there to be saved, so nothing needs to be waited for."""


def prepare() -> None:
    """What a job needs seconds for before it can begin; a spare worker does it ahead of time."""
    from cnn_core import architectures

    import_module("cnn_core.training.loop")
    import_module("torch._dynamo")  # every optimiser imports it when it is made, and it takes half as long as torch itself
    architectures.get("lenet5")  # reads the whole catalogue


class Worker:
    """One attempt at a job.

    Args:
        lock: the folder's lock, open; held until the process ends.
    """

    def __init__(self, order: Order, lock: int, work: Train = train) -> None:
        self._order = order
        self._work = work
        self._folder = RunFolder(Path(order.run_dir))
        self._asked = False  # to stop, by a signal
        self._is_at_work = False
        self._out_of_time = False
        self._began_at: float | None = None
        self._progress = 0
        self._news = threading.Event()  # tell it now
        # As it is before a GPU is chosen for this job: the next dispatcher must see them all.
        self._keeper = Keeper(self._folder.run_dir.parent, list(order.wake), dict(os.environ)) if order.wake else None
        os.set_inheritable(lock, False)

    def run(self) -> None:
        """Train and say how it ended. Returns when everything is written; raises nothing but what a failing disk leaves."""
        signal.signal(signal.SIGTERM, self._ask)
        for number in (signal.SIGINT, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        self._folder.write_order(self._order.to_dict())
        self._folder.write_worker(identify(os.getpid()) or Identity(os.getpid(), ""), self._order.attempt)
        self._say(self._attempt())

    def _attempt(self) -> Ending:
        try:
            self._is_at_work = True
            self._folder.clear_parts()
            self._folder.reserve_space()
            narrow(self._order.device, self._order.wants)
            if self._order.device == "cpu":
                os.nice(NICENESS)
            threading.Thread(target=self._beat, args=(self._folder.open_pulse(),), daemon=True).start()
            if self._asked:
                raise _Asked
            run_dir = Path(self._order.run_dir)
            result = self._work(self._order.recipe_json, run_dir, self._heard, self._should_stop, self._order.resume)
        except _Asked:
            return Ending("stopped", "ended_from_outside", {})
        except ConvolabError as err:
            return Ending("failed", err.code, {**err.facts, "message": str(err)})
        except Exception as err:
            self._folder.release_space()
            _log()
            return _why(err)
        finally:
            self._is_at_work = False
        return self._ending(result)

    def _ending(self, result: Result) -> Ending:
        """What the loop says, with the reason for a stop, which only the worker knows."""
        facts = {"message": message} if (message := str(getattr(result, "message", ""))) else {}
        if result.state != "stopped":
            return Ending(result.state, result.reason, facts)
        if self._out_of_time and not self._asked:
            return Ending("stopped", "time_limit", {"budget_s": self._order.budget_s})
        return Ending("stopped", "ended_from_outside" if self._asked else result.reason, facts)

    def _say(self, ending: Ending) -> None:
        self._folder.release_space()
        self._folder.write_ending(ending, self._order.attempt)

    def _ask(self, *_: object) -> None:
        if not self._asked:
            self._asked = True
            if self._began_at is None and self._is_at_work:
                raise _Asked

    def _heard(self, event: Mapping[str, Any]) -> None:
        self._moved()

    def _should_stop(self) -> bool:
        began_at, budget_s = self._moved(), self._order.budget_s
        self._out_of_time = bool(budget_s) and time.monotonic() - began_at >= budget_s
        return self._asked or self._out_of_time

    def _moved(self) -> float:
        """One thing more is done. Gives the moment of the first."""
        self._progress += 1
        if self._began_at is None:
            self._began_at = time.monotonic()
            self._news.set()
        return self._began_at

    def _beat(self, descriptor: int) -> None:
        while True:
            phase = "starting" if self._began_at is None else "running"
            beat(descriptor, self._order.attempt, Pulse(phase, self._progress))
            if self._keeper is not None:
                self._keeper.ensure()
            self._news.wait(BEAT_EVERY_S)
            self._news.clear()


def _log() -> None:
    """The error at hand into the log, which is on the same disk, and may find it full."""
    with suppress(OSError):
        traceback.print_exc()
        sys.stderr.flush()


def _why(err: Exception) -> Ending:
    """An error that nobody foresaw, in the words a user can do something with."""
    detail = f"{type(err).__name__}: {err}"[:MESSAGE_LENGTH]
    return Ending("failed", exhausted(err) or "crashed", {"detail": detail, "message": detail})


def main(work: Train = train, ahead: Callable[[], object] = prepare) -> NoReturn:
    """Read the order from standard input, do it, and end at once: what torch still holds, the system takes back faster.

    The first argument is the lock's descriptor, or says that this is a spare; the others are there for those who look for this
    process by its command line.
    """
    faulthandler.enable()
    keep_freed_memory()
    code = 1
    try:
        lock = wait_for_order(ahead) if sys.argv[1] == FLAG else int(sys.argv[1])
        if lock is not None:
            Worker(Order(**read_object(sys.stdin.buffer.read())), lock, work).run()
        code = 0
    except BaseException as err:
        _log()
        if exhausted(err) == "disk_full":
            code = EXIT_DISK_FULL
    finally:
        end_children()
        with suppress(OSError):
            sys.stdout.flush()
        os._exit(code)


if __name__ == "__main__":
    main()
