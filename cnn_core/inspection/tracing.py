"""Following a network through one forward pass in which nothing is computed and no weight is touched.

The pass runs on tensors without storage (device ``meta``), whatever device the weights are on. A torch function mode
sees every call the network makes, hands it to the rule of that operation (`cnn_core.inspection.ops`) and replaces each
weight by a stand-in of the same shape. Hooks tell which module is running. So a network of gigabytes is traced where it
lies, in milliseconds, and is left exactly as it was found.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import nn

from cnn_core.inspection.failures import diagnose, shapes_text, trace_error
from cnn_core.inspection.fields import Shape
from cnn_core.inspection.following import Follower
from cnn_core.inspection.recording import Recorder
from cnn_core.inspection.records import Trace

DIMENSIONS = range(1, 7)


def trace(model: nn.Module, input_shape: Sequence[int], *, batched: bool | None = None,
          dtype: torch.dtype | None = None, training: bool = False) -> Trace:
    """Every layer of a network with its shapes, cost and receptive field, without computing anything.

    Args:
        model: on any device, ``meta`` included; its weights are neither read nor copied. It carries hooks while it is
            traced, so two threads must not use one model at the same time.
        input_shape: (C, H, W) as an architecture states it, then one picture is sent; or (N, C, H, W).
        batched: whether ``input_shape`` has the batch in front; by default the model's own layers tell.
        dtype: type of the input; by default that of the model's first weight.
        training: trace the network as it behaves in training (auxiliary outputs); by default as in evaluation. The
            modules' modes are restored either way.

    Returns:
        the records; shapes have the batch in front, MACs and memory are for the whole batch.

    Raises:
        TraceError: the network cannot be run on that shape. ``error.trace`` holds the records up to the failing layer,
            ``error.facts`` name the layer, the shapes and what was expected.

    >>> t = trace(nn.Sequential(nn.Conv2d(1, 6, 5), nn.ReLU()), (1, 32, 32))
    >>> t.layers[0].output_shape, t.params, t.macs
    ((1, 6, 28, 28), 156, 117600)
    """
    model = getattr(model, "_orig_mod", model)  # what torch.compile wrapped
    shape = _with_batch(model, input_shape, batched)
    _check_initialised(model)
    recorder = Recorder(model, shape)
    return follow(model, shape, recorder, Follower(recorder), dtype=dtype, training=training)


def follow(model: nn.Module, shape: Shape, recorder: Recorder, follower: Follower, *, dtype: torch.dtype | None,
           training: bool) -> Trace:
    """One pass with a given recorder and follower; ``shape`` has the batch in front. Raises TraceError like ``trace``."""
    output: Any = None
    with _modes(model, training), _hooks(model, recorder), torch.no_grad():
        try:
            entry = torch.empty(shape, dtype=dtype or _dtype(model), device="meta")
            recorder.enter_input(entry)
            with follower:
                output = model(entry)
        except Exception as error:
            code, facts = diagnose(error, follower.kind)
            layer, type_ = recorder.failing(follower.operation)
            seen = shapes_text(tuple(follower.shapes) or recorder.last_shapes())
            facts = {"layer": layer, "type": type_, "input_shape": seen, **facts}
            raise trace_error(code, recorder.finish((), complete=False), **facts) from error
    return recorder.finish(tuple(_shapes(output)), complete=True)


def _with_batch(model: nn.Module, input_shape: Sequence[int], batched: bool | None) -> Shape:
    try:
        shape = tuple(int(n) for n in input_shape)
        whole = all(n == m for n, m in zip(shape, input_shape, strict=True))
    except (TypeError, ValueError):
        raise trace_error("trace_bad_input", shape=str(input_shape)) from None
    if not whole or len(shape) not in DIMENSIONS or min(shape) < 1 or max(shape) >= 2**62:
        raise trace_error("trace_bad_input", shape="×".join(map(str, input_shape)) or "()")
    if batched is None:
        # A network over pictures takes rank + 2 dimensions; without any such layer (N, F) and (C, H, W) are usual.
        rank = _spatial_rank(model)
        batched = len(shape) == rank + 2 if rank else len(shape) in (2, 4)
    return shape if batched else (1, *shape)


def _spatial_rank(model: nn.Module) -> int:
    """2 for networks of Conv2d, 1 and 3 likewise, 0 where no layer tells."""
    windows = nn.modules.conv._ConvNd | nn.modules.pooling._MaxPoolNd | nn.modules.pooling._AvgPoolNd
    for module in model.modules():
        if isinstance(module, windows):
            return next((rank for rank in (1, 2, 3) if f"{rank}d" in type(module).__name__), 2) if not isinstance(
                module, nn.modules.conv._ConvNd) else len(module.kernel_size)
    return 0


def _dtype(model: nn.Module) -> torch.dtype:
    return next((p.dtype for p in model.parameters() if p.is_floating_point()), torch.get_default_dtype())


def _check_initialised(model: nn.Module) -> None:
    for path, module in model.named_modules():
        if any(nn.parameter.is_lazy(p) for p in module._parameters.values()):
            name = type(module).__name__
            raise trace_error("trace_uninitialised", layer=path or name, type=name)


def _shapes(value: Any) -> Iterator[Shape]:
    if isinstance(value, torch.Tensor):
        yield tuple(value.shape)
    elif isinstance(value, dict):
        for part in value.values():
            yield from _shapes(part)
    elif isinstance(value, list | tuple):
        for part in value:
            yield from _shapes(part)


@contextmanager
def _modes(model: nn.Module, training: bool) -> Iterator[None]:
    changed = [module for module in model.modules() if module.training != training]
    for module in changed:
        module.training = training
    try:
        yield
    finally:
        for module in changed:
            module.training = not training


@contextmanager
def _hooks(model: nn.Module, recorder: Recorder) -> Iterator[None]:
    handles = []
    try:
        for module in model.modules():
            handles.append(module.register_forward_pre_hook(recorder.enter))
            handles.append(module.register_forward_hook(recorder.leave))
        yield
    finally:
        for handle in handles:
            handle.remove()
