"""A weight file of one's own, opened without running anybody's Python: its tensors, and the networks of the catalogue that they fit.

safetensors is a JSON header and raw numbers: the header is read here, within limits, and the numbers are mapped, not copied. A torch file
is a zip of pickles; ``weights_only=True`` lets its pickle build tensors and plain containers and nothing else.
"""

from __future__ import annotations

import io
import json
import math
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cnn_core.errors import WeightsError

if TYPE_CHECKING:
    from torch import Tensor

MOST_BYTES = 1_000_000_000  # a file; ViT-L is 1.2 GB, and thirty students share one server
MOST_HEADER_BYTES = 20_000_000  # of JSON: some hundred bytes a tensor
MOST_TENSORS = 20_000
MOST_UNPACKED = 1_000_000_000  # what a torch file may become; a zip of zeros can claim any size
MOST_RANK = 8

# safetensors' names of types, and torch's.
TYPES = {
    "F64": "float64", "F32": "float32", "F16": "float16", "BF16": "bfloat16", "I64": "int64", "I32": "int32", "I16": "int16",
    "I8": "int8", "U8": "uint8", "BOOL": "bool",
}  # fmt: skip
TYPE_BYTES = {"F64": 8, "F32": 4, "F16": 2, "BF16": 2, "I64": 8, "I32": 4, "I16": 2, "I8": 1, "U8": 1, "BOOL": 1}


@dataclass(frozen=True)
class TensorRow:
    """One tensor of a file; the four statistics are None where it has no numbers, or none of them is finite."""

    name: str
    shape: tuple[int, ...]
    dtype: str
    params: int
    low: float | None
    mean: float | None
    high: float | None
    deviation: float | None


@dataclass(frozen=True)
class WeightFile:
    """What a file holds, in its own order.

    Attributes:
        format: "safetensors" or "torch".
        nested: the keys under which the tensors lay ("state_dict"), outermost first.
    """

    format: str
    tensors: tuple[TensorRow, ...]
    bytes_total: int
    nested: tuple[str, ...] = ()

    @property
    def params(self) -> int:
        return sum(row.params for row in self.tensors)

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        return {row.name: row.shape for row in self.tensors}


def open_weights(data: bytes) -> WeightFile:
    """Read a safetensors or torch file into a table of its tensors.

    Raises:
        WeightsError: empty, too large, truncated, of neither format, or a pickle that wants more than tensors. Nothing in it is run.
    """
    return describe(*read_tensors(data), bytes_total=len(data))


def read_tensors(data: bytes) -> tuple[str, dict[str, Tensor], tuple[str, ...]]:
    """Format, tensors by name, and the keys under which they lay. Raises WeightsError like ``open_weights``."""
    if not data:
        raise WeightsError("the file is empty: choose a .safetensors, .pt or .pth file", code="weight_file_empty")
    if len(data) > MOST_BYTES:
        raise _too_large(len(data), MOST_BYTES)
    if data[:4] == b"PK\x03\x04":
        return "torch", *_torch_tensors(data)
    if len(data) > 9 and data[8:9] == b"{":
        return "safetensors", dict(_safetensors(data)), ()
    if data[:1] == b"\x80":  # a bare pickle: torch's own format before 1.6, or anything else
        return "torch", *_torch_tensors(data)
    raise WeightsError("this is neither a safetensors nor a torch file", code="weight_file_unknown")


def describe(format: str, tensors: Mapping[str, Tensor], nested: tuple[str, ...], *, bytes_total: int) -> WeightFile:
    """The table of some tensors."""
    return WeightFile(format, tuple(_row(name, tensor) for name, tensor in tensors.items()), bytes_total, nested)


# safetensors -----------------------------------------------------------------------------------------------------------


def _safetensors(data: bytes) -> Iterator[tuple[str, Tensor]]:
    import torch

    length = int.from_bytes(data[:8], "little")
    if length > MOST_HEADER_BYTES:
        raise WeightsError(
            f"the file announces a header of {length:,} bytes; at most {MOST_HEADER_BYTES:,} are read", code="weight_file_header_size",
            size=length, limit=MOST_HEADER_BYTES,
        )  # fmt: skip
    if 8 + length > len(data):
        raise _truncated()
    try:
        header = json.loads(data[8 : 8 + length])
    except (ValueError, RecursionError) as error:
        raise _damaged("header") from error
    if not isinstance(header, dict) or len(header) > MOST_TENSORS:
        raise _damaged("header")
    body = memoryview(data)[8 + length :]
    for name, entry in header.items():
        if name == "__metadata__":
            continue
        kind, shape, first, stop = _checked_entry(name, entry)
        if stop > len(body):
            raise _truncated()
        dtype = getattr(torch, TYPES[kind])
        values = torch.frombuffer(bytearray(body[first:stop]), dtype=dtype) if stop > first else torch.empty(0, dtype=dtype)
        yield name, values.reshape(shape)


def _checked_entry(name: str, entry: Any) -> tuple[str, tuple[int, ...], int, int]:
    """Type, shape, first and last byte of one tensor, where all of it makes sense together."""
    try:
        kind, shape, (first, stop) = entry["dtype"], tuple(entry["shape"]), entry["data_offsets"]
    except (TypeError, KeyError, ValueError) as error:
        raise _damaged(name) from error
    whole = all(type(n) is int and n >= 0 for n in (*shape, first, stop))
    known = isinstance(kind, str) and kind in TYPES
    if not known or not whole or len(shape) > MOST_RANK or math.prod(shape) * TYPE_BYTES[kind] != stop - first:
        raise _damaged(name)
    return kind, shape, first, stop


# torch -----------------------------------------------------------------------------------------------------------------


def _torch_tensors(data: bytes) -> tuple[dict[str, Tensor], tuple[str, ...]]:
    _check_zip(data)
    return load_torch(io.BytesIO(data))


def load_torch(file: io.BytesIO | Path, *, mapped: bool = False) -> tuple[dict[str, Tensor], tuple[str, ...]]:
    """The tensors by name in a torch file, and the keys under which they lay. ``mapped`` reads them when they are used."""
    import pickle

    import torch

    try:
        value = torch.load(file, map_location="cpu", weights_only=True, mmap=mapped or None)
    except pickle.UnpicklingError as error:
        raise WeightsError(
            "the file wants to run Python of its own, or is no torch file; nothing in it was run. Save model.state_dict() instead",
            code="weight_file_unsafe",
        ) from error
    except (RuntimeError, EOFError, ValueError, KeyError, TypeError, AttributeError, IndexError, OSError, MemoryError,
            zipfile.BadZipFile, OverflowError, AssertionError, ImportError) as error:  # fmt: skip
        raise _damaged("zip") from error
    return _find_tensors(value)


def _check_zip(data: bytes) -> None:
    """Refuse what would not fit into memory before it is unpacked."""
    if data[:4] != b"PK\x03\x04":
        return
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            size = sum(entry.file_size for entry in archive.infolist())
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError) as error:
        raise _truncated() from error
    if size > MOST_UNPACKED:
        raise _too_large(size, MOST_UNPACKED)


def _find_tensors(value: Any) -> tuple[dict[str, Tensor], tuple[str, ...]]:
    """The dictionary of tensors in what a torch file holds: itself, or under the key with the most of them ("state_dict", "model")."""
    import torch

    nested: tuple[str, ...] = ()
    while isinstance(value, Mapping) and len(nested) < MOST_RANK:
        tensors = {str(name): tensor for name, tensor in value.items() if isinstance(tensor, torch.Tensor)}
        inner = {str(key): part for key, part in value.items() if isinstance(part, Mapping) and part}
        if tensors and not inner:
            if len(tensors) > MOST_TENSORS:
                raise _damaged("zip")
            return tensors, nested
        if not inner:
            break
        known = [key for key in ("state_dict", "model_state_dict", "model", "module", "net", "weights") if key in inner]
        key = known[0] if known else max(inner, key=lambda name: len(inner[name]))
        if tensors and not known:
            return tensors, nested
        value, nested = inner[key], (*nested, key)
    raise WeightsError("there are no tensors by name in this file: save model.state_dict()", code="weight_file_no_tensors")


# Rows and refusals -----------------------------------------------------------------------------------------------------


def _row(name: str, tensor: Tensor) -> TensorRow:
    import torch

    facts = (name, tuple(tensor.shape), str(tensor.dtype).removeprefix("torch."), tensor.numel())
    if not tensor.numel() or tensor.is_complex() or tensor.layout is not torch.strided or tensor.is_quantized:
        return TensorRow(*facts, None, None, None, None)
    values = tensor.detach().flatten()
    values = values.float() if values.dtype in (torch.float16, torch.bfloat16) or not values.is_floating_point() else values
    low, high = torch.aminmax(values)
    deviation, mean = torch.std_mean(values, correction=0)
    numbers = [float(number) for number in (low, mean, high, deviation)]
    return TensorRow(*facts, *(number if math.isfinite(number) else None for number in numbers))


def _too_large(size: int, limit: int) -> WeightsError:
    return WeightsError(
        f"the file holds {size / 1e6:,.0f} MB; at most {limit / 1e6:,.0f} MB are opened", code="weight_file_too_large",
        size=f"{size / 1e6:.0f}", limit=f"{limit / 1e6:.0f}",
    )  # fmt: skip


def _truncated() -> WeightsError:
    return WeightsError("the file ends too early: it was not copied or downloaded whole", code="weight_file_truncated")


def _damaged(where: str) -> WeightsError:
    return WeightsError(f"the file is damaged: its entry {where!r} makes no sense", code="weight_file_damaged", where=where)
