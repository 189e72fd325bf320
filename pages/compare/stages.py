"""A network in stages of resolution, each summed up in a few lines, so that several stand beside each other."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import log2

from cnn_core.inspection import BlockRecord, LayerRecord, Trace

CONTAINERS = frozenset({"Sequential", "ModuleList", "ModuleDict"})
HEAD = -1
"""The level of everything behind the maps: vectors and single pixels."""

PRODUCTS = frozenset({"conv", "linear", "attention", "matmul"})
SHOWN = PRODUCTS | {"pool"}


@dataclass(frozen=True)
class Part:
    """Equal layers or blocks in a row.

    Attributes:
        kind: "conv", "depthwise", "linear", "max_pool", "avg_pool", "global_pool", "attention", or "block".
        name: the block's class, or the window ("3×3").
        count: how many of them.
        channels: of the first one's output and of the last one's.
    """

    kind: str
    name: str
    count: int
    channels: tuple[int, int]


@dataclass(frozen=True)
class Stage:
    """All layers whose output is of one resolution.

    Attributes:
        level: how often the picture has been halved, to the nearest: 224 → 55 is 2; ``HEAD`` behind the maps.
        side: of the maps (H, W) that leave the stage; None for the head.
    """

    level: int
    side: tuple[int, int] | None
    parts: tuple[Part, ...]
    params: int
    macs: int


def stages(trace: Trace) -> tuple[Stage, ...]:
    """The stages of a network over pictures, from the input's resolution down."""
    groups: dict[int, list[LayerRecord]] = {}
    blocks = _outermost_blocks(trace)
    for record in trace.layers:
        # All of a block belongs where it ends: what squeezes to one pixel inside, or halves the map, is part of it.
        last = trace.layers[blocks[record.index].stop - 1] if record.index in blocks else record
        groups.setdefault(_level(trace, last), []).append(record)
    order = sorted(level for level in groups if level != HEAD) + [level for level in groups if level == HEAD]
    return tuple(_stage(trace, level, groups[level], blocks) for level in order)


def _level(trace: Trace, record: LayerRecord) -> int:
    maps = _maps(record)
    return HEAD if maps is None else max(round(log2(trace.input_shape[-2] / maps[0])), 0)


def _maps(record: LayerRecord) -> tuple[int, int] | None:
    """The resolution of a layer's output: of maps, or of a square of patches; None for vectors and single pixels."""
    out = record.output_shape
    if len(out) == 4:
        height, width = out[1:3] if _channels_last(out) else out[2:4]
        return (height, width) if max(height, width) > 1 else None
    if len(out) == 3 and out[1] > 1:  # (N, tokens, channels), the class token among them
        side = round(out[1] ** 0.5)
        return side, side
    return None


def _channels_last(shape: tuple[int, ...]) -> bool:
    """Whether maps are (N, H, W, C), as inside some transformers."""
    return shape[1] == shape[2] != shape[3]


def _stage(trace: Trace, level: int, records: list[LayerRecord], blocks: dict[int, BlockRecord]) -> Stage:
    sides = [maps for record in records if _level(trace, record) == level and (maps := _maps(record)) is not None]
    return Stage(
        level, sides[-1] if sides else None, tuple(_in_rows(_parts(records, blocks))),
        sum(record.params for record in records), sum(record.macs for record in records),
    )  # fmt: skip


def _parts(records: list[LayerRecord], blocks: dict[int, BlockRecord]) -> Iterator[Part]:
    """One part a layer or block. A block stands once, where its last layer is."""
    for record in records:
        block = blocks.get(record.index)
        if block is None:
            if record.kind in SHOWN and not _idle(record) and record.type != "sum":
                yield _layer(record)
        elif record.index == block.stop - 1:
            shape = block.output_shapes[0] if block.output_shapes else record.output_shape
            yield Part("block", block.type.lstrip("_"), 1, _channels(shape))


def _idle(record: LayerRecord) -> bool:
    """An adaptive pooling to the size that the maps have already."""
    return record.kind == "pool" and record.input_shapes[0] == record.output_shape and "kernel" not in record.options


def _layer(record: LayerRecord) -> Part:
    options, channels = record.options, _channels(record.output_shape)
    window = "×".join(map(str, options.get("kernel", ())))
    if record.kind == "conv":
        deep = options.get("groups", 1) == options.get("in_channels") and options.get("groups", 1) > 1
        return Part("depthwise" if deep else "conv", window, 1, channels)
    if record.kind == "pool":
        highest = "max" in record.type.lower()
        if not window:
            return Part("global_pool", "", 1, channels)
        return Part("max_pool" if highest else "avg_pool", window, 1, channels)
    return Part("attention" if record.kind in ("attention", "matmul") else "linear", "", 1, channels)


def _channels(shape: tuple[int, ...]) -> tuple[int, int]:
    channels = shape[-1] if len(shape) != 4 or _channels_last(shape) else shape[1]
    return channels, channels


def _in_rows(parts: Iterator[Part]) -> Iterator[Part]:
    """Equal parts that follow each other, counted; blocks of one class may grow on the way."""
    last: Part | None = None
    for part in parts:
        alike = last is not None and (last.kind, last.name) == (part.kind, part.name)
        if last is not None and alike and (part.kind == "block" or last.channels == part.channels):
            last = Part(last.kind, last.name, last.count + 1, (last.channels[0], part.channels[1]))
            continue
        if last is not None:
            yield last
        last = part
    if last is not None:
        yield last


def _outermost_blocks(trace: Trace) -> dict[int, BlockRecord]:
    """The block that each layer belongs to: the outermost that is neither most of the network, nor a mere row, nor a single product."""
    found: dict[int, BlockRecord] = {}
    total = sum(record.kind in PRODUCTS for record in trace.layers)
    for block in sorted(trace.blocks, key=lambda block: (block.depth, block.first)):
        inside = range(block.first, block.stop)
        if not block.path or block.type in CONTAINERS or any(index in found for index in inside):
            continue
        products = sum(trace.layers[index].kind in PRODUCTS for index in inside)
        if 1 < products <= total / 2:
            found.update(dict.fromkeys(inside, block))
    return found
