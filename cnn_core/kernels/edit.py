"""What the editor's buttons do to a kernel. Each takes a (kh, kw) table and returns a new float64 array."""

from __future__ import annotations

from typing import Any

import numpy as np

from cnn_core.errors import KernelError
from cnn_core.kernels.inputs import as_weights

# A sum this small beside the weights is rounding, not brightness.
_NO_SUM = 1e-12


def transpose(weights: Any) -> np.ndarray:
    """Rows become columns: what answered to horizontal edges answers to vertical ones.

    >>> transpose([[1, 2, 3]])
    array([[1.], [2.], [3.]])
    """
    return as_weights(weights).T.copy()


def flip_horizontal(weights: Any) -> np.ndarray:
    """Left and right change places."""
    return as_weights(weights)[:, ::-1].copy()


def flip_vertical(weights: Any) -> np.ndarray:
    """Top and bottom change places."""
    return as_weights(weights)[::-1].copy()


def rotate(weights: Any, quarter_turns: int = 1) -> np.ndarray:
    """Turn counter-clockwise by ``quarter_turns`` times 90°; negative numbers turn clockwise.

    >>> rotate([[1, 2], [3, 4]])
    array([[2., 4.],
           [1., 3.]])
    """
    return np.rot90(as_weights(weights), quarter_turns).copy()


def negate(weights: Any) -> np.ndarray:
    """Every weight with its other sign (and no −0)."""
    return 0.0 - as_weights(weights)


def normalize(weights: Any) -> np.ndarray:
    """Divide so that the weights sum to 1 and the image keeps its brightness; where they sum to 0, so that their
    absolute values sum to 1 and no answer exceeds the image's own range.

    Raises:
        KernelError: all weights are zero.

    >>> normalize([[1, 2, 1]])
    array([[0.25, 0.5 , 0.25]])
    >>> normalize([[1, 0, -1]])
    array([[ 0.5,  0. , -0.5]])
    """
    kernel = as_weights(weights)
    size = np.abs(kernel).sum()
    if size == 0:
        raise KernelError("a kernel of zeros cannot be normalised: give it a weight first", code="kernel_all_zero")
    total = kernel.sum()
    return kernel / (total if abs(total) > _NO_SUM * size else size)


def resize_grid(weights: Any, rows: int, cols: int) -> np.ndarray:
    """More or fewer cells around the same centre: zeros are added outside, or the rim is cut off.

    The entry at ``(side - 1) // 2``, which "same" padding puts on the output pixel, stays the centre.

    Raises:
        KernelError: fewer than one row or column.

    >>> resize_grid([[5]], 3, 2)
    array([[0., 0.],
           [5., 0.],
           [0., 0.]])
    """
    kernel = as_weights(weights)
    if rows < 1 or cols < 1:
        raise KernelError(
            f"a kernel has at least one row and one column, not {rows} × {cols}",
            code="kernel_shape",
            shape=str((rows, cols)),
        )
    resized = np.zeros((rows, cols))
    from_rows, to_rows = _overlap(kernel.shape[0], rows)
    from_cols, to_cols = _overlap(kernel.shape[1], cols)
    resized[to_rows, to_cols] = kernel[from_rows, from_cols]
    return resized


def _overlap(old: int, new: int) -> tuple[slice, slice]:
    offset = (new - 1) // 2 - (old - 1) // 2
    start, stop = max(0, -offset), min(old, new - offset)
    return slice(start, stop), slice(start + offset, stop + offset)


def separable(weights: Any, tol: float = 1e-9) -> tuple[np.ndarray, np.ndarray] | None:
    """A column (kh,) and a row (kw,) whose outer product is the kernel, or None where there are none.

    Two passes of kh + kw products then do the work of kh·kw. The factors are as readable as they can be: whole numbers
    for a kernel of whole numbers; each summing to 1 where the kernel does.

    Args:
        tol: how large the second singular value may be beside the first.

    References:
        Golub & Van Loan (2013), "Matrix Computations", section 2.4 (a matrix of rank one).

    >>> separable([[1, 0, -1], [2, 0, -2], [1, 0, -1]])
    (array([1., 2., 1.]), array([ 1.,  0., -1.]))
    """
    kernel = as_weights(weights)
    left, sizes, right = np.linalg.svd(kernel, full_matrices=False)
    if sizes[0] == 0 or (sizes.size > 1 and sizes[1] > tol * sizes[0]):
        return None
    column, row = left[:, 0] * np.sqrt(sizes[0]), right[0] * np.sqrt(sizes[0])
    if (kernel == np.rint(kernel)).all() and np.abs(kernel).max() < 2**53:
        first = kernel[kernel.any(axis=1).argmax()]
        row = first / np.gcd.reduce(first.astype(np.int64))
        return (kernel @ row) / (row @ row), row
    if abs(row.sum()) > _NO_SUM * np.abs(row).sum() and abs(kernel.sum() - 1) < tol:
        return column * row.sum(), row / row.sum()
    sign = np.sign(row[np.abs(row).argmax()])
    return column * sign, row * sign
