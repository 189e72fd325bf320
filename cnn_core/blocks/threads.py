"""One thread for small computations.

Many tiny products one after another gain nothing from a second thread, and on a machine whose cores are busy, where threads
wait for each other at every product, they lose: measured forty-fold on two loaded cores (a stack of 100 small convolutions).
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import torch

_lock = threading.Lock()
_inside = 0  # how many computations are at it, in all threads
_before = 1


@contextmanager
def one_thread() -> Iterator[None]:
    """Let torch use one thread inside the block; also a decorator, ``@one_thread()``.

    The number is the process's own: the first who enters takes it down, and the last who leaves puts it back.
    """
    global _inside, _before
    with _lock:
        if not _inside:
            _before = torch.get_num_threads()
        _inside += 1
    torch.set_num_threads(1)
    try:
        yield
    finally:
        with _lock:
            _inside -= 1
            if not _inside:
                torch.set_num_threads(_before)
