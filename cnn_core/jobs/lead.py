"""The one dispatcher of a runs folder: taking the lead, and seeing to it that somebody has it."""

from __future__ import annotations

import errno
import fcntl
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

from cnn_core.jobs.folder import lock_is_held
from cnn_core.jobs.process import Identity, identify, kill_group

LOCK = "dispatcher.lock"
LOG = "dispatcher.log"
WARM = "warm"
LOG_BYTES_MAX = 256 * 1024
BEAT_BYTES = 96
LOOK_EVERY_S = 0.5
START_EVERY_S = 3.0  # a dispatcher needs a part of a second to take the lead
SILENT_S = 15.0  # without a beat, after which a dispatcher counts as hung
LONGEST_LOOK_S = 2.0  # of the time between two looks no more is counted: who looks seldom knows little


class Lead:
    """The lead, taken. ``beat`` shows that its holder goes on; it is let go by ``release`` or by the process's end."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._beats = 0
        self._who = identify(os.getpid()) or Identity(os.getpid(), "?")

    def beat(self) -> None:
        self._beats += 1
        os.pwrite(self._descriptor, f"{self._who.pid} {self._who.born} {self._beats}".encode().ljust(BEAT_BYTES), 0)

    def release(self) -> None:
        os.close(self._descriptor)


def take_lead(runs_dir: Path) -> Lead | None:
    """None if another has it. Tried for a second, because those who only ask whether it is taken hold it for an instant."""
    descriptor = os.open(runs_dir / LOCK, os.O_RDWR | os.O_CREAT, 0o644)
    for _ in range(20):
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as err:
            if err.errno not in (errno.EWOULDBLOCK, errno.EACCES):
                raise
            time.sleep(0.05)
        else:
            return Lead(descriptor)
    os.close(descriptor)
    return None


def wish_for_warmth(runs_dir: Path) -> None:
    """Say that a job will probably be started soon."""
    (runs_dir / WARM).touch()


def take_wish(runs_dir: Path) -> bool:
    """Was that said since the last time this was asked?"""
    try:
        (runs_dir / WARM).unlink()
    except OSError:
        return False
    return True


class Keeper:
    """Anybody who sees that there is work calls ``ensure``: a missing dispatcher is started, a hung one replaced. Cheap to call often.

    Args:
        command: what starts a dispatcher, and the environment it gets.
    """

    def __init__(
        self, runs_dir: Path, command: list[str], env: dict[str, str], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._runs_dir = runs_dir
        self._command = command
        self._env = env
        self._clock = clock
        self._lock = threading.Lock()
        self._looked_at = self._started_at = float("-inf")
        self._beat, self._silent_s = b"", 0.0
        self._child: subprocess.Popen[bytes] | None = None

    def ensure(self, *, at_once: bool = False) -> None:
        """See to it that somebody dispatches. ``at_once``: there is new work, so look however lately that was done."""
        with self._lock:
            now = self._clock()
            if self._child is not None and self._child.poll() is not None:
                self._child = None  # reaped
            if not at_once and now - self._looked_at < LOOK_EVERY_S:
                return
            passed = min(now - self._looked_at, LONGEST_LOOK_S)
            self._looked_at = now
            if lock_is_held(self._runs_dir / LOCK):
                self._check_on_it(passed)
            elif now - self._started_at >= START_EVERY_S or (at_once and self._child is None):
                self._started_at = now
                self._start()

    def _check_on_it(self, passed_s: float) -> None:
        beat = (self._runs_dir / LOCK).read_bytes()
        self._silent_s = self._silent_s + passed_s if beat == self._beat else 0.0
        self._beat = beat
        words = beat.decode("ascii", "replace").split()
        if self._silent_s >= SILENT_S and len(words) == 3 and words[0].isdecimal():
            kill_group(Identity(int(words[0]), words[1]))
            self._silent_s = 0.0

    def _start(self) -> None:
        log = self._runs_dir / LOG
        mode = "ab" if not log.exists() or log.stat().st_size < LOG_BYTES_MAX else "wb"
        with open(log, mode) as said:
            self._child = subprocess.Popen(
                self._command, env=self._env, stdin=subprocess.DEVNULL, stdout=said, stderr=said, start_new_session=True
            )


def dispatch_command(runs_dir: Path, engine_id: str, worker: str) -> list[str]:
    where = ["--runs", str(runs_dir), "--engine", engine_id, "--worker", worker]
    return [sys.executable, "-m", "cnn_core.jobs", *where, "dispatch"]
