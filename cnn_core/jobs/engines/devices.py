"""Which devices this machine has, without importing torch."""

from __future__ import annotations

import importlib.util
import os
import platform
import shutil
import subprocess
from collections.abc import Mapping, MutableMapping
from pathlib import Path


def slots(env: Mapping[str, str] = os.environ) -> tuple[str, ...]:
    """Every GPU that torch will see, then the processor: ``("cuda:0", "cuda:1", "cpu")``."""
    gpus = tuple(f"cuda:{i}" for i in range(len(visible_gpus(env)) if _torch_speaks_cuda() else 0))
    return (*gpus, *(("mps",) if _is_apple_silicon() else ()), "cpu")


def visible_gpus(env: Mapping[str, str] = os.environ) -> tuple[str, ...]:
    """What ``CUDA_VISIBLE_DEVICES`` names, or else the number of each GPU."""
    chosen = env.get("CUDA_VISIBLE_DEVICES")
    names = tuple(str(i) for i in range(_gpus_there()))
    if chosen is None:
        return names
    wanted = tuple(part.strip() for part in chosen.split(",") if part.strip())
    return tuple(name for name in wanted if name != "-1") if names else ()


def narrow(device: str, wants: str, env: MutableMapping[str, str] = os.environ) -> None:
    """Let "the GPU" be the one of this slot, unless the recipe names its GPU by number itself. Before torch is imported."""
    if not device.startswith("cuda:") or wants == device:
        return
    number = device.removeprefix("cuda:")
    chosen = [part.strip() for part in env.get("CUDA_VISIBLE_DEVICES", "").split(",") if part.strip()]
    env["CUDA_VISIBLE_DEVICES"] = chosen[int(number)] if int(number) < len(chosen) else number


def _gpus_there() -> int:
    """As many as NVIDIA's driver counts; its own tool says, or the driver's folder."""
    tool = shutil.which("nvidia-smi")
    if tool:
        try:
            said = subprocess.run([tool, "-L"], capture_output=True, text=True, timeout=20, check=False)
        except (OSError, subprocess.TimeoutExpired):
            return 0
        return sum(line.startswith("GPU ") for line in said.stdout.splitlines()) if said.returncode == 0 else 0
    folder = Path("/proc/driver/nvidia/gpus")
    return len(list(folder.iterdir())) if folder.is_dir() else 0


def _torch_speaks_cuda() -> bool:
    """torch is published with and without CUDA; the one without lacks this library."""
    found = importlib.util.find_spec("torch")
    if found is None or not found.origin:
        return False
    return any((Path(found.origin).parent / "lib").glob("*torch_cuda*"))


def _is_apple_silicon() -> bool:
    return platform.system() == "Darwin" and platform.machine() == "arm64"
