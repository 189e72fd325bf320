"""Batch normalisation on a batch: what each channel's mean and variance are, what comes out, and what is remembered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torch.nn import functional as F

from cnn_core.blocks.threads import one_thread
from cnn_core.errors import BlockError
from cnn_core.kernels import KERNELS

Floats = NDArray[np.float32]

EDGES = ("horizontal", "vertical", "laplacian")
"""The course's three kernels: the maps of a first layer nobody had to train."""

NUMBERS: Floats = np.array([[1, 10, 0], [2, 20, 0], [3, 30, 0], [6, 40, 4]], dtype=np.float32)
"""Four rows of three features, for checking by hand: means 3, 25 and 1; variances 3.5, 125 and 3."""


@dataclass(frozen=True)
class Normalised:
    """What batch normalisation did, all float32.

    Attributes:
        before, after: (N, C, H, W) or (N, F).
        mean, var: (C,) of this batch; the variance divides by the count, as the formula does.
        used_mean, used_var: (C,) what was subtracted and divided by: the batch's in training, else the remembered.
        running_means, running_vars: (steps + 1, C), the remembered values from the start (0 and 1) on.
        counts: how many values each channel's mean is taken over.
        eps: what keeps the root from zero.
    """

    before: Floats
    after: Floats
    mean: Floats
    var: Floats
    used_mean: Floats
    used_var: Floats
    running_means: Floats
    running_vars: Floats
    counts: int
    eps: float


def colours(images: NDArray[np.uint8]) -> Floats:
    """(N, H, W, 3) uint8 as (N, 3, H, W) of 0 to 1: red, green and blue as three channels."""
    values: Floats = images.transpose(0, 3, 1, 2).astype(np.float32) / np.float32(255)
    return np.ascontiguousarray(values)


@one_thread()
def edges(images: NDArray[np.uint8]) -> Floats:
    """The course's three kernels on the grey pictures: (N, 3, H−2, W−2). The mean of red, green and blue is the grey."""
    grey = torch.from_numpy(colours(images)).mean(dim=1, keepdim=True)
    turned = np.stack([KERNELS[name].weights[::-1, ::-1] for name in EDGES])[:, None]  # Conv2d does not flip; the course does
    maps: Floats = F.conv2d(grey, torch.from_numpy(turned.astype(np.float32))).numpy()
    return maps


def layer(channels: int, dims: int = 2, momentum: float = 0.1) -> nn.Module:
    """``BatchNorm1d`` or ``BatchNorm2d`` as PyTorch makes it: γ = 1, β = 0, remembered mean 0 and variance 1."""
    return (nn.BatchNorm1d if dims == 1 else nn.BatchNorm2d)(channels, momentum=momentum)


@one_thread()
def normalise(
    batch: Floats, *, gamma: Sequence[float], beta: Sequence[float], training: bool = True, seen: Sequence[Floats] = (),
    momentum: float = 0.1,
) -> Normalised:  # fmt: skip
    """Run a batch through ``BatchNorm1d`` (N, F) or ``BatchNorm2d`` (N, C, H, W).

    Args:
        gamma, beta: one a channel.
        training: with the batch's own mean and variance, which are also remembered; else with the remembered ones.
        seen: batches the layer was trained on before, oldest first.
        momentum: how much of each new batch goes into what is remembered.

    Raises:
        BlockError: one value a channel has no variance to divide by in training (``BatchNorm1d`` on a batch of one).

    References:
        Ioffe & Szegedy (2015), "Batch normalization", ICML, arXiv:1502.03167, algorithm 1.
    """
    axes = (0, *range(2, batch.ndim))
    counts = batch.size // batch.shape[1]
    if training and counts == 1:
        raise BlockError(
            "one value a channel has no variance: train with a batch of two or more, or use eval mode",
            code="batch_of_one", channels=batch.shape[1],
        )  # fmt: skip
    norm: nn.Module = layer(batch.shape[1], 1 if batch.ndim == 2 else 2, momentum)
    means, variances = [np.zeros(batch.shape[1], np.float32)], [np.ones(batch.shape[1], np.float32)]
    with torch.no_grad():
        norm.weight.copy_(torch.tensor(gamma))
        norm.bias.copy_(torch.tensor(beta))
        for earlier in seen:
            norm(torch.from_numpy(earlier))
            means.append(norm.running_mean.numpy().copy())
            variances.append(norm.running_var.numpy().copy())
        remembered = means[-1], variances[-1]
        norm.train(training)
        after = norm(torch.from_numpy(batch)).numpy()
        if training:
            means.append(norm.running_mean.numpy().copy())
            variances.append(norm.running_var.numpy().copy())
    mean, var = batch.mean(axis=axes), batch.var(axis=axes)
    used_mean, used_var = (mean, var) if training else remembered
    return Normalised(
        batch, after, mean, var, used_mean, used_var, np.stack(means), np.stack(variances), counts, norm.eps
    )
