"""Activations with their gradients, and how signals and gradients fare through twenty layers from different starts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from cnn_core.blocks.threads import one_thread

Floats = NDArray[np.float64]

ACTIVATIONS: dict[str, tuple[Callable[[], nn.Module], str]] = {
    "relu": (nn.ReLU, "max(0, x)"),
    "leaky_relu": (nn.LeakyReLU, "max(0.01·x, x)"),
    "prelu": (nn.PReLU, "max(a·x, x)"),
    "elu": (nn.ELU, "x > 0: x;  x ≤ 0: eˣ − 1"),
    "gelu": (nn.GELU, "x·Φ(x)"),
    "silu": (nn.SiLU, "x / (1 + e⁻ˣ)"),
    "tanh": (nn.Tanh, "(eˣ − e⁻ˣ) / (eˣ + e⁻ˣ)"),
    "sigmoid": (nn.Sigmoid, "1 / (1 + e⁻ˣ)"),
}
"""Each as PyTorch has it, and its formula. PReLU (He et al. 2015) learns its a, which starts at 0.25."""

STARTS = ("xavier", "he", "small", "large")
"""Xavier: deviation √(2 / (in + out)); He: √(2 / in); small and large: 0.01 and 0.2 whatever the layer."""

FLAT = 0.1
"""A gradient below this is called saturated here: after ten such layers less than 10⁻¹⁰ is left."""

WIDTH, SAMPLES = 128, 256
NOISE_SEED = 10_000  # added to the seed of the weights


@dataclass(frozen=True)
class Curve:
    """An activation over x, and its gradient as autograd computes it; (n,) each."""

    x: Floats
    y: Floats
    gradient: Floats

    @property
    def saturated(self) -> NDArray[np.bool_]:
        """Where the gradient's magnitude is below ``FLAT``."""
        return np.abs(self.gradient) < FLAT


def curve(name: str, x: Floats) -> Curve:
    """An activation of ``ACTIVATIONS`` at some places, with its gradient.

    >>> at = curve("tanh", np.array([0.0, 2.0]))
    >>> at.gradient.round(4).tolist()
    [1.0, 0.0707]
    """
    points = torch.tensor(x, dtype=torch.float64, requires_grad=True)
    y = ACTIVATIONS[name][0]().double()(points)
    y.sum().backward()
    return Curve(np.asarray(x, dtype=np.float64), y.detach().numpy(), points.grad.numpy())


@dataclass(frozen=True)
class Signals:
    """What was measured through a stack of layers.

    Attributes:
        forward: (depth + 1,) the root mean square of the input and of each layer's activations.
        backward: (depth,) the root mean square of the loss's gradient at each layer's input to the activation.
        saturated: (depth,) share of units whose activation's gradient is below ``FLAT``.
        last: (n,) some activations of the last layer.
    """

    forward: Floats
    backward: Floats
    saturated: Floats
    last: Floats


@one_thread()
def measure(inputs: Floats, activation: str, start: str, *, depth: int = 20, seed: int = 0) -> Signals:
    """Send inputs (N, F) of mean 0 and deviation 1 through ``depth`` linear layers and back.

    The loss is a random weighing of the last layer's activations, divided by their number.

    References:
        Glorot & Bengio (2010), AISTATS, figures 6 and 7; He et al. (2015), ICCV, arXiv:1502.01852, section 2.2.
    """
    generator = torch.Generator().manual_seed(seed)
    values = torch.tensor(inputs, dtype=torch.float64)
    sizes = [values.shape[1], *[WIDTH] * depth]
    act = ACTIVATIONS[activation][0]().double()
    before, after = [], [values]
    for n_in, n_out in pairwise(sizes):
        weight = torch.empty(n_out, n_in, dtype=torch.float64)
        _start(weight, start, generator)
        z = (after[-1] @ weight.T).requires_grad_()
        z.retain_grad()
        before.append(z)
        after.append(act(z))
    read_out = torch.randn(after[-1].shape, dtype=torch.float64, generator=generator)
    (after[-1] * read_out).sum().div(values.shape[0]).backward()
    slopes = [curve(activation, z.detach().numpy()).saturated.mean() for z in before]
    return Signals(
        np.array([_size(a.detach()) for a in after]), np.array([_size(z.grad) for z in before]), np.array(slopes),
        after[-1].detach().numpy().ravel()[:4096],
    )  # fmt: skip


def first_weights(n: int, start: str, seed: int = 0) -> Floats:
    """A layer's weights (n, n) before any training, as ``measure`` draws them."""
    weight = torch.empty(n, n, dtype=torch.float64)
    _start(weight, start, torch.Generator().manual_seed(seed))
    drawn: Floats = weight.numpy()
    return drawn


def _start(weight: torch.Tensor, start: str, generator: torch.Generator) -> None:
    if start == "xavier":
        nn.init.xavier_normal_(weight, generator=generator)
    elif start == "he":
        nn.init.kaiming_normal_(weight, generator=generator)
    else:
        nn.init.normal_(weight, std=0.01 if start == "small" else 0.2, generator=generator)


def _size(values: torch.Tensor) -> float:
    return float(values.pow(2).mean().sqrt())


def noise(seed: int = 0) -> Floats:
    """Inputs for ``measure``, (samples, width), of mean 0 and deviation 1; other numbers than the weights of the same seed."""
    generator = torch.Generator().manual_seed(NOISE_SEED + seed)
    drawn: Floats = torch.randn(SAMPLES, WIDTH, dtype=torch.float64, generator=generator).numpy()
    return drawn


def stack(activation: str, depth: int) -> nn.Sequential:
    """The layers that ``measure`` sends its inputs through, each with its activation, as modules."""
    make = ACTIVATIONS[activation][0]
    return nn.Sequential(*(layer for _ in range(depth) for layer in (nn.Linear(WIDTH, WIDTH, bias=False), make())))
