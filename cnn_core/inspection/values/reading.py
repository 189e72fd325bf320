"""Numbers out of tensors."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch


def numbers(tensor: torch.Tensor) -> np.ndarray:
    """The values in float64, on the CPU."""
    return tensor.detach().to(device="cpu", dtype=torch.float64).numpy()


def block(x: torch.Tensor, channels: Sequence[int] | np.ndarray, taps: Sequence[np.ndarray]) -> np.ndarray:
    """``x[channels][:, taps[0]][:, :, taps[1]] …`` in float64, read without converting the rest of the map."""
    out = x[torch.as_tensor(np.asarray(channels), device=x.device)]
    for axis, places in enumerate(taps, start=1):
        out = out.index_select(axis, torch.as_tensor(np.asarray(places, dtype=np.int64), device=x.device))
    return numbers(out)


def value(tensor: torch.Tensor | None, index: int, default: float) -> float:
    return default if tensor is None else float(tensor.detach().reshape(-1)[index])


def mesh(axes: Sequence[np.ndarray]) -> np.ndarray:
    """Where every one of the axes is true: (len, len, …)."""
    whole = np.ones((), dtype=bool)
    for axis in axes:
        whole = whole[..., None] & axis
    return whole


def regions(taps: Sequence[np.ndarray], sizes: Sequence[int]) -> tuple[tuple[int, int], ...]:
    """First and last tap inside the input on each axis; (0, −1) where none is."""
    found = []
    for places, n in zip(taps, sizes, strict=True):
        real = places[(places >= 0) & (places < n)]
        found.append((int(real.min()), int(real.max())) if real.size else (0, -1))
    return tuple(found)
