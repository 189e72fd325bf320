"""A run's folder, as far as its job goes: who works in it, whether it lives, and how it ended.

Everything of the job lies in ``<run>/job/``; what the training loop writes lies beside it. Only the worker writes here, with one
exception: the engine makes the folder and takes the lock on the worker's behalf, and hands the open lock over to it, so that
there is no moment at which a worker exists without the lock.
"""

from __future__ import annotations

import fcntl
import json
import os
import secrets
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cnn_core.errors import JobError
from cnn_core.jobs.job import read_object
from cnn_core.jobs.process import Identity

EVENTS = "events.jsonl"
RESUME = "resume.safetensors"
RESERVE_BYTES = 512 * 1024
PULSE_BYTES = 64
EXIT_DISK_FULL = 74  # how a worker ends that cannot write down its last word; sysexits.h calls it EX_IOERR
LEFTOVER = ".deleted-"


@dataclass(frozen=True)
class Ending:
    """What a worker says of its end: ``state`` is "finished", "stopped" or "failed"."""

    state: str
    reason: str
    facts: Mapping[str, Any]


@dataclass(frozen=True)
class Pulse:
    """How far a worker is: ``phase`` is "starting" or "running"; ``progress`` grows with every step it takes."""

    phase: str
    progress: int


class RunFolder:
    """The job's files in a run's folder."""

    def __init__(self, run_dir: Path) -> None:
        self.run_dir = run_dir
        self.job_dir = run_dir / "job"
        self.lock = self.job_dir / "lock"
        self.log = self.job_dir / "log.txt"
        self._order = self.job_dir / "order.json"
        self._worker = self.job_dir / "worker.json"
        self._ending = self.job_dir / "ending.json"
        self._pulse = self.job_dir / "pulse"
        self._reserve = self.job_dir / "reserve"

    # The lock: held by a living worker, gone with it however it ends.

    def take_lock(self) -> int:
        """An open, locked descriptor.

        Raises:
            BlockingIOError: somebody works in this folder.
        """
        self.job_dir.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(self.lock, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(descriptor)
            raise
        return descriptor

    def is_held(self) -> bool:
        return lock_is_held(self.lock)

    # What the worker writes.

    def write_order(self, order: Mapping[str, Any]) -> None:
        write_json(self._order, order)

    def order(self) -> dict[str, Any]:
        """What the last worker here was told; empty if there was none."""
        return _read(self._order)

    def write_worker(self, who: Identity, attempt: int) -> None:
        write_json(self._worker, {"attempt": attempt, "pid": who.pid, "born": who.born})

    def worker(self, attempt: int) -> Identity | None:
        """The worker of this attempt, as soon as it has said who it is."""
        said = _read(self._worker)
        if said.get("attempt") != attempt:
            return None
        return Identity(int(said.get("pid", 0)), str(said.get("born", "")))

    def write_ending(self, ending: Ending, attempt: int) -> None:
        write_json(
            self._ending,
            {"attempt": attempt, "state": ending.state, "reason": ending.reason, "facts": dict(ending.facts)},
        )

    def ending(self, attempt: int) -> Ending | None:
        said = _read(self._ending)
        if said.get("attempt") != attempt:
            return None
        facts = said.get("facts")
        return Ending(str(said.get("state")), str(said.get("reason", "")), facts if isinstance(facts, dict) else {})

    def open_pulse(self) -> int:
        """A descriptor for ``beat``: the file has its full length at once, so that a full disk does not silence a worker."""
        descriptor = os.open(self._pulse, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o644)
        os.write(descriptor, b" " * PULSE_BYTES)
        return descriptor

    def pulse(self, attempt: int) -> Pulse | None:
        try:
            words = self._pulse.read_text().split()
        except (OSError, UnicodeDecodeError):
            return None
        if len(words) != 3 or words[0] != str(attempt) or not words[2].isdecimal():
            return None
        return Pulse(words[1], int(words[2]))

    def reserve_space(self) -> None:
        """Set some of the disk aside, for the last words of a job that fills it."""
        self._reserve.write_bytes(os.urandom(RESERVE_BYTES))

    def clear_parts(self) -> None:
        """Files that an earlier attempt was killed over before they were whole."""
        for part in self.run_dir.rglob(".*.part"):
            part.unlink(missing_ok=True)

    def release_space(self) -> None:
        self._reserve.unlink(missing_ok=True)

    # What a page may ask.

    def check_resumable(self) -> bool:
        """Is there a saved state to go on from? Looks at its outline only, and needs no torch.

        Raises:
            JobError: there is one, but it is cut or damaged.
        """
        path = self.run_dir / RESUME
        if not path.exists():
            return False
        if not _is_whole(path):
            raise JobError(
                "the saved state of this run is cut or damaged and cannot be gone on from: start the run anew",
                code="job_state_damaged", file=path.name,
            )
        return True


def beat(descriptor: int, attempt: int, pulse: Pulse) -> None:
    os.pwrite(descriptor, f"{attempt} {pulse.phase} {pulse.progress}".encode().ljust(PULSE_BYTES), 0)


def lock_is_held(path: Path) -> bool:
    """Does a living process hold this lock exclusively? Asking takes a shared one for an instant."""
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def write_json(path: Path, value: Mapping[str, Any]) -> None:
    """Whole or not at all."""
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with open(part, "w", encoding="utf-8") as file:
            json.dump(value, file, ensure_ascii=False, default=str)
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)


def _read(path: Path) -> dict[str, Any]:
    try:
        return read_object(path.read_bytes())
    except OSError:
        return {}


def _is_whole(path: Path) -> bool:
    """A safetensors file says in its header how long it is: eight bytes of header length, the header, the tensors."""
    try:
        size = path.stat().st_size
        with open(path, "rb") as file:
            header_bytes = int.from_bytes(file.read(8), "little")
            if not 2 <= header_bytes <= size - 8:
                return False
            header = read_object(file.read(header_bytes))
        ends = [int(entry["data_offsets"][1]) for name, entry in header.items() if name != "__metadata__"]
    except (OSError, KeyError, TypeError, ValueError, IndexError):
        return False
    return bool(header) and size == 8 + header_bytes + max(ends, default=0)


def set_aside(run_dir: Path) -> Path | None:
    """The first half of deleting a run: its folder gets another name, and so is gone at once. The caller empties what is returned.

    A link is removed, never followed.
    """
    if run_dir.is_symlink():
        run_dir.unlink()
        return None
    if not run_dir.exists():
        return None
    away = run_dir.with_name(f"{LEFTOVER}{run_dir.name}-{secrets.token_hex(4)}")
    os.rename(run_dir, away)
    return away


def clear_leftovers(runs_dir: Path) -> None:
    """What a deletion that was interrupted left behind."""
    for path in runs_dir.glob(f"{LEFTOVER}*"):
        shutil.rmtree(path, ignore_errors=True)
