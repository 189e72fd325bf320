"""Applying a kernel: the one place where this project computes a hand-made convolution."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from cnn_core.arithmetic import conv_output_size
from cnn_core.errors import GeometryError, KernelError
from cnn_core.kernels.inputs import Pair, as_pixels, as_weights, pair

#: What lies outside the image. "reflect" mirrors without repeating the edge; "wrap" is torch's "circular".
BORDERS = ("zeros", "reflect", "replicate", "wrap")

#: Pixels of the image with its padding: a picture of 40 million with room to spare, 0.5 GB a channel. A larger image may
#: still grow to twice itself.
MAX_PADDED_PIXELS = 64_000_000

# cv2.filter2D turns to a Fourier transform from 50 taps on: faster for large kernels, but integers in no longer give
# integers out, and one NaN spoils its whole neighbourhood. So kernels are cut into pieces of at most 49 taps ...
_PIECE_TAPS = 49
# ... as long as that is not slower than the transform (measured on 12 megapixels: both cost about 6 pieces).
_DIRECT_TAPS = 6 * _PIECE_TAPS
# Pieces are summed up in bands of rows that stay in a second-level cache; a lone piece, or the transform, does better on
# bands long enough for OpenCV to use every core. Either way temporaries stay small beside a large image.
_BAND_BYTES = 2 << 20
_LONE_BAND_BYTES = 32 << 20


class PadWidths(NamedTuple):
    """Pixels added to each side of the image before the kernel slides over it."""

    top: int
    bottom: int
    left: int
    right: int


def apply(
    image: Any,
    weights: Any,
    *,
    flip: bool = True,
    padding: str | Pair = "valid",
    stride: Pair = 1,
    dilation: Pair = 1,
    border: str = "zeros",
) -> np.ndarray:
    """Slide a kernel over an image; every channel by itself.

    Args:
        image: (H, W) or (H, W, C) with C ≤ 4, of any real type; computed in float64 on the values as they are.
        weights: (kh, kw), finite.
        flip: True is convolution, as ``scipy.signal.convolve2d``; False is cross-correlation, as ``torch.nn.Conv2d``.
        padding: "valid" (none), "same" (with stride 1 the output is as large as the image), or pixels added on either
            side, one number or (vertical, horizontal). See :func:`pad_widths` for "same" with an even kernel.
        stride: step between outputs, one number or (vertical, horizontal).
        dilation: distance between the kernel's neighbours, one number or (vertical, horizontal).
        border: one of :data:`BORDERS`; reflect and wrap go on periodically where the padding exceeds the image.

    Returns:
        (H', W') or (H', W', C) float64, a new array. Sizes as :func:`cnn_core.arithmetic.conv_output_size` says.

    Raises:
        GeometryError: nothing is left of the image; a stride, dilation or padding makes no sense, or the padded image
            would have more than :data:`MAX_PADDED_PIXELS`.
        KernelError: the weights are no finite, two-dimensional, non-empty table, or so large that the response of a finite
            image is not finite.
        ImageError: the image is no such table, or is empty.

    >>> apply([[0, 0, 9, 9]], [[1, 0, -1]])
    array([[9., 9.]])
    >>> apply([[0, 0, 9, 9]], [[1, 0, -1]], flip=False)
    array([[-9., -9.]])
    """
    pixels = as_pixels(image)
    if pixels.ndim == 3 and pixels.shape[2] == 1:  # OpenCV drops a channel axis of length one; so do we, for a while
        settings: dict[str, Any] = {"padding": padding, "stride": stride, "dilation": dilation, "border": border}
        return apply(pixels[..., 0], weights, flip=flip, **settings)[..., None]
    kernel = as_weights(weights)
    strides = pair(stride, 1, "stride")
    dilations = pair(dilation, 1, "dilation")
    pads = pad_widths(kernel.shape, padding, dilations, flip=flip)
    height, width = pixels.shape[0] + pads.top + pads.bottom, pixels.shape[1] + pads.left + pads.right
    rows = conv_output_size(height, kernel.shape[0], strides[0], 0, dilations[0])
    cols = conv_output_size(width, kernel.shape[1], strides[1], 0, dilations[1])
    if height * width > max(MAX_PADDED_PIXELS, 2 * pixels.shape[0] * pixels.shape[1]):
        raise GeometryError(
            f"the image with its padding would have {height} × {width} pixels, and that is too much to compute: choose a "
            f"smaller padding or dilation",
            code="apply_too_large",
            height=height,
            width=width,
            limit=MAX_PADDED_PIXELS,
        )
    if border not in BORDERS:
        raise GeometryError(
            f"no border {border!r}; choose one of {', '.join(BORDERS)}",
            code="apply_border",
            border=str(border),
            choices=", ".join(BORDERS),
        )
    if flip:
        kernel = kernel[::-1, ::-1]
    if dilations != (1, 1):
        kernel = _dilated(kernel, *dilations)
    if any(pads):
        pixels = _padded(pixels, pads, border)
    with np.errstate(over="ignore", invalid="ignore"):  # what became of it is asked below
        response = _correlate(pixels, kernel, rows, cols, strides)
    _check_overflow(response, pixels)
    return response


def pad_widths(
    kernel_shape: tuple[int, ...], padding: str | Pair = "valid", dilation: Pair = 1, *, flip: bool = True
) -> PadWidths:
    """What ``padding`` means for a kernel of this shape.

    "same" puts the kernel's entry ``(kh-1)//2, (kw-1)//2`` (counted after dilation) on the output pixel. For odd
    kernels that is the middle. For even ones the extra pixel goes below and to the right in cross-correlation, as in
    torch's ``padding="same"``, and, the kernel being flipped, above and to the left in convolution, as in
    ``convolve2d(…, "same")``. With a stride, every s-th of these outputs is taken.

    Raises:
        GeometryError: the padding is neither a known word nor one or two whole numbers from zero up.

    >>> pad_widths((3, 3), "same")
    PadWidths(top=1, bottom=1, left=1, right=1)
    >>> pad_widths((2, 2), "same"), pad_widths((2, 2), "same", flip=False)
    (PadWidths(top=1, bottom=0, left=1, right=0), PadWidths(top=0, bottom=1, left=0, right=1))
    """
    if isinstance(padding, str):
        if padding == "valid":
            return PadWidths(0, 0, 0, 0)
        if padding != "same":
            raise GeometryError(
                f'no padding {padding!r}; choose "valid", "same" or a number of pixels',
                code="apply_padding_word",
                padding=padding,
            )
        spans = [step * (side - 1) for step, side in zip(pair(dilation, 1, "dilation"), kernel_shape, strict=True)]
        before = [(span + 1) // 2 if flip else span // 2 for span in spans]
        return PadWidths(before[0], spans[0] - before[0], before[1], spans[1] - before[1])
    vertical, horizontal = pair(padding, 0, "padding")
    return PadWidths(vertical, vertical, horizontal, horizontal)


def _check_overflow(response: np.ndarray, pixels: np.ndarray) -> None:
    """Infinities and NaNs of the image pass through; those that only the sums made are refused."""
    with np.errstate(over="ignore", invalid="ignore"):
        total = response.sum()  # finite wherever nothing is wrong, and a quarter of the work of asking every value
    if not np.isfinite(total) and np.isfinite(pixels).all() and not np.isfinite(response).all():
        raise KernelError(
            "the response has numbers too large to hold: use smaller weights, or an image with a smaller range of values",
            code="response_overflow",
        )


def _dilated(kernel: np.ndarray, down: int, across: int) -> np.ndarray:
    rows, cols = kernel.shape
    spread = np.zeros((down * (rows - 1) + 1, across * (cols - 1) + 1))
    spread[::down, ::across] = kernel
    return spread


def _padded(pixels: np.ndarray, pads: PadWidths, border: str) -> np.ndarray:
    import cv2  # 0.2 s: only what is computed pays for it

    kinds = {
        "zeros": cv2.BORDER_CONSTANT,
        "reflect": cv2.BORDER_REFLECT_101,
        "replicate": cv2.BORDER_REPLICATE,
        "wrap": cv2.BORDER_WRAP,
    }
    if pixels.dtype not in (np.uint8, np.float32, np.float64):
        pixels = pixels.astype(np.float64)
    return cv2.copyMakeBorder(pixels, *pads, borderType=kinds[border])


def _correlate(pixels: np.ndarray, kernel: np.ndarray, rows: int, cols: int, strides: tuple[int, int]) -> np.ndarray:
    """Valid cross-correlation, every ``strides``-th output, in bands of rows."""
    out = np.empty((rows, cols, *pixels.shape[2:]))
    direct = kernel.size <= _PIECE_TAPS or np.count_nonzero(kernel) <= _DIRECT_TAPS or not np.isfinite(pixels).all()
    pieces = list(_pieces(kernel, strides, _PIECE_TAPS if direct else kernel.size))
    if not pieces:
        out.fill(0.0)
    down, across = strides
    row_bytes = out.itemsize * down * (pixels.size // pixels.shape[0])
    band = max(
        8, (_BAND_BYTES if direct and len(pieces) > 1 else _LONE_BAND_BYTES) // row_bytes, 2 * kernel.shape[0] // down
    )
    for first in range(0, rows, band):
        last = min(first + band, rows)
        for number, (y, x, taps) in enumerate(pieces):
            top = y + first * down
            source = pixels[
                top : top + (last - first + taps.shape[0] - 2) * down + 1 : down,
                x : x + (cols + taps.shape[1] - 2) * across + 1 : across,
            ]
            source = np.ascontiguousarray(source, dtype=np.float64)
            if number == 0:
                _filter_into(out[first:last], source, taps)
            else:
                out[first:last] += _filter(source, taps)
    return out


def _filter(source: np.ndarray, taps: np.ndarray) -> np.ndarray:
    """Dense, valid cross-correlation by OpenCV; a view, without what its border made up."""
    import cv2

    answers = cv2.filter2D(source, cv2.CV_64F, taps, anchor=(0, 0), borderType=cv2.BORDER_CONSTANT)
    return answers[: source.shape[0] - taps.shape[0] + 1, : source.shape[1] - taps.shape[1] + 1]


def _filter_into(target: np.ndarray, source: np.ndarray, taps: np.ndarray) -> None:
    """The same, written where it belongs.

    A copy costs a third of the filtering. So OpenCV, whose output is as large as its input, is shown the input cut to the
    output's size; what it then makes up for the last rows and columns is computed again, from the whole input.
    """
    import cv2

    rows, cols = target.shape[:2]
    below, right = taps.shape[0] - 1, taps.shape[1] - 1
    if target.nbytes < _BAND_BYTES or rows <= below or cols <= right:
        target[:] = _filter(source, taps)
        return
    cut = source[:rows, :cols]
    answers = cv2.filter2D(cut, cv2.CV_64F, taps, dst=target, anchor=(0, 0), borderType=cv2.BORDER_CONSTANT)
    if answers is not target:
        target[:] = answers
    if right:
        target[:, cols - right :] = _filter(source[:, cols - right :], taps)
    if below:
        target[rows - below :] = _filter(source[rows - below :], taps)


def _pieces(kernel: np.ndarray, strides: tuple[int, int], max_taps: int) -> Iterator[tuple[int, int, np.ndarray]]:
    """Cut a kernel into (y, x, taps), where the taps lie ``strides`` apart in the image, starting at (y, x).

    With a stride, the taps whose offsets agree modulo the stride meet the same pixels: each such phase is a dense
    correlation of an image that is smaller by the stride, and no output is computed in vain.
    """
    if kernel.size <= max_taps and strides == (1, 1):
        yield 0, 0, np.ascontiguousarray(kernel)
        return
    down, across = strides
    for y in range(min(down, kernel.shape[0])):
        for x in range(min(across, kernel.shape[1])):
            phase = kernel[y::down, x::across]
            wide = min(phase.shape[1], max_taps)
            tall = max(1, max_taps // wide)
            for row in range(0, phase.shape[0], tall):
                if not phase[row : row + tall].any():
                    continue  # most rows of a widely dilated kernel
                for col in range(0, phase.shape[1], wide):
                    taps = phase[row : row + tall, col : col + wide]
                    used_rows, used_cols = (np.unique(used) for used in np.nonzero(taps))
                    if used_rows.size:
                        top, left = int(used_rows[0]), int(used_cols[0])
                        core = taps[top : used_rows[-1] + 1, left : used_cols[-1] + 1]
                        yield y + (row + top) * down, x + (col + left) * across, np.ascontiguousarray(core)
