"""What is measured of a network: accuracy, loss, and which class is taken for which. Imports torch."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from cnn_core.training import devices
from cnn_core.training.batches import Data, Split

AT_ONCE = 500  # images a batch of evaluation: more gain nothing, fewer cost time


@dataclass(frozen=True)
class Score:
    """On one split, without any test-time augmentation.

    Attributes:
        confusion: images of class i that were taken for class j, ``confusion[i][j]``.
    """

    loss: float
    accuracy: float
    confusion: tuple[tuple[int, ...], ...]

    @property
    def per_class(self) -> tuple[float | None, ...]:
        """Accuracy on the images of each class; None where there are none."""
        return tuple(row[i] / sum(row) if sum(row) else None for i, row in enumerate(self.confusion))


def logits_of(output: object) -> Tensor:
    """The network's own prediction, where in train mode it gives auxiliary ones beside it (GoogLeNet, Inception)."""
    if isinstance(output, Tensor):
        return output
    return output[0]  # type: ignore[index]


class Interrupted(Exception):
    """An evaluation was asked to end before its last image."""


def score(
    network: nn.Module, data: Data, split: Split, dtype: torch.dtype = torch.float32, stop: Callable[[], bool] = lambda: False,
) -> Score:
    """Evaluate in eval mode; the network's modes are left as they were found.

    Raises:
        Interrupted: ``stop()``, asked before every batch, said so.
    """
    device = split.labels.device
    classes = len(data.class_names)
    modes = [(module, module.training) for module in network.modules()]
    network.eval()
    confusion = torch.zeros(classes * classes, dtype=torch.int64, device=device)
    loss = torch.zeros((), dtype=torch.float64 if device.type != "mps" else torch.float32, device=device)
    try:
        with torch.inference_mode(), devices.autocast(device, dtype):
            for start in range(0, len(split), AT_ONCE):
                if stop():
                    raise Interrupted
                labels = split.labels[start : start + AT_ONCE]
                logits = logits_of(network(data.normalised(split.images[start : start + AT_ONCE]))).float()
                loss += F.cross_entropy(logits, labels, reduction="sum")
                confusion += torch.bincount(labels * classes + logits.argmax(1), minlength=classes * classes)
    finally:
        for module, mode in modes:
            module.training = mode
    table = confusion.view(classes, classes).tolist()
    right = sum(table[i][i] for i in range(classes))
    return Score(float(loss) / len(split), right / len(split), tuple(map(tuple, table)))
