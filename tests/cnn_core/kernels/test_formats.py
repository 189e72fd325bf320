"""Kernels as text: what people paste is read, what is written runs, and both agree to the last bit."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from cnn_core import kernels
from cnn_core.errors import KernelError

sizes = st.tuples(st.integers(1, 11), st.integers(1, 11))
any_kernel = arrays(np.float64, sizes, elements=st.floats(-kernels.MAX_WEIGHT, kernels.MAX_WEIGHT))


@pytest.mark.parametrize("text, expected", [
    ("5", [[5]]),
    ("1 0 -1", [[1, 0, -1]]),
    ("1 0 -1\n2 0 -2\n", [[1, 0, -1], [2, 0, -2]]),
    ("1\t0\t-1\r\n2\t0\t-2\r\n", [[1, 0, -1], [2, 0, -2]]),
    ("  1  0 -1 ; 2 0 -2 ;", [[1, 0, -1], [2, 0, -2]]),
    ("1 0 -1;\n2 0 -2;\n", [[1, 0, -1], [2, 0, -2]]),
    ("\n\n1 0\n\n0 1\n\n", [[1, 0], [0, 1]]),
    ("1, 0, -1", [[1, 0, -1]]),
    ("1,0,-1\n2,0,-2", [[1, 0, -1], [2, 0, -2]]),
    ("1, 0, -1,\n2, 0, -2,", [[1, 0, -1], [2, 0, -2]]),
    ("1.5,0,-1.5", [[1.5, 0, -1.5]]),
    ("1,5", [[1, 5]]),  # as 1,0,-1: no other separator, so the comma is one
    ("1,0\n0,1", [[1, 0], [0, 1]]),
    ("1,5 0 -1,5", [[1.5, 0, -1.5]]),
    ("0,5\t1,5\n2\t-3,25", [[0.5, 1.5], [2, -3.25]]),
    ("1,5 2; 3 4,5", [[1.5, 2], [3, 4.5]]),
    ("0,5;1,5\n2;-3,25", [[0.5, 1.5], [2, -3.25]]),  # a Spanish spreadsheet
    ("1;2;3\n4;5;6", [[1, 2, 3], [4, 5, 6]]),
    ("1;2;3", [[1], [2], [3]]),
    ("1/9 1/9 1/9", [[1 / 9] * 3]),
    ("1 / 4, 1/2, -1/4", [[0.25, 0.5, -0.25]]),
    ("1,5/3 2", [[0.5, 2]]),
    ("−1 0 +1", [[-1, 0, 1]]),
    (".5 1. 1e-3 -2E2", [[0.5, 1, 0.001, -200]]),
    ("[[1, 0, -1], [2, 0, -2]]", [[1, 0, -1], [2, 0, -2]]),
    ("[[1,5],[2,0]]", [[1, 5], [2, 0]]),  # in code a comma separates
    ("[1, 2, 3]", [[1, 2, 3]]),
    ("[1 0 -1; 2 0 -2]", [[1, 0, -1], [2, 0, -2]]),
    ("np.array([[1, 0], [0, -1]])", [[1, 0], [0, -1]]),
    ("numpy.array([[1, 0], [0, -1]], dtype=np.float32)", [[1, 0], [0, -1]]),
    ("kernel = np.array([[1, 1], [1, 1]]) / 4", [[0.25, 0.25], [0.25, 0.25]]),
    ("np.array([[1, 1]]) * 0.5", [[0.5, 0.5]]),
    ("np.array([[1, 1]]) * 1/4", [[0.25, 0.25]]),
    ("k = [\n  [1, 2],\n  [3, 4],\n]", [[1, 2], [3, 4]]),
    ("import numpy as np\nk = np.array([[1/9, 2 / 9]])", [[1 / 9, 2 / 9]]),
    ("array([[ 1.,  0.],\n       [-1.,  2.]])", [[1, 0], [-1, 2]]),
    ("[[ 1.   0.5]\n [-1.   2. ]]", [[1, 0.5], [-1, 2]]),
    ("tensor([[1., 0.]], dtype=torch.float64)", [[1, 0]]),
    ("torch.tensor([[1, 0]], dtype=torch.float32, requires_grad=True)", [[1, 0]]),
    ("w = torch.tensor([[[[1., 2.], [3., 4.]]]], device='cuda:0')", [[1, 2], [3, 4]]),
])  # fmt: skip
def test_what_people_paste(text: str, expected: list[list[float]]) -> None:
    assert kernels.parse(text).tolist() == expected


@pytest.mark.parametrize("text, code", [
    ("", "kernel_text_empty"),
    ("  \n\t ", "kernel_text_empty"),
    (";;\n;", "kernel_text_empty"),
    ("hello", "kernel_text_number"),
    ("1 2 x", "kernel_text_number"),
    ("1 2\n3", "kernel_text_ragged"),
    ("[[1, 2], [3]]", "kernel_text_ragged"),
    ("1/0 2", "kernel_text_zero_division"),
    ("1/2/3", "kernel_text_number"),
    ("nan 1", "kernel_text_number"),
    ("inf", "kernel_text_number"),
    ("1e999", "kernel_text_overflow"),
    ("1e308/1e-308", "kernel_text_overflow"),
    ("1 1000001", "kernel_weight_too_large"),
    ("[[1, -1e300]]", "kernel_weight_too_large"),
    ("np.array([[1, 5e5]]) * 3", "kernel_weight_too_large"),
    ("1e6/1e-3 2", "kernel_weight_too_large"),
    ("1,5 2.5", "kernel_text_comma"),
    ("1,,2", "kernel_text_number"),
    ("1_000", "kernel_text_number"),
    ("0x10", "kernel_text_number"),
    ("[[1, 2], [3, 4]", "kernel_text_brackets"),
    ("[[[1, 2]], [[3, 4]]]", "kernel_text_brackets"),
    ("[[1, 2], 3]", "kernel_text_brackets"),
    ("[", "kernel_text_code"),
    ("[]", "kernel_text_empty_row"),
    ("[[], []]", "kernel_text_empty_row"),
    ("[[1, 2]][0]", "kernel_text_brackets"),
    ("-np.array([[1, 2]])", "kernel_text_code"),
    ("np.array([[1, 2]]) / 0", "kernel_text_code"),
    ("np.array([[1, 2]]) + 1", "kernel_text_code"),
    ("np.array([[1, 2]]).T", "kernel_text_code"),
    ("__import__('os').system('true') or [[1]]", "kernel_text_code"),
    ("[[__import__('os')]]", "kernel_text_number"),
    ("[[9**9**9]]", "kernel_text_number"),
    ("1 " * 12, "kernel_too_large"),
    ("1\n" * 12, "kernel_too_large"),
    ("1 " * 20_000, "kernel_text_long"),
])  # fmt: skip
def test_what_cannot_be_read_is_refused_with_the_reason(text: str, code: str) -> None:
    with pytest.raises(KernelError) as caught:
        kernels.parse(text)
    assert caught.value.code == code
    assert len(str(caught.value)) < 150


@given(st.text(alphabet="0123456789.,;-+e/[]() \n\tnparyx=*", max_size=60))
def test_odd_text_is_read_or_refused_but_never_breaks(text: str) -> None:
    try:
        weights = kernels.parse(text)
    except KernelError:
        return
    assert np.isfinite(weights).all()
    assert weights.ndim == 2


@pytest.mark.parametrize(
    "text",
    [
        "[" * 19_000,
        "1" * 19_999,
        "1/" * 9_999,
        " " * 19_000 + "x",
        "[" + " " * 19_000 + "x",
        "import a\n" * 2_000 + "[",
        "[[1]]" + ", a=b" * 4_000 + "!",
        "[1" + " ," * 9_000,
    ],
)
def test_hostile_text_is_refused_at_once(text: str) -> None:
    with pytest.raises(KernelError):
        kernels.parse(text)


@given(any_kernel)
def test_everything_written_reads_back_to_the_last_bit(weights: np.ndarray) -> None:
    for text in (kernels.to_text(weights), kernels.to_numpy(weights), kernels.to_torch(weights)):
        assert np.array_equal(kernels.parse(text), weights)
    assert np.array_equal(kernels.parse(json.dumps(weights.tolist())), weights)
    assert np.array_equal(kernels.from_compact(kernels.to_compact(weights)), weights)


@given(arrays(np.float64, sizes, elements=st.integers(-99, 99).map(lambda n: n / 4)))
def test_what_numpy_prints_reads_back(weights: np.ndarray) -> None:
    assert np.array_equal(kernels.parse(repr(weights)), weights)
    assert np.array_equal(kernels.parse(str(weights)), weights)
    assert np.array_equal(kernels.parse(kernels.to_text(weights).replace(" ", "\t")), weights) or weights.shape[1] > 1


@given(
    arrays(
        np.float64, st.tuples(st.integers(1, 5), st.integers(2, 5)), elements=st.integers(-99, 99).map(lambda n: n / 4)
    )
)
def test_decimal_commas_read_as_points_do(weights: np.ndarray) -> None:
    assert np.array_equal(kernels.parse(kernels.to_text(weights).replace(".", ",")), weights)


@pytest.mark.parametrize("name", kernels.KERNELS)
def test_the_written_code_runs(name: str) -> None:
    weights = kernels.KERNELS[name].weights
    made: dict[str, Any] = {}
    exec(kernels.to_numpy(weights), made)
    assert np.array_equal(made["kernel"], weights)
    exec(kernels.to_torch(weights), made)
    assert isinstance(made["kernel"], torch.Tensor)
    assert np.array_equal(made["kernel"].numpy(), weights)


@pytest.mark.parametrize("name", kernels.KERNELS)
def test_links_are_short_and_not_escaped(name: str) -> None:
    link = kernels.to_compact(kernels.KERNELS[name].weights)
    assert quote(link, safe="") == link
    assert kernels.to_compact(kernels.KERNELS["horizontal"].weights) == "3x3_1_1_1_0_0_0_-1_-1_-1"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "3x3",
        "3x3_1",
        "0x0",
        "2x1_1_x",
        "1x1_nan",
        "-1x-1_1",
        "1x1_1_2",
        "1x1_1e999",
        "1x2_1_-1000001",
        "axb_1",
        "1000x1_" + "_".join("1" * 1000),
        "1x1_" + "1" * 30_000,
    ],
)
def test_a_damaged_link_is_refused(text: str) -> None:
    with pytest.raises(KernelError):
        kernels.from_compact(text)


def test_a_link_to_a_large_kernel_needs_permission() -> None:
    link = kernels.to_compact(np.ones((1, 12)))
    with pytest.raises(KernelError) as caught:
        kernels.from_compact(link)
    assert caught.value.code == "kernel_too_large"
    assert kernels.from_compact(link, max_side=31).shape == (1, 12)
    assert kernels.parse("1 " * 12, max_side=31).shape == (1, 12)


@pytest.mark.parametrize(
    "text, value", [("1.5", 1.5), ("1,5", 1.5), (" -2 ", -2), ("−1/4", -0.25), ("1 / 8", 0.125), (".5", 0.5)]
)
def test_one_cell_takes_point_and_comma(text: str, value: float) -> None:
    assert kernels.parse_number(text) == value


def test_the_largest_weight_is_still_one() -> None:
    assert kernels.parse_number("-1000000") == -kernels.MAX_WEIGHT
    assert kernels.parse("1e6; -1e6").tolist() == [[1e6], [-1e6]]
    assert kernels.from_compact("1x1_1000000").item() == 1e6
    with pytest.raises(KernelError) as caught:
        kernels.parse_number("1000000,5")
    assert caught.value.code == "kernel_weight_too_large"
    assert caught.value.facts == {"value": "1000000.5", "limit": 1_000_000}


@pytest.mark.parametrize("text", ["", "a", "1,2,3", "1.000,5", "1 2", "nan", "1/0", "1e999", "1e7"])
def test_one_cell_refuses_what_is_no_number(text: str) -> None:
    with pytest.raises(KernelError):
        kernels.parse_number(text)
