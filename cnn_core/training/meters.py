"""Running figures of an epoch that never make the device wait. Imports torch."""

from __future__ import annotations

import time
from dataclasses import dataclass

import torch
from torch import Tensor

EVERY_S = 0.4     # a progress event: fast enough to be watched, slow enough to cost nothing

# one row of accumulated figures: loss × images, right answers, images, loss of the last step, its gradient's norm
SUMS = 5


@dataclass(frozen=True)
class Reading:
    loss: float
    accuracy: float
    grad_norm: float | None
    images_per_s: float


class Meter:
    """Sums loss and right answers on the device; a reading is what happened since the last one."""

    def __init__(self, device: torch.device) -> None:
        self.device = device
        self.new_epoch()
        self.pending: tuple[Tensor, float, torch.cuda.Event | None] | None = None
        self.asked_at = self.epoch_at = time.monotonic()
        self.before: tuple[list[float], float] | None = None

    def new_epoch(self) -> None:
        self.sums = torch.zeros(SUMS, device=self.device)
        self.before = None
        self.pending = None
        self.epoch_at = time.monotonic()

    def add(self, loss: Tensor, logits: Tensor, labels: Tensor, grad_norm: Tensor | None) -> None:
        count = len(labels)
        self.sums[0] += loss * count
        self.sums[1] += (logits.argmax(1) == labels).sum()
        self.sums[2] += count
        self.sums[3] = loss
        self.sums[4] = float("nan") if grad_norm is None else grad_norm

    def next_is_due(self) -> bool:
        return time.monotonic() - self.asked_at >= EVERY_S

    def due(self) -> bool:
        """Whether a progress event should be written; on a GPU the figures are sent for first, and are due when they are here."""
        if self.pending is None and self.next_is_due():
            self._send_for()
        if self.pending is None:
            return False
        arrived = self.pending[2]
        return arrived is None or arrived.query()

    def _send_for(self) -> None:
        now = time.monotonic()
        self.asked_at = now
        if self.device.type == "cuda":
            host = torch.empty(SUMS, pin_memory=True)
            host.copy_(self.sums, non_blocking=True)
            arrived = torch.cuda.Event()
            arrived.record()
            self.pending = host, now, arrived
        else:
            self.pending = self.sums.cpu().clone(), now, None

    def read(self) -> Reading | None:
        if self.pending is None:
            return None
        sums, now, _ = self.pending
        self.pending = None
        values = sums.tolist()
        then, at = self.before or ([0.0] * SUMS, self.epoch_at)
        self.before = values, now
        images = values[2] - then[2]
        if images <= 0:
            return None
        norm = values[4]
        return Reading(
            loss=(values[0] - then[0]) / images,
            accuracy=(values[1] - then[1]) / images,
            grad_norm=norm if norm == norm else None,
            images_per_s=images / max(now - at, 1e-9),
        )

    def epoch(self) -> tuple[float, float, float]:
        """Mean training loss and accuracy of the epoch so far, and its seconds. Waits for the device."""
        whole = self.whole()
        return whole.loss, whole.accuracy, self.epoch_s()

    def epoch_s(self) -> float:
        return time.monotonic() - self.epoch_at

    def whole(self) -> Reading:
        """The epoch so far as one reading. Waits for the device."""
        loss, right, count = self.sums[:3].tolist()
        images = max(count, 1)
        return Reading(loss / images, right / images, None, count / max(self.epoch_s(), 1e-9))

    def tensors(self) -> dict[str, Tensor]:
        return {"sums": self.sums}

    def restore(self, tensors: dict[str, Tensor], epoch_s: float = 0.0) -> None:
        """Go on in an epoch that has taken so many seconds; those in between, when nothing was trained, are not counted."""
        self.sums = tensors["sums"].to(self.device)
        values = self.sums.tolist()
        self.before = values, time.monotonic()
        self.epoch_at = time.monotonic() - epoch_s
