"""The safetensors format: a JSON header, read within limits, and raw numbers, each byte of which belongs to one tensor.

Reference: the README of huggingface/safetensors, which forbids names that come twice, tensors that overlap, and holes.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from cnn_core.errors import WeightsError

if TYPE_CHECKING:
    from torch import Tensor

MOST_HEADER_BYTES = 20_000_000  # of JSON: some hundred bytes a tensor
MOST_TENSORS = 20_000
MOST_RANK = 8

# safetensors' names of types, and torch's.
TYPES = {
    "F64": "float64", "F32": "float32", "F16": "float16", "BF16": "bfloat16", "I64": "int64", "I32": "int32", "I16": "int16",
    "I8": "int8", "U8": "uint8", "BOOL": "bool", "U64": "uint64", "U32": "uint32", "U16": "uint16", "F8_E4M3": "float8_e4m3fn",
    "F8_E5M2": "float8_e5m2", "C64": "complex64",
}  # fmt: skip
TYPE_BYTES = {
    "F64": 8, "F32": 4, "F16": 2, "BF16": 2, "I64": 8, "I32": 4, "I16": 2, "I8": 1, "U8": 1, "BOOL": 1, "U64": 8, "U32": 4, "U16": 2,
    "F8_E4M3": 1, "F8_E5M2": 1, "C64": 8,
}  # fmt: skip


def safetensors_tensors(data: bytes) -> Iterator[tuple[str, Tensor]]:
    """The tensors of a file by name, in the order of its header.

    Raises:
        WeightsError: the file ends too early, or its header makes no sense.
    """
    import torch

    length = int.from_bytes(data[:8], "little")
    if length > MOST_HEADER_BYTES:
        raise WeightsError(
            f"the file announces a header of {length:,} bytes; at most {MOST_HEADER_BYTES:,} are read", code="weight_file_header_size",
            size=length, limit=MOST_HEADER_BYTES,
        )  # fmt: skip
    if 8 + length > len(data):
        raise truncated()
    try:
        header = json.loads(data[8 : 8 + length], object_pairs_hook=_once_each)
    except (ValueError, RecursionError) as error:
        raise damaged("header") from error
    if not isinstance(header, dict) or len(header) > MOST_TENSORS:
        raise damaged("header")
    body = memoryview(data)[8 + length :]
    entries = {name: _checked_entry(name, entry) for name, entry in header.items() if name != "__metadata__"}
    _check_places(entries, len(body))
    for name, (kind, shape, first, stop) in entries.items():
        dtype = getattr(torch, TYPES[kind])
        values = torch.frombuffer(bytearray(body[first:stop]), dtype=dtype) if stop > first else torch.empty(0, dtype=dtype)
        yield name, values.reshape(shape)


Entry = tuple[str, tuple[int, ...], int, int]  # type, shape, first and last byte of one tensor


def _once_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A JSON object that names nothing twice: readers would disagree on which is meant."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name twice")
    return found


def _check_places(entries: Mapping[str, Entry], size: int) -> None:
    """Every byte of the body belongs to one tensor, as the format demands: bytes that two share, or none has, are damage or a trick."""
    end, before = 0, ""
    for name, (_, _, first, stop) in sorted(entries.items(), key=lambda item: item[1][2:]):
        if stop > size:
            raise truncated()
        if first < end:
            raise WeightsError(
                f"the file is damaged: its tensors {before!r} and {name!r} lie on the same bytes", code="weight_file_overlap",
                tensor=name, other=before,
            )  # fmt: skip
        if first > end:
            raise _surplus(first - end)
        end, before = stop, name
    if size > end:
        raise _surplus(size - end)


def _checked_entry(name: str, entry: Any) -> Entry:
    """What the header says of one tensor, where all of it makes sense together."""
    try:
        kind, shape, (first, stop) = entry["dtype"], tuple(entry["shape"]), entry["data_offsets"]
    except (TypeError, KeyError, ValueError) as error:
        raise damaged(name) from error
    whole = all(type(n) is int and n >= 0 for n in (*shape, first, stop))
    known = isinstance(kind, str) and kind in TYPES
    if not known or not whole or len(shape) > MOST_RANK or math.prod(shape) * TYPE_BYTES[kind] != stop - first:
        raise damaged(name)
    return kind, shape, first, stop


# Refusals ---------------------------------------------------------------------------------------------------------------


def truncated() -> WeightsError:
    return WeightsError("the file ends too early: it was not copied or downloaded whole", code="weight_file_truncated")


def _surplus(size: int) -> WeightsError:
    return WeightsError(
        f"the file is damaged: {size:,} of its bytes belong to no tensor", code="weight_file_surplus", size=size
    )


def damaged(where: str) -> WeightsError:
    return WeightsError(f"the file is damaged: its entry {where!r} makes no sense", code="weight_file_damaged", where=where)
