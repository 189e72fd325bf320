"""The code that is shown builds the network that is shown, on its own."""

from __future__ import annotations

import ast
import subprocess
import sys
from typing import Any

import pytest
from torch import nn

from cnn_core import architectures
from cnn_core.errors import ArchitectureError
from cnn_core.inspection import build_meta

IDS = architectures.ids()
OWN = [id for id in IDS if architectures.get(id).source == "convolab"]
SMALL = [id for id in IDS if architectures.get(id).builder == "zoo_build:small"]


def run(code: str) -> nn.Module:
    def builder() -> nn.Module:
        namespace: dict[str, Any] = {"__name__": "shown"}
        exec(compile(code, "shown.py", "exec"), namespace)
        network: nn.Module = namespace["network"]
        return network

    return build_meta(builder)


def tensors(network: nn.Module) -> dict[str, tuple[int, ...]]:
    return {name: tuple(tensor.shape) for name, tensor in network.state_dict().items()}


@pytest.mark.parametrize("id", [*OWN, *SMALL, "resnet18", "googlenet", "vit_b_32", "mobilenet_v2", "legacy_xception"])
def test_the_code_builds_the_same_network(id: str) -> None:
    options = {"num_classes": 7, "in_channels": 5}
    code = architectures.code(id, **options)
    assert "cnn_core" not in code
    assert "@architecture" not in code
    shown, built = run(code), build_meta(architectures.build, id, **options)
    assert repr(shown) == repr(built)
    assert tensors(shown) == tensors(built)


@pytest.mark.parametrize("id", OWN)
def test_the_code_has_nothing_that_is_not_used(id: str) -> None:
    tree = ast.parse(architectures.code(id))
    used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    defined = {node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef)}
    defined |= {alias.name for node in tree.body if isinstance(node, ast.ImportFrom) for alias in node.names} - {"annotations"}
    assert defined <= used
    assert len(defined) == len([node for node in tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef)]) + sum(
        len(node.names) for node in tree.body if isinstance(node, ast.ImportFrom) and node.module != "__future__"
    ), "a name is defined twice"


def test_the_code_runs_in_a_process_of_its_own(tmp_path: Any) -> None:
    file = tmp_path / "shown.py"
    file.write_text(architectures.code("lenet5_1998") + "\nprint(sum(p.numel() for p in network.parameters()))\n", "utf-8")
    done = subprocess.run([sys.executable, "-I", file], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "60000"


def test_comments_above_a_table_come_along() -> None:
    code = architectures.code("vgg_d", width=0.5)
    assert "# Table 1 of the paper" in code
    assert "network = vgg_d(num_classes=1000, in_channels=3, width=0.5, image_size=224).eval()" in code
    assert "SmallVGG" not in code
    assert "----" not in code


def test_absurd_options_have_no_code() -> None:
    with pytest.raises(ArchitectureError):
        architectures.code("lenet5", num_classes=0)
