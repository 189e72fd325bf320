"""Taking in runs that the index does not know: made from a shell, copied from another machine, or left when an index was lost."""

from __future__ import annotations

import json
import os
import re
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from cnn_core.jobs.folder import EVENTS, RunFolder
from cnn_core.jobs.job import State, read_figure, read_object
from cnn_core.jobs.store import Index

LOOK_EVERY_S = 5.0
FIRST_EVENT_BYTES = 1 << 12
LAST_EVENT_BYTES = 1 << 20  # an "end" event holds a confusion matrix
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


def is_run_name(name: str) -> bool:
    """Could this be the name of a run's folder? It then names nothing outside the runs folder."""
    return _NAME.fullmatch(name) is not None


class Adopter:
    """Looks through the runs folder now and then."""

    def __init__(self, index: Index, clock: Callable[[], float] = time.monotonic) -> None:
        self._index = index
        self._clock = clock
        self._lock = threading.Lock()
        self._looked_at = float("-inf")

    def look(self) -> None:
        """Take in what is new; at most every few seconds, however often it is called."""
        with self._lock:
            if self._clock() - self._looked_at < LOOK_EVERY_S:
                return
            self._looked_at = self._clock()
            known = {job.id for job in self._index.jobs()}
            for entry in os.scandir(self._index.runs_dir):
                if entry.name not in known and is_run_name(entry.name) and entry.is_dir(follow_symlinks=False):
                    self._adopt(Path(entry.path))

    def _adopt(self, run_dir: Path) -> None:
        folder = RunFolder(run_dir)
        order = folder.order()
        found = _of_a_job(folder, order) if order else _of_a_shell(run_dir)
        if found is None:
            return
        state, reason, facts = found
        try:
            recipe = str(order.get("recipe_json") or (run_dir / "recipe.json").read_text("utf-8"))
            began, ended = _times(run_dir)
        except (OSError, UnicodeDecodeError):
            return
        fields = read_object(recipe)
        columns = {
            "session": str(order.get("session", "")), "name": str(order.get("name") or fields.get("name") or run_dir.name),
            "tags": json.dumps(list(order.get("tags", ()))), "recipe": recipe, "wants": str(fields.get("device", "auto")),
            "budget_s": order.get("budget_s") or None, "device": str(order.get("device", "")),
            "attempt": int(order.get("attempt", 1)), "resume": int(bool(order.get("resume"))),
            "created": began, "started": began, "ended": ended if state.is_over else None,
        }  # fmt: skip
        self._index.adopt(run_dir.name, state, reason, facts, columns)


Found = tuple[State, str, Mapping[str, Any]]


def _of_a_job(folder: RunFolder, order: Mapping[str, Any]) -> Found:
    """The index was lost, and the worker may still be there: then its job goes on under the new one."""
    if folder.is_held():
        return State.RUNNING, "", {}
    ending = folder.ending(int(order.get("attempt", 0)))
    if ending is None:
        return State.LOST, "killed", {}
    return State(ending.state), ending.reason, ending.facts


def _of_a_shell(run_dir: Path) -> Found | None:
    """None while it may still go on: it holds no lock that could be asked."""
    _, last = _first_and_last(run_dir)
    states = {state.value: state for state in (State.FINISHED, State.STOPPED, State.FAILED)}
    state = states.get(str(last.get("state")))
    facts = {name: last[name] for name in ("detail", "step", "loss", "lr") if last.get(name) is not None}
    if "detail" in facts:
        facts["message"] = facts["detail"]
    return (state, str(last.get("reason", "")), facts) if last.get("kind") == "end" and state else None


def _first_and_last(run_dir: Path) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """The first event of a run and its last one; empty where there is none, or no whole one."""
    try:
        with open(run_dir / EVENTS, "rb") as file:
            first = read_object(file.read(FIRST_EVENT_BYTES).split(b"\n", 1)[0])
            file.seek(max(0, os.fstat(file.fileno()).st_size - LAST_EVENT_BYTES))
            return first, read_object(file.read().splitlines()[-1])
    except (OSError, IndexError):
        return {}, {}


def _times(run_dir: Path) -> tuple[float, float]:
    """When a run began and when it told its last event, by its own words; between the two lie its seconds, without the breaks of one
    that was stopped and gone on with. Where it has told nothing, when its folder was touched.

    Raises:
        OSError: the folder is gone.
    """
    touched = run_dir.stat().st_mtime
    first, last = _first_and_last(run_dir)
    told, elapsed, loading = (read_figure(event.get(name)) for event, name in ((last, "time"), (last, "elapsed_s"), (first, "loading_s")))
    ended = told or touched
    return ended - (elapsed or 0.0) - (loading or 0.0), ended
