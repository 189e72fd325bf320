"""Builds networks of the catalogue: options checked, weights loaded or drawn from a seed. Imports torch."""

from __future__ import annotations

import importlib
import threading
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from cnn_core.architectures.catalogue import Architecture
from cnn_core.architectures.undrawn import Undrawn
from cnn_core.errors import WeightsError

# Batch normalisation counts its batches; files older than PyTorch 0.4.1 lack the count, and eval mode does not use it.
COUNTER = ".num_batches_tracked"

# Seeding borrows torch's own generator, of which there is one in a process: two sessions must not borrow it at once.
_generator_lock = threading.Lock()


def build(
    row: Architecture,
    options: Mapping[str, Any],
    *,
    weights: Mapping[str, Tensor] | None = None,
    seed: int | None = None,
) -> nn.Module:
    """See ``cnn_core.architectures.build``."""
    values = row.checked(options)
    module, function = row.builder.split(":")
    builder = getattr(importlib.import_module(f"{__package__}.{module}"), function)
    with seeded(seed) if weights is None else Undrawn():  # drawing VGG-16's weights takes longer than reading them
        network: nn.Module = builder(**row.recipe, **values)
    if weights is not None:
        load(network, weights, row.id)
        if any(tensor.is_meta for tensor in (*network.parameters(), *network.buffers())):  # what is no part of any file
            network = builder(**row.recipe, **values)
            load(network, weights, row.id)
    return network.eval()


@contextmanager
def seeded(seed: int | None) -> Iterator[None]:
    """Random numbers on the CPU follow ``seed`` inside the block, and go on outside as if there had been none."""
    if seed is None:
        yield
        return
    with _generator_lock:
        before = torch.default_generator.get_state()
        torch.default_generator.manual_seed(seed)
        try:
            yield
        finally:
            torch.default_generator.set_state(before)


def load(network: nn.Module, weights: Mapping[str, Tensor], architecture: str) -> None:
    """Copy the weights into the network, every tensor of it and nothing else.

    Raises:
        WeightsError: a tensor is missing, has another shape, or belongs to no layer. The first one is named, in the order of
            the network's layers.
    """
    if not isinstance(weights, Mapping):
        raise WeightsError(
            f"weights must be tensors by name, as state_dict() gives them, not {type(weights).__name__}",
            code="weights_not_a_mapping", architecture=architecture, found=type(weights).__name__,
        )
    own = network.state_dict()
    for name, tensor in own.items():
        if name not in weights:
            if name.endswith(COUNTER):
                continue
            raise WeightsError(
                f"these weights have no tensor {name!r}, which {architecture} needs: they are another network's",
                code="weights_missing_tensor", architecture=architecture, tensor=name,
            )
        found, expected = tuple(weights[name].shape), tuple(tensor.shape)
        if found != expected:
            raise WeightsError(
                f"the tensor {name!r} has the shape {found}, and {architecture} as it is built needs {expected}",
                code="weights_wrong_shape", architecture=architecture, tensor=name, found=found, expected=expected,
            )
    for name in weights:
        if name not in own:
            raise WeightsError(
                f"these weights have a tensor {name!r}, for which {architecture} has no place: they are another network's",
                code="weights_unknown_tensor", architecture=architecture, tensor=name,
            )
    state = OrderedDict(
        (name, weights[name].detach().to("cpu" if tensor.is_meta else tensor.device, tensor.dtype, copy=True))
        for name, tensor in own.items() if name in weights
    )  # fmt: skip
    # Which form of a layer the tensors are of. A file may not say it, and MNASNet then takes them for those of an older form of itself;
    # names and shapes are this network's as it is, so its own word holds.
    state._metadata = own._metadata  # type: ignore[attr-defined]
    network.load_state_dict(state, strict=False, assign=True)  # only counters can still be missing
