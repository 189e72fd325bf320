"""The arithmetic of convolution along one axis, pure Python: output sizes, padding, what is seen and what is not.

The rules are torch's, including the odd ones (``ceil_mode`` drops a window that would start in the far padding; a
pooling window may be padded by at most half of itself). Two axes of an image are two calls.

References:
    Dumoulin & Visin (2016), "A guide to convolution arithmetic for deep learning", arXiv:1603.07285.
    Araujo, Norris & Sim (2019), "Computing receptive fields of convolutional neural networks",
        doi:10.23915/distill.00021.
"""

from __future__ import annotations

from numbers import Integral

from cnn_core.errors import GeometryError


def conv_output_size(n: int, kernel: int, stride: int = 1, padding: int = 0, dilation: int = 1) -> int:
    """Length of a convolution's output along one axis, in pixels.

    ``floor((n + 2*padding - dilation*(kernel - 1) - 1) / stride) + 1``

    Raises:
        GeometryError: the dilated kernel is longer than the padded input, or a number is not whole or out of its range.

    References:
        Dumoulin & Visin (2016), "A guide to convolution arithmetic for deep learning", arXiv:1603.07285.

    >>> conv_output_size(32, kernel=3, padding=1, stride=2)
    16
    """
    require(size=n, kernel=kernel, stride=stride, padding=padding, dilation=dilation)
    span = n + 2 * padding - extent(kernel, dilation)
    if span < 0:
        raise _too_long(kernel, dilation, n + 2 * padding)
    return span // stride + 1


def pool_output_size(
    n: int, kernel: int, stride: int | None = None, padding: int = 0, dilation: int = 1, ceil_mode: bool = False
) -> int:
    """Length of a pooling's output along one axis, by torch's rules; a stride of None is the kernel's length.

    With ``ceil_mode`` a last, incomplete window counts too, unless it would start in the padding at the far end.

    Raises:
        GeometryError: no window fits, the padding exceeds half of the window, or a number is out of its range.

    >>> pool_output_size(32, kernel=3, stride=2, padding=1)
    16
    >>> pool_output_size(32, kernel=3, stride=2), pool_output_size(32, kernel=3, stride=2, ceil_mode=True)
    (15, 16)
    """
    stride = kernel if stride is None else stride
    require(size=n, kernel=kernel, stride=stride, padding=padding, dilation=dilation)
    most = kernel // 2  # of the kernel, not of its dilated extent: torch's CPU code checks the former
    if padding > most:
        raise GeometryError(
            f"a pooling window of {kernel} takes a padding of at most {most} (half of itself), not {padding}",
            code="padding_over_half",
            kernel=kernel,
            padding=padding,
            most=most,
        )
    span = n + 2 * padding - extent(kernel, dilation)
    count = (-(-span // stride) if ceil_mode else span // stride) + 1
    if ceil_mode and (count - 1) * stride >= n + padding:
        count -= 1
    if count < 1:
        raise _too_long(kernel, dilation, n + 2 * padding)
    return count


def transposed_output_size(
    n: int, kernel: int, stride: int = 1, padding: int = 0, output_padding: int = 0, dilation: int = 1
) -> int:
    """Length of a transposed convolution's output along one axis.

    ``(n - 1)*stride - 2*padding + dilation*(kernel - 1) + output_padding + 1``: of all lengths that a convolution with
    the same numbers shortens to ``n``, an ``output_padding`` of 0 makes the shortest, ``stride - 1`` the longest.
    Where this comes to exactly 0, torch hands out an empty tensor; here that is refused too.

    Raises:
        GeometryError: the padding crops everything away, the output padding reaches both stride and dilation, or a
            number is out of its range.

    >>> transposed_output_size(16, kernel=3, stride=2, padding=1, output_padding=1)
    32
    """
    require(size=n, kernel=kernel, stride=stride, padding=padding, dilation=dilation, output_padding=output_padding)
    most = max(stride, dilation) - 1
    if output_padding > most:
        raise GeometryError(
            f"an output padding of {output_padding} must be smaller than the stride or the dilation: at most {most}",
            code="output_padding_too_large",
            output_padding=output_padding,
            most=most,
        )
    full = (n - 1) * stride + extent(kernel, dilation) + output_padding
    if full <= 2 * padding:
        raise GeometryError(
            f"a padding of {padding} crops all {full} pixels away: choose a padding of at most {(full - 1) // 2}",
            code="cropped_away",
            padding=padding,
            full=full,
            most=(full - 1) // 2,
        )
    return full - 2 * padding


def adaptive_windows(n: int, size: int) -> tuple[range, ...]:
    """The input pixels under each of ``size`` outputs of an adaptive pooling, as torch cuts them; windows may overlap.

    >>> adaptive_windows(5, 2)
    (range(0, 3), range(2, 5))
    """
    require(size=n, output_size=size)
    return tuple(range(i * n // size, -(-(i + 1) * n // size)) for i in range(size))


def same_padding(n: int, kernel: int, stride: int = 1, dilation: int = 1) -> tuple[int, int]:
    """Padding before and after that makes the output ``ceil(n / stride)`` long, the odd pixel going after.

    At stride 1 this is what torch's ``padding="same"`` adds, whatever ``n``, and both sides are equal where
    ``dilation*(kernel - 1)/2`` is whole. Beyond stride 1 it is TensorFlow's rule, which torch refuses to follow.

    >>> same_padding(32, kernel=3), same_padding(32, kernel=4), same_padding(32, kernel=3, stride=2)
    ((1, 1), (1, 2), (0, 1))
    """
    require(size=n, kernel=kernel, stride=stride, dilation=dilation)
    total = max((-(-n // stride) - 1) * stride + extent(kernel, dilation) - n, 0)
    return total // 2, total - total // 2


def half_padding(kernel: int, dilation: int = 1) -> int:
    """Dumoulin & Visin's "half" padding, ``floor(dilation*(kernel - 1)/2)``: "same" for odd kernels at stride 1."""
    require(kernel=kernel, dilation=dilation)
    return dilation * (kernel - 1) // 2


def full_padding(kernel: int, dilation: int = 1) -> int:
    """Padding that lets the kernel stop wherever it meets one pixel: ``n`` grows by ``dilation*(kernel - 1)``."""
    require(kernel=kernel, dilation=dilation)
    return dilation * (kernel - 1)


def extent(kernel: int, dilation: int = 1) -> int:
    """Pixels from the first to the last tap of a dilated kernel, both counted.

    >>> extent(3), extent(3, dilation=2)
    (3, 5)
    """
    return dilation * (kernel - 1) + 1


_LEAST = {"padding": 0, "output_padding": 0}
_WORDS = {
    "size": "input",
    "output_padding": "output padding",
    "output_size": "output",
    "channels": "number of channels",
    "groups": "number of groups",
    "features": "number of features",
}


def require(**numbers: object) -> None:
    """Each number is whole and in its range: paddings from 0, everything else from 1.

    Raises:
        GeometryError: the first one that is not, with the code ``bad_<name>``.
    """
    for name, value in numbers.items():
        least = _LEAST.get(name, 1)
        if not (type(value) is int or isinstance(value, Integral)) or int(value) < least:  # ABCs answer slowly
            raise GeometryError(
                f"the {_WORDS.get(name, name)} must be a whole number of at least {least}, not {value}",
                code=f"bad_{name}",
                value=value,
                least=least,
            )


def _too_long(kernel: int, dilation: int, padded: int) -> GeometryError:
    return GeometryError(
        f"a kernel of {kernel} (dilation {dilation}) is longer than the padded input of {padded}:"
        " choose a smaller kernel or dilation, or more padding",
        code="kernel_too_long",
        kernel=kernel,
        dilation=dilation,
        padded=padded,
    )
