"""Tracing takes no weight memory and computes nothing."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torchvision.models import get_model, list_models

from cnn_core.inspection import build_meta, trace
from tests.cnn_core.inspection.networks import lenet

ROOT = Path(__file__).parents[3]


class Witness(TorchDispatchMode):
    """Notes every kernel that ran on something else than ``meta``."""

    def __init__(self) -> None:
        super().__init__()
        self.computed: list[str] = []

    def __torch_dispatch__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        out = function(*args, **(kwargs or {}))
        results = out if isinstance(out, tuple | list) else (out,)
        self.computed += [str(function) for t in results if isinstance(t, torch.Tensor) and not t.is_meta]
        return out


def test_nothing_is_computed_and_nothing_stored_where_the_weights_are_real() -> None:
    network = lenet()
    with Witness() as witness:
        assert trace(network, (1, 32, 32)).params == 61_706
    assert witness.computed == []


def test_networks_are_built_without_storage() -> None:
    for name in ("vgg19", "vit_h_14", "regnet_y_400mf", "swin_t", "maxvit_t"):
        network = build_meta(get_model, name)
        assert all(tensor.is_meta for tensor in network.state_dict().values())
        assert not network.training


def test_the_whole_zoo_can_be_built_without_storage() -> None:
    import torchvision
    for name in list_models(torchvision.models):
        options = {"init_weights": False} if name in ("googlenet", "inception_v3") else {}
        assert all(tensor.is_meta for tensor in build_meta(get_model, name, **options).state_dict().values()), name


def test_building_leaves_the_random_numbers_alone() -> None:
    before = torch.get_rng_state()
    build_meta(get_model, "resnet18")
    assert torch.equal(torch.get_rng_state(), before)


def test_the_largest_networks_fit_into_little_memory() -> None:
    """VGG-19's weights are 575 MB, RegNetY-128GF's 2.6 GB, ViT-H/14's 2.5 GB; none of that is taken."""
    script = """
from torchvision.models import get_model
from benchmarks.tracing import peak_memory
from cnn_core.inspection import build_meta, trace
trace(build_meta(get_model, "alexnet"), (3, 224, 224))
before = peak_memory()
params = [trace(build_meta(get_model, name), (3, 224, 224)).params for name in ("vgg19", "regnet_y_128gf", "vit_h_14")]
print(*params, peak_memory() - before)
"""
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    *params, grown = map(int, done.stdout.split())
    assert params == [143_667_240, 644_812_894, 632_045_800]
    assert grown < 100 * 2**20
