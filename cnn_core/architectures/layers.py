"""What several families are made of."""

from __future__ import annotations

from torch import nn


def scaled(channels: int, width: float) -> int:
    """Channels of a layer in a network whose every layer is ``width`` times as wide; at least one.

    >>> scaled(64, 0.5), scaled(6, 0.05)
    (32, 1)
    """
    return max(1, round(channels * width))


def conv_bn_relu(
    in_channels: int, out_channels: int, kernel: int = 3, stride: int = 1, padding: int | None = None, groups: int = 1,
) -> nn.Sequential:
    """Convolution without bias (the normalisation has its own), batch normalisation, ReLU. "Same" padding unless told."""
    padding = kernel // 2 if padding is None else padding
    return nn.Sequential(
        nn.Conv2d(in_channels, out_channels, kernel, stride, padding, groups=groups, bias=False),
        nn.BatchNorm2d(out_channels),
        nn.ReLU(inplace=True),
    )


def he_initialise(network: nn.Module) -> None:
    """Draw the convolutions' weights so that the signal keeps its strength through ReLU layers, also before any training.

    References:
        He et al. (2015), "Delving deep into rectifiers", ICCV, arXiv:1502.01852: deviation √(2 / inputs of a unit).
    """
    for layer in network.modules():
        if isinstance(layer, nn.Conv2d):
            nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)
