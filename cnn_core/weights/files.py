"""A weight file of one's own, opened without running anybody's Python: its tensors, and the networks of the catalogue that they fit.

safetensors is a JSON header and raw numbers: the header is read here, within limits, and the numbers are mapped, not copied. A torch file
is a zip of pickles; ``weights_only=True`` lets its pickle build tensors and plain containers and nothing else.
"""

from __future__ import annotations

import io
import math
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cnn_core.errors import WeightsError
from cnn_core.weights.safe_format import MOST_RANK, MOST_TENSORS, damaged, safetensors_tensors, truncated

if TYPE_CHECKING:
    from torch import Tensor

MOST_BYTES = 1_000_000_000  # a file; ViT-L is 1.2 GB, and thirty students share one server
MOST_UNPACKED = 1_000_000_000  # what a torch file may become; a zip of zeros can claim any size


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
        return "safetensors", dict(safetensors_tensors(data)), ()
    if data[:1] == b"\x80":  # a bare pickle: torch's own format before 1.6, or anything else
        return "torch", *_torch_tensors(data)
    raise WeightsError("this is neither a safetensors nor a torch file", code="weight_file_unknown")


def describe(format: str, tensors: Mapping[str, Tensor], nested: tuple[str, ...], *, bytes_total: int) -> WeightFile:
    """The table of some tensors."""
    return WeightFile(format, tuple(_row(name, tensor) for name, tensor in tensors.items()), bytes_total, nested)


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
        raise damaged("zip") from error
    return _find_tensors(value)


def _check_zip(data: bytes) -> None:
    """Refuse what would not fit into memory before it is unpacked."""
    if data[:4] != b"PK\x03\x04":
        return
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            size = sum(entry.file_size for entry in archive.infolist())
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError) as error:
        raise truncated() from error
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
                raise damaged("zip")
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
    if not tensor.numel() or tensor.is_complex() or tensor.layout is not torch.strided or tensor.is_quantized or tensor.is_meta:
        return TensorRow(*facts, None, None, None, None)
    values = tensor.detach().flatten()
    values = values if values.dtype in (torch.float32, torch.float64) else values.float()
    low, high = torch.aminmax(values)
    deviation, mean = torch.std_mean(values, correction=0)
    numbers = [float(number) for number in (low, mean, high, deviation)]
    return TensorRow(*facts, *(number if math.isfinite(number) else None for number in numbers))


def _too_large(size: int, limit: int) -> WeightsError:
    return WeightsError(
        f"the file holds {size / 1e6:,.0f} MB; at most {limit / 1e6:,.0f} MB are opened", code="weight_file_too_large",
        size=f"{size / 1e6:.0f}", limit=f"{limit / 1e6:.0f}",
    )  # fmt: skip
