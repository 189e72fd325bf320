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
from cnn_core.jobs.job import State, read_object
from cnn_core.jobs.store import Index

LOOK_EVERY_S = 5.0
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
            time_s = run_dir.stat().st_mtime
        except (OSError, UnicodeDecodeError):
            return
        fields = read_object(recipe)
        columns = {
            "session": str(order.get("session", "")), "name": str(order.get("name") or fields.get("name") or run_dir.name),
            "tags": json.dumps(list(order.get("tags", ()))), "recipe": recipe, "wants": str(fields.get("device", "auto")),
            "budget_s": order.get("budget_s") or None, "device": str(order.get("device", "")),
            "attempt": int(order.get("attempt", 1)), "resume": int(bool(order.get("resume"))),
            "created": time_s, "started": time_s, "ended": time_s if state.is_over else None,
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
    try:
        with open(run_dir / EVENTS, "rb") as file:
            file.seek(max(0, os.fstat(file.fileno()).st_size - LAST_EVENT_BYTES))
            last = read_object(file.read().splitlines()[-1])
    except (OSError, IndexError):
        return None
    states = {state.value: state for state in (State.FINISHED, State.STOPPED, State.FAILED)}
    state = states.get(str(last.get("state")))
    facts = {"detail": last["detail"], "message": last["detail"]} if "detail" in last else {}
    return (state, str(last.get("reason", "")), facts) if last.get("kind") == "end" and state else None
