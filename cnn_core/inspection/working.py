"""One value of a layer's output, worked out from its input and its weights, and held against what torch computed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import isfinite, sqrt
from typing import Any

import torch
from torch import nn
from torch.overrides import TorchFunctionMode

from cnn_core.errors import InspectionError
from cnn_core.inspection import ops
from cnn_core.inspection.locating import Place, counts, locate
from cnn_core.inspection.recording import tensors_of
from cnn_core.inspection.touching import Reached, not_run, split_address, unknown_layer
from cnn_core.inspection.twins import twin
from cnn_core.inspection.values import calls, layers
from cnn_core.inspection.worked import WorkedValue

TF32_ROUNDOFF = 2.0**-11
"""NVIDIA's convolutions round each factor to ten bits after the point where they are allowed to."""


def work_out(model: nn.Module, batch: torch.Tensor, path: str, position: Sequence[int], call: int = 1) -> WorkedValue:
    """One output value of a layer for a picture: the patch, the weights, the products, the sum, and torch's own value.

    Args:
        batch: what the network takes, (N, C, H, W); the value is picture 0's unless ``position`` names the picture too.
        path: a layer as the trace names it: a module's path, or that of an operation ("layer1.0:add"); also with the number of
            the run behind it ("layer1.0.relu@2").
        position: index into the output without the batch, (channel, row, column) for maps.
        call: which run of the layer, from 1, as `LayerRecord.call`.

    Raises:
        InspectionError: no such layer (``no_such_layer``), one whose arithmetic is not written down
            (``value_no_arithmetic``), one that did not run (``layer_not_run``), or a position outside its output
            (``value_position``).

    >>> layer = nn.Conv2d(1, 1, 2, bias=False)
    >>> _ = nn.init.ones_(layer.weight)
    >>> work_out(nn.Sequential(layer), torch.ones(1, 1, 3, 3), "0", (0, 1, 1)).steps[0].text()
    '1·1 + 1·1 + 1·1 + 1·1 = 4'
    """
    path, call = split_address(path) if "@" in path else (path, call)
    network = twin(model)
    if ":" in path:
        return _of_operation(network, batch, path, position, call)
    layer = dict(network.named_modules(remove_duplicate=False)).get(path)
    if layer is None:
        raise unknown_layer(path)
    _require(layer, path)
    seen = _ModuleRun(network, path, call)
    given, output = seen.run(batch)
    return work_out_layer(layer, given, output, position)


def work_out_layer(layer: nn.Module, inputs: torch.Tensor, output: torch.Tensor, position: Sequence[int]) -> WorkedValue:
    """The same from a layer's input and output as they were captured, the batch in front of both; nothing is run.

    Raises:
        InspectionError: as ``work_out``.
    """
    function = _require(layer, type(layer).__name__)
    place = _place(output, position)
    return _compared(function(layer, inputs, place), output, place, inputs.dtype)


def can_work_out(layer: nn.Module) -> bool:
    """Whether a value of this layer can be worked out."""
    return layers.worker(layer) is not None


def _require(layer: nn.Module, path: str) -> layers.Worker:
    function = layers.worker(layer)
    if function is None:
        raise _no_arithmetic(path, type(layer).__name__)
    return function


def _no_arithmetic(path: str, kind: str) -> InspectionError:
    return InspectionError(
        f"the arithmetic of {path} ({kind}) cannot be written down for one value: choose a convolution, linear, pooling, "
        "normalisation or activation layer", code="value_no_arithmetic", layer=path, type=kind)


def _place(output: torch.Tensor, position: Sequence[int]) -> tuple[int, ...]:
    place = tuple(int(at) for at in position)
    place = (0, *place) if len(place) == output.dim() - 1 else place
    fits = len(place) == output.dim() and all(0 <= at < n for at, n in zip(place, output.shape, strict=True))
    if not fits:
        shape = "×".join(str(n) for n in output.shape[1:])
        raise InspectionError(
            f"position {tuple(position)} is outside of the layer's output of {shape}", code="value_position",
            position=str(tuple(position)), shape=shape)
    return place


def _compared(found: WorkedValue, output: torch.Tensor, place: tuple[int, ...], dtype: torch.dtype) -> WorkedValue:
    """The value beside torch's own, with the rounding that torch's number type can account for.

    References:
        Higham & Mary (2019), "A new approach to probabilistic rounding error analysis", SIAM J. Sci. Comput. 41(5): the error
        of a sum of n products grows like √n.
    """
    roundoff = torch.finfo(dtype).eps / 2 if dtype.is_floating_point else 2.0**-24
    tf32 = output.is_cuda and dtype == torch.float32 and found.kind in ("conv", "linear")
    if tf32 and (torch.backends.cudnn.allow_tf32 or torch.backends.cuda.matmul.allow_tf32):
        roundoff = TF32_ROUNDOFF
    size = abs(found.magnitude) + (abs(found.total) if isfinite(found.total) else 0.0)
    tolerance = roundoff * (8 + sqrt(found.patch.size)) * size + torch.finfo(torch.float32).tiny
    return replace(found, computed=float(output[place]), tolerance=tolerance)


# Running up to the layer -------------------------------------------------------------------------------------------------


class _ModuleRun:
    """A forward pass of a twin that ends behind one run of one module."""

    def __init__(self, network: nn.Module, path: str, call: int) -> None:
        self.network, self.path, self.call = network, path, call
        self.given: torch.Tensor | None = None
        self.output: torch.Tensor | None = None
        self.runs = 0
        layer = network.get_submodule(path)
        layer.register_forward_hook(self._left)

    def _left(self, module: nn.Module, args: tuple[Any, ...], output: Any) -> None:
        self.runs += 1
        if self.runs == self.call:
            self.given, self.output = next(iter(tensors_of(args)), None), next(iter(tensors_of(output)), None)
            raise Reached

    def run(self, batch: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        try:
            with torch.no_grad():
                self.network(batch)
        except Reached:
            if self.given is not None and self.output is not None:
                return self.given, self.output
        raise not_run(self.path, self.call)


class _OperationRun(TorchFunctionMode):
    """A forward pass of a twin that ends behind one torch function, whose arguments are kept."""

    def __init__(self, network: nn.Module, place: Place) -> None:
        super().__init__()
        self.network, self.place = network, place
        self.frames: list[tuple[str, int]] = []
        self.runs: dict[str, int] = {}
        self.order = 0
        self.given: tuple[Any, dict[str, Any]] = ((), {})
        self.output: Any = None
        for path, module in network.named_modules():
            module.register_forward_pre_hook(lambda module, args, path=path: self._enter(path))
            module.register_forward_hook(lambda module, args, output: self._leave())

    def _enter(self, path: str) -> None:
        self.runs[path] = self.runs.get(path, 0) + 1
        self.frames.append((path, self.runs[path]))

    def _leave(self) -> None:
        self.frames.pop()

    def __torch_function__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        if not self.frames or self.frames[-1] != self.place.run or not counts(function):
            return function(*args, **kwargs)
        self.order += 1
        if self.order - 1 != self.place.order or function is not self.place.function:
            return function(*args, **kwargs)
        self.given = (_kept(args), _kept(kwargs))  # before an operation in place overwrites them
        self.output = function(*args, **kwargs)
        raise Reached


def _kept(value: Any) -> Any:
    if isinstance(value, torch.Tensor):
        return value.clone()
    if isinstance(value, dict):
        return {name: _kept(part) for name, part in value.items()}
    return type(value)(_kept(part) for part in value) if type(value) in (tuple, list) else value


def _of_operation(network: nn.Module, batch: torch.Tensor, path: str, position: Sequence[int], call: int) -> WorkedValue:
    _, places = locate(network, tuple(batch.shape), batch.dtype)
    if (path, call) not in places:
        raise unknown_layer(path)
    run = _OperationRun(network, places[path, call])
    try:
        with torch.no_grad(), run:
            network(batch)
    except Reached:
        args, kwargs = run.given
        op = ops.operations().get(run.place.function)
        work = calls.caller(op.name) if op is not None else None
        output = next(iter(tensors_of(run.output)))
        place = _place(output, position)
        found = work(place, *args, **kwargs) if work is not None else None
        if found is None:
            raise _no_arithmetic(path, path.rpartition(":")[2].partition("#")[0]) from None
        return _compared(found, output, place, batch.dtype)
    raise not_run(path, call)
