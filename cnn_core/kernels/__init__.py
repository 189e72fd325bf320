"""The kernel lab without the page: the table of hand-made kernels, applying one, editing, reading and writing one.

    >>> from cnn_core import kernels
    >>> kernels.KERNELS["laplacian"].weights
    array([[ 0., -1.,  0.],
           [-1.,  4., -1.],
           [ 0., -1.,  0.]])

A new kernel is one row in ``table.py``.
"""

from cnn_core.kernels.display import (
    Histogram,
    SignedRange,
    equalize,
    histogram,
    magnitude_and_direction,
    signed_range,
)
from cnn_core.kernels.edit import (
    flip_horizontal,
    flip_vertical,
    negate,
    normalize,
    resize_grid,
    rotate,
    separable,
    transpose,
)
from cnn_core.kernels.filtering import BORDERS, MAX_PADDED_PIXELS, PadWidths, apply, pad_widths
from cnn_core.kernels.inputs import as_weights
from cnn_core.kernels.kernel import Kernel, Parameter
from cnn_core.kernels.reading import MAX_SIDE, MAX_WEIGHT, from_compact, parse, parse_number
from cnn_core.kernels.table import GROUPS, KERNELS
from cnn_core.kernels.writing import to_compact, to_numpy, to_text, to_torch

__all__ = [
    "BORDERS",
    "GROUPS",
    "KERNELS",
    "MAX_PADDED_PIXELS",
    "MAX_SIDE",
    "MAX_WEIGHT",
    "Histogram",
    "Kernel",
    "PadWidths",
    "Parameter",
    "SignedRange",
    "apply",
    "as_weights",
    "equalize",
    "flip_horizontal",
    "flip_vertical",
    "from_compact",
    "histogram",
    "magnitude_and_direction",
    "negate",
    "normalize",
    "pad_widths",
    "parse",
    "parse_number",
    "resize_grid",
    "rotate",
    "separable",
    "signed_range",
    "to_compact",
    "to_numpy",
    "to_text",
    "to_torch",
    "transpose",
]
