"""What a block costs: its weights, multiply-accumulates and output, read off the block itself."""

from __future__ import annotations

from dataclasses import dataclass

from torch import nn

from cnn_core import inspection


@dataclass(frozen=True)
class Cost:
    """Weights that are learned, multiply-accumulates for one picture (bias not counted), and the output's shape without batch."""

    params: int
    macs: int
    output_shape: tuple[int, ...]


def cost(network: nn.Module, input_shape: tuple[int, ...]) -> Cost:
    """The cost of a block on one input of a shape without the batch; nothing is computed.

    >>> cost(nn.Conv2d(1, 8, 3, padding=1, bias=False), (1, 28, 28))
    Cost(params=72, macs=56448, output_shape=(8, 28, 28))
    """
    traced = inspection.trace(network, input_shape)
    return Cost(traced.params, traced.macs, traced.output_shapes[0][1:])
