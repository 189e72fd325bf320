"""Where in a network's code each operation of a trace happens: which call of a torch function, in which run of which module.

A hook finds the layers that are modules. The others (an addition, a concatenation) have no name of their own; but a network
without data-dependent paths makes the same calls in the same order every time, whether its numbers are real or only shapes. So the
trace counts the calls of every module's run, and whoever runs the network in earnest counts along.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import torch
from torch import nn

from cnn_core.inspection import ops
from cnn_core.inspection.following import Follower
from cnn_core.inspection.ops import Op, Step
from cnn_core.inspection.recording import Recorder
from cnn_core.inspection.records import Trace
from cnn_core.inspection.tracing import follow

Run = tuple[str, int]
"""A module's path, and which of its runs in one forward pass, from 1."""


class Place(NamedTuple):
    """The ``order``-th torch function (from 0) that a module's own code calls in one of its runs."""

    run: Run
    order: int
    function: Callable[..., Any]


def counts(function: Callable[..., Any]) -> bool:
    """Whether a call is counted: not where only a shape or a device is asked for, as the tracer's own hooks do."""
    return getattr(function, "__name__", "") != "__get__" or function in ops.operations()


class _PlacedRecorder(Recorder):
    """A recorder that keeps the place of each record's last operation."""

    def __init__(self, model: nn.Module, input_shape: tuple[int, ...]) -> None:
        super().__init__(model, input_shape)
        self.now: Place | None = None
        self.places: dict[int, Place] = {}

    def record(self, op: Op, step: Step, tensors: list[torch.Tensor], active: list[torch.Tensor],
               shapes: list[tuple[int, ...]]) -> None:  # fmt: skip
        super().record(op, step, tensors, active, shapes)
        outputs = [step.out] if isinstance(step.out, torch.Tensor) else list(step.out or ())
        origin = self.origins.get(id(outputs[0])) if outputs else None
        if origin is not None and origin.record is not None and self.now is not None:
            self.places[origin.record] = self.now


class _PlacedFollower(Follower):
    """A follower that counts the calls of every module's run."""

    recorder: _PlacedRecorder

    def __init__(self, recorder: _PlacedRecorder) -> None:
        super().__init__(recorder)
        self._calls: Counter[Run] = Counter()

    def __torch_function__(self, function: Callable[..., Any], types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if self.recorder.frames and counts(function):
            frame = self.recorder.frames[-1]
            run = (frame.path, frame.call)
            self.recorder.now = Place(run, self._calls[run], function)
            self._calls[run] += 1
        return super().__torch_function__(function, types, args, kwargs)


def locate(model: nn.Module, batch_shape: tuple[int, ...], dtype: torch.dtype) -> tuple[Trace, Mapping[Run, Place]]:
    """The trace of a network, and the places of its functional operations by record path and call.

    Args:
        model: carries hooks meanwhile: give a twin.
        batch_shape: with the batch in front.

    Raises:
        TraceError: it cannot be run on that shape.
    """
    recorder = _PlacedRecorder(model, batch_shape)
    traced = follow(model, batch_shape, recorder, _PlacedFollower(recorder), dtype=dtype, training=False)
    places = {
        (record.path, record.call): recorder.places[record.index]
        for record in traced.layers if record.functional and record.index in recorder.places
    }  # fmt: skip
    return traced, places
