"""A layer in PyTorch's words."""

from __future__ import annotations

from cnn_core.inspection.code.pieces import (
    ACTIVATIONS,
    Piece,
    activation,
    arguments,
    hides_padding,
    index_text,
    is_global,
    joins_all,
    number,
    operator,
    parameters,
)
from cnn_core.inspection.code.plan import Plan, Step, cannot_write
from cnn_core.inspection.records import LayerRecord

TITLE = "PyTorch"


def layer(record: LayerRecord) -> Piece | None:
    """A record in PyTorch's words; None where its numbers do not say enough."""
    write = _WRITERS.get(record.kind)
    found = write(record) if write else None
    return None if found is None or (record.weights and not found.own) else found


def pieces(plan: Plan, step: Step) -> list[Piece]:
    """What one step becomes; in PyTorch always one piece."""
    found = layer(step.record)
    if found is None:
        raise cannot_write(step.record, TITLE)
    return [found]


def _conv(record: LayerRecord) -> Piece | None:
    options = record.options
    if "kernel" not in options or hides_padding(record):
        return None
    ones, zeros = (number((n,) * len(options["kernel"])) for n in (1, 0))
    padding = number(options["padding"])
    if options["padding_total"] != tuple(2 * p for p in options["padding"]):
        padding = '"same"'
    made = arguments(
        str(options["in_channels"]), str(options["out_channels"]), kernel_size=(number(options["kernel"]), None),
        stride=(number(options["stride"]), ones), padding=(padding, zeros), dilation=(number(options["dilation"]), ones),
        groups=(options["groups"], 1), bias=(options["bias"], True),
    )
    return Piece("conv", f"nn.Conv{len(options['kernel'])}d({made})", own=True)


def _linear(record: LayerRecord) -> Piece | None:
    options = record.options
    if "in_features" not in options:
        return None
    made = arguments(str(options["in_features"]), str(options["out_features"]), bias=(options["bias"], True))
    return Piece("linear", f"nn.Linear({made})", own=True)


def _pool(record: LayerRecord) -> Piece | None:
    options = record.options
    rank = len(record.output_shape) - 2
    if "dim" in options:
        if not is_global(record) or record.type != "mean":
            return None
        keep = len(record.output_shape) == len(record.input_shapes[0])
        return Piece("pool", "" if not keep else "nn.AdaptiveAvgPool2d(1)", f"{{0}}.mean(dim=(2, 3){', keepdim=True' * keep})")
    highest = "max" in record.type.lower()
    name = "max" if highest else "avg"
    if "output_size" in options:
        size = number(options["output_size"])
        return Piece("pool", f"nn.Adaptive{name.title()}Pool{rank}d({size})", f"F.adaptive_{name}_pool{rank}d({{0}}, {size})")
    if "norm_type" in options or "kernel" not in options or len(record.output_shapes) != 1 or hides_padding(record):
        return None
    given = arguments(
        number(options["kernel"]), stride=(number(options["stride"]), number(options["kernel"])),
        padding=(number(options["padding"]), "0"), dilation=(number(options["dilation"]), "1"), ceil_mode=(options["ceil_mode"], False),
        count_include_pad=(options.get("count_include_pad", True) or not any(options["padding"]), True),
        divisor_override=(options.get("divisor"), None),
    )
    return Piece("pool", f"nn.{name.title()}Pool{rank}d({given})", f"F.{name}_pool{rank}d({{0}}, {given})")


def _norm(record: LayerRecord) -> Piece | None:
    options = record.options
    if "alpha" in options:
        given = f"size={options['size']}, alpha={options['alpha']:g}, beta={options['beta']:g}, k={options['k']:g}"
        return Piece("norm", f"nn.LocalResponseNorm({given})", f"F.local_response_norm({{0}}, {given})")
    if not options.get("running"):
        return None
    given = arguments(str(options["channels"]), eps=(options["eps"], 1e-5), momentum=(options["momentum"], 0.1),
                      affine=(options["scale"], True))  # fmt: skip
    return Piece("bn", f"nn.BatchNorm{max(len(record.output_shape) - 2, 1)}d({given})", own=True)


def _activation(record: LayerRecord) -> Piece | None:
    name = activation(record)
    if not name:
        return None
    extra = ", ".join(f"{n:g}" for n in parameters(record))
    if name.endswith("softmax"):
        extra = f"dim={record.options['dim']}"
    home = "torch" if name in ("tanh", "sigmoid") else "F"
    return Piece(name, f"nn.{ACTIVATIONS[name]}({extra})", f"{home}.{name}({{0}}{', ' * bool(extra)}{extra})")


def _dropout(record: LayerRecord) -> Piece | None:
    form = "2d" if "2d" in record.type or record.type == "feature_dropout" else ""
    if record.type.lower() not in ("dropout", "dropout2d", "feature_dropout"):
        return None
    p = f"{record.options['p']:g}"
    return Piece("dropout", f"nn.Dropout{form}({p})", f"F.dropout{form}({{0}}, {p}, training={{training}})")


def _flatten(record: LayerRecord) -> Piece | None:
    before, after = record.input_shapes[0], record.output_shape
    return Piece("flatten", "nn.Flatten()", "{0}.flatten(1)") if before[0] == after[0] and len(after) == 2 else None


def _arithmetic(record: LayerRecord) -> Piece | None:
    found = operator(record)
    if found is None:
        return None
    sign, turned = found
    if len(record.inputs) == 2:
        return Piece(record.kind, call=f"{{0}} {sign} {{1}}")
    if type(record.options.get("number")) not in (int, float):
        return None
    value = record.options["number"]
    return Piece(record.kind, call=f"{value} {sign} {{0}}" if turned else f"{{0}} {sign} {value}")


def _concat(record: LayerRecord) -> Piece | None:
    if record.type == "stack" or not joins_all(record):
        return None
    inside = ", ".join(f"{{{place}}}" for place in range(len(record.inputs)))
    return Piece("concat", call=f"torch.cat([{inside}], dim={record.options['dim']})")


def _slice(record: LayerRecord) -> Piece | None:
    return Piece("slice", call=f"{{0}}{index_text(record.options['index'])}") if "index" in record.options else None


def _pad(record: LayerRecord) -> Piece | None:
    options = record.options
    if options["mode"] != "constant":
        return None
    made = ""
    if len(options["pad"]) == 4 and not options["value"]:
        made = f"nn.ZeroPad2d({number(options['pad'])})"
    return Piece("pad", made, f"F.pad({{0}}, {options['pad']}{', value=' * bool(options['value'])}{options['value'] or ''})")


_WRITERS = {
    "conv": _conv, "linear": _linear, "pool": _pool, "norm": _norm, "activation": _activation, "dropout": _dropout,
    "flatten": _flatten, "add": _arithmetic, "multiply": _arithmetic, "concat": _concat, "slice": _slice, "pad": _pad,
}  # fmt: skip
