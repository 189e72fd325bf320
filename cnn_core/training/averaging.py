"""The exponential mean of the weights, which is validated and kept where a recipe asks for it. Imports torch."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class Average:
    """Follows a network's weights and buffers; nothing at all where ``weight`` is 0.

    As a context it puts the averaged weights into the network, and the network's own back at the end.
    """

    def __init__(self, network: nn.Module, weight: float) -> None:
        self.network, self.weight = network, weight
        self.mean: dict[str, Tensor] = self._copy() if weight else {}

    def _copy(self) -> dict[str, Tensor]:
        return {name: tensor.detach().clone() for name, tensor in self.network.state_dict().items()}

    def update(self, step: int) -> None:
        """Towards the newest weights; faster at the start, when the first ones are not worth remembering."""
        if not self.weight:
            return
        weight = min(self.weight, (1 + step) / (10 + step))
        with torch.no_grad():
            for name, value in self.network.state_dict().items():
                if value.is_floating_point():
                    self.mean[name].lerp_(value, 1 - weight)
                else:
                    self.mean[name].copy_(value)

    def restore(self, mean: dict[str, Tensor]) -> None:
        for name, tensor in self.mean.items():
            tensor.copy_(mean[name])

    def __enter__(self) -> None:
        if self.weight:
            self.own = self._copy()
            self.network.load_state_dict(self.mean)

    def __exit__(self, *error: object) -> None:
        if self.weight:
            self.network.load_state_dict(self.own)
            del self.own
