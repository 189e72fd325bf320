"""The source of a network stands on its own: run anywhere, it builds what the catalogue builds."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from cnn_core import architectures
from cnn_core.inspection import build_meta, code, trace
from tests.cnn_core.inspection.test_code import run

CASES: list[tuple[str, dict[str, Any]]] = [
    ("lenet5", {"in_channels": 3, "num_classes": 7, "width": 2.0}), ("lenet5_1998", {}), ("mnist_cnn", {"image_size": 32}),
    ("alexnet_2012", {}), ("nin", {}), ("all_cnn", {"width": 0.5}), ("googlenet_2014", {}), ("mini_inception", {}),
    ("separable_cnn", {}), ("vgg_a_lrn", {"in_channels": 1}), ("vgg16_cifar", {}), ("bn_inception", {}), ("mini_resnet", {}),
    ("resnet56", {}), ("xception", {}), ("mobilenet_v1_cifar", {}), ("seresnet50", {}), ("se_inception", {}), ("resnet9", {}),
    ("resnet18", {"in_channels": 1, "num_classes": 10}), ("resnet50_cifar", {"in_channels": 1}), ("googlenet", {"num_classes": 5}),
    ("googlenet_cifar", {}), ("mobilenet_v2", {"width": 0.5}), ("efficientnet_b0_cifar", {"in_channels": 4}),
    ("vit_b_32", {"image_size": 64}), ("densenet121", {"in_channels": 2}), ("legacy_xception", {"in_channels": 1}),
]  # fmt: skip


@pytest.mark.parametrize(("id", "options"), CASES, ids=[id for id, _ in CASES])
def test_the_source_builds_the_same_network(id: str, options: dict[str, Any]) -> None:
    row = architectures.get(id)
    network = build_meta(architectures.build, id, **options)
    shape = (options.get("in_channels", row.input_shape[0]), *[options.get("image_size", n) for n in row.input_shape[1:]])
    text = code.source(row, options, trace(network, shape))
    assert "cnn_core" not in text
    again = build_meta(lambda: run(text)["model"])
    assert not again.training
    assert {name: tensor.shape for name, tensor in again.state_dict().items()} == {
        name: tensor.shape for name, tensor in network.state_dict().items()
    }


def test_the_source_runs_where_this_project_is_not_installed(tmp_path: Path) -> None:
    row = architectures.get("mini_resnet")
    text = code.source(row, {}, trace(build_meta(architectures.build, row.id), row.input_shape))
    (tmp_path / "network.py").write_text(text + "\nprint(sum(p.numel() for p in model.parameters()))\n", "utf-8")
    done = subprocess.run([sys.executable, "-I", "network.py"], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert int(done.stdout) == row.params


@pytest.mark.parametrize("options", [{"in_channels": 3}, {"num_classes": 4, "width": 0.5}, {"image_size": 40}])
def test_what_was_changed_is_in_the_written_code(options: dict[str, Any]) -> None:
    row = architectures.get("lenet5")
    shape = (options.get("in_channels", 1), *[options.get("image_size", 32)] * 2)
    record = trace(build_meta(architectures.build, "lenet5", **options), shape)
    for way in ("sequential", "class"):
        again = trace(build_meta(lambda way=way: run(code.write(record, "pytorch", way, code.class_name(row.title)))["model"]), shape)
        assert (again.params, again.output_shape) == (record.params, record.output_shape)
