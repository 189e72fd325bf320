"""Where a job computes, and in what precision. Imports torch."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext

import psutil
import torch

from cnn_core.errors import RecipeError


def choose(wanted: str = "auto") -> torch.device:
    """The device of that name; "auto" is the first GPU, else Apple's, else the processor.

    Raises:
        RecipeError: this machine has no such device.
    """
    if wanted == "auto":
        if torch.cuda.is_available():
            return torch.device("cuda", 0)
        return torch.device("mps" if torch.backends.mps.is_available() else "cpu")
    kind, _, number = wanted.partition(":")
    present = {"cpu": 1, "cuda": torch.cuda.device_count(), "mps": int(torch.backends.mps.is_available())}
    if kind not in present or (number and not number.isdecimal()) or int(number or 0) >= present[kind]:
        has = [f"{name}:{i}" if name == "cuda" else name for name, count in present.items() for i in range(count)]
        raise RecipeError(
            f"this machine has no device {wanted!r}; it has: {', '.join(has)}",
            code="recipe_no_device", device=wanted, has=", ".join(has),
        )
    return torch.device(kind, int(number or 0)) if kind == "cuda" else torch.device(kind)


def describe(device: torch.device) -> str:
    """What people call it: the GPU's name, or "CPU" with the number of threads."""
    if device.type == "cuda":
        return str(torch.cuda.get_device_name(device))
    threads = torch.get_num_threads()
    return "Apple GPU" if device.type == "mps" else f"CPU, {threads} thread{'s' if threads > 1 else ''}"


def precision(wanted: str, device: torch.device) -> torch.dtype:
    """The type in which convolutions and products are computed. bfloat16 on a processor is slower here than float32."""
    if wanted == "auto":
        return torch.bfloat16 if device.type == "cuda" and torch.cuda.is_bf16_supported() else torch.float32
    return {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}[wanted]


def autocast(device: torch.device, dtype: torch.dtype) -> AbstractContextManager[object]:
    if dtype == torch.float32:
        return nullcontext()
    return torch.autocast(device.type, dtype=dtype)


def memory_bytes(device: torch.device) -> int:
    """Of a GPU what the job has taken of it, at its highest; of a processor what the process holds in memory now."""
    if device.type == "cuda":
        return int(torch.cuda.max_memory_reserved(device))
    return int(torch.mps.driver_allocated_memory() if device.type == "mps" else psutil.Process().memory_info().rss)
