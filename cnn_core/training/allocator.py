"""Memory that one step of training frees and the next takes again.

glibc gives large blocks back to the system when they are freed, and the system hands them out again page by page, cleared: on the
processor a step of a small network can spend a third of its time on that (``python -m benchmarks training``). A process that does
nothing but train has no reason to give them back.
"""

from __future__ import annotations

import ctypes

# the parameters' numbers in glibc's <malloc.h>
M_TRIM_THRESHOLD = -1
M_MMAP_THRESHOLD = -3

MAPPED_FROM = 1 << 30  # bytes: only larger blocks still come straight from the system, and go back to it
KEPT_AT_MOST = 2**31 - 1  # bytes free at the heap's end that are not given back: the most that an int can ask for


def keep_freed_memory() -> bool:
    """Let this process keep what it frees, until it ends; tells whether it could be asked for, which only glibc can.

    For processes that end with their job: one that goes on, like a server, would stay as large as it ever was.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):  # macOS, musl; Windows has no library without a name
        return False
    return all(mallopt(what, value) == 1 for what, value in ((M_TRIM_THRESHOLD, KEPT_AT_MOST), (M_MMAP_THRESHOLD, MAPPED_FROM)))
