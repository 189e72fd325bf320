"""What the layers of a network make of a picture: their outputs, as they are when they come out.

The given network is not touched: a twin (`twins`) carries the hooks, so any number of threads may look into one network at the
same time, and after an error there is nothing to put back. A layer is named like a row of the trace: by its module's path
("layer1.0.conv1"), by the module and the operation ("layer1.0:add"), or, from the second run of a module on, with the number of the
run ("layer1.0.relu@2"); `address` gives a row's name. Blocks ("layer1") have outputs too, and "" is the whole network.
"""

from __future__ import annotations

import difflib
import threading
from collections.abc import Callable, Iterable, Mapping
from typing import Any
from weakref import WeakKeyDictionary

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from cnn_core.errors import InspectionError
from cnn_core.inspection.locating import Place, Run, counts, locate
from cnn_core.inspection.recording import tensors_of
from cnn_core.inspection.records import LayerRecord
from cnn_core.inspection.twins import twin

OnLayer = Callable[[str, Tensor], object]

Structure = tuple[Any, ...]
_places: WeakKeyDictionary[nn.Module, dict[Structure, Mapping[Run, Place]]] = WeakKeyDictionary()
_places_lock = threading.Lock()
MOST_SHAPES = 8  # of one network, whose places are remembered


def address(record: LayerRecord) -> str:
    """The name under which a row of the trace is captured."""
    return record.path if record.call == 1 else f"{record.path}@{record.call}"


def capture(model: nn.Module, batch: Tensor, paths: Iterable[str]) -> dict[str, Tensor]:
    """Outputs of some layers for a batch, in evaluation mode; the model stays as it is.

    Args:
        model: any module; its modes, hooks, gradients and weights are neither changed nor looked at by others' captures.
        batch: (N, C, H, W), or whatever the network takes.
        paths: names of layers, operations, blocks; see the module. The network runs no further than the last of them.

    Returns:
        A tensor for each name, detached, in the order of ``paths``; of a layer with several outputs the first. Each
        tensor is the caller's own: what later layers do in place does not reach it.

    Raises:
        InspectionError: a name that no layer has (``capture_unknown_layer``), or of a layer that does not run in evaluation
            (``capture_never_ran``). Errors of the network itself pass through.
        TraceError: an operation without a module is asked for, and the network cannot be run on that shape.

    >>> network = nn.Sequential(nn.Conv2d(1, 2, 3), nn.ReLU(inplace=True))
    >>> found = capture(network, torch.randn(1, 1, 5, 5), ["0", "1"])
    >>> bool((found["0"].relu() == found["1"]).all())
    True
    """
    wanted = list(dict.fromkeys(paths))
    found: dict[str, Tensor] = {}
    stream(model, batch, wanted, lambda path, output: found.update({path: output.clone()}))
    return {path: found[path] for path in wanted}


def stream(model: nn.Module, batch: Tensor, paths: Iterable[str], on_layer: OnLayer) -> Tensor | None:
    """Show the outputs of some layers to ``on_layer`` while the network runs, so that only what it keeps of them takes memory.

    Args:
        on_layer: called with the name and the output of each layer, in the order of execution. The tensor is the network's own: the
            next layer may overwrite it, so copy or reduce it before returning. What it raises ends the run and passes through.

    Returns:
        The network's (first) output, or None where nothing was wanted beyond a layer before it.

    Raises:
        as ``capture``.
    """
    double = twin(model)
    run = _Run(double, on_layer)
    modules = dict(double.named_modules(remove_duplicate=False))
    operations: dict[str, Run] = {}
    for path in dict.fromkeys(paths):
        name, call = _split(path)
        if ":" in name:
            operations[path] = (name, call)
        elif name in modules:
            run.want_module(path, name, call)
        else:
            raise _unknown(path, modules)
    if operations:
        places = _located(model, double, batch)
        for path, key in operations.items():
            if key not in places:
                raise _unknown(path, [name for name, _ in places])
            run.want_operation(path, places[key])
    with torch.no_grad():
        return run.forward(batch)


def _split(path: str) -> tuple[str, int]:
    name, mark, call = path.rpartition("@")
    return (name, int(call)) if mark and call.isdecimal() else (path, 1)


def _located(model: nn.Module, double: nn.Module, batch: Tensor) -> Mapping[Run, Place]:
    """Where the operations without a module happen; found once for a network as it is built, and a shape."""
    model = getattr(model, "_orig_mod", model)
    structure = (tuple(batch.shape), batch.dtype, tuple((name, id(module)) for name, module in model.named_modules()))
    with _places_lock:
        known = _places.setdefault(model, {})
        if structure in known:
            return known[structure]
    _, places = locate(double, tuple(batch.shape), batch.dtype)
    with _places_lock:
        while len(known) >= MOST_SHAPES:
            known.pop(next(iter(known)))
        known[structure] = places
    return places


def _unknown(path: str, names: Iterable[str]) -> InspectionError:
    near = difflib.get_close_matches(path, [name for name in names if name], n=1, cutoff=0.0)
    return InspectionError(
        f"the network has no layer {path!r}" + (f"; did you mean {near[0]!r}?" if near else ""),
        code="capture_unknown_layer", layer=path, near=near[0] if near else "",
    )  # fmt: skip


class _Enough(Exception):
    """Everything that was wanted has been seen."""


class _Run:
    """One forward pass of a twin under observation."""

    def __init__(self, network: nn.Module, on_layer: OnLayer) -> None:
        self.network, self.on_layer = network, on_layer
        self.missing: set[str] = set()
        self.modules: dict[str, dict[int, str]] = {}
        self.to_the_end = False
        self.runs: dict[str, int] = {}
        self.frames: list[Run] = []
        self.counts: dict[Run, int] = {}
        self.operations: dict[Run, dict[int, tuple[str, Place]]] = {}
        self.mode = _Watching(self)
        self.watching = False

    def want_module(self, path: str, name: str, call: int) -> None:
        self.missing.add(path)
        self.to_the_end |= not name
        self.modules.setdefault(name, {})[call] = path

    def want_operation(self, path: str, place: Place) -> None:
        self.missing.add(path)
        self.operations.setdefault(place.run, {})[place.order] = (path, place)

    def deliver(self, path: str, output: Any) -> None:
        tensors = tensors_of(output)
        if not tensors:
            return
        was_watching = self.watching
        self.watch(False)  # what the observer computes is not the network's
        self.on_layer(path, tensors[0].detach())
        self.watch(was_watching)
        self.missing.discard(path)
        if not self.missing and not self.to_the_end:
            raise _Enough

    def forward(self, batch: Tensor) -> Tensor | None:
        if self.operations:
            for name, module in self.network.named_modules():
                module.register_forward_pre_hook(self._entering(name))
        for name, calls in self.modules.items():
            self.network.get_submodule(name).register_forward_hook(self._delivering(calls))
        if self.operations:
            for module in self.network.modules():
                module.register_forward_hook(self._leaving)
        try:
            output = self.network(batch)
        except _Enough:
            return None
        finally:
            self.watch(False)
        if self.missing:
            layer = min(self.missing)
            raise InspectionError(
                f"the layer {layer!r} does not run when the network looks at a picture (an auxiliary one, or one that is "
                f"used in training only): choose another",
                code="capture_never_ran", layer=layer,
            )  # fmt: skip
        return next(iter(tensors_of(output)), None)

    def _delivering(self, calls: Mapping[int, str]) -> Callable[[nn.Module, Any, Any], None]:
        runs = 0

        def left(module: nn.Module, args: Any, output: Any) -> None:
            nonlocal runs
            runs += 1
            if runs in calls:
                self.deliver(calls[runs], output)

        return left

    # ------------------------------------------------------------------ operations without a module

    def _entering(self, name: str) -> Callable[[nn.Module, Any], None]:
        def entering(module: nn.Module, args: Any) -> None:
            self.runs[name] = self.runs.get(name, 0) + 1
            self.frames.append((name, self.runs[name]))
            self.watch(self.frames[-1] in self.operations)

        return entering

    def _leaving(self, module: nn.Module, args: Any, output: Any) -> None:
        self.frames.pop()
        self.watch(bool(self.frames) and self.frames[-1] in self.operations)

    def watch(self, on: bool) -> None:
        """Look at the torch functions that are called, or do not: within other modules nobody needs to know, and torch takes its
        own fast paths there.
        """
        if on and not self.watching:
            self.mode.__enter__()
        elif self.watching and not on:
            self.mode.__exit__(None, None, None)
        self.watching = on

    def called(self, function: Callable[..., Any], output: Any) -> None:
        run = self.frames[-1]
        order = self.counts.get(run, 0)
        self.counts[run] = order + 1
        path, place = self.operations[run].get(order, ("", None))
        if place is not None and place.function is function:
            tensors = tensors_of(output)
            if tensors:
                self.on_layer(path, tensors[0].detach())
                self.missing.discard(path)
                if not self.missing and not self.to_the_end:
                    raise _Enough


class _Watching(TorchFunctionMode):
    def __init__(self, run: _Run) -> None:
        super().__init__()
        self.run = run

    def __torch_function__(self, function: Callable[..., Any], types: Any, args: Any = (), kwargs: Any = None) -> Any:
        output = function(*args, **(kwargs or {}))
        if counts(function):
            self.run.called(function, output)
        return output
