"""Keeping what is expensive to make and large to hold: bounded in bytes, made once however many ask, gone when nobody uses it."""

from __future__ import annotations

import ctypes
import gc
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

V = TypeVar("V")


class Keep(Generic[V]):
    """Values by key, the least recently used dropped first. Safe to use from any number of threads.

    Args:
        most_bytes: of all values together. The newest one stays even where it alone is larger, so that it is not made again at
            the next click.
        idle_s: a value that nobody asked for so long is dropped; None keeps it.
        on_drop: called without a lock after values were dropped.
    """

    def __init__(self, most_bytes: int, idle_s: float | None = None, on_drop: Callable[[], object] | None = None) -> None:
        self.most_bytes, self.idle_s, self._on_drop = most_bytes, idle_s, on_drop
        self._values: OrderedDict[Hashable, tuple[V, int, float]] = OrderedDict()  # value, bytes, when last used
        self._making: dict[Hashable, threading.Lock] = {}
        self._lock = threading.Lock()
        self._timer: threading.Timer | None = None

    @property
    def bytes(self) -> int:
        with self._lock:
            return sum(size for _, size, _ in self._values.values())

    def __len__(self) -> int:
        return len(self._values)

    def get(self, key: Hashable) -> V | None:
        with self._lock:
            if key not in self._values:
                return None
            value, size, _ = self._values.pop(key)
            self._values[key] = (value, size, time.monotonic())
            return value

    def put(self, key: Hashable, value: V, size: int) -> None:
        with self._lock:
            self._values.pop(key, None)
            self._values[key] = (value, size, time.monotonic())
            dropped = self._shrink()
            self._watch()
        self._dropped(dropped)

    def get_or_make(self, key: Hashable, make: Callable[[], tuple[V, int]]) -> V:
        """The value, made by the first who asks while the others wait; ``make`` gives it and its size in bytes."""
        found = self.get(key)
        if found is not None:
            return found
        with self._lock:
            making = self._making.setdefault(key, threading.Lock())
        with making:
            found = self.get(key)
            if found is None:
                try:
                    found, size = make()
                    self.put(key, found, size)
                finally:
                    with self._lock:
                        self._making.pop(key, None)
            return found

    def clear(self) -> None:
        with self._lock:
            any_ = bool(self._values)
            self._values.clear()
        self._dropped(any_)

    def sweep(self) -> None:
        """Drop what nobody has used for ``idle_s``."""
        with self._lock:
            self._timer = None
            limit = time.monotonic() - (self.idle_s or 0)
            old = [key for key, (_, _, used) in self._values.items() if self.idle_s is not None and used <= limit]
            for key in old:
                del self._values[key]
            self._watch()
        self._dropped(bool(old))

    def _shrink(self) -> bool:
        before = len(self._values)
        total = sum(size for _, size, _ in self._values.values())
        while total > self.most_bytes and len(self._values) > 1:
            total -= self._values.popitem(last=False)[1][1]
        return len(self._values) < before

    def _watch(self) -> None:
        if self.idle_s is not None and self._values and self._timer is None:
            oldest = next(iter(self._values.values()))[2]
            self._timer = threading.Timer(max(1.0, oldest + self.idle_s - time.monotonic()), self.sweep)
            self._timer.daemon = True
            self._timer.start()

    def _dropped(self, any_: bool) -> None:
        if any_ and self._on_drop:
            self._on_drop()


def give_back(collect: bool = True) -> None:
    """Hand freed memory back to the system: glibc keeps large blocks for later, which no later network may ever want."""
    if collect:
        gc.collect()
    try:
        ctypes.CDLL("libc.so.6").malloc_trim(0)
    except (OSError, AttributeError):  # another C library, which does as it likes
        return
