"""Dropout: single values or whole maps set to zero, and the rest scaled so that the mean stays."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from cnn_core.architectures.building import seeded
from cnn_core.blocks.threads import one_thread

Floats = NDArray[np.float32]

COURSE: Floats = np.arange(1, 76, dtype=np.float32).reshape(1, 3, 5, 5) % 9 + 1
"""The course's shape, 1×3×5×5, filled with digits so that twice a value is seen at once."""


def layer(p: float, whole_maps: bool) -> nn.Module:
    return nn.Dropout2d(p) if whole_maps else nn.Dropout(p)


@one_thread()
def drop(x: Floats, p: float, *, whole_maps: bool, training: bool, seed: int) -> Floats:
    """One pass of (N, C, H, W) through ``Dropout`` or ``Dropout2d``; in eval mode the input itself.

    References:
        Srivastava et al. (2014), JMLR 15; whole maps: Tompson et al. (2015), CVPR, arXiv:1411.4280.
    """
    with seeded(seed), torch.no_grad():
        kept: Floats = layer(p, whole_maps).train(training)(torch.from_numpy(x)).numpy()
    return kept


@one_thread()
def mean_of_draws(x: Floats, p: float, draws: int, *, whole_maps: bool, seed: int) -> Floats:
    """The mean of many passes in training, (1, C, H, W): it comes close to ``x``, because of the scaling by 1/(1 − p)."""
    many = torch.from_numpy(x).expand(draws, *x.shape[1:])
    with seeded(seed), torch.no_grad():
        mean: Floats = layer(p, whole_maps).train()(many).mean(dim=0, keepdim=True).numpy()
    return mean
