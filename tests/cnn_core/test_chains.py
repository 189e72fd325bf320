"""Chains against PyTorch: the code that a chain writes is run, and must agree with the chain's table."""

from __future__ import annotations

import doctest
from fractions import Fraction

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from cnn_core import chains
from cnn_core.chains import (
    KINDS,
    PRESETS,
    Activation,
    AvgPool,
    BatchNorm,
    Chain,
    Conv,
    Dropout,
    Flatten,
    GlobalPool,
    Linear,
    MaxPool,
    Transposed,
    from_text,
    to_pytorch,
    to_text,
)
from cnn_core.errors import GeometryError

small = st.integers(1, 4)
layers = st.one_of(
    st.builds(
        Conv,
        out_channels=st.sampled_from([2, 4]),
        kernel=small,
        stride=st.integers(1, 2),
        padding=st.integers(0, 2),
        dilation=st.integers(1, 2),
        groups=st.integers(1, 2),
        same=st.booleans(),
        bias=st.booleans(),
    ),
    st.builds(
        Transposed,
        out_channels=st.sampled_from([2, 4]),
        kernel=small,
        stride=st.integers(1, 3),
        padding=st.integers(0, 2),
        output_padding=st.integers(0, 2),
        dilation=st.integers(1, 2),
        groups=st.integers(1, 2),
        bias=st.booleans(),
    ),
    st.builds(
        MaxPool,
        kernel=small,
        stride=st.integers(1, 3),
        padding=st.integers(0, 2),
        dilation=st.integers(1, 2),
        ceil_mode=st.booleans(),
    ),
    st.builds(AvgPool, kernel=small, stride=st.integers(1, 3), padding=st.integers(0, 2), ceil_mode=st.booleans()),
    st.builds(GlobalPool, size=st.integers(1, 5)),
    st.just(BatchNorm()),
    st.just(Flatten()),
    st.builds(Activation, function=st.sampled_from(["relu", "tanh", "sigmoid", "gelu"])),
    st.builds(Dropout, percent=st.sampled_from([0, 10, 50])),
    st.builds(Linear, out_features=st.integers(1, 10), bias=st.booleans()),
)
chains_of_any_kind = st.builds(
    Chain,
    st.tuples(st.sampled_from([1, 2, 3]), st.integers(1, 20), st.integers(1, 20)),
    st.lists(layers, max_size=7).map(tuple),
)


def _execute(chain: Chain) -> tuple[nn.Module, torch.Tensor]:
    scope: dict = {}
    exec(to_pytorch(chain), scope)
    return scope["model"], scope["model"](scope["x"])


@pytest.mark.parametrize("module", [chains.chain, chains.text])
def test_doctests(module):
    assert doctest.testmod(module).failed == 0


@settings(max_examples=150)
@given(chains_of_any_kind)
def test_the_code_of_a_chain_agrees_with_its_table(chain):
    try:
        rows = chain.check()
    except GeometryError:
        return
    model, output = _execute(chain)
    assert tuple(output.shape[1:]) == chain.output_shape
    assert sum(p.numel() for p in model.parameters()) == chain.params
    x = torch.zeros(2, *chain.input_shape)
    for row, module in zip(rows, model, strict=True):
        with FlopCounterMode(display=False) as counter:
            x = module(x)
        assert tuple(x.shape[1:]) == row.output_shape
        assert sum(p.numel() for p in module.parameters()) == row.params
        assert counter.get_total_flops() == 2 * 2 * row.macs  # two examples, two operations a multiply-accumulate


@settings(max_examples=150)
@given(chains_of_any_kind)
def test_what_a_chain_refuses_torch_refuses_too(chain):
    broken = next((row for row in chain.rows if row.error), None)
    if broken is None or broken.error.code in {
        "needs_maps",
        "needs_flat",
    }:  # torch would misread these, not refuse them
        return
    whole = Chain(chain.input_shape, chain.layers[: broken.index - 1])
    shape = (2, *whole.output_shape)
    layer = "nn." + broken.layer.pytorch(shape[1:])
    try:
        output = eval(layer, {"nn": nn})(torch.zeros(shape))
    except (RuntimeError, ValueError):
        return
    assert output.numel() == 0, layer  # a transposed convolution may leave an empty tensor


@given(chains_of_any_kind)
def test_text_gives_the_chain_back(chain):
    assert from_text(to_text(chain)) == chain


@pytest.mark.parametrize("preset", PRESETS.values(), ids=PRESETS.ids())
def test_a_preset_has_its_published_parameters_and_field(preset):
    fields = [row.field for row in preset.chain.check() if row.field]
    assert preset.chain.params == preset.params
    assert fields[-1] == (preset.field, preset.field)
    assert to_text(preset.chain) == preset.text


@pytest.mark.parametrize("preset", [p for p in PRESETS.values() if p.id not in {"vgg_block"}], ids=lambda p: p.id)
def test_a_preset_s_code_runs(preset):
    model, output = _execute(preset.chain)
    assert tuple(output.shape) == (2, *preset.chain.output_shape)
    assert sum(p.numel() for p in model.parameters()) == preset.params


def test_lenet_worked_out_by_hand():
    rows = PRESETS["lenet5"].chain.rows
    assert rows[0].params == 6 * (1 * 5 * 5 + 1)
    assert rows[0].macs == 28 * 28 * 6 * 25
    assert [row.field[0] for row in rows if row.field and row.layer.word in {"conv", "avg"}] == [5, 6, 14, 16, 32]
    assert [row.jump[0] for row in rows if row.jump and row.layer.word in {"conv", "avg"}] == [1, 2, 2, 4, 4]


def test_height_and_width_are_kept_apart():
    row = Chain((1, 10, 20), (Conv(2, kernel=3), GlobalPool(2))).rows[-1]
    assert row.output_shape == (2, 2, 2)
    assert row.field == (6, 11)
    assert row.jump == (Fraction(4), Fraction(9))


def test_an_error_names_its_row_and_leaves_the_rows_below_open():
    chain = from_text("1x8x8_conv4_max2_conv4_conv4_relu")
    assert [row.output_shape for row in chain.rows] == [(4, 6, 6), (4, 3, 3), (4, 1, 1), None, None]
    assert [row.error is not None for row in chain.rows] == [False, False, False, True, False]
    with pytest.raises(GeometryError, match="no pixels left at row 4: a kernel of 3") as caught:
        to_pytorch(chain)
    assert caught.value.facts["row"] == 4


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("3x32x32_conv4.g2", "groups_do_not_divide"),
        ("3x32x32_conv4.s2.same", "same_needs_stride_one"),
        ("3x32x32_lin10", "needs_flat"),
        ("3x32x32_flat_conv4", "needs_maps"),
        ("3x32x32_max2.p2", "padding_over_half"),
        ("3x32x32_tconv4.o2", "output_padding_too_large"),
        ("3x4x4_tconv4.k1.p9", "cropped_away"),
        ("3x32x32_conv0", "bad_channels"),
        ("3x32x32_conv4.k0", "bad_kernel"),
        ("3x32x32_gap0", "bad_output_size"),
        ("3x32x32_flat_lin0", "bad_features"),
        ("3x32x32_drop101", "bad_percent"),
        ("3x32x32_conv4.g0", "bad_groups"),
    ],
)
def test_each_refusal_has_its_reason(text, code):
    with pytest.raises(GeometryError) as caught:
        from_text(text).check()
    assert caught.value.code == code
    assert caught.value.facts["row"] == len(text.split("_")) - 1


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "3x32",
        "3x32x32_",
        "3x32x32_cnov4",
        "3x32x32_conv4.z3",
        "3x32x32_conv4.same3",
        "3x32x32_conv4.k",
        "3x32x32_act",
        "3x32x32_conv4.k999999",
        "3x9999x9",
        "3x32x32" + "_relu" * 65,
        "3x32x32_conv4..k3",
        "３x32x32",
    ],
)
def test_nonsense_in_a_link_is_refused(text):
    with pytest.raises(GeometryError) as caught:
        from_text(text)
    assert caught.value.code in {"chain_unreadable", "input_too_large", "chain_too_long"}


def test_a_misspelt_layer_gets_a_hint():
    with pytest.raises(GeometryError, match="did you mean 'conv'"):
        from_text("3x32x32_cnov4")


def test_an_input_of_nothing_is_refused():
    with pytest.raises(GeometryError) as caught:
        _ = from_text("0x32x32_conv4").rows
    assert caught.value.code == "bad_channels"


def test_every_kind_can_be_written_and_read_at_its_defaults():
    for kind in KINDS.values():
        chain = Chain((4, 16, 16), (kind(),))
        assert from_text(to_text(chain)) == chain
