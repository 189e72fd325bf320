"""A layer in the words of Keras 3: channels last, "same" where it means the same, and explicit padding where it does not.

Keras pads "same" so that the output is ``⌈n/stride⌉`` and puts the odd pixel behind; PyTorch puts what it is told on both sides. For
stride 2 the two look at different pixels, and then the padding is written as a layer of its own.
"""

from __future__ import annotations

from cnn_core.inspection.code.pieces import (
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
from cnn_core.inspection.code.plan import Plan, Step, cannot_write, refuse
from cnn_core.inspection.records import INPUT, LayerRecord

TITLE = "Keras"
NAMES = {"hardswish": "hard_silu", "hardsigmoid": "hard_sigmoid"} | {
    name: name for name in ("relu", "relu6", "tanh", "sigmoid", "elu", "selu", "celu", "gelu", "silu", "mish", "softplus")
}
NEVER_NEGATIVE = frozenset({"relu", "relu6", "sigmoid", "hardsigmoid", "softplus", "softmax"})
KEEPING = frozenset({"pool", "dropout", "concat", "add", "slice", "flatten", "pad"})
"""Kinds whose output is not negative where no input is."""

LOCAL_RESPONSE_NORM = '''class LocalResponseNorm(layers.Layer):
    """x / (k + alpha/size · the sum of squares over the ``size`` channels around)^beta"""

    def __init__(self, size, alpha, beta, k, **kwargs):
        super().__init__(**kwargs)
        self.size, self.alpha, self.beta, self.k = size, alpha, beta, k

    def call(self, x):
        channels = x.shape[-1]
        squares = ops.pad(ops.square(x), [[0, 0], [0, 0], [0, 0], [self.size // 2, (self.size - 1) // 2]])
        total = sum(squares[..., i : i + channels] for i in range(self.size))
        return x / (self.k + self.alpha / self.size * total) ** self.beta
'''


def pieces(plan: Plan, step: Step) -> list[Piece]:
    """What one step becomes: nothing where the layer before has it inside, two where padding stands on its own.

    Raises:
        ArchitectureError: an operation that Keras has not, or that the records do not say enough about.
    """
    record = step.record
    write = _WRITERS.get(record.kind)
    found = write(plan, step) if write else None
    if found is None or (record.weights and not any(piece.own for piece in found)):
        raise cannot_write(record, TITLE)
    return found


def _fused_activation(plan: Plan, step: Step) -> Step | None:
    """The activation that a convolution or dense layer takes in; a layer that runs twice may have a different one after each run."""
    after = plan.sole_follower(step)
    if after is None or after.record.kind != "activation" or step.name in plan.reused:
        return None
    return after if activation(after.record) in NAMES and not parameters(after.record) else None


def _taken_in(plan: Plan, step: Step) -> bool:
    """Whether the layer before has this activation inside."""
    if not step.fusible or step.record.index == 0:
        return False
    before = plan.steps[step.record.index - 1]
    return before.record.kind in ("conv", "linear") and _fused_activation(plan, before) is step


def _with_activation(plan: Plan, step: Step) -> str:
    after = _fused_activation(plan, step)
    return f'"{NAMES[activation(after.record)]}"' if after else ""


# Windows ---------------------------------------------------------------------------------------------------------------


def _padding(plan: Plan, record: LayerRecord, lowest: bool = False) -> tuple[list[Piece], str]:
    """The padding layer in front, if there must be one, and the word of the window's own padding.

    Args:
        lowest: a maximum must not see the padding, so it may be zeros only where nothing is negative.
    """
    options = record.options
    sides, same = [], True
    windows = zip(options["kernel"], options["stride"], options["dilation"], options["padding"], strict=True)
    sizes = zip(record.input_shapes[0][2:], record.output_shape[2:], strict=True)
    total = options.get("padding_total", tuple(2 * p for p in options["padding"]))
    for (n, m), (k, s, d, before), both in zip(sizes, windows, total, strict=True):
        reach = d * (k - 1) + 1
        needed = max((-(-n // s) - 1) * s + reach - n, 0)
        same = same and m == -(-n // s) and needed // 2 == before
        behind = (m - 1) * s + reach - n - before if options.get("ceil_mode") else both - before
        sides.append((before, max(behind, 0)))
    if not any(after or before for before, after in sides):
        return [], '"valid"'
    if same:
        return [], '"same"'
    even = all(before == after for before, after in sides)
    shown = number(tuple(before for before, _ in sides)) if even else str(tuple(sides))
    if not lowest or not _negative(plan, record.inputs[0]):
        return [Piece("pad", f"layers.ZeroPadding2D({shown})")], '"valid"'
    (top, bottom), (left, right) = sides
    widths = f"[[0, 0], [{top}, {bottom}], [{left}, {right}], [0, 0]]"
    return [Piece("pad", f'layers.Lambda(lambda x: ops.pad(x, {widths}, constant_values=float("-inf")))')], '"valid"'


def _negative(plan: Plan, index: int) -> bool:
    """Whether a value may be below zero."""
    if index == INPUT:
        return True
    record = plan.steps[index].record
    if record.kind == "activation":
        return activation(record) not in NEVER_NEGATIVE
    plain = record.kind in KEEPING and not (record.kind == "add" and len(record.inputs) < 2)
    return not plain or record.type.startswith("sub") or any(_negative(plan, source) for source in record.inputs)


def _conv(plan: Plan, step: Step) -> list[Piece] | None:
    record, options = step.record, step.record.options
    if len(options.get("kernel", ())) != 2 or hides_padding(record) or max(options["stride"]) > 1 < max(options["dilation"]):
        return None
    before, padding = _padding(plan, record)
    shared = {
        "strides": (number(options["stride"]), "1"), "padding": (padding, '"valid"'), "dilation_rate": (number(options["dilation"]), "1"),
        "activation": (_with_activation(plan, step), ""), "use_bias": (options["bias"], True),
    }  # fmt: skip
    size, groups, channels = number(options["kernel"]), options["groups"], options["out_channels"]
    square = len(set(options["stride"])) == 1
    if groups > 1 and groups == options["in_channels"] and channels % groups == 0 and square:
        made = arguments(size, depth_multiplier=(channels // groups, 1), **shared)
        return [*before, Piece("conv", f"layers.DepthwiseConv2D({made})", own=True)]
    made = arguments(str(channels), size, groups=(groups, 1), **shared)
    return [*before, Piece("conv", f"layers.Conv2D({made})", own=True)]


def _pool(plan: Plan, step: Step) -> list[Piece] | None:
    record, options = step.record, step.record.options
    if len(record.input_shapes[0]) != 4 or len(record.output_shapes) != 1:
        return None
    highest = "max" in record.type.lower()
    name = "Max" if highest else "Average"
    if "dim" in options or "output_size" in options:
        return _whole(plan, step, name)
    if "kernel" not in options or "norm_type" in options or set(options["dilation"]) != {1} or options.get("divisor"):
        return None
    before, padding = _padding(plan, record, lowest=highest)
    padded = any(options["padding"])
    if not highest and padding == '"same"' and padded and options["count_include_pad"]:
        # Keras leaves what it padded out of the average, PyTorch counts it in.
        if options["ceil_mode"]:
            return None
        before, padding = [Piece("pad", f"layers.ZeroPadding2D({number(options['padding'])})")], '"valid"'
    elif not highest and before and (options["ceil_mode"] or not options["count_include_pad"]):
        return None
    size = number(options["kernel"])
    made = arguments(size, strides=(number(options["stride"]), size), padding=(padding, '"valid"'))
    return [*before, Piece("pool", f"layers.{name}Pooling2D({made})")]


def _whole(plan: Plan, step: Step, name: str) -> list[Piece] | None:
    """Poolings over the whole map, or into a given number of equal parts."""
    record = step.record
    before, after = record.input_shapes[0][2:], record.output_shape[2:]
    if is_global(record) and (record.type == "mean" or "output_size" in record.options):
        flat = len(record.output_shape) == 2 or _flattened_after(plan, step)
        return [Piece("pool", f"layers.Global{name}Pooling2D({'' if flat else 'keepdims=True'})")]
    if "dim" in record.options or any(n % m for n, m in zip(before, after, strict=True)):
        return None
    size = tuple(n // m for n, m in zip(before, after, strict=True))
    return [] if set(size) == {1} else [Piece("pool", f"layers.{name}Pooling2D({number(size)})")]


def _flattened_after(plan: Plan, step: Step) -> bool:
    after = plan.sole_follower(step)
    return after is not None and after.record.kind == "flatten"


# The others ------------------------------------------------------------------------------------------------------------


def _linear(plan: Plan, step: Step) -> list[Piece] | None:
    record, options = step.record, step.record.options
    if "out_features" not in options or len(record.output_shape) != 2:
        return None
    made = arguments(str(options["out_features"]), activation=(_with_activation(plan, step), ""), use_bias=(options["bias"], True))
    return [Piece("linear", f"layers.Dense({made})", own=True)]


def _norm(plan: Plan, step: Step) -> list[Piece] | None:
    options = step.record.options
    if "alpha" in options:
        given = f"size={options['size']}, alpha={options['alpha']:g}, beta={options['beta']:g}, k={options['k']:g}"
        return [Piece("norm", f"LocalResponseNorm({given})", helper=LOCAL_RESPONSE_NORM)]
    if not options.get("running"):
        return None
    # Keras's momentum is the share of the old mean, PyTorch's that of the new; Keras's own defaults are 0.99 and 1e-3.
    given = arguments(momentum=(round(1 - options["momentum"], 6), 0.99), epsilon=(options["eps"], 1e-3), center=(options["bias"], True),
                      scale=(options["scale"], True))  # fmt: skip
    return [Piece("bn", f"layers.BatchNormalization({given})", own=True)]


def _activation(plan: Plan, step: Step) -> list[Piece] | None:
    record = step.record
    if _taken_in(plan, step):
        return []
    name = activation(record)
    values = parameters(record)
    if name == "leaky_relu":
        return [Piece(name, f"layers.LeakyReLU({values[0] if values else 0.01:g})")]
    if name == "elu" and values:
        return [Piece(name, f"layers.ELU({values[0]:g})")]
    if name == "softmax" and record.options["dim"] in (1, -1) and len(record.output_shape) == 2:
        return [Piece(name, "layers.Softmax()")]
    if name not in NAMES or parameters(record):
        return None
    return [Piece(name, f'layers.Activation("{NAMES[name]}")')]


def _dropout(plan: Plan, step: Step) -> list[Piece] | None:
    record = step.record
    spatial = "2d" in record.type or record.type == "feature_dropout"
    if record.type.lower() not in ("dropout", "dropout2d", "feature_dropout"):
        return None
    return [Piece("dropout", f"layers.{'SpatialDropout2D' if spatial else 'Dropout'}({record.options['p']:g})")]


def _flatten(plan: Plan, step: Step) -> list[Piece] | None:
    record = step.record
    if len(record.output_shape) != 2 or record.input_shapes[0][0] != record.output_shape[0]:
        return None
    before = plan.steps[record.index - 1].record if step.fusible else None
    if before is not None and before.kind == "pool" and is_global(before):
        return []  # the global pooling has flattened already
    return [Piece("flatten", "layers.Flatten()")]


def _arithmetic(plan: Plan, step: Step) -> list[Piece] | None:
    record = step.record
    found = operator(record)
    if found is None:
        return None
    sign, turned = found
    if len(record.inputs) == 2:
        name = {"+": "add", "-": "subtract", "*": "multiply"}.get(sign)
        return [Piece(record.kind, call=f"layers.{name}([{{0}}, {{1}}])")] if name else None
    value = record.options.get("number")
    if not isinstance(value, int | float) or (turned and sign == "/"):
        return None
    if turned and sign == "-":
        return [Piece("scale", f"layers.Rescaling(-1.0, {value})")]
    scale, offset = {"+": ("1.0", f"{value}"), "-": ("1.0", f"{-value}"), "*": (f"{value}", ""), "/": (f"1 / {value}", "")}[sign]
    return [Piece("scale", f"layers.Rescaling({scale}{', ' * bool(offset)}{offset})")]


def _concat(plan: Plan, step: Step) -> list[Piece] | None:
    record = step.record
    if record.type == "stack" or len(record.output_shape) not in (2, 4) or not joins_all(record):
        return None
    axis = {1: -1, 2: 1, 3: 2}.get(record.options["dim"] % len(record.output_shape))
    inside = ", ".join(f"{{{place}}}" for place in range(len(record.inputs)))
    return [Piece("concat", call=f"layers.concatenate([{inside}], axis={axis})")] if axis else None


def _slice(plan: Plan, step: Step) -> list[Piece] | None:
    record = step.record
    picks = record.options.get("index", ())
    if len(record.input_shapes[0]) != 4 or len(picks) != 4 or not all(isinstance(pick, tuple) for pick in picks):
        return None
    first, channels, rows, columns = picks
    return [Piece("slice", call=f"{{0}}{index_text((first, rows, columns, channels))}")]


def _pad(plan: Plan, step: Step) -> list[Piece] | None:
    record, options = step.record, step.record.options
    if len(record.output_shape) != 4 or options["mode"] != "constant" or min(options["pad"]) < 0 or len(options["pad"]) > 6:
        return None
    pad = [*options["pad"], 0, 0, 0, 0][:6]
    columns, rows, channels = pad[0:2], pad[2:4], pad[4:6]
    extra = f", constant_values={options['value']}" if options["value"] else ""
    return [Piece("pad", call=f"ops.pad({{0}}, [[0, 0], {rows}, {columns}, {channels}]{extra})")]


def checked_input(plan: Plan) -> str:
    """The shape of a picture as Keras takes it: ``(28, 28, 1)``."""
    if len(plan.input_shape) != 3:
        raise refuse("Keras code is written for networks over pictures", code="code_not_pictures", shape=str(plan.input_shape))
    channels, height, width = plan.input_shape
    return f"({height}, {width}, {channels})"


_WRITERS = {
    "conv": _conv, "linear": _linear, "pool": _pool, "norm": _norm, "activation": _activation, "dropout": _dropout,
    "flatten": _flatten, "add": _arithmetic, "multiply": _arithmetic, "concat": _concat, "slice": _slice, "pad": _pad,
}  # fmt: skip
