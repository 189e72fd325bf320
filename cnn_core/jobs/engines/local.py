"""Jobs as processes of this machine, each in a session and process group of its own, so that none ends with its starter."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import IO

import psutil

from cnn_core.errors import JobError
from cnn_core.jobs.engines import Order, Report, Ticket
from cnn_core.jobs.engines.devices import slots
from cnn_core.jobs.engines.spare import Spare
from cnn_core.jobs.folder import EVENTS, EXIT_DISK_FULL, Pulse, RunFolder
from cnn_core.jobs.job import read_object
from cnn_core.jobs.process import Identity, boot_id, identify, is_alive, kill_group, look, send

WORKER = "cnn_core.jobs.worker"
ROOT = Path(__file__).parents[3]  # where cnn_core is found
SIGN_OF_LIFE_CPU_S = 0.05  # a worker that uses less than this between two signs of life does nothing
CHILDREN_EVERY = 10  # polls without a sign of life after which its children's processor time is asked for, which is slow


@dataclass
class _Vital:
    """What was last seen of a worker, to tell life from standing still."""

    life: int = 0
    progress: int = -1
    cpu_s: float = 0.0
    family_cpu_s: float = 0.0
    silent_polls: int = 0


class LocalEngine:
    """Runs a job by ``python -m <worker>``, with the order on its standard input and the folder's lock in its hands.

    Args:
        worker: the module to run; tests give one with a tiny workload.
    """

    def __init__(self, worker: str = WORKER) -> None:
        self._worker = worker
        self._children: list[subprocess.Popen[bytes]] = []
        self._codes: dict[int, int] = {}  # exit codes, by pid, of those this engine started itself
        self._spare: Spare | None = None
        self._is_without_spare = False
        self._vitals: dict[tuple[str, int], _Vital] = {}

    @cached_property
    def slots(self) -> tuple[str, ...]:
        return slots()

    def submit(self, order: Order) -> str:
        folder = RunFolder(Path(order.run_dir))
        try:
            lock = folder.take_lock()
        except BlockingIOError:
            raise JobError(
                "another process still works in this run's folder", code="job_folder_busy", id=order.id,
            ) from None
        try:
            with tempfile.TemporaryFile() as said, open(folder.log, "ab") as log:
                said.write(order.to_json().encode())
                said.seek(0)
                child = self._use_spare(said, lock, log) or subprocess.Popen(
                    [sys.executable, "-m", self._worker, str(lock), order.id, str(order.attempt)],
                    stdin=said, stdout=log, stderr=log, pass_fds=[lock], start_new_session=True,
                    env=python_path(dict(os.environ)),
                )  # fmt: skip
        finally:
            os.close(lock)  # the child holds it now, alone
        self._children.append(child)
        who = identify(child.pid) or Identity(child.pid, "")
        return json.dumps({"pid": who.pid, "born": who.born})

    def prepare(self, wanted: bool) -> None:
        """Have a spare worker ready for the next job, or none."""
        if self._spare is not None and not self._spare.is_alive:
            self._is_without_spare = not self._spare.is_ready()  # it cannot even load: the next job will say why
            self._spare = None
        if wanted and self._spare is None and not self._is_without_spare:
            self._spare = Spare(self._worker, python_path(dict(os.environ)))
        elif not wanted and self._spare is not None:
            self._spare.dismiss()
            self._children.append(self._spare.process)
            self._spare = None

    def _use_spare(self, said: IO[bytes], lock: int, log: IO[bytes]) -> subprocess.Popen[bytes] | None:
        spare = self._spare
        if spare is None or not spare.hand_over(said, lock, log):
            return None
        self._spare = None
        return spare.process

    def poll(self, ticket: Ticket) -> Report:
        self._reap()
        folder = RunFolder(ticket.run_dir)
        held = folder.is_held()  # asked first: the last word is written before the lock is let go
        who, ending, pulse = folder.worker(ticket.attempt), folder.ending(ticket.attempt), folder.pulse(ticket.attempt)
        if not held:
            self._vitals.pop((ticket.id, ticket.attempt), None)
            if who is not None:
                folder.release_space()
            cause, detail = self._how_it_ended(ticket, who)
            return Report(False, who is not None, is_running=_runs(pulse), ending=ending, cause=cause, detail=detail)
        if who is not None and not is_alive(who):
            kill_group(who)  # the worker is dead, and what it had started still holds its lock
        progress = pulse.progress if pulse else 0
        return Report(
            True,
            has_begun=who is not None,
            is_running=_runs(pulse),
            life=self._life(ticket, who or self._find(ticket), progress),
            progress=progress,
            ending=ending,
        )

    def stop(self, ticket: Ticket, *, force: bool = False) -> None:
        folder = RunFolder(ticket.run_dir)
        if not folder.is_held():
            return
        who = folder.worker(ticket.attempt) or self._find(ticket)
        if who is None:
            return
        if force:
            kill_group(who)
        else:
            send(who, signal.SIGTERM)

    def tail(self, run_dir: Path, start: int, limit: int) -> bytes:
        try:
            with open(run_dir / EVENTS, "rb") as file:
                file.seek(start)
                return file.read(limit)
        except OSError:
            return b""

    def _find(self, ticket: Ticket) -> Identity | None:
        """The worker's process, from the handle; else, where the handle was never stored, from its command line."""
        known = read_object(ticket.handle)
        if known.get("born"):
            return Identity(int(known["pid"]), str(known["born"]))
        ending = [ticket.id, str(ticket.attempt)]
        for process in psutil.process_iter(["cmdline"]):
            words = process.info["cmdline"] or []
            if self._worker in words and words[-2:] == ending:
                return identify(process.pid)
        return None

    def _life(self, ticket: Ticket, who: Identity | None, progress: int) -> int:
        """Counts signs of life: steps, processor time, waiting for the disk."""
        seen = self._vitals.setdefault((ticket.id, ticket.attempt), _Vital())
        seen.silent_polls += 1
        if progress != seen.progress:
            seen.progress, seen.silent_polls = progress, 0
        elif who is not None:
            now = look(who)
            if now and (now.cpu_s >= seen.cpu_s + SIGN_OF_LIFE_CPU_S or now.status == psutil.STATUS_DISK_SLEEP):
                seen.cpu_s, seen.silent_polls = now.cpu_s, 0
            elif seen.silent_polls % CHILDREN_EVERY == 0:
                family = look(who, with_children=True)
                if family and family.cpu_s >= seen.family_cpu_s + SIGN_OF_LIFE_CPU_S:
                    seen.family_cpu_s, seen.silent_polls = family.cpu_s, 0
        if seen.silent_polls == 0:
            seen.life += 1
        return seen.life

    def _how_it_ended(self, ticket: Ticket, who: Identity | None) -> tuple[str, str]:
        """Cause and detail, as far as they are known: a child's exit code only to the process that started it."""
        if who is not None and who.born.partition(":")[0] not in (boot_id(), who.born):
            return "machine_restarted", ""
        code = self._codes.get(who.pid if who else int(read_object(ticket.handle).get("pid", 0)))
        if code is None:
            return "killed", ""
        if code < 0:
            return "killed", signal.Signals(-code).name
        return ("disk_full", "") if code == EXIT_DISK_FULL else ("crashed", f"exit code {code}")

    def _reap(self) -> None:
        for child in [child for child in self._children if child.poll() is not None]:
            self._codes[child.pid] = child.returncode
            self._children.remove(child)


def _runs(pulse: Pulse | None) -> bool:
    return pulse is not None and pulse.phase == "running"


def python_path(env: dict[str, str]) -> dict[str, str]:
    """The environment of a Python that finds ``cnn_core`` from whatever folder it is started in."""
    others = [part for part in env.get("PYTHONPATH", "").split(os.pathsep) if part and part != str(ROOT)]
    return {**env, "PYTHONPATH": os.pathsep.join([str(ROOT), *others])}
