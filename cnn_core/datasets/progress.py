"""What a long piece of work tells while it runs, and how it is stopped."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, Protocol

from cnn_core.errors import DatasetError

Stage = Literal["waiting", "downloading", "checking", "unpacking", "converting"]
WINDOW_S = 8.0  # the speed is that of the last seconds, so a break in the connection is soon forgotten
EVERY_S = 0.1


class Wanted(Protocol):
    """What is worked on: a data set, or a set of weights."""

    @property
    def id(self) -> str: ...

    @property
    def title(self) -> str: ...

    @property
    def archive_bytes(self) -> int: ...


@dataclass(frozen=True)
class Progress:
    """One report. ``bytes_total`` is 0 where it is not known; ``source`` is the address while downloading."""

    stage: Stage
    file: str
    bytes_done: int
    bytes_total: int
    seconds_left: float | None
    source: str = ""

    @property
    def fraction(self) -> float:
        return min(1.0, self.bytes_done / self.bytes_total) if self.bytes_total else 0.0


class Meter:
    """Counts bytes, reports at most ten times a second, and raises when the work is to stop."""

    def __init__(
        self,
        row: Wanted,
        on_progress: Callable[[Progress], object] | None = None,
        should_stop: Callable[[], bool] | None = None,
    ) -> None:
        self._row, self._on_progress, self._should_stop = row, on_progress, should_stop
        self._stage: Stage = "waiting"
        self._file = self._source = ""
        self._done = self._total = 0
        self._recent: deque[tuple[float, int]] = deque()
        self._told_at = 0.0

    def start(self, stage: Stage, bytes_total: int, bytes_done: int = 0, file: str = "", source: str = "") -> None:
        self._stage, self._total, self._done, self._file, self._source = stage, bytes_total, bytes_done, file, source
        self._recent.clear()
        self.tell(force=True)

    def add(self, n: int) -> None:
        self._done += n
        self.tell()

    def tell(self, force: bool = False) -> None:
        if self._should_stop and self._should_stop():
            raise DatasetError(
                f"stopped before {self._row.title} was complete; what is here is kept, and the next try goes on from there",
                code="fetch_cancelled", title=self._row.title, id=self._row.id,
            )
        now = time.monotonic()
        if not force and now - self._told_at < EVERY_S and self._done != self._total:
            return
        self._told_at = now
        self._recent.append((now, self._done))
        while now - self._recent[0][0] > WINDOW_S:
            self._recent.popleft()
        if self._on_progress:
            done = min(self._done, self._total or self._done)  # an import may hold more than what is asked for
            self._on_progress(
                Progress(self._stage, self._file, done, self._total, self._seconds_left(), self._source)
            )

    def waiting(self) -> None:
        """Somebody else is at work on the same data set."""
        self._stage = "waiting"
        self.tell(force=True)

    def _seconds_left(self) -> float | None:
        (t0, b0), (t1, b1) = self._recent[0], self._recent[-1]
        if t1 - t0 < 0.5 or b1 <= b0 or not self._total:
            return None
        return max(0.0, (self._total - self._done) * (t1 - t0) / (b1 - b0))
