"""How fast recipes run on this machine: each kind is timed once, one at a time, in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from dataclasses import dataclass, field
from pathlib import Path

from cnn_core.training.costing import Speed

ROOT = Path(__file__).parents[2]
PATIENCE_S = 240.0
KEPT = 500


@dataclass
class Timing:
    """One kind of recipe being timed, or timed; ``problem`` is what kept it from being so."""

    speed: Speed | None = None
    problem: str = ""
    ended: threading.Event = field(default_factory=threading.Event)


class Estimates:
    """Timings by ``speed_key``; threads of the server, shared by all sessions."""

    def __init__(self) -> None:
        self._found: dict[str, Timing] = {}
        self._lock = threading.Lock()
        self._one_at_a_time = threading.Lock()  # two at once would time each other

    def get(self, key: str) -> Timing | None:
        with self._lock:
            return self._found.get(key)

    def put(self, key: str, speed: Speed) -> None:
        """Keep what a run has told."""
        timing = Timing(speed)
        timing.ended.set()
        with self._lock:
            self._found[key] = timing

    def begin(self, key: str, recipe_json: str) -> Timing:
        """Time a recipe, or join the one who does."""
        with self._lock:
            if key in self._found:
                return self._found[key]
            while len(self._found) >= KEPT:
                del self._found[next(iter(self._found))]
            timing = self._found[key] = Timing()
        threading.Thread(target=self._work, args=(timing, recipe_json), name="time-recipe", daemon=True).start()
        return timing

    def _work(self, timing: Timing, recipe_json: str) -> None:
        with self._one_at_a_time:
            try:
                timing.speed, timing.problem = _measured(recipe_json)
            finally:
                timing.ended.set()


def _measured(recipe_json: str) -> tuple[Speed | None, str]:
    command = [sys.executable, "-m", "cnn_core.training.timing"]
    try:
        done = subprocess.run(command, input=recipe_json, capture_output=True, text=True, cwd=ROOT, timeout=PATIENCE_S, check=False)
        found = json.loads(done.stdout.splitlines()[-1])
    except (OSError, subprocess.TimeoutExpired):
        return None, "too_slow"
    except (ValueError, IndexError):
        return None, "failed"
    if "error" in found:
        return None, "failed"
    return Speed(**found), ""
