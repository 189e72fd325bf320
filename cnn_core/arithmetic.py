"""The arithmetic of convolution, pure Python: output sizes, padding, receptive fields."""

from __future__ import annotations

from cnn_core.errors import GeometryError


def conv_output_size(n: int, kernel: int, stride: int = 1, padding: int = 0, dilation: int = 1) -> int:
    """Length of a convolution's output along one axis, in pixels.

    ``floor((n + 2*padding - dilation*(kernel - 1) - 1) / stride) + 1``

    Raises:
        GeometryError: the dilated kernel is longer than the padded input.

    References:
        Dumoulin & Visin (2016), "A guide to convolution arithmetic for deep learning", arXiv:1603.07285.

    >>> conv_output_size(32, kernel=3, padding=1, stride=2)
    16
    """
    span = n + 2 * padding - dilation * (kernel - 1) - 1
    if span < 0:
        raise GeometryError(
            f"a kernel of {kernel} (dilation {dilation}) is longer than the padded input of {n + 2 * padding}",
            code="kernel_too_long", kernel=kernel, dilation=dilation, padded=n + 2 * padding,
        )
    return span // stride + 1
