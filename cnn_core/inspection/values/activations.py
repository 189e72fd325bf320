"""One value of an activation: a function of one number, or a softmax over a vector."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import erf, exp, expm1, log1p, pi, sqrt, tanh

import numpy as np
import torch

from cnn_core.inspection.values.reading import numbers
from cnn_core.inspection.worked import FormulaStep, Part, WorkedValue, added

Settings = Mapping[str, float]
Line = tuple[str, tuple[Part, ...], float]
"""The formula in letters, the same with the numbers put in, and its value."""


def pointwise(x: torch.Tensor, position: tuple[int, ...], operation: str, settings: Settings) -> WorkedValue:
    """``f(x)`` of the one value at the same position; ``operation`` is a key of ``FUNCTIONS``."""
    own = float(x[position])
    symbols, parts, total = FUNCTIONS[operation](own, settings)
    return WorkedValue(
        "activation", operation, position, np.array(position[:1] or (0,)), np.array([own]), total,
        (FormulaStep("activation", symbols, parts, total),), numbers={"value": own, **settings},
        magnitude=16 * (abs(own) + abs(total)))


def softmax(x: torch.Tensor, position: tuple[int, ...], dim: int, *, logarithm: bool = False, sign: float = 1.0) -> WorkedValue:
    """``e^x / Σ e^x`` along one dimension; the maximum is taken off first, which changes nothing but the size of the numbers.

    Args:
        sign: −1 for a softmin.
    """
    along = sign * numbers(x.movedim(dim, -1)[tuple(at for axis, at in enumerate(position) if axis != dim % x.dim())])
    own, top = float(along[position[dim]]), float(along.max())
    powers = np.exp(along - top)
    whole = float(powers.sum())
    share = exp(own - top) / whole
    total = own - top - float(np.log(whole)) if logarithm else share
    steps = [
        FormulaStep("exponentials", "Σ e^(x − max x)", added(powers), whole),
        FormulaStep("share", "e^(x − max x) / Σ", ("e^(", own, "−", top, ")", "/", whole), share),
    ]
    if logarithm:
        steps.append(FormulaStep("logarithm", "ln p", ("ln(", share, ")"), total))
    return WorkedValue(
        "activation", "log_softmax" if logarithm else "softmax" if sign > 0 else "softmin", position, np.arange(len(along)), along,
        total, tuple(steps), numbers={"value": own, "maximum": top, "sum": whole},
        magnitude=16 * (abs(total) * (1 + abs(own - top)) + (abs(own) + abs(top)) * (logarithm or share)))


def _sigmoid(x: float) -> float:
    return 1 / (1 + exp(-x)) if x >= 0 else exp(x) / (1 + exp(x))


def _softplus(x: float) -> float:
    return max(x, 0.0) + log1p(exp(-abs(x)))


def _clamp(x: float, low: float, high: float) -> float:
    return min(max(x, low), high)


def _relu(x: float, _s: Settings) -> Line:
    return "max(0, x)", ("max(", 0.0, ",", x, ")"), max(x, 0.0)


def _between(x: float, s: Settings) -> Line:
    low, high = s.get("low", 0.0), s.get("high", 6.0)
    return "min(max(x, a), b)", ("min(", "max(", x, ",", low, ")", ",", high, ")"), _clamp(x, low, high)


def _leaky(x: float, s: Settings) -> Line:
    slope = s["slope"]
    return "x ≥ 0 : x ; a·x", (x,) if x >= 0 else (slope, "·", x), x if x >= 0 else slope * x


def _elu(x: float, s: Settings) -> Line:
    alpha, scale, inner = s.get("alpha", 1.0), s.get("scale", 1.0), s.get("inner", 1.0)
    if x > 0:
        return "s·x", (scale, "·", x), scale * x
    return "s·α·(e^(x/c) − 1)", (scale, "·", alpha, "·", "(", "e^(", x, "/", inner, ")", "−", 1.0, ")"), scale * alpha * expm1(x / inner)


def _gelu(x: float, _s: Settings) -> Line:
    return "x·Φ(x)", (x, "·", "½·(", 1.0, "+", "erf(", x, "/", "√2", ")", ")"), x * 0.5 * (1 + erf(x / sqrt(2)))


def _gelu_tanh(x: float, _s: Settings) -> Line:
    inside = sqrt(2 / pi) * (x + 0.044715 * x**3)
    return ("½·x·(1 + tanh(√(2/π)·(x + 0.044715·x³)))", ("½", "·", x, "·", "(", 1.0, "+", "tanh(", inside, ")", ")"),
            0.5 * x * (1 + tanh(inside)))


def _silu(x: float, _s: Settings) -> Line:
    return "x·σ(x)", (x, "/", "(", 1.0, "+", "e^(", -x, ")", ")"), x * _sigmoid(x)


def _mish(x: float, _s: Settings) -> Line:
    return "x·tanh(ln(1 + e^x))", (x, "·", "tanh(", "ln(", 1.0, "+", "e^(", x, ")", ")", ")"), x * tanh(_softplus(x))


def _hardswish(x: float, _s: Settings) -> Line:
    return ("x·min(max(x + 3, 0), 6) / 6", (x, "·", "min(", "max(", x, "+", 3.0, ",", 0.0, ")", ",", 6.0, ")", "/", 6.0),
            x * _clamp(x + 3, 0, 6) / 6)


def _hardsigmoid(x: float, _s: Settings) -> Line:
    return ("min(max(x + 3, 0), 6) / 6", ("min(", "max(", x, "+", 3.0, ",", 0.0, ")", ",", 6.0, ")", "/", 6.0),
            _clamp(x + 3, 0, 6) / 6)


def _logistic(x: float, _s: Settings) -> Line:
    return "1 / (1 + e^(−x))", (1.0, "/", "(", 1.0, "+", "e^(", -x, ")", ")"), _sigmoid(x)


def _tanh(x: float, _s: Settings) -> Line:
    return "tanh(x)", ("tanh(", x, ")"), tanh(x)


def _scaled_tanh(x: float, s: Settings) -> Line:
    scale, slope = s["scale"], s["slope"]
    return "A·tanh(S·x)", (scale, "·", "tanh(", slope, "·", x, ")"), scale * tanh(slope * x)


def _soft_plus(x: float, s: Settings) -> Line:
    beta, threshold = s.get("beta", 1.0), s.get("threshold", 20.0)
    value = x if x * beta > threshold else _softplus(x * beta) / beta
    return "ln(1 + e^(β·x)) / β", ("ln(", 1.0, "+", "e^(", beta, "·", x, ")", ")", "/", beta), value


def _softsign(x: float, _s: Settings) -> Line:
    return "x / (1 + |x|)", (x, "/", "(", 1.0, "+", abs(x), ")"), x / (1 + abs(x))


def _log_sigmoid(x: float, _s: Settings) -> Line:
    return "−ln(1 + e^(−x))", ("−ln(", 1.0, "+", "e^(", -x, ")", ")"), -_softplus(-x)


def _hardshrink(x: float, s: Settings) -> Line:
    edge = s.get("edge", 0.5)
    kept = x if abs(x) > edge else 0.0
    return "|x| > λ : x ; 0", (kept,), kept


def _softshrink(x: float, s: Settings) -> Line:
    edge = s.get("edge", 0.5)
    value = x - edge if x > edge else x + edge if x < -edge else 0.0
    return "|x| > λ : x ∓ λ ; 0", (x, "−" if x > 0 else "+", edge) if abs(x) > edge else (0.0,), value


def _tanhshrink(x: float, _s: Settings) -> Line:
    return "x − tanh(x)", (x, "−", "tanh(", x, ")"), x - tanh(x)


def _threshold(x: float, s: Settings) -> Line:
    value = x if x > s["threshold"] else s["otherwise"]
    return "x > t : x ; v", (value,), value


FUNCTIONS: dict[str, Callable[[float, Settings], Line]] = {
    "relu": _relu, "relu6": _between, "hardtanh": _between, "leaky_relu": _leaky, "prelu": _leaky, "rrelu": _leaky, "elu": _elu,
    "selu": _elu, "celu": _elu, "gelu": _gelu, "gelu_tanh": _gelu_tanh, "silu": _silu, "mish": _mish, "hardswish": _hardswish,
    "hardsigmoid": _hardsigmoid, "sigmoid": _logistic, "tanh": _tanh, "scaled_tanh": _scaled_tanh, "softplus": _soft_plus,
    "softsign": _softsign, "log_sigmoid": _log_sigmoid, "hardshrink": _hardshrink, "softshrink": _softshrink,
    "tanhshrink": _tanhshrink, "threshold": _threshold,
}  # fmt: skip
