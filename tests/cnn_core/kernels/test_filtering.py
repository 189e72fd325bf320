"""``apply`` against SciPy: the same numbers, on every shape, border and size of kernel."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import ndimage
from scipy.signal import convolve2d, correlate2d
from skimage import color, data

from cnn_core import kernels
from cnn_core.errors import ConvolabError, GeometryError, ImageError, KernelError
from cnn_core.kernels import filtering

HORIZONTAL = [[1, 1, 1], [0, 0, 0], [-1, -1, -1]]
VERTICAL = [[1, 0, -1]] * 3
LAPLACIAN = [[0, -1, 0], [-1, 4, -1], [0, -1, 0]]
NDIMAGE = {"zeros": "constant", "reflect": "mirror", "replicate": "nearest", "wrap": "wrap"}


def numbers(seed: int, *shape: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=shape)


def close(ours: np.ndarray, reference: np.ndarray, scale: float = 1.0) -> bool:
    return ours.shape == reference.shape and float(np.abs(ours - reference).max(initial=0)) <= 1e-9 * max(scale, 1.0)


sides = st.integers(1, 14)
seeds = st.integers(0, 2**32 - 1)


@given(sides, sides, sides, sides, seeds)
def test_valid_convolution_is_scipys(height: int, width: int, kh: int, kw: int, seed: int) -> None:
    image, weights = numbers(seed, height, width), numbers(seed + 1, kh, kw)
    if kh > height or kw > width:  # scipy would swap the two
        with pytest.raises(GeometryError) as caught:
            kernels.apply(image, weights)
        assert caught.value.code == "kernel_too_long"
    else:
        assert close(kernels.apply(image, weights), convolve2d(image, weights, "valid"))
        assert close(kernels.apply(image, weights, flip=False), correlate2d(image, weights, "valid"))


@given(sides, sides, sides, sides, seeds)
def test_same_convolution_is_scipys_for_odd_and_even_kernels(
    height: int, width: int, kh: int, kw: int, seed: int
) -> None:
    image, weights = numbers(seed, height, width), numbers(seed + 1, kh, kw)
    assert close(kernels.apply(image, weights, padding="same"), convolve2d(image, weights, "same"))


@given(sides, sides, sides, sides, seeds)
def test_full_padding_is_scipys_full(height: int, width: int, kh: int, kw: int, seed: int) -> None:
    image, weights = numbers(seed, height, width), numbers(seed + 1, kh, kw)
    ours = kernels.apply(image, weights, padding=(kh - 1, kw - 1))
    assert close(ours, convolve2d(image, weights, "full"))


@pytest.mark.parametrize("border", kernels.BORDERS)
@given(sides, sides, st.integers(0, 5), st.integers(0, 5), seeds)
def test_borders_are_those_of_ndimage(border: str, height: int, width: int, up: int, left: int, seed: int) -> None:
    # Images down to one pixel, under kernels that reach far over their edge.
    image, weights = numbers(seed, height, width), numbers(seed + 1, 2 * up + 1, 2 * left + 1)
    ours = kernels.apply(image, weights, padding="same", border=border)
    assert close(ours, ndimage.convolve(image, weights, mode=NDIMAGE[border]))


@pytest.mark.parametrize("boundary, border", [("fill", "zeros"), ("wrap", "wrap")])
def test_borders_are_those_of_convolve2d(boundary: str, border: str) -> None:
    image, weights = numbers(1, 20, 17), numbers(2, 5, 3)
    ours = kernels.apply(image, weights, padding="same", border=border)
    assert close(ours, convolve2d(image, weights, "same", boundary=boundary))


@given(
    st.tuples(sides, sides), st.tuples(st.integers(1, 5), st.integers(1, 5)),
    st.tuples(st.integers(1, 6), st.integers(1, 6)), st.tuples(st.integers(1, 4), st.integers(1, 4)),
    st.tuples(st.integers(0, 6), st.integers(0, 6)), st.booleans(), seeds,
)  # fmt: skip
def test_stride_and_dilation_pick_from_the_full_answer(
    shape: tuple[int, int], size: tuple[int, int], stride: tuple[int, int], dilation: tuple[int, int],
    padding: tuple[int, int], flip: bool, seed: int,
) -> None:  # fmt: skip
    image, weights = numbers(seed, *shape), numbers(seed + 1, *size)
    spread = np.zeros([d * (k - 1) + 1 for d, k in zip(dilation, size, strict=True)])
    spread[:: dilation[0], :: dilation[1]] = weights
    padded = np.pad(image, [(p, p) for p in padding])
    settings: dict[str, Any] = {"flip": flip, "padding": padding, "stride": stride, "dilation": dilation}
    if any(s > p for s, p in zip(spread.shape, padded.shape, strict=True)):
        with pytest.raises(GeometryError):
            kernels.apply(image, weights, **settings)
    else:
        dense = (convolve2d if flip else correlate2d)(padded, spread, "valid")
        assert close(kernels.apply(image, weights, **settings), dense[:: stride[0], :: stride[1]])


@pytest.mark.parametrize(
    "size", [(1, 1), (2, 2), (7, 7), (5, 10), (8, 8), (11, 11), (1, 31), (31, 1), (18, 17), (31, 31)]
)
@pytest.mark.parametrize("shape", [(64, 80), (700, 200), (33, 32, 3)])
def test_every_size_of_kernel_on_images_of_several_bands(size: tuple[int, int], shape: tuple[int, ...]) -> None:
    image, weights = 255 * numbers(3, *shape), numbers(4, *size)
    reference = (
        convolve2d(image, weights, "valid")
        if image.ndim == 2
        else np.dstack([convolve2d(image[..., channel], weights, "valid") for channel in range(3)])
    )
    assert close(kernels.apply(image, weights), reference, scale=255 * float(np.abs(weights).sum()))


def test_bands_meet_without_a_seam() -> None:
    image, weights = numbers(5, 1500, 700), numbers(6, 5, 5)
    assert close(kernels.apply(image, weights), convolve2d(image, weights, "valid"))
    assert close(kernels.apply(image, weights, stride=(3, 2)), convolve2d(image, weights, "valid")[::3, ::2])


@given(st.integers(1, 16), st.integers(1, 16), seeds)
def test_whole_numbers_stay_whole(kh: int, kw: int, seed: int) -> None:
    # A Fourier transform would leave 1e-13 where the answer is zero, and `equalize` would blow it up.
    rng = np.random.default_rng(seed)
    image, weights = rng.integers(0, 256, (20, 21)), rng.integers(-9, 10, (kh, kw))
    ours = kernels.apply(image, weights)
    assert (ours == np.rint(ours)).all()
    assert (ours == convolve2d(image, weights, "valid")).all()


def test_the_courses_three_on_a_photograph() -> None:
    grey = color.rgb2gray(data.astronaut())
    for name, weights in [("horizontal", HORIZONTAL), ("vertical", VERTICAL), ("laplacian", LAPLACIAN)]:
        assert close(kernels.apply(grey, kernels.KERNELS[name].weights), convolve2d(grey, weights, "valid"))


@pytest.mark.parametrize("dtype", [
    np.uint8, np.int8, np.uint16, np.int16, np.int32, np.uint32, np.int64, np.uint64, np.float16, np.float32, np.float64,
    bool,
])  # fmt: skip
@pytest.mark.parametrize("padding", [0, 2])
def test_every_real_type_is_computed_in_float64(dtype: type, padding: int) -> None:
    image = (np.abs(numbers(7, 12, 9)) * 40).astype(dtype)
    ours = kernels.apply(image, VERTICAL, padding=padding)
    assert ours.dtype == np.float64
    assert close(ours, convolve2d(np.pad(image.astype(np.float64), padding), VERTICAL, "valid"))


def test_a_photograph_in_uint8_does_not_wrap_round() -> None:
    assert kernels.apply(np.array([[0, 0, 255]], np.uint8), [[1, 0, -1]]).tolist() == [[255.0]]


@pytest.mark.parametrize("view", [
    lambda image: image[::-1, ::-1], lambda image: image.T, lambda image: image[::2, 1::3],
    lambda image: np.asfortranarray(image), lambda image: np.broadcast_to(image[:1], (9, 22)),
])  # fmt: skip
def test_views_of_an_array_are_read_as_they_look(view: Any) -> None:
    image = view(numbers(8, 21, 22))
    before = image.copy()
    assert close(kernels.apply(image, LAPLACIAN), convolve2d(before, LAPLACIAN, "valid"))
    assert (image == before).all()


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
@pytest.mark.parametrize("settings", [{}, {"padding": "same", "border": "reflect"}, {"stride": 2, "padding": 3}])
def test_each_channel_is_answered_by_itself(channels: int, settings: dict[str, Any]) -> None:
    image, weights = numbers(9, 10, 13, channels), numbers(10, 3, 2)
    ours = kernels.apply(image, weights, **settings)
    alone = [kernels.apply(image[..., channel], weights, **settings) for channel in range(channels)]
    assert (ours == np.stack(alone, axis=2)).all()


def test_the_answer_is_linear_and_moves_with_the_image() -> None:
    first, second, weights = numbers(11, 30, 30), numbers(12, 30, 30), numbers(13, 4, 5)
    together = kernels.apply(2 * first - second, weights)
    assert close(together, 2 * kernels.apply(first, weights) - kernels.apply(second, weights))
    assert close(kernels.apply(first[3:, 2:], weights), kernels.apply(first, weights)[3:, 2:])


def test_two_kernels_in_a_row_are_one() -> None:
    image, first, second = numbers(14, 30, 30), numbers(15, 3, 3), numbers(16, 5, 4)
    one_by_one = kernels.apply(kernels.apply(image, first), second)
    assert close(one_by_one, kernels.apply(image, convolve2d(first, second)))


def test_zeros_answer_zeros_and_the_input_is_left_alone() -> None:
    image, weights = numbers(17, 9, 9), np.zeros((3, 3))
    kept = image.copy()
    assert (kernels.apply(image, weights) == 0).all()
    assert (kernels.apply(image, weights, stride=2, dilation=2) == 0).all()
    assert (kernels.apply(image, [[1.0]]) == kept).all()
    assert kernels.apply(image, [[1.0]]) is not image
    assert (image == kept).all()


@pytest.mark.parametrize("size", [3, 23])
def test_a_nan_spoils_only_what_the_kernel_sees(size: int) -> None:
    image = np.zeros((80, 80))
    image[40, 40] = np.nan
    spoiled = np.isnan(kernels.apply(image, np.ones((size, size)), padding="same"))
    reach = size // 2
    assert spoiled.sum() == size * size
    assert spoiled[40 - reach : 41 + reach, 40 - reach : 41 + reach].all()


def test_same_with_a_stride_takes_every_second_answer() -> None:
    image, weights = numbers(18, 11, 8), numbers(19, 3, 4)
    dense = kernels.apply(image, weights, padding="same")
    assert close(kernels.apply(image, weights, padding="same", stride=2), dense[::2, ::2])


def test_pad_widths_by_hand() -> None:
    assert kernels.pad_widths((3, 5), "valid") == (0, 0, 0, 0)
    assert kernels.pad_widths((3, 5), "same") == (1, 1, 2, 2)
    assert kernels.pad_widths((3, 5), "same", dilation=2) == (2, 2, 4, 4)
    assert kernels.pad_widths((4, 1), "same", flip=False) == (1, 2, 0, 0)
    assert kernels.pad_widths((4, 1), "same", flip=True) == (2, 1, 0, 0)
    assert kernels.pad_widths((3, 3), (1, 4)) == (1, 1, 4, 4)


@pytest.mark.parametrize("error, code, image, weights, settings", [
    (KernelError, "kernel_shape", np.ones((5, 5)), [], {}),
    (KernelError, "kernel_shape", np.ones((5, 5)), np.zeros((0, 3)), {}),
    (KernelError, "kernel_shape", np.ones((5, 5)), [1, 2, 3], {}),
    (KernelError, "kernel_shape", np.ones((5, 5)), 3, {}),
    (KernelError, "kernel_not_finite", np.ones((5, 5)), [[np.nan]], {}),
    (KernelError, "kernel_not_finite", np.ones((5, 5)), [[1, np.inf]], {}),
    (KernelError, "kernel_not_numbers", np.ones((5, 5)), [[1, 2], [3]], {}),
    (KernelError, "kernel_not_numbers", np.ones((5, 5)), [["a"]], {}),
    (KernelError, "kernel_not_numbers", np.ones((5, 5)), [[1j]], {}),
    (ImageError, "image_shape", np.ones(5), [[1]], {}),
    (ImageError, "image_shape", np.ones((0, 5)), [[1]], {}),
    (ImageError, "image_shape", np.ones((2, 3, 4, 5)), [[1]], {}),
    (ImageError, "image_shape", np.ones((10, 32, 32)), [[1]], {}),
    (ImageError, "image_not_numbers", np.ones((5, 5), complex), [[1]], {}),
    (ImageError, "image_not_numbers", [["a"]], [[1]], {}),
    (GeometryError, "kernel_too_long", np.ones((5, 5)), np.ones((6, 1)), {}),
    (GeometryError, "kernel_too_long", np.ones((5, 5)), np.ones((3, 3)), {"dilation": 3}),
    (GeometryError, "bad_stride", np.ones((5, 5)), [[1]], {"stride": 0}),
    (GeometryError, "bad_stride", np.ones((5, 5)), [[1]], {"stride": 1.5}),
    (GeometryError, "bad_stride", np.ones((5, 5)), [[1]], {"stride": (1, 1, 1)}),
    (GeometryError, "bad_dilation", np.ones((5, 5)), [[1]], {"dilation": (1, 0)}),
    (GeometryError, "bad_padding", np.ones((5, 5)), [[1]], {"padding": -1}),
    (GeometryError, "bad_padding", np.ones((5, 5)), [[1]], {"padding": None}),
    (GeometryError, "apply_padding_word", np.ones((5, 5)), [[1]], {"padding": "full"}),
    (GeometryError, "apply_too_large", np.ones((5, 5)), [[1]], {"padding": 10**6}),
    (GeometryError, "apply_too_large", np.ones((5, 5)), [[1]], {"padding": (30_000, 30_000), "border": "wrap"}),
    (GeometryError, "apply_too_large", np.ones((5, 5, 3)), np.ones((3, 3)), {"padding": "same", "dilation": 200_000}),
    (GeometryError, "apply_too_large", np.ones((5, 5)), np.ones((3, 3)), {"padding": "same", "dilation": 10**9}),
    (GeometryError, "apply_too_large", np.ones((5, 5)), [[1]], {"padding": 10**30}),
    (KernelError, "kernel_not_finite", np.ones((5, 5)), [[10**400]], {}),
    (KernelError, "response_overflow", np.ones((5, 5)), [[1e308] * 3], {}),
    (KernelError, "response_overflow", np.full((5, 5), 255, np.uint8), [[1e308]], {}),
    (KernelError, "response_overflow", np.full((5, 5, 3), 1e308), [[1, 1]], {}),
    (KernelError, "response_overflow", np.full((5, 5, 1), 1e308), [[10, -10]], {"stride": 2, "padding": 1}),
    (GeometryError, "apply_border", np.ones((5, 5)), [[1]], {"border": "circular"}),
])  # fmt: skip
def test_what_makes_no_sense_is_refused(
    error: type[ConvolabError], code: str, image: Any, weights: Any, settings: dict[str, Any]
) -> None:
    with pytest.raises(error) as caught:
        kernels.apply(image, weights, **settings)
    assert caught.value.code == code


def test_huge_numbers_that_still_fit_are_answered() -> None:
    assert kernels.apply([[1e300, 1e300]], [[1e8, -1e8]]).item() == 0
    answers = kernels.apply(np.full((4, 4), 1e307), np.ones((1, 1)) * 10)  # their own sum would overflow
    assert (answers == np.full((4, 4), 1e307) * 10).all()


def test_a_wide_dilation_needs_no_patience() -> None:
    image = numbers(20, 9, 7)
    answers = kernels.apply(image, LAPLACIAN, padding="same", dilation=2_000)
    assert close(answers, 4 * image)  # every other tap falls outside
    tall = kernels.apply(image, [[1], [1], [1]], padding="same", dilation=(1_000_000, 1))
    assert close(tall, image)


def test_the_bound_grows_with_the_image(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(filtering, "MAX_PADDED_PIXELS", 100)
    assert kernels.apply(np.ones((20, 20)), np.ones((3, 3)), padding="same").shape == (20, 20)
    assert kernels.apply(np.ones((2, 2)), [[1]], padding=4).shape == (10, 10)
    with pytest.raises(GeometryError) as caught:
        kernels.apply(np.ones((2, 2)), [[1]], padding=5)
    assert (caught.value.code, caught.value.facts) == ("apply_too_large", {"height": 12, "width": 12, "limit": 100})


@pytest.mark.parametrize("shape", [(61, 40), (40, 61, 3), (9, 300)])
@pytest.mark.parametrize("size", [(1, 1), (1, 7), (7, 1), (7, 7), (8, 9), (19, 19)])
@pytest.mark.parametrize("band_bytes", [1, 4_000, 20_000])
def test_bands_of_any_length_give_the_same_answer(
    shape: tuple[int, ...], size: tuple[int, int], band_bytes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    image, weights = numbers(20, *shape), numbers(21, *size)
    whole = kernels.apply(image, weights, padding=9)
    monkeypatch.setattr(filtering, "_BAND_BYTES", band_bytes)  # small enough to be written where it belongs
    monkeypatch.setattr(filtering, "_LONE_BAND_BYTES", 3 * band_bytes)
    assert close(kernels.apply(image, weights, padding=9), whole)
    assert close(kernels.apply(image, weights, padding=9, stride=3), whole[::3, ::3])
