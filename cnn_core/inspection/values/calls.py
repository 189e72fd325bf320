"""The arithmetic of operations that a network calls as functions (``F.relu(x)``, ``a + b``), without a layer of their own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch

from cnn_core.inspection.values import activations, norms, pooling, products
from cnn_core.inspection.values.layers import Place, layer_norm, padding_before, softmax, spread
from cnn_core.inspection.worked import FormulaStep, WorkedValue


def caller(operation: str) -> Callable[..., WorkedValue | None] | None:
    """The function that works out a value of an operation, from its place and the arguments of the call."""
    if operation in CALLS:
        return CALLS[operation]
    return _pointwise(operation) if operation in activations.FUNCTIONS else None


def _conv(place: Place, input: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor | None = None, stride: Any = 1,
          padding: Any = 0, dilation: Any = 1, groups: int = 1) -> WorkedValue:  # fmt: skip
    kernel = tuple(weight.shape[2:])
    dilations = spread(dilation, len(kernel))
    return products.convolution(
        input[place[0]], place[1:], weight, bias, stride=spread(stride, len(kernel)),
        padding=padding_before(padding, kernel, dilations), dilation=dilations, groups=groups)


def _linear(place: Place, input: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor | None = None) -> WorkedValue:
    return products.linear(input[place[0]], place[1:], weight, bias)


def _max_pool(place: Place, input: torch.Tensor, kernel_size: Any, stride: Any = None, padding: Any = 0, dilation: Any = 1,
              *_rest: Any, **_ignored: Any) -> WorkedValue:  # fmt: skip
    rank = input.dim() - 2
    return pooling.maximum(
        input[place[0]], place[1:], kernel=spread(kernel_size, rank), stride=spread(stride or kernel_size, rank),
        padding=spread(padding, rank), dilation=spread(dilation, rank))


def _avg_pool(place: Place, input: torch.Tensor, kernel_size: Any, stride: Any = None, padding: Any = 0, ceil_mode: bool = False,
              count_include_pad: bool = True, divisor_override: int | None = None) -> WorkedValue:  # fmt: skip
    rank = input.dim() - 2
    return pooling.average(
        input[place[0]], place[1:], kernel=spread(kernel_size, rank), stride=spread(stride or kernel_size, rank),
        padding=spread(padding, rank), count_include_pad=count_include_pad, divisor=divisor_override)


def _adaptive(largest: bool) -> Callable[..., WorkedValue]:
    def work(place: Place, input: torch.Tensor, output_size: Any, *_rest: Any, **_ignored: Any) -> WorkedValue:
        size = [n if m is None else m for n, m in zip(input.shape[2:], spread(output_size, input.dim() - 2), strict=True)]
        return pooling.adaptive(input[place[0]], place[1:], output_size=size, largest=largest)

    return work


def _mean(place: Place, input: torch.Tensor, dim: Any = None, keepdim: bool = False, **_ignored: Any) -> WorkedValue | None:
    """Of whole maps, (N, C, …); of other axes nothing is written down."""
    axes = {d % input.dim() for d in (dim if isinstance(dim, Sequence) else (dim,) if dim is not None else ())}
    if axes != set(range(2, input.dim())):
        return None
    return pooling.over_axes(input[place[0]], place[1:])


def _batch_norm(
    place: Place, input: torch.Tensor, running_mean: torch.Tensor | None = None, running_var: torch.Tensor | None = None,
    weight: torch.Tensor | None = None, bias: torch.Tensor | None = None, training: bool = False, momentum: float = 0.1,
    eps: float = 1e-5, *_rest: Any,
) -> WorkedValue:
    channel = place[1]
    if training or running_mean is None or running_var is None:
        return norms.of_values("batch_norm", input[place[0]], place[1:], channel, input[:, channel][None], epsilon=eps,
                               weight=weight, bias=bias, channels=np.array([channel]))
    return norms.with_statistics(
        "batch_norm", input[place[0]], place[1:], channel, mean=float(running_mean[channel]), variance=float(running_var[channel]),
        epsilon=eps, weight=weight, bias=bias)


def _layer_norm(place: Place, input: torch.Tensor, normalized_shape: Sequence[int], weight: torch.Tensor | None = None,
                bias: torch.Tensor | None = None, eps: float = 1e-5, *_rest: Any) -> WorkedValue:  # fmt: skip
    return layer_norm(input, place, tuple(normalized_shape), weight, bias, eps)


def _softmax(logarithm: bool) -> Callable[..., WorkedValue]:
    def work(place: Place, input: torch.Tensor, dim: int = -1, *_rest: Any, **_ignored: Any) -> WorkedValue:
        return softmax(input, place, dim, logarithm=logarithm)

    return work


def _pointwise(operation: str) -> Callable[..., WorkedValue | None]:
    def work(place: Place, input: torch.Tensor, *arguments: Any, inplace: bool = False, **named: Any) -> WorkedValue | None:
        name, settings = operation, {}
        if operation == "gelu":
            name = "gelu_tanh" if named.get("approximate") == "tanh" else "gelu"
        elif operation == "relu6":
            settings = {"low": 0.0, "high": 6.0}
        elif operation == "leaky_relu":
            slope = named.get("negative_slope", arguments[0] if arguments else 0.01)
            settings = {"slope": float(slope)}
        elif operation not in PLAIN:
            return None
        return activations.pointwise(input[place[0]], place[1:], name, settings)

    return work


PLAIN = ("relu", "silu", "mish", "hardswish", "hardsigmoid", "sigmoid", "tanh", "softsign", "tanhshrink")
"""Activations without settings; those with settings are worked out as layers only."""


# Where branches meet -----------------------------------------------------------------------------------------------------


def _joined(operation: str, sign: str) -> Callable[..., WorkedValue]:
    def work(place: Place, input: Any, other: Any, *_rest: Any, alpha: float = 1.0, **_ignored: Any) -> WorkedValue:
        left, right = _operand(input, place), alpha * _operand(other, place)
        total = {"+": left + right, "−": left - right, "·": left * right}[sign] if sign != "/" else left / right
        return WorkedValue(
            "join", operation, place[1:], np.array(place[1:2], int), np.array([left, right]), total,
            (FormulaStep("joined", f"a {sign} b", (left, sign, right), total),), numbers={"a": left, "b": right},
            magnitude=abs(left) + abs(right) if sign in "+−" else abs(total))

    return work


def _operand(value: Any, place: Place) -> float:
    """The element of a tensor that broadcasting brings to a place; a number is the same everywhere."""
    if not isinstance(value, torch.Tensor):
        return float(value)
    at = place[len(place) - value.dim():]
    return float(value[tuple(0 if n == 1 else i for i, n in zip(at, value.shape, strict=True))])


def _concat(place: Place, tensors: Sequence[torch.Tensor], dim: int = 0, **_ignored: Any) -> WorkedValue:
    axis, at = dim % tensors[0].dim(), place[dim]
    for branch, tensor in enumerate(tensors):
        if at < tensor.shape[axis]:
            own = float(tensor[(*place[:axis], at, *place[axis + 1:])])
            return WorkedValue(
                "join", "concat", place[1:], np.array([at]), np.array([own]), own,
                (FormulaStep("taken", f"x{branch + 1}", (own,), own),), numbers={"branch": float(branch), "value": own},
                magnitude=abs(own))
        at -= tensor.shape[axis]
    raise IndexError(place[dim])


CALLS: dict[str, Callable[..., WorkedValue | None]] = {
    **dict.fromkeys(("conv1d", "conv2d", "conv3d"), _conv),
    "linear": _linear,
    **dict.fromkeys([f"max_pool{rank}d{tail}" for rank in (1, 2, 3) for tail in ("", "_with_indices")], _max_pool),
    **dict.fromkeys(("avg_pool1d", "avg_pool2d", "avg_pool3d"), _avg_pool),
    **dict.fromkeys(("adaptive_avg_pool1d", "adaptive_avg_pool2d", "adaptive_avg_pool3d"), _adaptive(False)),
    "mean": _mean,
    "batch_norm": _batch_norm,
    "layer_norm": _layer_norm,
    "softmax": _softmax(False),
    "log_softmax": _softmax(True),
    **dict.fromkeys(("add",), _joined("add", "+")),
    **dict.fromkeys(("sub", "subtract"), _joined("subtract", "−")),
    **dict.fromkeys(("mul", "multiply"), _joined("multiply", "·")),
    **dict.fromkeys(("div", "divide", "true_divide", "truediv"), _joined("divide", "/")),
    **dict.fromkeys(("cat", "concat", "concatenate"), _concat),
}  # fmt: skip
