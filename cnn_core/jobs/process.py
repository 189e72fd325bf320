"""Which process is meant: its number together with the moment it was born, so that a recycled number is not taken for it."""

from __future__ import annotations

import os
import signal
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import psutil

_PROC = Path("/proc")


@dataclass(frozen=True)
class Identity:
    """A process of this machine.

    Attributes:
        pid: its number.
        born: when it started, as an opaque text. On Linux the boot's own id and the clock ticks since then, which no change of
            the wall clock moves (``psutil.create_time`` is computed from the wall clock there).
    """

    pid: int
    born: str


@dataclass(frozen=True)
class Look:
    """One look at a living process: what it does (psutil's words: "running", "sleeping", "disk-sleep", "stopped", …) and the CPU
    seconds it has used."""

    status: str
    cpu_s: float


def identify(pid: int) -> Identity | None:
    """The process that has this number now; None if there is none, or only its remains (a zombie)."""
    try:
        if (_PROC / "self" / "stat").exists():
            fields = (_PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
            return None if fields[0] in "ZX" else Identity(pid, f"{boot_id()}:{fields[19]}")
        process = psutil.Process(pid)
        return None if process.status() == psutil.STATUS_ZOMBIE else Identity(pid, f"{process.create_time():.2f}")
    except (OSError, IndexError, psutil.Error):
        return None


@cache
def boot_id() -> str:
    """Names the time since the machine was started; empty where the system does not tell."""
    try:
        return (_PROC / "sys" / "kernel" / "random" / "boot_id").read_text().strip()
    except OSError:
        return ""


def is_alive(who: Identity) -> bool:
    return identify(who.pid) == who


def look(who: Identity, *, with_children: bool = False) -> Look | None:
    """What a process does; None if it is gone. Asking for its children too reads the whole process table."""
    try:
        process = psutil.Process(who.pid)
        family = [process, *(process.children(recursive=True) if with_children else ())]
        used = [times.user + times.system for times in (member.cpu_times() for member in family)]
        return Look(process.status(), sum(used)) if is_alive(who) else None
    except psutil.Error:
        return None


def send(who: Identity, number: signal.Signals) -> None:
    """A signal to exactly this process; nothing if it is gone."""
    if is_alive(who):
        try:
            os.kill(who.pid, number)
        except ProcessLookupError:
            return


def kill_group(who: Identity) -> None:
    """End a process that leads a group of its own, and everything it started. Nothing is done to a recycled number.

    The group outlives its leader; the system gives the leader's number to nobody as long as the group has members.
    """
    found = identify(who.pid)
    if found not in (None, who):
        return
    try:
        if found is None or os.getpgid(who.pid) == who.pid:
            os.killpg(who.pid, signal.SIGKILL)
        else:
            os.kill(who.pid, signal.SIGKILL)
    except ProcessLookupError:
        return


def end_children() -> None:
    """End what the calling process has started for itself (helpers of a data loader, compilers); what it started in a session of
    its own is meant to stay."""
    own = os.getsid(0)
    for child in psutil.Process().children(recursive=True):
        try:
            if os.getsid(child.pid) == own:
                child.kill()
        except (ProcessLookupError, psutil.NoSuchProcess):
            continue
