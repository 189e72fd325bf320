"""A run in the forms that other tools read: CSV, TensorBoard's events, ONNX. What a form needs is imported when it is written."""

from __future__ import annotations

import csv
import io
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cnn_core.errors import TrainingError

if TYPE_CHECKING:
    from torch import nn

REASON_LENGTH = 160  # signs of what the exporter said
COLUMNS = (
    "kind", "time", "elapsed_s", "step", "epoch", "images", "loss", "accuracy", "train_loss", "train_accuracy", "validation_loss",
    "validation_accuracy", "test_loss", "test_accuracy", "lr", "grad_norm", "images_per_s", "memory_bytes", "seconds",
)  # fmt: skip
# TensorBoard groups by what stands in front of the stroke
TAGS = {
    "progress": {"loss": "loss/step", "accuracy": "accuracy/step", "lr": "rate/lr", "grad_norm": "rate/gradient",
                 "images_per_s": "speed/images_per_s"},
    "epoch": {"train_loss": "loss/train", "validation_loss": "loss/validation", "train_accuracy": "accuracy/train",
              "validation_accuracy": "accuracy/validation"},
    "end": {"test_loss": "loss/test", "test_accuracy": "accuracy/test"},
}  # fmt: skip


def csv_of(events: Iterable[Mapping[str, Any]]) -> bytes:
    """Every progress, epoch and end event as a row; figures as they were told, a point for the decimals.

    >>> print(csv_of([{"kind": "epoch", "epoch": 1.0, "train_loss": 0.5}]).decode().splitlines()[1])
    epoch,,,,1.0,,,,0.5,,,,,,,,,,
    """
    out = io.StringIO()
    writer = csv.DictWriter(out, COLUMNS, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    writer.writerows(event for event in events if event.get("kind") in TAGS)
    return out.getvalue().encode()


def tensorboard_of(events: Iterable[Mapping[str, Any]]) -> tuple[str, bytes]:
    """File name and content of an events file: put it into a folder of its own and point ``tensorboard --logdir`` there."""
    from torch.utils.tensorboard import SummaryWriter

    with tempfile.TemporaryDirectory() as folder:
        writer = SummaryWriter(folder)
        for event in events:
            for name, tag in TAGS.get(str(event.get("kind")), {}).items():
                if isinstance(event.get(name), (int, float)):
                    writer.add_scalar(tag, event[name], int(event.get("step", 0)), event.get("time"))
        writer.close()
        path = next(Path(folder).glob("events.out.tfevents.*"))
        return path.name, path.read_bytes()


def onnx_of(network: nn.Module, input_shape: tuple[int, int, int]) -> bytes:
    """The network for any number of pictures at once: input "pictures" (N, C, H, W), normalised as in training; output "logits".

    Raises:
        TrainingError: the network has something that cannot be written so, or there is no room for it (code ``onnx_failed``).
    """
    import torch

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "network.onnx"
        try:
            torch.onnx.export(
                network.eval(), (torch.zeros((2, *input_shape)),), path, input_names=["pictures"], output_names=["logits"],
                dynamic_shapes=({0: torch.export.Dim("pictures")},), external_data=False, dynamo=True, verbose=False,
            )
            return path.read_bytes()
        except Exception as error:  # the exporter is a compiler, and raises whatever its passes raise
            reason = next(iter(str(error).split("\n")), "")[:REASON_LENGTH] or type(error).__name__
            raise TrainingError(
                f"this network cannot be written as ONNX here ({reason}): take the weights and the script instead",
                code="onnx_failed", reason=reason,
            ) from error
