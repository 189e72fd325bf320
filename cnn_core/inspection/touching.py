"""Running a network in which the outputs of some layers pass through a function on their way.

Every method that looks for causes needs this: to take a gradient at a layer, to switch channels off, to read one value while an image
is changed. The given model is not touched: a twin carries the hooks.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import nn
from torch.overrides import TorchFunctionMode

from cnn_core.errors import InspectionError
from cnn_core.inspection.locating import Place, Run, counts, locate
from cnn_core.inspection.recording import tensors_of
from cnn_core.inspection.twins import twin

Touch = Callable[[torch.Tensor], torch.Tensor]

Progress = Callable[[int, int], object]
"""Called with how many of how many passes are done."""


def split_address(path: str) -> tuple[str, int]:
    """``"layer1.0.relu@2"`` → the path, and which of its runs: 1 where nothing is said."""
    name, mark, call = path.rpartition("@")
    return (name, int(call)) if mark and call.isdecimal() else (path, 1)


class Reached(Exception):
    """Raised by a touch that needs nothing of the layers behind it: the pass ends here."""


class Touched:
    """A twin of a network, to be called with a batch; answers with the network's first output.

    Args:
        touches: what happens to the output of each layer, by its name as `capture` takes it: "layer1.0.conv1",
            "layer1.0.relu@2" (its second run), "layer1.0:add" (an operation); "" is the network's own output. A layer with
            several outputs passes its first.
        batch: any batch of the shape that will be given; only its shape (but for the number of pictures) and type are looked at.

    Raises:
        InspectionError: a layer that the network does not have (``no_such_layer``).
    """

    def __init__(self, model: nn.Module, touches: Mapping[str, Touch], batch: torch.Tensor) -> None:
        self.network = twin(model)
        self._wanted: dict[Run, Touch] = {}
        self._places: dict[Run, dict[int, tuple[Place, Run, Touch]]] = {}
        self._reached: set[Run] = set()
        names = dict(self.network.named_modules(remove_duplicate=False))
        operations = {}
        for path, touch in touches.items():
            run = split_address(path)
            if ":" in run[0]:
                operations[run] = touch
            elif run[0] in names:
                self._wanted[run] = _both(self._wanted[run], touch) if run in self._wanted else touch
            else:
                raise unknown_layer(path)
        if operations:
            _, places = locate(twin(model), tuple(batch.shape), batch.dtype)
            for run, touch in operations.items():
                if run not in places:
                    raise unknown_layer(run[0])
                place = places[run]
                self._places.setdefault(place.run, {})[place.order] = (place, run, touch)
        self._runs: dict[str, int] = {}
        self._frames: list[Run] = []
        self._orders: dict[Run, int] = {}
        self._hook(names)

    def __call__(self, batch: torch.Tensor) -> torch.Tensor:
        """The network's first output.

        Raises:
            InspectionError: a layer that did not run (``layer_not_run``).
        """
        self._runs, self._frames, self._orders, self._reached = {}, [], {}, set()
        if self._places:
            with _Interposed(self):
                output = self.network(batch)
        else:
            output = self.network(batch)
        missing = (self._wanted.keys() | {run for found in self._places.values() for _, run, _ in found.values()}) - self._reached
        if missing:
            path, call = min(missing)
            raise not_run(path, call)
        return next(iter(tensors_of(output)))

    # ------------------------------------------------------------------ hooks of the twin

    def _hook(self, names: Mapping[str, nn.Module]) -> None:
        wanted = {path for path, _ in self._wanted}
        for path, module in names.items():
            if self._places or path in wanted:
                module.register_forward_pre_hook(self._entering(path))
                module.register_forward_hook(self._leaving)

    def _entering(self, path: str) -> Callable[..., None]:
        def entering(module: nn.Module, args: Any) -> None:
            self._runs[path] = self._runs.get(path, 0) + 1
            self._frames.append((path, self._runs[path]))

        return entering

    def _leaving(self, module: nn.Module, args: Any, output: Any) -> Any:
        run = self._frames.pop()
        touch = self._wanted.get(run)
        if touch is None:
            return None
        self._reached.add(run)
        return _first_replaced(output, touch)

    def passed(self, function: Callable[..., Any], output: Any) -> Any:
        """What a torch function's output becomes."""
        run = self._frames[-1]
        order = self._orders.get(run, 0)
        self._orders[run] = order + 1
        found = self._places[run].get(order)
        if found is None or found[0].function is not function:
            return output
        self._reached.add(found[1])
        return _first_replaced(output, found[2])

    def watches(self) -> bool:
        return bool(self._frames) and self._frames[-1] in self._places


class _Interposed(TorchFunctionMode):
    def __init__(self, touched: Touched) -> None:
        super().__init__()
        self.touched = touched

    def __torch_function__(self, function: Callable[..., Any], types: Any, args: Any = (), kwargs: Any = None) -> Any:
        watched = self.touched.watches() and counts(function)
        output = function(*args, **(kwargs or {}))
        return self.touched.passed(function, output) if watched else output


def _both(first: Touch, second: Touch) -> Touch:
    """Of one layer under two names ("relu" and "relu@1")."""
    return lambda output: second(first(output))


def _first_replaced(output: Any, touch: Touch) -> Any:
    if isinstance(output, torch.Tensor):
        return touch(output)
    if type(output) in (tuple, list) and output and isinstance(output[0], torch.Tensor):
        return type(output)((touch(output[0]), *output[1:]))
    return output


# What several methods ask of a network's answer --------------------------------------------------------------------------


def logits_of(output: torch.Tensor) -> torch.Tensor:
    """The scores of the classes, (N, K).

    Raises:
        InspectionError: the network is no classifier (``no_class_scores``).
    """
    if output.dim() != 2:
        shape = "×".join(map(str, output.shape))
        raise InspectionError(f"the network answers with {shape}, not with one score a class", code="no_class_scores", shape=shape)
    return output


def chosen_target(logits: torch.Tensor, target: int | None) -> int:
    """``target``, or the class that a picture's (K,) logits prefer.

    Raises:
        InspectionError: there is no such class (``no_such_class``).
    """
    classes = logits.shape[-1]
    if target is None:
        return int(logits.argmax())
    if not 0 <= target < classes:
        raise InspectionError(f"there is no class {target}: the network tells {classes} apart", code="no_such_class",
                              target=target, classes=classes)  # fmt: skip
    return target


def one_picture(batch: torch.Tensor) -> torch.Tensor:
    """The first picture, as a batch of one that nobody else holds."""
    if batch.dim() != 4 or not len(batch) or not batch.is_floating_point():
        shape = "×".join(map(str, batch.shape))
        raise InspectionError(f"pictures come as a batch of (N, C, H, W) numbers, not as {shape}", code="not_a_batch", shape=shape)
    return batch[:1].detach().clone()


def require(**numbers: int) -> None:
    """Each setting is at least 1.

    Raises:
        InspectionError: the first that is not (``setting_too_small``).
    """
    for name, value in numbers.items():
        if value < 1:
            raise InspectionError(f"{name} must be at least 1, not {value}", code="setting_too_small", setting=name, value=value)


def check_channel(path: str, channel: int, count: int) -> None:
    """Raises InspectionError: the layer has no such channel (``no_such_channel``)."""
    if not 0 <= channel < count:
        raise InspectionError(f"{path or 'the output'} has no channel {channel}: there are {count}", code="no_such_channel",
                              layer=path, channel=channel, channels=count)  # fmt: skip


def unknown_layer(path: str) -> InspectionError:
    return InspectionError(f"the network has no layer {path!r}", code="no_such_layer", layer=path)


def not_run(path: str, call: int) -> InspectionError:
    return InspectionError(f"the layer {path!r} did not run {call} times for this picture", code="layer_not_run", layer=path,
                           call=call)  # fmt: skip


def not_apart() -> InspectionError:
    return InspectionError("the layer's output does not keep the pictures apart: choose another layer", code="no_picture_axis")
