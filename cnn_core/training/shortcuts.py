"""The same numbers with less work, for the steps of training alone. Imports torch.

What is shown, kept or exported is the network as it is written; only a step, which nobody looks into, may take the shorter way.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial

import torch
from torch import Tensor, nn
from torch.nn import functional as F

FEW = 8  # channels: pooling 6 of them is twice as fast as a convolution, pooling 16 is not (measured with torch 2.14, 16 floats a vector)


class Shortcuts:
    """While it is entered, the network's layers compute what they always do in a shorter way.

    - ReLU in front of max pooling comes after it: the largest of the rectified values is the rectified largest, its gradient
      goes to the same place, and the work is done on a quarter of the values. Equal to the last bit.
    - Average pooling of a few channels is a depthwise convolution by equal weights. Equal but for rounding.
    - A convolution that takes in all of its input at once (C5 of LeNet-5) is the matrix product that it is. Equal but for rounding.
    """

    def __init__(self, network: nn.Module) -> None:
        self._ways: list[tuple[nn.Module, Callable[[Tensor], Tensor]]] = []
        for activation, pooling in _rectified_pools(network):
            self._ways += [(activation, _nothing), (pooling, partial(_pool_then_rectify, pooling.forward))]
        for module in network.modules():
            if type(module) is nn.Conv2d and _may_take_in_all(module):
                self._ways.append((module, partial(_product, module)))
            elif type(module) is nn.AvgPool2d and _without_overlap(module):
                self._ways.append((module, partial(_average, module)))

    def __len__(self) -> int:
        return len(self._ways)

    def __enter__(self) -> None:
        for module, way in self._ways:
            module.forward = way

    def __exit__(self, *error: object) -> None:
        for module, _ in self._ways:
            del module.forward  # the class's own is there again


def _rectified_pools(network: nn.Module) -> Iterator[tuple[nn.ReLU, nn.MaxPool2d]]:
    """Neighbours in a chain that is called as a whole, each with one place in the network."""
    places = Counter(id(module) for _, module in network.named_modules(remove_duplicate=False))
    for chain in network.modules():
        if not isinstance(chain, nn.Sequential) or type(chain).forward is not nn.Sequential.forward:
            continue
        for first, second in zip(chain, list(chain)[1:], strict=False):
            alone = places[id(first)] == places[id(second)] == 1
            if alone and type(first) is nn.ReLU and type(second) is nn.MaxPool2d and not second.return_indices:
                yield first, second


def _nothing(inputs: Tensor) -> Tensor:
    return inputs


def _pool_then_rectify(pool: Callable[[Tensor], Tensor], inputs: Tensor) -> Tensor:
    return F.relu(pool(inputs), inplace=True)  # what the pool made is nobody else's, and its gradient does not ask for it


def _may_take_in_all(layer: nn.Conv2d) -> bool:
    without_edges = layer.padding in ((0, 0), "valid") and layer.dilation == (1, 1)
    return without_edges and layer.groups == 1 and layer.kernel_size != (1, 1)


def _product(layer: nn.Conv2d, inputs: Tensor) -> Tensor:
    if inputs.shape[2:] != layer.kernel_size:
        return layer._conv_forward(inputs, layer.weight, layer.bias)
    # both in the order in which channels-last tensors lie in memory: nothing is copied, and the gradient is laid out so too
    pixels, weights = (tensor.permute(0, 2, 3, 1).flatten(1) for tensor in (inputs, layer.weight))
    return F.linear(pixels, weights, layer.bias)[:, :, None, None]


def _without_overlap(pool: nn.AvgPool2d) -> bool:
    without_edges = pool.padding in (0, (0, 0)) and not pool.ceil_mode
    return without_edges and pool.kernel_size == pool.stride and pool.divisor_override is None


def _average(pool: nn.AvgPool2d, inputs: Tensor) -> Tensor:
    channels = inputs.shape[1]
    if inputs.device.type != "cpu" or channels > FEW or not inputs.is_contiguous(memory_format=torch.channels_last):
        return F.avg_pool2d(inputs, pool.kernel_size, pool.stride)
    height, width = nn.modules.utils._pair(pool.kernel_size)
    weights = inputs.new_full((channels, 1, height, width), 1 / (height * width))
    return F.conv2d(inputs, weights, stride=(height, width), groups=channels)
