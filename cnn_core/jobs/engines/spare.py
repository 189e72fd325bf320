"""A worker that has loaded torch already and waits for its order, so that a job starts at once.

It holds no lock and belongs to no job. Whoever made it speaks to it through a socket: a byte from it says that it is ready; a byte to it
brings three open files, the order, the folder's lock and the log, and makes a worker of it like any other. When the socket closes, because
its maker has ended in whatever way, it ends, too.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Callable
from typing import IO

FLAG = "--spare"
_BYTE = b"!"


class Spare:
    """A spare worker, as its maker sees it."""

    def __init__(self, worker: str, env: dict[str, str]) -> None:
        self._socket, theirs = socket.socketpair()
        self._socket.setblocking(False)
        self._is_ready = False
        with theirs:
            self.process = subprocess.Popen(
                [sys.executable, "-m", worker, FLAG], stdin=theirs.fileno(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                start_new_session=True, env=env,
            )  # fmt: skip

    @property
    def is_alive(self) -> bool:
        return self.process.poll() is None

    def is_ready(self) -> bool:
        if not self._is_ready:
            try:
                self._is_ready = self._socket.recv(1) == _BYTE
            except OSError:  # nothing said yet, or it is gone
                return False
        return self.is_alive

    def hand_over(self, order: IO[bytes], lock: int, log: IO[bytes]) -> bool:
        """Make it the worker of an order; False if it is not there to take it."""
        if not self.is_ready():
            return False
        try:
            socket.send_fds(self._socket, [_BYTE], [order.fileno(), lock, log.fileno()])
        except OSError:
            return False
        finally:
            self._socket.close()
        return True

    def dismiss(self) -> None:
        """Let it end."""
        self._socket.close()


def wait_for_order(prepare: Callable[[], object]) -> int | None:
    """In the spare itself: load what takes long, say so, and wait. Its input then is the order, its output the log.

    Returns:
        The lock's descriptor; None if nobody will ever come.
    """
    with socket.socket(fileno=os.dup(0)) as maker:
        prepare()
        try:
            maker.sendall(_BYTE)
            _, files, _, _ = socket.recv_fds(maker, 1, 3)
        except OSError:
            return None
    if len(files) != 3:
        return None
    order, lock, log = files
    for given, standard in ((order, 0), (log, 1), (log, 2)):
        os.dup2(given, standard)
    os.close(order)
    os.close(log)
    return lock
