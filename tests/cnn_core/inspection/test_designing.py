"""Networks of the catalogue as designs: the same layers, parameters and MACs."""

from __future__ import annotations

import pytest

from cnn_core import architectures, designs, inspection
from cnn_core.designs.modules import assemble
from cnn_core.errors import DesignError
from cnn_core.inspection.designing import SMALL_SIDE, UNSAID


def traced(arch_id: str) -> inspection.Trace:
    row = architectures.get(arch_id)
    return inspection.trace(inspection.build_meta(architectures.build, arch_id), row.input_shape)


@pytest.mark.parametrize("arch_id", inspection.starts())
def test_every_start_is_the_same_network(arch_id: str) -> None:
    whole, row = traced(arch_id), architectures.get(arch_id)
    text = designs.to_text(inspection.to_design(whole, row.title))
    made = designs.check(designs.from_text(text))
    again = inspection.trace(inspection.build_meta(assemble, made), row.input_shape)
    assert made.whole and made.params == again.params == row.params
    assert made.macs == again.macs == whole.macs and made.output_shape == (row.num_classes,)
    assert len(again.layers) >= len(whole.layers) and len(designs.pack(text)) < 1_000
    seen = [(layer.kind, layer.output_shape) for layer in whole.layers if layer.kind in ("conv", "linear", "norm", "add", "concat")]
    assert sorted(seen) == sorted((layer.kind, layer.output_shape) for layer in again.layers
                                  if layer.kind in ("conv", "linear", "norm", "add", "concat"))  # fmt: skip


@pytest.mark.parametrize("arch_id", sorted(UNSAID))
def test_what_a_design_cannot_say_is_named(arch_id: str) -> None:
    assert architectures.get(arch_id).input_shape[1] <= SMALL_SIDE
    try:
        design = inspection.to_design(traced(arch_id))
    except DesignError as refused:
        assert refused.code == "design_cannot_say" and refused.facts["layer"]
    else:
        assert designs.check(design).problems[0].error.code == "design_too_many"


def test_the_starts_of_the_course() -> None:
    assert {"lenet5", "lenet5_keras", "mnist_cnn", "mini_inception", "mini_resnet", "nin", "all_cnn", "resnet20", "resnet9",
            "vgg16_cifar"} <= set(inspection.starts())  # fmt: skip
    text = designs.to_text(inspection.to_design(traced("mnist_cnn")))
    assert text == ("input 1x28x28\nconv 64 3x3 pad 1\nrelu\nmaxpool 2x2\nconv 128 3x3 pad 1\nrelu\nmaxpool 2x2\nflatten\n"
                    "linear 10 in 6272\n")  # fmt: skip
