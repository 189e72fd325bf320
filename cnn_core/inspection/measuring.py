"""What a design's goals are about: how far its network sees, and what it is made of. Pure Python over a trace, no torch."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import prod

from cnn_core.designs import Checked
from cnn_core.designs.blocks import Branches, Repeat, Residual
from cnn_core.designs.challenges import Measured
from cnn_core.designs.design import Item
from cnn_core.designs.kind import Shape
from cnn_core.designs.sliding import AvgPool, Conv, Depthwise, MaxPool, Separable
from cnn_core.inspection.records import LayerRecord, Trace


def last_maps(trace: Trace) -> LayerRecord | None:
    """The layer that gives the last maps, before they are pooled whole or flattened; None where there are no maps."""
    maps = [layer for layer in trace.layers if len(layer.output_shape) == 4]
    open_ = [layer for layer in maps if layer.receptive_field or prod(layer.output_shape[2:]) > 1]
    return next(reversed(open_ or maps), None)


def last_field(trace: Trace) -> tuple[int, int] | None:
    """Receptive field of the last maps, in pixels, rows and columns; None where each of their values sees the whole picture.

    A gate that weighs maps by their means shows all of the picture to everything behind it.
    """
    last = last_maps(trace)
    if last is None:
        return (1, 1)
    seen = last.receptive_field
    return (seen.size[0], seen.size[1]) if seen is not None and len(seen.size) == 2 else None


def measure(checked: Checked, trace: Trace) -> Measured:
    """A whole design, with the trace of its network."""
    design, last = checked.design, last_maps(trace)
    all_convs = [layer for layer in trace.layers if layer.kind == "conv"]
    convs = [layer for layer in all_convs if prod(layer.options["kernel"]) > 1]
    sliding = [layer for layer in trace.layers if layer.kind == "pool" and not _is_global(layer)]
    linears = [layer for layer in trace.layers if layer.kind == "linear"]
    head = all_convs[-1] if all_convs and not linears and all_convs[-1].options["out_channels"] == checked.classes else None
    wide = [
        layer.options["out_channels"] for layer in convs
        if layer is not head and not (_is_depthwise(layer) and layer.options["in_channels"] == design.input_shape[0])
    ]  # fmt: skip
    return Measured(
        params=checked.params, macs=checked.macs, field=min(last_field(trace) or design.input_shape[1:]), classes=checked.classes or 0,
        convs=len(convs), narrowest=min(wide, default=0),
        filters=sum(layer.options["out_channels"] for layer in all_convs if not _is_depthwise(layer)),
        window=max((max(_window(layer)) for layer in (*convs, *sliding)), default=1), pools=len(sliding), linears=len(linears),
        skips=sum(times for block, times in _blocks(design.items) if isinstance(block.kind, Residual) and _looks(block)),
        joins=sum(times for block, times in _blocks(design.items) if isinstance(block.kind, Branches) and _looks_twice(block)),
        depthwise=sum(map(_is_depthwise, convs)), maps=last.output_shape[1:] if last else design.input_shape, input=design.input_shape,
    )  # fmt: skip


def _is_depthwise(layer: LayerRecord) -> bool:
    return layer.options["groups"] == layer.options["in_channels"] != 1


def _is_global(layer: LayerRecord) -> bool:
    """Adaptive pooling to one number a map; a window that happens to be as large as the maps is none."""
    return "kernel" not in layer.options and prod(layer.output_shape[2:]) == 1


def _window(layer: LayerRecord) -> Sequence[int]:
    if "kernel" in layer.options:
        found: Sequence[int] = layer.options["kernel"]
        return found
    before, after = layer.input_shapes[0][2:], layer.output_shape[2:]
    return [-(-n // m) for n, m in zip(before, after, strict=True)]  # adaptive: as many pixels as become one


def _blocks(items: Sequence[Item], times: int = 1) -> Iterator[tuple[Item, int]]:
    """Every block, and how often it runs."""
    for item in items:
        if item.kind.opens:
            yield item, times
        yield from _blocks(item.items, times * (item.kind.times if isinstance(item.kind, Repeat) else 1))


def _kernels(item: Item, kinds: tuple[type, ...]) -> list[Shape]:
    """The windows of the layers inside that are of these kinds."""
    found = [item.kind.kernel] if isinstance(item.kind, kinds) else []  # type: ignore[attr-defined]
    return found + [kernel for one in item.items for kernel in _kernels(one, kinds)]


_CONVS = (Conv, Depthwise, Separable)


def _looks(block: Item) -> bool:
    return any(prod(kernel) > 1 for kernel in _kernels(block, _CONVS))


def _looks_twice(block: Item) -> bool:
    branches = [tuple(_kernels(branch, (*_CONVS, MaxPool, AvgPool))) for branch in block.items]
    return sum(bool(_kernels(branch, _CONVS)) for branch in block.items) >= 2 and len(set(branches)) >= 2
