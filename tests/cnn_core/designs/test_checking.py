from __future__ import annotations

import pytest

from cnn_core import designs, inspection
from cnn_core.designs.modules import assemble
from cnn_core.errors import ConvolabError, DesignError, TraceError


def checked(text: str) -> designs.Checked:
    return designs.check(designs.from_text(text))


def test_the_mnist_network_of_the_course() -> None:
    made = checked("input 1x28x28\nconv 64 3x3 pad 1\nrelu\nmaxpool\nconv 128 3x3 pad 1\nrelu\nmaxpool\nflatten\nlinear 10")
    assert [facts.output_shape for facts in made.facts[2:6:3]] == [(64, 14, 14), (128, 7, 7)]
    assert made.facts[6].output_shape == (6272,) and made.classes == 10
    assert made.params == 64 * 10 + 128 * (64 * 9 + 1) + 10 * 6273 == 137_226


def test_separable_convolution_of_the_course_has_9_and_8_parameters() -> None:
    assert checked("input 1x28x28\nseparable 8 3x3 nobias").params == 9 + 8
    assert checked("input 1x28x28\nconv 8 3x3 nobias").params == 72


def test_a_linear_layer_that_was_told_another_number() -> None:
    made = checked("input 1x32x32\nconv 128 3x3 pad 1\nmaxpool 4\nflatten\nlinear 10 in 6272")
    (problem,) = made.problems
    assert str(problem.error) == "Linear expects 6,272 inputs, gets 8,192: set it, leave it open, or insert pooling"
    assert problem.row == 3 and made.facts[2].output_shape == (8192,) and made.output_shape is None
    offered = designs.remedies(made)
    assert [remedy.code for remedy in offered] == ["set_inputs", "pool_to", "open_inputs"]
    assert offered[0].facts == {"value": 8192} and offered[1].facts == {"value": "7×7"}
    assert all(designs.check(remedy.after).classes == 10 for remedy in offered)


@pytest.mark.parametrize(
    ("text", "code", "row", "first"),
    [
        ("input 3x8x8\nlinear 10", "design_needs_flat", 0, "flatten"),
        ("input 3x8x8\nflatten\nrelu\nconv 8 3x3\nlinear 10", "design_needs_maps", 2, "move_above"),
        ("input 3x8x8\nconv 8 3x3 in 16", "design_channels", 0, "set_channels"),
        ("input 3x2x2\nconv 8 5x5", "kernel_too_long", 0, "set_pad"),
        ("input 3x4x4\nmaxpool 2\nmaxpool 2\nmaxpool 2", "kernel_too_long", 2, "set_kernel"),
        ("input 3x8x8\nmaxpool 2 pad 2", "padding_over_half", 0, "set_pad"),
        ("input 3x8x8\nconv 8 3x3 stride 2 same", "same_needs_stride_one", 0, "set_pad"),
        ("input 3x8x8\nconv 8 3x3 groups 2", "groups_do_not_divide", 0, "set_groups"),
        ("input 8x8x8\nresidual\n  conv 8 3x3\n  conv 8 3x3", "design_add", 0, "pad_all"),
        ("input 8x8x8\nresidual\n  conv 16 3x3 pad 1 stride 2", "design_add", 0, "project"),
        ("input 8x8x8\nbranches\n  branch\n    conv 8 3x3\n  branch\n    conv 8 1x1", "design_concat", 0, "pad_all"),
        ("input 8x8x8\ngate\n  gap\n  conv 2 1x1\n  relu\n  conv 4 1x1\n  sigmoid", "design_gate", 0, "set_filters"),
        ("input 8x8x8\npadchannels 4", "design_pads_nothing", 0, "set_pad_channels"),
        ("input 8x4x4\ngap 7", "design_pool_enlarges", 0, "set_size"),
        ("input 8x8x8\nbranches", "design_no_branch", 0, "two_branches"),
    ],
)
def test_what_does_not_meet_is_marked_and_cured_with_one_click(text: str, code: str, row: int, first: str) -> None:
    made = checked(text)
    assert [(problem.error.code, problem.row) for problem in made.problems] == [(code, row)]
    offered = designs.remedies(made)
    assert offered[0].code == first
    cured = designs.check(offered[0].after)
    assert cured.whole or cured.problems[0].error.code == "design_empty"
    with pytest.raises(ConvolabError) as refused:
        designs.build(text)
    assert refused.value.facts["row"] == row


def test_a_broken_branch_does_not_hide_the_others() -> None:
    made = checked("input 3x8x8\nbranches\n  branch\n    conv 4 9x9\n    relu\n  branch\n    conv 6 3x3 pad 1\nflatten\nlinear 2")
    assert [problem.row for problem in made.problems] == [2]
    assert made.facts[5].output_shape == (6, 8, 8)
    with pytest.raises(TraceError) as stopped:
        inspection.trace(inspection.build_meta(assemble, made), (3, 8, 8))
    assert [layer.path for layer in stopped.value.trace.layers] == ["branches1.branch2.conv2"]


def test_limits_hold_before_anything_is_built() -> None:
    for text, code in (
        ("input 3x32x32\nflatten\nlinear 65536", "design_too_heavy"),
        ("input 1x1024x1024\nconv 128 3x3", "design_too_wide"),
        ("input 1x8x8\nrepeat 100\n  repeat 100\n    relu", "design_too_many"),
        ("input 1x8x8\n" + "".join("  " * n + "repeat 100\n" for n in range(12)), "design_too_many"),
    ):
        made = checked(text)
        assert made.problems[0].error.code == code
        with pytest.raises(ConvolabError):
            designs.build(text)


def test_two_hundred_layers_are_drawn() -> None:
    made = checked("input 3x32x32\nconv 8 3x3 pad 1\nrepeat 66\n  residual\n    conv 8 3x3 pad 1\n    relu\ngap\nflatten\nlinear 10")
    whole = inspection.trace(inspection.build_meta(assemble, made), (3, 32, 32))
    assert len(whole.layers) == made.layers == 1 + 3 * 66 + 3
    assert len(inspection.graph(whole).nodes) == len(whole.layers) + 2


def test_modules_name_the_lines_they_came_from() -> None:
    made = checked("input 3x8x8\nconv 8 3x3 pad 1\nrepeat 2\n  residual\n    conv 8 3x3 pad 1\n    shortcut\n      conv 8 1x1")
    built = assemble(made)
    paths = {path for path, _ in built.named_modules() if path}
    assert set(built.rows) <= paths
    assert built.rows["repeat1.round2.residual2.conv4"] == 3 and built.rows["repeat1.round2.residual2.shortcut.conv5"] == 5


def test_another_number_of_classes_and_another_picture() -> None:
    lenet = "input 1x32x32\nconv 6 5x5\ntanh\navgpool\nflatten\nlinear 84\nrelu\nlinear 10"
    network = designs.build(lenet, num_classes=7, in_channels=3, image_size=28)
    assert network.linear2.out_features == 7 and network.conv1.in_channels == 3 and network.linear1.in_features == 6 * 12 * 12
    all_conv = designs.from_text("input 3x8x8\nconv 10 3x3\ngap\nflatten")
    assert designs.check(designs.adapted(all_conv, num_classes=4)).classes == 4
    with pytest.raises(DesignError, match="linear"):
        designs.adapted(designs.from_text("input 3x8x8\nconv 5 3x3\nflatten"), num_classes=4)
