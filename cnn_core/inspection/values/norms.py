"""One value of a normalisation."""

from __future__ import annotations

from dataclasses import replace
from math import sqrt

import numpy as np
import torch

from cnn_core.inspection.values.reading import numbers, value
from cnn_core.inspection.worked import FormulaStep, WorkedValue, added


def with_statistics(
    operation: str, x: torch.Tensor, position: tuple[int, ...], channel: int, *, mean: float, variance: float,
    epsilon: float, weight: torch.Tensor | None, bias: torch.Tensor | None, affine: int | None = None,
    patch: np.ndarray | None = None, channels: np.ndarray | None = None,
) -> WorkedValue:
    """``γ·(x − μ)/√(σ² + ε) + β`` for one value of a picture's map, from a mean and a variance that are known.

    Args:
        affine: index of this value's scale and shift; the channel by default.
        patch: the values the statistics were taken of; by default the one value itself.
    """
    own = float(x[position])
    index = channel if affine is None else affine
    scale, shift = value(weight, index, 1.0), value(bias, index, 0.0)
    deviation = sqrt(variance + epsilon)
    normalised = (own - mean) / deviation
    total = scale * normalised + shift
    steps = [FormulaStep("normalised", "x̂ = (x − μ) / √(σ² + ε)",
                         ("(", own, "−", mean, ")", "/", "√(", variance, "+", epsilon, ")"), normalised)]
    if weight is not None:
        steps.append(FormulaStep("scaled", "γ·x̂ + β" if bias is not None else "γ·x̂",
                                 (scale, "·", normalised, *(("+", shift) if bias is not None else ())), total))
    spread = abs(scale) / deviation
    return WorkedValue(
        "norm", operation, position, np.array([channel]) if channels is None else channels,
        np.array([own]) if patch is None else patch, total, tuple(steps), numbers={
            "value": own, "mean": mean, "variance": variance, "epsilon": epsilon, "scale": scale, "shift": shift},
        bias=None if bias is None else shift, magnitude=8 * (spread * (abs(own) + abs(mean)) + abs(shift)))


def of_values(
    operation: str, x: torch.Tensor, position: tuple[int, ...], channel: int, values: torch.Tensor, *, epsilon: float,
    weight: torch.Tensor | None, bias: torch.Tensor | None, affine: int | None = None, channels: np.ndarray | None = None,
) -> WorkedValue:
    """The same with the mean and the variance of ``values``, (C, …), which are shown too."""
    read = numbers(values)
    mean, variance = float(read.mean()), float(read.var())
    found = with_statistics(
        operation, x, position, channel, mean=mean, variance=variance, epsilon=epsilon, weight=weight, bias=bias,
        affine=affine, patch=read, channels=channels)
    flat, n = read.ravel(), float(read.size)
    deviations = np.abs(read - mean)
    first = (
        FormulaStep("mean", "μ = Σ x / n", ("(", *added(flat), ")", "/", n), mean),
        FormulaStep("variance", "σ² = Σ (x − μ)² / n", ("(", *added((flat - mean) ** 2), ")", "/", n), variance),
    )
    # An error of the mean moves the value by scale/deviation; torch takes both sums in its own number type.
    spread = abs(found.numbers["scale"]) / sqrt(variance + epsilon)
    magnitude = found.magnitude + 8 * spread * (float(np.abs(read).max()) + float(deviations.max()))
    return replace(found, steps=first + found.steps, magnitude=magnitude)


def local_response(
    x: torch.Tensor, position: tuple[int, ...], *, size: int, alpha: float, beta: float, k: float
) -> WorkedValue:
    """``x / (k + α·Σ x²/n)^β`` over neighbouring channels, as torch has it (the paper's α is not divided by n).

    References:
        Krizhevsky, Sutskever & Hinton (2012), "ImageNet classification with deep convolutional neural networks".
    """
    channel, *spot = position
    wanted = np.arange(channel - size // 2, channel + (size - 1) // 2 + 1)
    inside = (wanted >= 0) & (wanted < x.shape[0])
    channels = wanted[inside]
    patch = numbers(x[(torch.as_tensor(channels, device=x.device), *spot)])
    own = float(x[position])
    squares = float((patch**2).sum())
    base = k + alpha * squares / size
    divisor = base**beta
    total = own / divisor
    steps = (
        FormulaStep("squares", "Σ x²", added(patch**2), squares),
        FormulaStep("response", "d = (k + α·Σ x²/n)^β",
                    ("(", k, "+", alpha, "·", squares, "/", float(size), ")", "^", beta), divisor),
        FormulaStep("divided_by_response", "x / d", (own, "/", divisor), total),
    )
    return WorkedValue(
        "norm", "local_response_norm", position, channels, patch, total, steps, numbers={
            "value": own, "alpha": alpha, "beta": beta, "k": k, "size": float(size), "divisor": divisor},
        magnitude=16 * abs(total) * (1 + abs(beta)))
