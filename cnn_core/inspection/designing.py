"""A traced network as a design of one's own: the same layers, written in the words of ``cnn_core.designs``.

The graph is read from its end to its beginning. Where paths meet, they parted at the nearest layer that all of them pass through (the
immediate dominator); what lies between is a residual block, branches or a gate, according to what happens where they meet.

References:
    Cooper, Harvey & Kennedy (2001), "A simple, fast dominance algorithm".
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import prod
from typing import Any

from cnn_core import architectures
from cnn_core.designs import Design
from cnn_core.designs.blocks import Branch, Branches, Gate, Residual, Shortcut
from cnn_core.designs.design import Item, flatten_items
from cnn_core.designs.kind import Kind
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
from cnn_core.designs.sliding import AvgPool, Conv, Depthwise, GlobalAverage, GlobalMax, MaxPool
from cnn_core.errors import DesignError
from cnn_core.inspection.code.pieces import activation, hides_padding, is_global, joins_all, operator, parameters
from cnn_core.inspection.records import INPUT, LayerRecord, Trace

SMALL_SIDE = 64  # pixels: the networks for small pictures are offered as starts
UNSAID = frozenset({
    "lenet5_1998",  # a trained average, layers that see some of the maps, and distances for an output
    "densenet121_cifar", "shufflenet_v2_x1_0_cifar",  # paths that cross, channels that change places
    "convnext_tiny_cifar",  # normalises over channels, and scales each
    "efficientnet_v2_s_cifar",  # one layer more than a design may have
})  # fmt: skip
"""Small networks of the catalogue that a design cannot say; a test tries them."""


def starts() -> tuple[str, ...]:
    """Ids of the networks of the catalogue that a design can start from."""
    return tuple(id_ for id_ in architectures.ids() if architectures.get(id_).input_shape[1] <= SMALL_SIDE and id_ not in UNSAID)


def to_design(trace: Trace, name: str = "") -> Design:
    """The design that has the layers of a trace, with the same parameters, MACs and shapes.

    A linear layer behind maps of more than one pixel is told how many inputs it expects, as PyTorch wants it.

    Raises:
        DesignError: something in the network cannot be said in a design; it is named (code ``design_cannot_say``).
    """
    if not trace.complete or len(trace.output_shapes) != 1 or len(trace.input_shape) != 4:
        raise _cannot(trace.model_type, trace.model_type)
    shared = next((layer for layer in trace.layers if layer.shared_params), None)
    if shared is not None:
        raise _cannot(shared.path, shared.type)
    used = {source for layer in trace.layers for source in layer.inputs}
    ends = [layer.index for layer in trace.layers if layer.index not in used]
    if len(ends) != 1:
        raise _cannot(trace.model_type, trace.model_type)
    reader = _Reader(trace)
    items = reader.path(INPUT, ends[0])
    _, channels, height, width = trace.input_shape
    return Design((channels, height, width), tuple(flatten_items(items)), name)


def _cannot(layer: str, type_: str) -> DesignError:
    return DesignError(
        f"{layer or 'the network'} ({type_}) cannot be said in a design: start from another network", code="design_cannot_say",
        layer=layer or "network", type=type_,
    )


class _Reader:
    """Walks a trace backwards."""

    def __init__(self, trace: Trace) -> None:
        self.layers = trace.layers
        self.dominator = _dominators(trace.layers)

    def path(self, start: int, end: int) -> list[Item]:
        """Everything from behind ``start`` to ``end``; rows are numbered later."""
        parts: list[list[Item]] = []
        at = end
        while at != start:
            if at == INPUT:
                raise _cannot(self.layers[end].path, self.layers[end].type)
            record = self.layers[at]
            if len(record.inputs) == 1:
                parts.append([Item(0, kind) for kind in self.kinds(record)])
                at = record.inputs[0]
            else:
                fork = self.dominator[at]
                parts.append([self.meeting(record, fork)])
                at = fork
        return [item for part in reversed(parts) for item in part]

    def meeting(self, record: LayerRecord, fork: int) -> Item:
        paths = [self.path(fork, source) for source in record.inputs]
        two = len(paths) == 2
        if record.kind == "concat" and joins_all(record) and record.options["dim"] == 1:
            return Item(0, Branches(), tuple(Item(0, Branch(), tuple(path)) for path in paths))
        if record.kind == "add" and two and operator(record) == ("+", False):
            body, beside = sorted(paths, key=_length, reverse=True)
            return Item(0, Residual(), (*body, *([Item(0, Shortcut(), tuple(beside))] if beside else [])))
        if record.kind == "multiply" and two and operator(record) == ("*", False) and not all(paths):
            return Item(0, Gate(), tuple(paths[0] or paths[1]))
        raise _cannot(record.path, record.type)

    def kinds(self, record: LayerRecord) -> Sequence[Kind]:
        """The lines of one record; none for what changes nothing."""
        write = _WRITERS.get(record.kind)
        found = write(self, record) if write else None
        if found is None:
            raise _cannot(record.path, record.type)
        return found

    def conv(self, record: LayerRecord) -> Sequence[Kind] | None:
        options = record.options
        if len(options.get("kernel", ())) != 2 or hides_padding(record):
            return None
        channels, filters, groups = options["in_channels"], options["out_channels"], options["groups"]
        shared = {
            "kernel": options["kernel"], "stride": options["stride"], "dilation": options["dilation"], "nobias": not options["bias"],
        }  # fmt: skip
        uneven = options["padding_total"] != tuple(2 * p for p in options["padding"])
        shared |= {"same": True} if uneven else {"pad": options["padding"]}
        if groups == channels > 1 and filters % channels == 0:
            return [Depthwise(multiplier=filters // channels, **shared)]
        return [Conv(filters, groups=groups, **shared)]

    def linear(self, record: LayerRecord) -> Sequence[Kind] | None:
        options = record.options
        if "out_features" not in options or len(record.output_shape) != 2:
            return None
        told = options["in_features"] if self.sees_pixels(record) else None
        return [Linear(options["out_features"], told, not options["bias"])]

    def sees_pixels(self, record: LayerRecord) -> bool:
        """Whether a flatten of maps with more than one pixel comes right before, dropout aside."""
        at = record.inputs[0]
        while at != INPUT and self.layers[at].kind == "dropout":
            at = self.layers[at].inputs[0]
        return at != INPUT and self.layers[at].kind == "flatten" and prod(self.layers[at].input_shapes[0][2:]) > 1

    def pool(self, record: LayerRecord) -> Sequence[Kind] | None:
        options = record.options
        highest = "max" in record.type.lower()
        if "output_size" in options or "dim" in options:
            if "dim" in options and (not is_global(record) or record.type != "mean"):
                return None
            size = tuple(options.get("output_size", (1, 1)))
            flat: list[Kind] = [Flatten()] if len(record.output_shape) == 2 else []
            return [GlobalMax(size) if highest else GlobalAverage(size), *flat]
        plain = "kernel" in options and len(record.output_shapes) == 1 and "norm_type" not in options and not hides_padding(record)
        if not plain or set(options["dilation"]) != {1} or options.get("divisor"):
            return None
        if not highest and not options.get("count_include_pad", True) and any(options["padding"]):
            return None
        stride = None if options["stride"] == options["kernel"] else options["stride"]
        make = MaxPool if highest else AvgPool
        return [make(options["kernel"], stride, options["padding"], bool(options["ceil_mode"]))]

    def norm(self, record: LayerRecord) -> Sequence[Kind] | None:
        options = record.options
        plain = options.get("running") and options["bias"] and options["scale"]
        return [BatchNorm(options["eps"], options["momentum"])] if plain and options["momentum"] is not None else None

    def activation(self, record: LayerRecord) -> Sequence[Kind] | None:
        name, numbers = activation(record), parameters(record)
        if name == "leaky_relu":
            return [LeakyRelu(numbers[0] if numbers else 0.01)]
        return [_ACTIVATIONS[name]()] if name in _ACTIVATIONS and not numbers else None

    def dropout(self, record: LayerRecord) -> Sequence[Kind] | None:
        name = record.type.lower()
        kind = {"dropout": Dropout, "dropout2d": Dropout2d, "feature_dropout": Dropout2d}.get(name)
        return [kind(float(record.options["p"]))] if kind else None

    def flatten(self, record: LayerRecord) -> Sequence[Kind] | None:
        before = record.input_shapes[0]
        if len(before) == 2:
            return []
        return [Flatten()] if len(record.output_shape) == 2 and before[0] == record.output_shape[0] else None

    def arithmetic(self, record: LayerRecord) -> Sequence[Kind] | None:
        factor: Any = record.options.get("number")
        found = operator(record)
        return [Scale(float(factor))] if found and found[0] == "*" and type(factor) in (int, float) else None

    def slice(self, record: LayerRecord) -> Sequence[Kind] | None:
        """Every n-th pixel: an average over windows of one pixel."""
        picks = record.options.get("index", ())
        whole = (None, None, None)
        if len(picks) != 4 or picks[:2] != (whole, whole) or any(not isinstance(p, tuple) or p[:2] != (None, None) for p in picks[2:]):
            return None
        rows, columns = (pick[2] or 1 for pick in picks[2:])
        return [AvgPool((1, 1), (rows, columns))] if (rows, columns) != (1, 1) else []

    def pad(self, record: LayerRecord) -> Sequence[Kind] | None:
        options = record.options
        pad = tuple(options["pad"])
        channels = record.output_shape[1]
        new = channels - record.input_shapes[0][1]
        if options["mode"] != "constant" or options["value"] or pad != (0, 0, 0, 0, new // 2, new - new // 2):
            return None
        return [PadChannels(channels)]


_ACTIVATIONS: dict[str, Callable[[], Kind]] = {
    "relu": Relu, "relu6": Relu6, "elu": Elu, "gelu": Gelu, "silu": Silu, "hardswish": Hardswish,
    "hardsigmoid": Hardsigmoid, "tanh": Tanh, "sigmoid": Sigmoid,
}  # fmt: skip
_WRITERS: dict[str, Callable[[_Reader, LayerRecord], Sequence[Kind] | None]] = {
    "conv": _Reader.conv, "linear": _Reader.linear, "pool": _Reader.pool, "norm": _Reader.norm, "activation": _Reader.activation,
    "dropout": _Reader.dropout, "flatten": _Reader.flatten, "multiply": _Reader.arithmetic, "slice": _Reader.slice, "pad": _Reader.pad,
}  # fmt: skip


def _length(items: Sequence[Item]) -> int:
    return sum(1 + _length(item.items) for item in items)


def _dominators(layers: Sequence[LayerRecord]) -> list[int]:
    """For each record the nearest one (or the input) that every path to it passes through."""
    found: list[int] = []

    def together(a: int, b: int) -> int:
        while a != b:
            if a > b:
                a = found[a]
            else:
                b = found[b]
        return a

    for layer in layers:
        nearest = layer.inputs[0] if layer.inputs else INPUT
        for source in layer.inputs[1:]:
            nearest = together(nearest, source)
        found.append(nearest)
    return found

