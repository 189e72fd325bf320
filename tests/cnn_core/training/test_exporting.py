"""A run's figures and network in the forms of other tools, read back with those tools."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from onnx.reference import ReferenceEvaluator
from tensorboard.backend.event_processing.event_file_loader import EventFileLoader

from cnn_core import architectures
from cnn_core.errors import TrainingError
from cnn_core.training.exporting import COLUMNS, csv_of, onnx_of, tensorboard_of

EVENTS = [
    {"kind": "start", "time": 1.0, "step": 0, "epoch": 0.0},
    {"kind": "progress", "time": 2.0, "step": 3, "epoch": 0.5, "loss": 2.25, "accuracy": 0.125, "lr": 0.1, "grad_norm": None},
    {"kind": "epoch", "time": 3.0, "step": 6, "epoch": 1.0, "train_loss": 1.5, "validation_accuracy": 0.75, "confusion": [[1, 0], [0, 1]]},
    {"kind": "end", "time": 4.0, "step": 6, "epoch": 1.0, "test_accuracy": 0.5},
]  # fmt: skip


def test_the_table_holds_every_figure_that_was_told() -> None:
    rows = list(csv.DictReader(io.StringIO(csv_of(EVENTS).decode())))
    assert [row["kind"] for row in rows] == ["progress", "epoch", "end"]
    assert float(rows[0]["loss"]) == 2.25 and rows[0]["grad_norm"] == ""
    assert float(rows[1]["validation_accuracy"]) == 0.75
    assert tuple(rows[0]) == COLUMNS


def test_tensorboard_reads_the_events(tmp_path: Path) -> None:
    name, content = tensorboard_of(EVENTS)
    (tmp_path / name).write_bytes(content)
    found = {}
    for event in EventFileLoader(str(tmp_path / name)).Load():
        for value in event.summary.value:
            found[value.tag] = (event.step, event.wall_time, value.tensor.float_val[0])
    assert found["loss/step"] == (3, 2.0, 2.25)
    assert found["accuracy/validation"] == (6, 3.0, 0.75)
    assert found["accuracy/test"] == (6, 4.0, 0.5)
    assert "rate/gradient" not in found


@pytest.mark.parametrize("count", [1, 3])
def test_onnx_computes_what_the_network_computes(count: int, lenet: bytes) -> None:
    network = architectures.build("lenet5_keras", seed=0)
    batch = torch.randn((count, *architectures.get("lenet5_keras").input_shape), generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        wanted = network(batch).numpy()
    model = onnx.load_from_string(lenet)
    (found,) = ReferenceEvaluator(model).run(None, {"pictures": batch.numpy()})
    np.testing.assert_allclose(np.asarray(found), wanted, atol=1e-4)


class Undecided(torch.nn.Module):
    """What it computes depends on the numbers, which no graph can say."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x.flatten(1) if x.sum() > 0 else x.flatten(1)[:, :2]


def test_a_network_that_onnx_cannot_say_is_refused_in_a_sentence() -> None:
    with pytest.raises(TrainingError) as refused:
        onnx_of(Undecided(), (1, 4, 4))
    assert refused.value.code == "onnx_failed"
    assert "\n" not in str(refused.value) and refused.value.facts["reason"]


@pytest.fixture(scope="module")
def lenet() -> bytes:
    return onnx_of(architectures.build("lenet5_keras", seed=0), architectures.get("lenet5_keras").input_shape)
