"""The arithmetic of one layer, written out the way it is done on a blackboard, in signs that need no translation."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import prod

from cnn_core.inspection.fields import Shape
from cnn_core.inspection.records import LayerRecord, Trace


@dataclass(frozen=True, slots=True)
class Explanation:
    """Equations of one layer; empty where there is nothing to work out.

    Attributes:
        params: ``64·(3·3·3 + 1) = 1,792``: weights of the layer, whether or not another one shares them.
        output: one equation for each axis that changes: ``⌊(224 + 2·1 − 3)/1⌋ + 1 = 224``.
        macs: ``112·112·64·7·7·3 = 118,013,952``.
        field: growth of the receptive field on each axis: ``7 + (3 − 1)·4 = 15``; needs the trace.
        memory: ``64·112·112·4 B = 3,211,264 B``.
    """

    params: str = ""
    output: tuple[str, ...] = ()
    macs: str = ""
    field: tuple[str, ...] = ()
    memory: str = ""


def explain(record: LayerRecord, trace: Trace | None = None) -> Explanation:
    """The arithmetic behind a record's numbers.

    >>> import torch
    >>> from cnn_core.inspection import trace
    >>> lenet = trace(torch.nn.Sequential(torch.nn.Conv2d(1, 6, 5)), (1, 32, 32))
    >>> explain(lenet.layers[0], lenet)
    Explanation(params='6·(5·5·1 + 1) = 156', output=('⌊(32 + 2·0 − 5)/1⌋ + 1 = 28', '⌊(32 + 2·0 − 5)/1⌋ + 1 = 28'),
                macs='28·28·6·5·5·1 = 117,600', field=('1 + (5 − 1)·1 = 5', '1 + (5 − 1)·1 = 5'),
                memory='6·28·28·4 B = 18,816 B')
    """
    return Explanation(_params(record), _output(record), _macs(record), _field(record, trace), _memory(record))


def _times(*numbers: int) -> str:
    return "·".join(str(n) for n in numbers)


def _equals(left: str, right: int) -> str:
    return f"{left} = {right:,}"


def _params(record: LayerRecord) -> str:
    total = sum(prod(shape) for _, shape in record.weights)
    options = record.options
    if not total:
        return ""
    if record.kind == "conv" and len(record.weights) == 1 + options["bias"]:
        kernel, groups = options["kernel"], options["groups"]
        if options.get("transposed"):
            weights = _times(options["in_channels"], *kernel, options["out_channels"] // groups)
            return _equals(weights + (f" + {options['out_channels']}" if options["bias"] else ""), total)
        inside = _times(*kernel, options["in_channels"] // groups)
        return _equals(f"{options['out_channels']}·({inside} + {int(options['bias'])})", total)
    if record.kind == "linear" and "in_features" in options and len(record.weights) == 1 + options["bias"]:
        return _equals(f"{options['out_features']}·({options['in_features']} + {int(options['bias'])})", total)
    shapes = [shape for _, shape in record.weights]
    if len(shapes) > 1 and len(set(shapes)) == 1:
        return _equals(_times(len(shapes), *shapes[0]), total)
    return _equals(" + ".join(_times(*shape) if shape else "1" for shape in shapes), total)


def _output(record: LayerRecord) -> tuple[str, ...]:
    out, options = record.output_shape, record.options
    if record.kind in ("conv", "pool") and "kernel" in options:
        rank = len(options["kernel"])
        return tuple(_window(record, axis, record.input_shapes[0][axis - rank], out[axis - rank]) for axis in range(rank))
    if record.kind in ("pool", "upsample") and "output_size" in options:
        rank = len(options["output_size"])
        return tuple(f"{n} → {m}" for n, m in zip(record.input_shapes[0][-rank:], out[-rank:], strict=True))
    if record.kind == "flatten":
        return (_equals(_times(*record.input_shapes[0][1:]), out[1]),)
    if record.kind == "concat" and "dim" in options and len({len(s) for s in (*record.input_shapes, out)}) == 1:
        lengths = [shape[options["dim"]] for shape in record.input_shapes]
        known = sum(lengths) == out[options["dim"]]
        return (_equals(" + ".join(map(str, lengths)), out[options["dim"]]),) if known else ()
    return ()


def _window(record: LayerRecord, axis: int, n: int, out: int) -> str:
    options = record.options
    kernel, stride, padding, dilation = (options[name][axis] for name in ("kernel", "stride", "padding", "dilation"))
    reach = f"{kernel}" if dilation == 1 else f"{dilation}·({kernel} − 1) − 1"
    if options.get("transposed"):
        tail = f" + {extra}" if (extra := options["output_padding"][axis]) else ""
        return _equals(f"({n} − 1)·{stride} − 2·{padding} + {dilation}·({kernel} − 1){tail} + 1", out)
    total = options["padding_total"][axis] if "padding_total" in options else 2 * padding
    total += options["padding_inside"][axis] if "padding_inside" in options else 0
    padded = f"{n} + 2·{padding}" if total == 2 * padding else f"{n} + {total}"
    if options.get("ceil_mode"):
        span = n + 2 * padding - dilation * (kernel - 1) - 1
        behind = " − 1" if -(-span // stride) + 1 > out else ""  # a window that would start behind the picture
        return _equals(f"⌈({padded} − {reach})/{stride}⌉ + 1{behind}", out)
    return _equals(f"⌊({padded} − {reach})/{stride}⌋ + 1", out)


def _macs(record: LayerRecord) -> str:
    options, out = record.options, record.output_shape
    if not record.macs:
        return ""
    if record.kind == "conv" and "kernel" in options:
        kernel, groups, rank = options["kernel"], options["groups"], len(options["kernel"])
        if options.get("transposed"):
            source = record.input_shapes[0]
            factors = (*source[-rank:], source[-rank - 1], *kernel, options["out_channels"] // groups)
        else:
            factors = (*out[-rank:], out[-rank - 1], *kernel, options["in_channels"] // groups)
        return _equals(_times(*_batch(out, rank + 1), *factors), record.macs)
    if record.kind == "linear" and "in_features" in options:
        return _equals(_times(*_batch(out, 1), options["out_features"], options["in_features"]), record.macs)
    if record.kind == "matmul" and "inner" in options:
        return _equals(_times(*_batch(out, min(len(out), 2)), *out[-2:], options["inner"]), record.macs)
    if record.kind == "attention":
        return _equals(_attention(record), record.macs)
    return f"{record.macs:,}"


def _batch(shape: Shape, rest: int) -> Iterable[int]:
    """The dimensions in front of the last ``rest`` that are worth a factor."""
    return (n for n in shape[:-rest] if n > 1)


def _attention(record: LayerRecord) -> str:
    o = record.options
    queries, keys, width = o["queries"], o["keys"], o["features"]
    if "heads" not in o:
        return _times(*(n for n in (o["batch"],) if n > 1), queries, keys) + f"·({width} + {o['value_features']})"
    out = record.output_shape[-1]
    scores = _times(2, queries, keys, width)
    if queries == keys == o["given_keys"] and width == o["key_features"] == o["value_features"] == out:
        inside = f"{_times(4, queries, width, width)} + {scores}"
    else:
        inside = (f"{_times(queries, width, width)} + {o['given_keys']}·({o['key_features']} + {o['value_features']})·{width}"
                  f" + {scores} + {_times(queries, width, out)}")
    return f"{o['batch']}·({inside})" if o["batch"] > 1 else inside


def _field(record: LayerRecord, trace: Trace | None) -> tuple[str, ...]:
    seen, options = record.receptive_field, record.options
    if trace is None or seen is None or "kernel" not in options or options.get("transposed") or len(record.inputs) != 1:
        return ()
    source = record.inputs[0]
    before = trace.layers[source].receptive_field if source >= 0 else None
    if source >= 0 and (before is None or not before.exact):
        return ()
    lines = []
    for axis, (kernel, dilation) in enumerate(zip(options["kernel"], options["dilation"], strict=True)):
        size, jump = (before.size[axis], before.jump[axis]) if before else (1, 1)
        lines.append(_equals(f"{size} + ({kernel} − 1)·{_times(*(d for d in (dilation,) if d > 1), int(jump))}",
                             seen.size[axis]))
    return tuple(lines)


def _memory(record: LayerRecord) -> str:
    if not record.activation_bytes or len(record.output_shapes) > 1:
        return ""
    values = prod(record.output_shape)
    if record.activation_bytes % values:
        return ""  # several steps of one module stored something
    shape = record.output_shape[1:] if record.output_shape[0] == 1 and len(record.output_shape) > 1 else record.output_shape
    return f"{_times(*shape, record.activation_bytes // values)} B = {record.activation_bytes:,} B"
