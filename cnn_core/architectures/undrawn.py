"""Constructing networks without memory for their weights."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch.overrides import TorchFunctionMode

_FACTORIES = frozenset({torch.empty, torch.zeros, torch.ones, torch.full, torch.rand, torch.randn, torch.eye,
                        torch.empty_strided})
_FILLS = frozenset({torch.Tensor.uniform_, torch.Tensor.normal_, torch.Tensor.fill_, torch.Tensor.zero_,
                    torch.Tensor.erfinv_, torch.Tensor.clamp_, torch.Tensor.mul_, torch.Tensor.add_, torch.Tensor.copy_})


class Undrawn(TorchFunctionMode):
    """Makes tensors on ``meta``, and leaves out filling them: an initialisation has nothing to fill there.

    ``torch.device("meta")`` alone is not enough: it also moves what a constructor computes with, such as the widths
    of a RegNet, whose values are then asked for.
    """

    def __torch_function__(self, function: Callable[..., Any], types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        if function in _FACTORIES:
            return function(*args, **{**kwargs, "device": "meta"})
        if function in _FILLS and args[0].is_meta:
            return args[0]
        if getattr(function, "__module__", "") == "torch.nn.init":
            return kwargs.get("tensor", args[0] if args else None)
        return function(*args, **kwargs)
