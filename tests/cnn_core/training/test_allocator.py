"""What a training process frees, it keeps: counted by the pages that the system had to hand out."""

from __future__ import annotations

import platform
import subprocess
import sys

import pytest

COUNT = """
import resource, sys
import torch
from cnn_core.training.allocator import keep_freed_memory
if sys.argv[1] == "keep":
    assert keep_freed_memory()
def step():
    first = torch.full((10_000_000,), 1.0)  # 40 MB: more than glibc keeps of its own accord, whatever was freed before
    return first + torch.full((10_000_000,), 2.0)
def faults():
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt
counts = []
for _ in range(20):
    before = faults()
    step()
    counts.append(faults() - before)
print(min(counts[-8:]))  # the heap finds its shape in half a dozen steps
"""


def faults(how: str) -> int:
    done = subprocess.run([sys.executable, "-c", COUNT, how], capture_output=True, text=True, check=True)
    return int(done.stdout)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc can be asked")
def test_steps_take_no_new_pages_from_the_system() -> None:
    """Three blocks of 40 MB a step are 29,000 pages of 4 kB where each is new, and 57 where the system hands out pages of 2 MB."""
    kept, given_back = faults("keep"), faults("give back")
    assert kept < given_back / 5
