"""When a run's weights reach the disk. Imports torch."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path

from torch import Tensor

from cnn_core.training import saving

EVERY_S = 2.0  # between two writings of weights: where an epoch takes a tenth of a second, the disk must not be what is timed


class WeightFiles:
    """``weights/last.safetensors`` and ``best.safetensors`` of a run: those of the newest epoch, and of the best one so far."""

    def __init__(self, run_dir: Path) -> None:
        self.folder = run_dir / "weights"
        self.waiting: dict[str, dict[str, Tensor]] = {}
        self.written_at = float("-inf")

    def take(self, tensors: Mapping[str, Tensor], better: bool) -> None:
        """The weights after an epoch, ``better`` than any before or not; written now, or kept until they are due."""
        for name in ("last", "best") if better else ("last",):
            self.waiting[name] = dict(tensors)
        if time.monotonic() - self.written_at >= EVERY_S:
            self.write()
        else:  # the network goes on changing
            copies = {name: tensor.detach().clone() for name, tensor in tensors.items()}
            for name in ("last", "best") if better else ("last",):
                self.waiting[name] = copies

    def write(self) -> None:
        """All that waits, each file whole."""
        for name in tuple(self.waiting):
            saving.save_weights(self.folder / f"{name}.safetensors", self.waiting[name])
            del self.waiting[name]
            self.written_at = time.monotonic()
