"""Which network of the catalogue some weights belong to, by the names and shapes of their tensors."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from math import prod
from typing import Any

from cnn_core import architectures
from cnn_core.architectures import Architecture
from cnn_core.errors import ArchitectureError
from cnn_core.inspection.fields import Shape
from cnn_core.inspection.meta import build_meta

Shapes = Mapping[str, Shape]

MOST_BUILT = 12
"""Networks that are built, without memory, to be compared: those whose parameter counts come nearest."""
NEAR = 0.03
"""How far a count may be off, as a share: buffers that are no parameters are among a file's tensors."""

COUNTER = "num_batches_tracked"
BUFFERS = ("running_mean", "running_var", COUNTER)
PREFIXES = ("module.", "_orig_mod.")
"""What torch's wrappers for several devices and for compiling put before every name."""


@dataclass(frozen=True)
class Fit:
    """A network that the weights fit.

    Attributes:
        options: what it has to be built with, beside its own defaults.
        named: whether the names are the network's too; otherwise only the shapes are, all of them.
    """

    id: str
    options: tuple[tuple[str, int], ...] = ()
    named: bool = True


def fits(shapes: Shapes) -> tuple[Fit, ...]:
    """The networks whose every tensor is in ``shapes`` and the other way round, best first.

    The number of classes and of input channels are free; other sizes and widths than the catalogue's own are not tried.
    """
    shapes = _without_prefix(shapes)
    found = [fit for row in _nearest(shapes) if (fit := _fit(row, shapes)) is not None]
    return tuple(sorted(found, key=lambda fit: (not fit.named, len(fit.options))))


def options_for(arch_id: str, shapes: Shapes, known: Iterable[Mapping[str, Any]] = ()) -> dict[str, Any] | None:
    """What a network has to be built with for weights to fit it, tensor by tensor; None where they do not.

    Args:
        known: options that are tried too, such as those of other weights of the network (a width that the catalogue does not have).

    Raises:
        UnknownEntry: no such architecture.
    """
    row, shapes = architectures.get(arch_id), _without_prefix(shapes)
    for options in ({}, *known):
        if _compared(_shapes_of(arch_id, tuple(sorted(options.items())))) == _compared(shapes):
            return dict(options)
    found = _fit(row, shapes)
    return dict(found.options) if found is not None and found.named else None


def _without_prefix(shapes: Shapes) -> Shapes:
    for prefix in PREFIXES:
        if shapes and all(name.startswith(prefix) for name in shapes):
            shapes = {name.removeprefix(prefix): shape for name, shape in shapes.items()}
    return shapes


def _nearest(shapes: Shapes) -> list[Architecture]:
    """The rows of the catalogue whose parameter counts could be these, nearest first."""
    params = sum(prod(shape) for name, shape in shapes.items() if not name.endswith(BUFFERS))
    heads, stems = _heads(shapes), _stems(shapes)
    ranked = []
    for place, arch_id in enumerate(architectures.ids()):
        row = architectures.get(arch_id)
        classes, channels = row.num_classes, row.input_shape[0]
        predicted = {
            params + (classes - n) * weights + (channels - c) * each
            for n, weights in (*heads, (classes, 0)) for c, each in (*stems, (channels, 0))
        }  # fmt: skip
        off = min(abs(count - row.params) for count in predicted) / row.params
        if off <= NEAR:
            ranked.append((off, place, row))
    return [row for _, _, row in sorted(ranked, key=lambda entry: entry[:2])[:MOST_BUILT]]


def _heads(shapes: Shapes) -> set[tuple[int, int]]:
    """(classes, weights a class) of every layer that could be the last: a linear one, or a 1×1 convolution."""
    found = set()
    for name, shape in shapes.items():
        if name.endswith("weight") and (len(shape) == 2 or (len(shape) == 4 and shape[2:] == (1, 1))):
            found.add((shape[0], prod(shape[1:]) + (f"{name.removesuffix('weight')}bias" in shapes)))
    return found


def _stems(shapes: Shapes) -> set[tuple[int, int]]:
    """(channels, weights a channel) of the convolutions that see so few channels that it may be the picture's."""
    few = {shape for shape in shapes.values() if len(shape) == 4 and 1 <= shape[1] <= 4 and shape[2:] != (1, 1)}
    return {(shape[1], shape[0] * shape[2] * shape[3]) for shape in few}


def _fit(row: Architecture, shapes: Shapes) -> Fit | None:
    own = _shapes_of(row.id, ())
    if not _same_names(own, shapes):
        alike = Counter(filter(None, own.values())) == Counter(filter(None, shapes.values()))  # () is a counter's shape
        return Fit(row.id, named=False) if alike else None
    changed = [name for name, shape in own.items() if name in shapes and shapes[name] != shape]
    options = {}
    for name in changed:
        mine, theirs = own[name], shapes[name]
        if len(mine) != len(theirs):
            return None
        if mine[0] == row.num_classes and mine[1:] == theirs[1:]:
            options["num_classes"] = theirs[0]
        elif len(mine) == 4 and mine[1] == row.input_shape[0] and (mine[0], *mine[2:]) == (theirs[0], *theirs[2:]):
            options["in_channels"] = theirs[1]
        else:
            return None
    wanted = tuple(sorted(options.items()))
    try:
        return Fit(row.id, wanted) if not wanted or _compared(_shapes_of(row.id, wanted)) == _compared(shapes) else None
    except ArchitectureError:  # a number of classes or channels that it cannot be built with
        return None


def _same_names(own: Shapes, shapes: Shapes) -> bool:
    return _compared(own).keys() == _compared(shapes).keys()


def _compared(shapes: Shapes) -> dict[str, Shape]:
    """Without the counters of batch normalisation, which older files lack."""
    return {name: shape for name, shape in shapes.items() if not name.endswith(COUNTER)}


def _shapes_of(arch_id: str, options: tuple[tuple[str, Any], ...]) -> dict[str, Shape]:
    if arch_id in architectures.ids():
        return _shapes_of_row(arch_id, options)
    return _shapes_of_row.__wrapped__(arch_id, options)  # a design of one's own may change under its name


@lru_cache(maxsize=64)
def _shapes_of_row(arch_id: str, options: tuple[tuple[str, Any], ...]) -> dict[str, Shape]:
    network = build_meta(architectures.build, arch_id, **dict(options))
    return {name: tuple(tensor.shape) for name, tensor in network.state_dict().items()}
