"""Building networks without memory for their weights."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import nn

from cnn_core.architectures.undrawn import Undrawn


def build_meta(builder: Callable[..., nn.Module], *args: Any, **kwargs: Any) -> nn.Module:
    """``builder(*args, **kwargs)`` with every weight on ``meta``, in evaluation mode: structure without memory.

    >>> network = build_meta(nn.Linear, 25088, 4096)
    >>> network.weight.device.type, network.weight.shape
    ('meta', torch.Size([4096, 25088]))
    """
    with Undrawn(), torch.no_grad():
        network = builder(*args, **kwargs)
    return network.to("meta").eval()
