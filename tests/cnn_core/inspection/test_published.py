"""Every torchvision classification network against its published parameters and operations."""

from __future__ import annotations

from typing import Any

import pytest
import torchvision
from torchvision.models import get_model, get_model_weights, list_models

from cnn_core.inspection import Trace, build_meta, trace

NETWORKS = list_models(torchvision.models)


def test_the_whole_zoo_is_here() -> None:
    assert len(NETWORKS) >= 80


@pytest.mark.parametrize("name", NETWORKS)
def test_parameters_and_macs_equal_the_published_ones(name: str) -> None:
    published = {entry.transforms().crop_size[0]: entry.meta for entry in get_model_weights(name)}
    for size, meta in published.items():
        options: dict[str, Any] = {"image_size": size} if name.startswith("vit") else {}
        if name in ("googlenet", "inception_v3"):
            options["init_weights"] = False
        if name == "googlenet":
            options["aux_logits"] = False  # the published figure leaves the auxiliary classifiers out
        traced = trace(build_meta(get_model, name, **options), (3, size, size))
        assert round(traced.macs / 1e9, 3) == meta["_ops"]
        assert traced.params == meta["num_params"]
        _check_sums(traced)


def _check_sums(traced: Trace) -> None:
    # Inception v3 publishes its auxiliary classifier's weights too, which only training runs.
    assert traced.unused_params == (3_326_696 if traced.model_type == "Inception3" else 0)
    assert sum(layer.params for layer in traced.layers) + traced.unused_params == traced.params
    assert traced.output_shape == (1, 1000)
    root = traced.blocks[0]
    assert (root.path, root.first, root.stop, root.macs) == ("", 0, len(traced.layers), traced.macs)
    for index, layer in enumerate(traced.layers):
        assert layer.index == index
        assert all(-1 <= source < index for source in layer.inputs)
        assert len(layer.inputs) == len(layer.input_shapes)


def test_googlenet_s_auxiliary_classifiers_are_unused_outside_training() -> None:
    network = build_meta(get_model, "googlenet", init_weights=False)
    traced = trace(network, (3, 224, 224))
    assert (traced.params, traced.unused_params) == (13_004_888, 6_379_984)
    assert trace(network, (3, 224, 224), training=True).unused_params == 0
