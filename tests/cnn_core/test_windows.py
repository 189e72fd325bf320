"""Windows along one axis against what torch's gradients say about who depends on whom."""

from __future__ import annotations

import doctest
from fractions import Fraction

import pytest
import torch
import torch.nn.functional as F
from hypothesis import assume, given
from hypothesis import strategies as st

from cnn_core import windows
from cnn_core.errors import GeometryError
from cnn_core.windows import View, Window

KINDS: tuple[windows.Kind, ...] = ("conv", "pool", "transposed")
FORWARD = {"conv": F.conv1d, "transposed": F.conv_transpose1d}


def _run(window: Window, x: torch.Tensor) -> torch.Tensor:
    if window.kind == "pool":
        return F.avg_pool1d(x, window.kernel, window.stride, window.padding[0], window.ceil_mode)
    weights = torch.ones(1, 1, window.kernel, dtype=x.dtype)
    extra = {"output_padding": window.output_padding} if window.kind == "transposed" else {}
    return FORWARD[window.kind](
        x, weights, stride=window.stride, padding=window.padding[0], dilation=window.dilation, **extra
    )


def _dependence(layers: list[Window], n: int) -> list[set[int]]:
    """For each output unit, the input pixels that its gradient reaches."""
    x = torch.zeros(1, 1, n, dtype=torch.float64, requires_grad=True)
    y = x
    for layer in layers:
        y = _run(layer, y)
    found = []
    for unit in range(y.shape[-1]):
        (gradient,) = torch.autograd.grad(y[0, 0, unit], x, retain_graph=True)
        found.append(set(gradient[0, 0].nonzero().flatten().tolist()))
    return found


@st.composite
def a_window(draw: st.DrawFn) -> Window:
    kind, kernel, stride = draw(st.sampled_from(KINDS)), draw(st.integers(1, 4)), draw(st.integers(1, 3))
    dilation = 1 if kind == "pool" else draw(st.integers(1, 2))
    padding = draw(st.integers(0, kernel // 2))
    extra = draw(st.integers(0, stride - 1)) if kind == "transposed" else 0
    return Window(kind, kernel, stride, (padding, padding), dilation, extra)


def test_doctests():
    assert doctest.testmod(windows).failed == 0


@given(a_window(), st.integers(4, 14))
def test_taps_and_unseen_pixels_are_what_gradients_reach(window, n):
    try:
        size = window.output_size(n)
    except GeometryError:
        assume(False)
    reached = _dependence([window], n)
    assert [set(window.taps(unit)) & set(range(n)) for unit in range(size)] == reached
    assert set(window.unseen(n)) == set(range(n)) - set().union(*reached)


@given(st.lists(a_window(), min_size=1, max_size=4))
def test_receptive_fields_are_what_gradients_reach(layers):
    n, view = 60, View()
    try:
        size = n
        for layer in layers:
            size = layer.output_size(size)
            view = view.after(layer)
    except GeometryError:
        assume(False)
    assume(size <= 400)
    reached = _dependence(layers, n)
    for unit, pixels in enumerate(reached):
        span = view.span(unit)
        inside = {pixel for pixel in (range(span[0], span[1] + 1) if span else ()) if 0 <= pixel < n}
        assert pixels <= inside
        # A field that lies wholly inside, untouched by any padding, is reached from end to end.
        if pixels and span and span[0] >= 20 and span[1] < 40:
            assert (min(pixels), max(pixels)) == span
    assert max((len(range(min(p), max(p) + 1)) for p in reached if p), default=0) <= view.field


def test_the_field_of_two_3x3_convolutions_and_a_pooling():
    view = View()
    for window in (Window("conv", 3, padding=(1, 1)), Window("conv", 3, padding=(1, 1)), Window("pool", 2, 2)):
        view = view.after(window)
    assert (view.field, view.jump, view.start) == (6, 2, -2)


def test_a_transposed_convolution_halves_the_jump():
    view = View().after(Window("conv", 3)).after(Window("transposed", 2, 2))
    assert (view.field, view.jump) == (3, Fraction(1, 2))


def test_an_uneven_adaptive_pooling_is_cut_as_torch_cuts_it():
    view = View().after_adaptive(7, 3)  # windows 0-2, 2-4, 4-6
    assert [view.span(unit) for unit in range(3)] == [(0, 2), (2, 4), (4, 6)]
    assert view.field == 3
    assert view.jump == Fraction(7, 3)


def test_a_global_average_after_a_stride_sees_the_whole_image():
    assert View().after(Window("conv", 3, 2, (1, 1))).after_adaptive(16, 1).field == 33  # -1 … 31


@pytest.mark.parametrize(
    ("window", "n", "text"),
    [
        (Window("conv", 3), 32, "⌊(32 + 2·0 − 3)/1⌋ + 1 = 30"),
        (Window("conv", 3, dilation=2), 32, "⌊(32 + 2·0 − 2·(3 − 1) − 1)/1⌋ + 1 = 28"),
        (Window("conv", 4, padding=(1, 2)), 32, "⌊(32 + 1 + 2 − 4)/1⌋ + 1 = 32"),
        (Window("pool", 3, 2, (1, 1)), 32, "⌊(32 + 2·1 − 3)/2⌋ + 1 = 16"),
        (Window("pool", 2, 2, (1, 1), ceil_mode=True), 3, "⌈(3 + 2·1 − 2)/2⌉ + 1 − 1 = 2"),
        (Window("transposed", 3, 2, (1, 1), output_padding=1), 16, "(16 − 1)·2 − 2·1 + 3 + 1 = 32"),
        (Window("transposed", 3, 2, dilation=2), 4, "(4 − 1)·2 − 2·0 + 2·(3 − 1) + 1 = 11"),
    ],
)
def test_the_formula_with_numbers(window, n, text):
    assert window.formula(n) == text


@given(a_window(), st.integers(1, 40))
def test_the_formula_s_own_arithmetic_is_right(window, n):
    try:
        left, right = window.formula(n).split(" = ")
    except GeometryError:
        assume(False)
    python = left.replace("·", "*").replace("−", "-")
    if "⌊" in python:
        python = python.replace("⌊", "").replace("⌋", "").replace(")/", ")//")
    assert eval(python) == int(right)


def test_only_a_convolution_is_padded_unequally():
    with pytest.raises(GeometryError) as caught:
        Window("pool", 2, padding=(0, 1)).output_size(8)
    assert caught.value.code == "unequal_padding"
    assert Window("conv", 2, padding=(0, 1)).output_size(8) == 8
