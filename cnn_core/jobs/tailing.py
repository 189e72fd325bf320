"""Reading a run's events as they grow: once for everybody who watches, however many they are.

A file of events is read on from where it was left; a last line that is not finished yet waits for its end. A resumed run cuts its
events back to its last saved state: that is noticed by the last bytes read, which are then no longer there.
"""

from __future__ import annotations

import bisect
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from cnn_core.jobs.job import Curve, Summary, read_figure, read_object

CHUNK_BYTES = 4 << 20
WITNESS_BYTES = 96  # the end of what was read, looked at again each time: an event's time makes it unlike any other
FRESH_S = 0.1  # within which a file is not looked at again
FILES_KEPT = 64
_GENERATION = 1 << 44  # above every offset
SERIES_POINTS = 500
PROGRESS_COLUMNS = (
    "step", "epoch", "images", "elapsed_s", "loss", "accuracy", "lr", "images_per_s", "grad_norm", "memory_bytes", "left_s",
)  # fmt: skip
EPOCH_COLUMNS = (
    "done", "epoch", "step", "images", "elapsed_s", "train_loss", "train_accuracy", "validation_loss", "validation_accuracy", "lr",
    "seconds",
)  # fmt: skip

Event = Mapping[str, Any]
Events = list[Event]
Read = Callable[[int, int], bytes]  # (start, limit) → bytes


class EventFile:
    """One run's events so far.

    Args:
        read: gives bytes of the file from an offset on; an engine's ``tail``.
    """

    def __init__(self, read: Read, clock: Callable[[], float] = time.monotonic) -> None:
        self._read = read
        self._clock = clock
        self._lock = threading.Lock()
        self._looked_at = float("-inf")
        self._generation = 0
        self._curves: dict[int, Curve] = {}
        self._forget()

    def _forget(self) -> None:
        self._events: list[Event] = []
        self._ends: list[int] = []  # where in the file each event ends
        self._end = 0  # of the last finished line
        self._witness = b""
        self._summary = Summary()
        self._curves.clear()

    def since(self, after: int) -> tuple[list[Event], int]:
        """The events after a mark, and the mark to ask with the next time; 0 asks for all.

        Where events that were given out before have been taken back (the run went on from an earlier state), the answer begins
        with ``{"kind": "reset"}``, and all events follow.
        """
        with self._lock:
            self._refresh()
            generation, offset = divmod(after, _GENERATION)
            mark = self._generation * _GENERATION + self._end
            if after and generation != self._generation:
                return [{"kind": "reset"}, *self._events], mark
            return self._events[bisect.bisect_right(self._ends, offset) :], mark

    def summary(self) -> Summary:
        with self._lock:
            self._refresh()
            return self._summary

    def curve(self, points: int = SERIES_POINTS) -> Curve:
        """All epochs, and the progress thinned to every second, fourth, … event: a growing curve keeps the points it shows."""
        with self._lock:
            self._refresh()
            version = self._generation * _GENERATION + self._end
            found = self._curves.get(points)
            if found is None or found.version != version:
                progress = [event for event in self._events if event.get("kind") == "progress"]
                epochs = [event for event in self._events if event.get("kind") == "epoch"]
                thinned = _columns(thin(progress, points), PROGRESS_COLUMNS)
                found = self._curves[points] = Curve(thinned, _columns(epochs, EPOCH_COLUMNS), version)
            return found

    def _refresh(self) -> None:
        now = self._clock()
        if now - self._looked_at < FRESH_S:
            return
        self._looked_at = now
        while True:
            start = self._end - len(self._witness)
            block = self._read(start, CHUNK_BYTES)
            if not block.startswith(self._witness):
                self._generation += 1
                self._forget()
                continue
            fresh = block[len(self._witness) :]
            whole = fresh.rfind(b"\n") + 1
            if whole:
                self._take(fresh[:whole])
                self._witness = block[: len(self._witness) + whole][-WITNESS_BYTES:]
            if len(block) < CHUNK_BYTES or not whole:
                return

    def _take(self, lines: bytes) -> None:
        for line in lines.splitlines(keepends=True):
            self._end += len(line)
            event = read_object(line)
            if event:  # a line that a killed writer left half-written is none
                self._events.append(event)
                self._ends.append(self._end)
                self._summary = _updated(self._summary, event)


class EventFiles:
    """The event files that were asked for last, by key; shared by the threads of a process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._files: OrderedDict[str, EventFile] = OrderedDict()

    def get(self, key: str, read: Read) -> EventFile:
        with self._lock:
            file = self._files.get(key)
            if file is None:
                file = self._files[key] = EventFile(read)
                while len(self._files) > FILES_KEPT:
                    self._files.popitem(last=False)
            self._files.move_to_end(key)
            return file

    def drop(self, key: str) -> None:
        with self._lock:
            self._files.pop(key, None)


def thin(events: Sequence[Event], points: int) -> list[Event]:
    """At most ``points`` of them (two at least): every 2ᵏ-th from the first one on, and the last.

    >>> [event["step"] for event in thin([{"step": n} for n in range(10)], 5)]
    [0, 4, 8, 9]
    """
    stride = 1
    while (len(events) - 1) // stride + 2 > max(points, 2) and stride < len(events):
        stride *= 2
    kept = list(events[::stride])
    if events and (len(events) - 1) % stride:
        kept.append(events[-1])
    return kept


def _columns(events: Sequence[Event], names: Sequence[str]) -> dict[str, tuple[float | None, ...]]:
    return {name: tuple(read_figure(event.get(name)) for event in events) for name in names}


def _updated(so_far: Summary, event: Event) -> Summary:
    """The summary after one more event: what it tells replaces what was told before."""
    names = ["step", "epoch", "elapsed_s"]
    kind = event.get("kind")
    if kind == "progress":
        names += ["left_s", "images_per_s", "loss", "accuracy"]
    elif kind == "epoch":
        names += ["train_loss", "validation_loss", "validation_accuracy"]
    elif kind == "end":
        names += ["test_accuracy"]
    told = {name: value for name in names if (value := read_figure(event.get(name))) is not None}
    values = {**vars(so_far), **told}
    if kind == "epoch" and (seconds := read_figure(event.get("seconds"))) is not None:
        values["epoch_images"] = read_figure(event.get("images"))  # since the run's beginning
        values["epoch_s"] = (so_far.epoch_s or 0.0) + seconds
    if kind == "epoch" and told.get("validation_accuracy") is not None:
        best = so_far.best_validation_accuracy
        values["best_validation_accuracy"] = max(told["validation_accuracy"], best if best is not None else -1.0)
    if kind == "end":
        values["left_s"] = None
    return Summary(**values)
