"""From a publisher's files to arrays: CIFAR's pickles, with a reader that can run nothing, and MNIST's IDX."""

from __future__ import annotations

import io
import pickle
import struct
from typing import Any

import numpy as np
from numpy._core.multiarray import _reconstruct  # what the pickles of 2009 call numpy.core.multiarray._reconstruct
from numpy.typing import NDArray

from cnn_core.datasets.row import DatasetRow, Member
from cnn_core.errors import DatasetError

Part = tuple[NDArray[np.uint8] | None, NDArray[np.int64] | None]  # images (N, H, W, C), labels (N,)

_ALLOWED = {
    ("numpy.core.multiarray", "_reconstruct"): _reconstruct,
    ("numpy._core.multiarray", "_reconstruct"): _reconstruct,
    ("numpy", "ndarray"): np.ndarray,
    ("numpy", "dtype"): np.dtype,
}


class _ArraysOnly(pickle.Unpickler):
    """Reads dictionaries, lists, strings, numbers and NumPy arrays; anything else is refused by name."""

    def find_class(self, module: str, name: str) -> Any:
        try:
            return _ALLOWED[module, name]
        except KeyError:
            raise pickle.UnpicklingError(f"{module}.{name} is not an array") from None


def decode(row: DatasetRow, member: Member, data: bytes) -> Part:
    """The images, the labels, or both, that one file holds.

    ``data`` must have passed its checksum already.

    Raises:
        DatasetError: not what the row describes.
    """
    try:
        part = _cifar(row, data) if row.layout == "cifar" else _idx(row, data)
    except (pickle.UnpicklingError, ValueError, TypeError, KeyError, EOFError, AttributeError, ImportError, IndexError,
            struct.error) as err:
        raise _unexpected(row, member) from err
    labels = part[1]
    if labels is not None and labels.size and not 0 <= labels.min() <= labels.max() < len(row.class_names):
        raise _unexpected(row, member)
    return part


def _unexpected(row: DatasetRow, member: Member) -> DatasetError:
    return DatasetError(
        f"the file {member.name} does not hold what {row.title} should: fetch or import the data set again",
        code="dataset_unexpected", file=member.name, title=row.title, id=row.id,
    )


def _cifar(row: DatasetRow, data: bytes) -> Part:
    batch = _ArraysOnly(io.BytesIO(data), encoding="latin1").load()
    flat = batch["data"]
    height, width, channels = row.image_shape
    if not isinstance(flat, np.ndarray) or flat.dtype != np.uint8:
        raise ValueError("the images are not bytes")
    images = flat.reshape(-1, channels, height, width).transpose(0, 2, 3, 1)  # planes to pixels
    return images, np.array(batch[row.label_key], dtype=np.int64).reshape(len(images))


def _idx(row: DatasetRow, data: bytes) -> Part:
    """IDX: two zero bytes, the type (8 = unsigned byte), the number of axes, their lengths, then the values."""
    zero, kind, axes = struct.unpack_from(">HBB", data)
    shape = struct.unpack_from(f">{axes}I", data, 4)
    if zero or kind != 8 or axes not in (1, 3):
        raise ValueError("not an IDX file of bytes")
    values = np.frombuffer(data, np.uint8, offset=4 + 4 * axes)
    if axes == 1:
        return None, values.reshape(shape).astype(np.int64)
    return values.reshape(shape[0], *row.image_shape), None
