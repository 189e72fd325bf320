"""What a layer becomes in a framework, before it is known in which way the whole is written."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from cnn_core.inspection.records import LayerRecord


@dataclass(frozen=True, slots=True)
class Piece:
    """One layer or operation in the words of a framework.

    Attributes:
        word: what a layer without weights is called.
        make: the constructor ("nn.ReLU()"); empty for what exists as an operation only.
        call: the operation ("F.relu({0})", "{0} + {1}"); empty for what needs its layer.
        own: whether it holds weights, and therefore bears its own name.
        helper: name of a class that has to be written out first.
    """

    word: str
    make: str = ""
    call: str = ""
    own: bool = False
    helper: str = ""


def number(values: tuple[int, ...]) -> str:
    """``3`` for (3, 3), ``(1, 7)`` for (1, 7)."""
    return str(values[0]) if len(set(values)) == 1 else str(tuple(values))


def arguments(*given: str, **named: tuple[Any, Any]) -> str:
    """Arguments of a call; each named one is (value, default), and left out where it is the default.

    >>> arguments("6", "16", kernel_size=(5, None), stride=("1", "1"), bias=(False, True))
    '6, 16, kernel_size=5, bias=False'
    """
    shown = [f"{name}={value}" for name, (value, default) in named.items() if value != default]
    return ", ".join([*given, *shown])


def index_text(picks: Iterable[Any]) -> str:
    """``x[:, :, ::2]`` without the x.

    >>> index_text(((None, None, None), (None, None, 2), 0, "..."))
    '[:, ::2, 0, ...]'
    """
    return f"[{', '.join(_pick(pick) for pick in picks)}]"


def _pick(pick: Any) -> str:
    if not isinstance(pick, tuple):
        return str(pick)
    start, stop, step = ("" if part is None else str(part) for part in pick)
    return f"{start}:{stop}" + (f":{step}" if step else "")


OPERATORS = {"add": "+", "sub": "-", "subtract": "-", "mul": "*", "multiply": "*", "div": "/", "divide": "/", "true_divide": "/",
             "truediv": "/"}


def operator(record: LayerRecord) -> tuple[str, bool] | None:
    """The sign of an arithmetic operation, and whether its operands stand the other way round; None for other operations."""
    name = record.type.lower()  # a module may do nothing but this ("Multiply")
    if name in OPERATORS:
        return OPERATORS[name], False
    if name[:1] == "i" and name[1:] in OPERATORS:
        return OPERATORS[name[1:]], False
    if name[:1] == "r" and name[1:] in OPERATORS:
        return OPERATORS[name[1:]], True
    return None


ACTIVATIONS = {
    "relu": "ReLU", "relu6": "ReLU6", "tanh": "Tanh", "sigmoid": "Sigmoid", "leaky_relu": "LeakyReLU", "elu": "ELU", "selu": "SELU",
    "celu": "CELU", "gelu": "GELU", "silu": "SiLU", "mish": "Mish", "hardswish": "Hardswish", "hardsigmoid": "Hardsigmoid",
    "softplus": "Softplus", "softmax": "Softmax", "log_softmax": "LogSoftmax",
}  # fmt: skip
_BY_CLASS = {name.lower(): operation for operation, name in ACTIVATIONS.items()}


def activation(record: LayerRecord) -> str:
    """The operation's name in torch ("relu"), whether a module or a function ran; "" where it is none that is known."""
    found = record.type if record.type in ACTIVATIONS else _BY_CLASS.get(record.type.lower(), "")
    return "" if "approximate" in record.options else found


DEFAULTS = {"leaky_relu": (0.01,), "elu": (1.0,), "celu": (1.0,), "softplus": (1.0, 20.0), "relu6": (0.0, 6.0)}


def parameters(record: LayerRecord) -> tuple[float, ...]:
    """The numbers of an activation (a slope); none where they are PyTorch's defaults."""
    given = tuple(record.options.get("arguments", ()))
    return () if given == DEFAULTS.get(activation(record)) else given


def hides_padding(record: LayerRecord) -> bool:
    """Whether a window's output is not what its own numbers give: the layer pads inside, in a way that no record shows."""
    options = record.options
    if options.get("transposed"):
        return True
    rank = len(options["kernel"])
    source, out = record.input_shapes[0][-rank:], record.output_shape[-rank:]
    if options.get("ceil_mode"):
        return False  # rounded up, which the pooling itself has done
    total = options.get("padding_total", tuple(2 * p for p in options["padding"]))
    return any(
        (n + extra - d * (k - 1) - 1) // s + 1 != m
        for n, m, k, s, d, extra in zip(source, out, options["kernel"], options["stride"], options["dilation"], total, strict=True)
    )


def is_global(record: LayerRecord) -> bool:
    """Whether a pooling leaves one pixel a map, over everything."""
    options = record.options
    if "output_size" in options:
        return set(options["output_size"]) == {1}
    return tuple(sorted(options.get("dim", ()))) == (-2, -1)


def joins_all(record: LayerRecord) -> bool:
    """Whether what a concatenation joins is all there: a constant among its operands is in no record."""
    dim = record.options["dim"]
    return sum(shape[dim] for shape in record.input_shapes) == record.output_shape[dim]
