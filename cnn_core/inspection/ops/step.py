"""The vocabulary in which the operations of this package are described."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import torch
from torch.nn import functional as F

from cnn_core.inspection.fields import Field, Shape
from cnn_core.inspection.fields import union as hull

Operands = Sequence[tuple[Field, Shape]]
"""Field and shape of every operand that depends on the network's input, in the order of the arguments."""


@dataclass(slots=True)
class Step:
    """What one operation does: its output on ``meta``, its cost, and what it makes of the receptive field.

    Attributes:
        out: a tensor or a tuple of tensors without storage.
        macs: multiply-accumulates.
        options: hyper-parameters for the record.
        rule: from the operands' fields to the output's field, or to one for each output. None: sees everything.
        stores: whether the output takes memory of its own.
        kind: overrides the operation's kind.
        idle: nothing happened (padding by zero, a slice that keeps everything): no layer.
    """

    out: Any
    macs: int = 0
    options: dict[str, Any] = field(default_factory=dict)
    rule: Callable[[Operands], Field | list[Field]] | None = None
    stores: bool = True
    kind: str | None = None
    idle: bool = False


class Op(NamedTuple):
    """How an intercepted function is followed. ``run`` gets the function's own arguments, tensors moved to ``meta``."""

    kind: str
    name: str
    run: Callable[..., Step]


Table = dict[Callable[..., Any], Op]
Maker = Callable[[Callable[..., Any], str], Callable[..., Step]]


def find(names: Iterable[str]) -> Iterator[tuple[str, Callable[..., Any]]]:
    """Every public form of an operation: torch.relu, torch.relu_, Tensor.relu, torch.nn.functional.relu, …"""
    for name in names:
        for home in (torch, torch.Tensor, F, torch._C._nn, torch._C._special, torch._C._linalg):
            for form in (name, f"{name}_", f"__{name}__", f"__i{name}__", f"__r{name}__", f"special_{name}"):
                function = getattr(home, form, None)
                if callable(function):
                    yield form, function


def table(kind: str, maker: Maker, names: str) -> Table:
    return {function: Op(kind, form.strip("_").removeprefix("special_"), maker(function, form))
            for form, function in find(names.split())}


def in_place(form: str) -> bool:
    return (form.endswith("_") and not form.endswith("__")) or (form.startswith("__i") and form not in ("__invert__",))


def empty(shape: Sequence[int], like: torch.Tensor) -> torch.Tensor:
    return torch.empty(shape, dtype=like.dtype, device="meta")


def empty_as(tensor: torch.Tensor) -> torch.Tensor:
    """Same shape, strides and type, no storage. (``torch.empty_like`` on meta goes through Python and is slow.)"""
    return torch.empty_strided(tensor.shape, tensor.stride(), dtype=tensor.dtype, device="meta")


def same(operands: Operands) -> Field:
    """The rule of everything that works value by value on its first operand."""
    return operands[0][0]


def union(out: torch.Tensor) -> Callable[[Operands], Field]:
    return lambda operands: hull(operands, tuple(out.shape))


def pair(value: Any, rank: int) -> tuple[int, ...]:
    """A hyper-parameter for each axis: 3 → (3, 3)."""
    if isinstance(value, int):
        return (value,) * rank
    values = tuple(int(v) for v in value)
    return values * rank if len(values) == 1 else values
