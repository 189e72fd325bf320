"""Whether tensors by name can be a network's weights at all, before any of them is put into one."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from cnn_core import architectures
from cnn_core.errors import WeightsError

if TYPE_CHECKING:
    from torch import Tensor

RUN_STATE = {"network", "random", "meter"}  # the first parts of names in the file that a run is resumed from
COUNTER = ".num_batches_tracked"  # of batch normalisation: a whole number in every network


def judge(arch_id: str, tensors: Mapping[str, Any], options: Mapping[str, Any]) -> None:
    """Refuse what would become a network of nonsense in silence: numbers that are none, or of another kind than the network's.

    Raises:
        WeightsError: ``weights_of_a_resume``, ``weights_not_a_tensor``, ``weights_not_dense``, ``weights_wrong_type`` or
            ``weights_not_finite``; the first tensor of the mapping that is to blame is named, save by the first of these.
    """
    import torch

    refuse_run_state(tensors)
    floats = (torch.float32, torch.float64, torch.float16, torch.bfloat16)
    whole: dict[str, Any] | None = None  # types of the network's own tensors, worked out where the file has others than floats
    for name, tensor in tensors.items():
        if not isinstance(tensor, torch.Tensor):
            raise _not_a_tensor(name, tensor)
        if tensor.layout is not torch.strided or tensor.is_quantized or tensor.is_meta:
            raise _not_dense(name)
        if tensor.dtype in floats:
            if not _finite(tensor):
                raise _not_finite(name, tensor)
        elif not name.endswith(COUNTER) or tensor.is_complex():
            whole = whole if whole is not None else _types(arch_id, options)
            expected = whole.get(name, torch.float32)  # one that the network does not have is refused by its name later
            if name in whole and (expected.is_floating_point or tensor.is_complex()):
                raise _wrong_type(arch_id, name, tensor, expected)


def refuse_run_state(names: Iterable[str]) -> None:
    """Refuse, by the names of its tensors, the file that a training run is resumed from: its weights lie beside it.

    Raises:
        WeightsError: ``weights_of_a_resume``.
    """
    groups = {str(name).partition("/")[0] for name in names if "/" in str(name)}
    if groups >= RUN_STATE:
        raise WeightsError(
            "this is the file that a training run is resumed from; its network's weights are in the same folder: "
            "weights/best.safetensors",
            code="weights_of_a_resume", instead="weights/best.safetensors",
        )  # fmt: skip


def _types(arch_id: str, options: Mapping[str, Any]) -> dict[str, Any]:
    import torch

    with torch.device("meta"):
        return {name: tensor.dtype for name, tensor in architectures.build(arch_id, **options).state_dict().items()}


def _finite(tensor: Tensor) -> bool:
    """Both ends tell it, and need no copy: a value that is no number is both of them."""
    import torch

    values = tensor.detach()
    return not values.numel() or all(math.isfinite(float(end)) for end in torch.aminmax(values))


def _not_a_tensor(name: str, found: object) -> WeightsError:
    kind = type(found).__name__
    return WeightsError(
        f"{name!r} is no tensor but of the type {kind}: weights are tensors by name, as model.state_dict() gives them",
        code="weights_not_a_tensor", tensor=name, found=kind,
    )  # fmt: skip


def _not_dense(name: str) -> WeightsError:
    return WeightsError(
        f"the tensor {name!r} is sparse, quantised or without values: save the network's own dense numbers",
        code="weights_not_dense", tensor=name,
    )  # fmt: skip


def _wrong_type(arch_id: str, name: str, tensor: Tensor, expected: object) -> WeightsError:
    found, wanted = (str(dtype).removeprefix("torch.") for dtype in (tensor.dtype, expected))
    return WeightsError(
        f"the tensor {name!r} holds {found} numbers, and {arch_id} computes with {wanted}: these are not its weights",
        code="weights_wrong_type", architecture=arch_id, tensor=name, found=found, expected=wanted,
    )  # fmt: skip


def _not_finite(name: str, tensor: Tensor) -> WeightsError:
    bad = int((~tensor.detach().isfinite()).sum())
    return WeightsError(
        f"in the tensor {name!r}, {bad:,} of {tensor.numel():,} values are infinite or not a number: this network computes nothing. Its "
        f"training came apart; use weights from before",
        code="weights_not_finite", tensor=name, bad=bad, count=tensor.numel(),
    )  # fmt: skip
