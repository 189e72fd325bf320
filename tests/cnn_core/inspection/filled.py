"""Networks of the catalogue with weights that take hardly any memory or time: RegNetY-128GF has 2.6 GB of its own."""

from __future__ import annotations

from math import prod
from typing import Any

import torch
from torch import Tensor, nn

from cnn_core import architectures
from cnn_core.errors import ArchitectureError, TraceError
from cnn_core.inspection import Trace, build_meta, trace

_BLOCK = 1 << 20
SIDES = (28, 32, 64, 75)  # px, tried in turn, the network's own last


def filled(id: str, network: nn.Module | None = None, **options: Any) -> nn.Module:
    """A network in eval mode whose weights of equal fan-in are views of the same random numbers, scaled so that values keep their size.

    Args:
        network: one without memory, of the same options, that is filled; by default one is built.
    """
    network = network or build_meta(architectures.build, id, **options)
    generator = torch.Generator().manual_seed(0)
    block = torch.randn(_BLOCK, generator=generator)
    sizes: dict[int, int] = {}
    for weight in network.parameters():
        fan = _fan_in(weight)
        sizes[fan] = max(sizes.get(fan, 0), weight.numel())
    pools = {fan: (block * (2 / fan) ** 0.5).repeat(-(-size // _BLOCK))[:size] for fan, size in sizes.items()}
    state = {
        name: pools[_fan_in(weight)][: weight.numel()].view(weight.shape) for name, weight in network.named_parameters()
    }
    whole = architectures.build(id, weights=None, **options) if _computes_buffers(id) else None
    for name, buffer in network.named_buffers():
        if whole is not None:
            state[name] = whole.get_buffer(name)
        else:
            state[name] = torch.ones(buffer.shape) if name.endswith("var") else torch.zeros(buffer.shape, dtype=buffer.dtype)
    for name, tensor in state.items():
        _put(network, name, tensor)
    return network.requires_grad_(False)


def _computes_buffers(id: str) -> bool:
    """Swin and MaxViT look up positions in tables."""
    return id.startswith(("swin", "maxvit"))


def _fan_in(weight: Tensor) -> int:
    """Scales and shifts of normalisation count as if they had 4: with less, the values of the deepest networks grow beyond all bounds."""
    return max(1, prod(weight.shape[1:])) if weight.dim() > 1 else 4


def _put(network: nn.Module, name: str, tensor: Tensor) -> None:
    path, _, leaf = name.rpartition(".")
    module = network.get_submodule(path)
    if leaf in module._parameters:
        module._parameters[leaf] = nn.Parameter(tensor, requires_grad=False)
    else:
        module._buffers[leaf] = tensor


def runnable(id: str) -> tuple[nn.Module, int, Trace]:
    """A network built so that it runs fast and filled, the side of its picture, and its trace."""
    row = architectures.get(id)
    own = row.input_shape[1]
    for side in sorted({*SIDES, own}):
        options: dict[str, int] = {}
        if row.has_option("image_size"):
            option = row.option("image_size")
            if side % option.multiple_of or side < option.minimum:
                continue
            options = {"image_size": side}
        try:
            network = build_meta(architectures.build, id, **options)
            traced = trace(network, (row.input_shape[0], side, side))
        except (ArchitectureError, TraceError, RuntimeError, ValueError):
            continue
        return filled(id, network, **options), side, traced
    raise AssertionError(f"{id} runs on none of the sizes")
