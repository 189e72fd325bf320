"""What every torch function does to shapes, cost and receptive fields: one table, keyed by the function itself.

To teach the tracer another operation, add a line to the ``operations()`` of the module it belongs to.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import torch

from cnn_core.inspection.ops import pointwise, products, views, windows
from cnn_core.inspection.ops.step import Op, Step, Table, empty, find
from cnn_core.inspection.ops.step import table as table


@cache
def operations() -> Table:
    return {**pointwise.operations(), **products.operations(), **views.operations(), **windows.operations()}


@cache
def unknown(function: Callable[..., Any]) -> Op:
    """For a function without a line in the table: torch's own rules decide, and the field is given up."""
    name = getattr(function, "__name__", type(function).__name__)
    return Op("other", name.strip("_"), products.unknown(function, name))


@cache
def queries() -> frozenset[Callable[..., Any]]:
    """Functions that only ask about a tensor, or have nothing to do with one."""
    names = ("dim size numel nelement ndimension is_floating_point is_complex is_contiguous stride element_size "
             "storage_offset get_device len hash is_signed is_pinned is_inference is_conj is_neg register_hook has_names "
             "_assert is_tensor is_grad_enabled broadcast_shapes result_type is_same_size")
    return frozenset(function for _, function in find(names.split())) | {torch._C._set_grad_enabled}


@cache
def questions() -> frozenset[Callable[..., Any]]:
    """Functions that ask for the numbers themselves: answered for weights and constants, never for what is traced."""
    names = "item tolist bool int float index numpy array nonzero is_nonzero equal allclose contains complex unique"
    return frozenset(function for _, function in find(names.split()))


@cache
def factories() -> frozenset[Callable[..., Any]]:
    """Functions that make a tensor out of nothing; while tracing they make it without storage."""
    names = ("empty zeros ones full arange linspace logspace eye rand randn randint randperm empty_strided "
             "hann_window tril_indices triu_indices")
    return frozenset(getattr(torch, name) for name in names.split())


@cache
def blanks() -> frozenset[Callable[..., Any]]:
    """Functions that take a tensor's shape or type and none of its values: what they make is a constant."""
    names = ("new_empty new_zeros new_ones new_full new_tensor empty_like zeros_like ones_like full_like rand_like "
             "randn_like randint_like")
    return frozenset(function for _, function in find(names.split()))


@cache
def aliases() -> frozenset[Callable[..., Any]]:
    """Functions after which the values are the same: no layer of the network."""
    names = ("contiguous detach clone to float double half bfloat16 type_as cpu cuda requires_grad alias "
             "as_subclass positive")
    forms = {function for _, function in find(names.split())} - questions()
    return frozenset(forms | {torch.Tensor.data.__get__})


def aliased(function: Callable[..., Any], tensor: torch.Tensor, *args: Any, **kwargs: Any) -> Step:
    """The tensor itself, in the type it is moved to; devices do not matter on meta."""
    if function is torch.Tensor.contiguous and not tensor.is_contiguous():
        return Step(empty(tensor.shape, tensor))
    dtype = {"float": torch.float32, "double": torch.float64, "half": torch.float16,
             "bfloat16": torch.bfloat16}.get(getattr(function, "__name__", ""))
    for value in (*args, *kwargs.values()):
        dtype = value if isinstance(value, torch.dtype) else value.dtype if isinstance(value, torch.Tensor) else dtype
    if dtype is None or dtype == tensor.dtype:
        return Step(tensor)
    return Step(torch.empty_strided(tensor.shape, tensor.stride(), dtype=dtype, device="meta"))
