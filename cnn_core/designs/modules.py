"""From a checked design to a network. Imports torch.

Every layer has the name of its word and a number (``conv3``), counted through the whole design, inside the names of its blocks.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Collection, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from cnn_core.designs.blocks import Branches, Gate, Repeat, Residual, Shortcut
from cnn_core.designs.checking import LIMITS, Checked, added, gated, stacked
from cnn_core.designs.design import Item
from cnn_core.designs.kind import Kind, Shape
from cnn_core.designs.plain_layers import (
    BatchNorm,
    Dropout,
    Dropout2d,
    Elu,
    Flatten,
    Gelu,
    Hardsigmoid,
    Hardswish,
    LeakyRelu,
    Linear,
    PadChannels,
    Relu,
    Relu6,
    Scale,
    Sigmoid,
    Silu,
    Tanh,
)
from cnn_core.designs.sliding import AvgPool, Conv, Depthwise, GlobalAverage, GlobalMax, MaxPool, Separable
from cnn_core.errors import ConvolabError

Layers = OrderedDict[str, nn.Module]


class Broken(Exception):
    """Raised where a design cannot go on, so that a trace ends there."""


class Network(nn.Sequential):
    """A design's layers, one after the other.

    Attributes:
        rows: the line that each module was made from, by the module's path; all runs of a line under ``repeat`` have the same.
    """

    rows: dict[str, int]


class ResidualBlock(nn.Sequential):
    """``shortcut(x) + layers(x)``; without a shortcut the input itself.

    Args:
        broken: whether the two cannot be added.
    """

    def __init__(self, layers: Layers, shortcut: nn.Module | None, broken: bool) -> None:
        super().__init__(layers)
        self.beside, self.broken = shortcut is not None, broken
        if shortcut is not None:
            self.shortcut = shortcut

    def forward(self, x: Tensor) -> Tensor:
        y = x
        for name, layer in self.named_children():
            if name != "shortcut":
                y = layer(y)
        if self.beside:
            x = self.shortcut(x)
        if self.broken:
            raise Broken
        return x + y


class BranchesBlock(nn.Sequential):
    """Every branch's answer to the same input, stacked along the channels.

    Args:
        last: branches that cannot be followed to their end, and therefore run last.
    """

    def __init__(self, layers: Layers, last: Collection[str], broken: bool) -> None:
        super().__init__(layers)
        self.order = sorted(layers, key=lambda name: name in last)
        self.broken = broken

    def forward(self, x: Tensor) -> Tensor:
        branches = dict(self.named_children())
        found = {name: branches[name](x) for name in self.order}
        if self.broken:
            raise Broken
        answers = [found[name] for name in branches]
        return torch.cat(answers, dim=1) if len(answers) > 1 else answers[0]


class GateBlock(nn.Sequential):
    """``x · layers(x)``."""

    def __init__(self, layers: Layers, broken: bool) -> None:
        super().__init__(layers)
        self.broken = broken

    def forward(self, x: Tensor) -> Tensor:
        gate = super().forward(x)
        if self.broken:
            raise Broken
        return x * gate


class Multiply(nn.Module):
    """Every value times a fixed number."""

    def __init__(self, factor: float) -> None:
        super().__init__()
        self.factor = factor

    def forward(self, x: Tensor) -> Tensor:
        return x * self.factor


class PadChannelsLayer(nn.Module):
    def __init__(self, before: int, after: int) -> None:
        super().__init__()
        self.before, self.after = before, after

    def forward(self, x: Tensor) -> Tensor:
        return functional.pad(x, (0, 0, 0, 0, self.before, self.after))


class Stop(nn.Module):
    """Stands where a design cannot go on."""

    def forward(self, x: Tensor) -> Tensor:
        raise Broken


def assemble(checked: Checked) -> Network:
    """The network of a design, in eval mode; of one with problems, one that raises `Broken` where the first one begins."""
    builder = _Builder({problem.row for problem in checked.problems if problem.error.code in LIMITS})
    layers, _ = builder.sequence(checked.design.items, checked.design.input_shape, "")
    network = Network(layers)
    network.rows = builder.rows
    return network.eval()


class _Builder:
    """Makes modules in the order of the lines and numbers them."""

    def __init__(self, barred: Collection[int]) -> None:
        self.barred = barred
        self.counts: dict[str, int] = {}
        self.rows: dict[str, int] = {}

    def sequence(self, items: Sequence[Item], shape: Shape, path: str) -> tuple[Layers, Shape | None]:
        """The modules of lines in a row, up to the first that cannot work, and the shape behind them."""
        made: Layers = OrderedDict()
        for item in items:
            if isinstance(item.kind, Shortcut):
                continue
            word = item.kind.word
            self.counts[word] = self.counts.get(word, 0) + 1
            name = f"{word}{self.counts[word]}"
            self.rows[path + name] = item.row
            module, out = self.module(item, shape, f"{path}{name}.")
            if module is not None:
                made[name] = module
            if out is None:
                made["stop"] = Stop()
                return made, None
            shape = out
        return made, shape

    def module(self, item: Item, shape: Shape, path: str) -> tuple[nn.Module | None, Shape | None]:
        """A line's module, None where it cannot even be begun, and the shape behind it, None where it cannot be ended."""
        kind = item.kind
        if item.row in self.barred:
            return None, None
        if isinstance(kind, Repeat):
            return self.repeated(item, kind.times, shape, path)
        if isinstance(kind, Residual):
            return self.residual(item, shape, path)
        if isinstance(kind, Branches):
            return self.branches(item, shape, path)
        if isinstance(kind, Gate):
            layers, body = self.sequence(item.items, shape, path)
            out = None if body is None else _or_none(lambda: gated(shape, body))
            return GateBlock(layers, out is None), out
        out = _or_none(lambda: kind.output_shape(shape))
        return (None if out is None else _layer(kind, shape, out)), out

    def repeated(self, item: Item, times: int, shape: Shape, path: str) -> tuple[nn.Module, Shape | None]:
        rounds: Layers = OrderedDict()
        out: Shape | None = shape
        for number in range(1, times + 1):
            if out is not None:
                layers, out = self.sequence(item.items, out, f"{path}round{number}.")
                rounds[f"round{number}"] = nn.Sequential(layers)
                self.rows[f"{path}round{number}"] = item.row
        return nn.Sequential(rounds), out

    def residual(self, item: Item, shape: Shape, path: str) -> tuple[nn.Module, Shape | None]:
        body, end = self.sequence(item.items, shape, path)
        shortcut, other = None, shape if end is not None else None
        for one in item.items:
            if isinstance(one.kind, Shortcut):
                layers, other = self.sequence(one.items, shape, f"{path}shortcut.")
                shortcut = nn.Sequential(layers)
                self.rows[f"{path}shortcut"] = one.row
        out = None if end is None or other is None else _or_none(lambda: added(end, other))
        return ResidualBlock(body, shortcut, out is None), out

    def branches(self, item: Item, shape: Shape, path: str) -> tuple[nn.Module, Shape | None]:
        made: Layers = OrderedDict()
        ends: list[Shape | None] = []
        for number, one in enumerate(item.items, 1):
            name = f"branch{number}"
            self.rows[path + name] = one.row
            layers, end = self.sequence(one.items, shape, f"{path}{name}.")
            made[name] = nn.Sequential(layers)
            ends.append(end)
        whole = [end for end in ends if end is not None]
        out = _or_none(lambda: stacked(whole)) if len(whole) == len(ends) else None
        last = {name for name, end in zip(made, ends, strict=True) if end is None}
        return BranchesBlock(made, last, out is None), out


def _or_none(shape: Callable[[], Shape]) -> Shape | None:
    try:
        return shape()
    except ConvolabError:
        return None


# Layers ----------------------------------------------------------------------------------------------------------------

_ACTIVATIONS: dict[type[Kind], Callable[[], nn.Module]] = {
    Relu: nn.ReLU, Relu6: nn.ReLU6, Elu: nn.ELU, Gelu: nn.GELU, Silu: nn.SiLU, Hardswish: nn.Hardswish,
    Hardsigmoid: nn.Hardsigmoid, Tanh: nn.Tanh, Sigmoid: nn.Sigmoid,
}  # fmt: skip


def _layer(kind: Kind, shape: Shape, out: Shape) -> nn.Module:
    """The module of one layer for an input that it takes."""
    if type(kind) in _ACTIVATIONS:
        return _ACTIVATIONS[type(kind)]()
    return _MAKERS[type(kind)](kind, shape, out)


def _padding(kind: Any) -> Any:
    return "same" if kind.same else kind.pad


def _conv(kind: Any, shape: Shape, out: Shape) -> nn.Module:
    return nn.Conv2d(
        shape[0], kind.filters, kind.kernel, kind.stride, _padding(kind), kind.dilation, kind.groups, bias=not kind.nobias
    )


def _depthwise(kind: Any, shape: Shape, out: Shape) -> nn.Module:
    channels = shape[0] * getattr(kind, "multiplier", 1)
    return nn.Conv2d(
        shape[0], channels, kind.kernel, kind.stride, _padding(kind), kind.dilation, groups=shape[0], bias=not kind.nobias
    )


def _separable(kind: Any, shape: Shape, out: Shape) -> nn.Module:
    return nn.Sequential(OrderedDict(
        depthwise=_depthwise(kind, shape, out), pointwise=nn.Conv2d(shape[0], kind.filters, 1, bias=not kind.nobias)
    ))  # fmt: skip


def _norm(kind: Any, shape: Shape, out: Shape) -> nn.Module:
    make = nn.BatchNorm2d if len(shape) == 3 else nn.BatchNorm1d
    return make(shape[0], kind.eps, kind.momentum)


def _pad_channels(kind: Any, shape: Shape, out: Shape) -> nn.Module:
    new = kind.channels - shape[0]
    return PadChannelsLayer(new // 2, new - new // 2)


_MAKERS: dict[type[Kind], Callable[[Any, Shape, Shape], nn.Module]] = {
    Conv: _conv, Depthwise: _depthwise, Separable: _separable, BatchNorm: _norm, PadChannels: _pad_channels,
    Flatten: lambda kind, shape, out: nn.Flatten() if len(shape) == 3 else nn.Identity(),  # in one row already
    MaxPool: lambda kind, shape, out: nn.MaxPool2d(kind.kernel, kind.stride, kind.pad, ceil_mode=kind.ceil),
    AvgPool: lambda kind, shape, out: nn.AvgPool2d(kind.kernel, kind.stride, kind.pad, ceil_mode=kind.ceil),
    GlobalAverage: lambda kind, shape, out: nn.AdaptiveAvgPool2d(kind.size),
    GlobalMax: lambda kind, shape, out: nn.AdaptiveMaxPool2d(kind.size),
    LeakyRelu: lambda kind, shape, out: nn.LeakyReLU(kind.slope), Dropout: lambda kind, shape, out: nn.Dropout(kind.p),
    Dropout2d: lambda kind, shape, out: nn.Dropout2d(kind.p), Scale: lambda kind, shape, out: Multiply(kind.factor),
    Linear: lambda kind, shape, out: nn.Linear(shape[0], kind.outputs, bias=not kind.nobias),
}  # fmt: skip
