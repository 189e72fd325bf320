"""Writing kernels as text: numbers, NumPy, PyTorch, and a short form for links. All read back to the last bit,
up to a magnitude of :data:`cnn_core.kernels.MAX_WEIGHT`."""

from __future__ import annotations

import re
from typing import Any

from cnn_core.kernels.inputs import as_weights


def _cell(value: float) -> str:
    """The shortest decimal that reads back as the same float; whole numbers without a point."""
    short = repr(float(value))
    return short[:-2] if short.endswith(".0") else short


def to_text(weights: Any) -> str:
    """Rows of numbers in columns; read back exactly by :func:`parse`.

    >>> print(to_text([[1, 0, -1], [0.5, 0, -0.5]]))
      1 0   -1
    0.5 0 -0.5
    """
    cells = [[_cell(value) for value in row] for row in as_weights(weights)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return "\n".join(" ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True)) for row in cells)


def to_numpy(weights: Any) -> str:
    """NumPy code that makes this kernel as ``kernel``, (kh, kw) float64.

    >>> print(to_numpy([[1, 0, -1]]))
    import numpy as np
    <BLANKLINE>
    kernel = np.array([
        [1, 0, -1],
    ], dtype=np.float64)
    """
    return f"import numpy as np\n\nkernel = np.array([\n{_rows(weights)}\n], dtype=np.float64)"


def to_torch(weights: Any) -> str:
    """PyTorch code that makes this kernel as ``kernel``, (kh, kw) float64."""
    return f"import torch\n\nkernel = torch.tensor([\n{_rows(weights)}\n], dtype=torch.float64)"


def _rows(weights: Any) -> str:
    return "\n".join(
        "    [" + re.sub(r"(?<=\S) +", lambda gap: "," + gap[0], line) + "]," for line in to_text(weights).split("\n")
    )


def to_compact(weights: Any) -> str:
    """A short, exact form for links, of characters that no browser escapes: ``3x1_1_0_-1`` (rows x columns, values).

    >>> to_compact([[1, 0.5], [0, -1]])
    '2x2_1_0.5_0_-1'
    """
    kernel = as_weights(weights)
    values = [_cell(value).replace("e+", "e") for value in kernel.flat]
    return "_".join([f"{kernel.shape[0]}x{kernel.shape[1]}", *values])
