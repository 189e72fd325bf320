"""Settings and arrays as one blob of bytes: raw bytes are what a v2 component receives fastest."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import numpy as np

_CODES = {"uint8": "u1", "int16": "i2", "uint16": "u2", "int32": "i4", "float32": "f4", "float64": "f8"}


def pack(meta: Mapping[str, Any], **arrays: np.ndarray) -> bytes:
    """One blob: a little-endian uint32 length, that many bytes of JSON, then each array, aligned to 8 bytes.

    The JSON is ``{"meta": meta, "arrays": [{"name", "type", "shape", "offset"}, …]}``; offsets count from the first byte
    after the (padded) JSON. ``unpack`` in ``shared.js`` reads it back as ``{...meta, arrays: {name: {data, shape}}}``.

    Raises:
        KeyError: an array's dtype is not one of uint8, int16, uint16, int32, float32, float64.
    """
    index, blobs, offset = [], [], 0
    for name, array in arrays.items():
        array = np.ascontiguousarray(array)
        blob = array.astype(array.dtype.newbyteorder("<"), copy=False).tobytes()
        index.append({"name": name, "type": _CODES[array.dtype.name], "shape": array.shape, "offset": offset})
        blobs.append(blob + b"\0" * (-len(blob) % 8))
        offset += len(blobs[-1])
    head = json.dumps({"meta": meta, "arrays": index}, ensure_ascii=False, separators=(",", ":")).encode()
    head += b" " * (-(len(head) + 4) % 8)
    return len(head).to_bytes(4, "little") + head + b"".join(blobs)
