"""A copy of a network's modules that shares every number with the original, to put hooks on and take gradients through.

A model is shared by all sessions of a server. Whoever needs a hook, another mode, a gradient or a layer replaced takes a twin: it costs
a few milliseconds and no memory for weights, and nothing done to it reaches the model or any other twin.
"""

from __future__ import annotations

from collections import OrderedDict
from types import MethodType
from typing import Any

import torch
from torch import nn


def twin(model: nn.Module) -> nn.Module:
    """The same network for inspection: in evaluation mode, nothing in place, no gradients of weights, no hooks.

    >>> original = nn.Sequential(nn.Linear(2, 2), nn.ReLU(inplace=True))
    >>> copy = twin(original)
    >>> copy[0].weight.data_ptr() == original[0].weight.data_ptr(), copy[0].weight.requires_grad, copy[1].inplace
    (True, False, False)
    """
    model = getattr(model, "_orig_mod", model)  # what torch.compile wrapped
    copies: dict[int, nn.Module] = {}
    numbers: dict[int, torch.Tensor] = {}
    modules = list(model.modules())
    for module in modules:
        copies[id(module)] = module.__class__.__new__(module.__class__)
    for module in modules:
        _fill(copies[id(module)], module, copies, numbers)
    return copies[id(model)]


def _fill(copy: nn.Module, module: nn.Module, copies: dict[int, nn.Module], numbers: dict[int, torch.Tensor]) -> None:
    state = {name: _mapped(value, copies) for name, value in module.__dict__.items()}
    for name in state:
        if name.startswith("_") and "_hooks" in name:
            state[name] = OrderedDict()
    state["_parameters"] = {name: _frozen(value, numbers) for name, value in module._parameters.items()}
    state["_buffers"] = dict(module._buffers)
    state["_modules"] = {name: None if child is None else copies[id(child)] for name, child in module._modules.items()}
    state["_non_persistent_buffers_set"] = set(module._non_persistent_buffers_set)
    state["training"] = False
    if isinstance(state.get("inplace"), bool):
        state["inplace"] = False
    copy.__dict__.update(state)


def _frozen(value: torch.Tensor | None, numbers: dict[int, torch.Tensor]) -> torch.Tensor | None:
    """A parameter over the same memory that takes no gradient; tied weights stay one."""
    if value is None:
        return None
    if id(value) not in numbers:
        numbers[id(value)] = nn.Parameter(value.detach(), requires_grad=False)
    return numbers[id(value)]


def _mapped(value: Any, copies: dict[int, nn.Module]) -> Any:
    """Attributes that name other modules of the network (a list of blocks, a bound method) name their copies."""
    if isinstance(value, nn.Module):
        return copies.get(id(value), value)
    if isinstance(value, MethodType) and id(value.__self__) in copies:
        return MethodType(value.__func__, copies[id(value.__self__)])
    if type(value) in (list, tuple) and any(isinstance(part, nn.Module | MethodType) for part in value):
        return type(value)(_mapped(part, copies) for part in value)
    if type(value) is dict and any(isinstance(part, nn.Module | MethodType) for part in value.values()):
        return {name: _mapped(part, copies) for name, part in value.items()}
    return value
