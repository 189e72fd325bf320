"""The torch function mode that sees what a network calls, and answers with shapes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch.overrides import TorchFunctionMode

from cnn_core.inspection import ops
from cnn_core.inspection.fields import Shape
from cnn_core.inspection.recording import Recorder


class Follower(TorchFunctionMode):
    """Answers every torch function from its rule, and tells the recorder about those that touch the input.

    After a failure ``operation``, ``kind`` and ``shapes`` say what was being done, and to what.
    """

    def __init__(self, recorder: Recorder) -> None:
        super().__init__()
        self.recorder = recorder
        self.operation = ""
        self.kind = ""
        self.shapes: list[Shape] = []
        self._operations = ops.operations()
        self._queries = ops.queries()
        self._questions = ops.questions()
        self._factories = ops.factories()
        self._aliases = ops.aliases()
        self._blanks = ops.blanks()
        self._stand_ins: dict[int, tuple[torch.Tensor, torch.Tensor]] = {}

    def __torch_function__(self, function: Callable[..., Any], types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        if function in self._queries:
            return function(*args, **kwargs)
        op = self._operations.get(function)
        if op is None:
            if function in self._questions:
                self.operation, self.kind, self.shapes = getattr(function, "__name__", ""), "", []
                return function(*args, **kwargs)
            if function in self._factories:
                return function(*args, **{**kwargs, "device": "meta"})
            if getattr(function, "__name__", "") == "__get__" and function not in self._aliases:
                return function(*args, **kwargs)
        return self._follow(function, op, args, kwargs)

    def _follow(self, function: Callable[..., Any], op: ops.Op | None, args: Any, kwargs: Any) -> Any:
        tensors: list[torch.Tensor] = []
        args = self._moved(args, tensors)
        kwargs = {name: self._moved_one(value, tensors) for name, value in kwargs.items()} if kwargs else kwargs
        if function in self._aliases:
            step = ops.aliased(function, *args, **kwargs)
            self.recorder.alias(tensors[0], step.out)
            return step.out
        if function in self._blanks:
            out = function(*args, **kwargs)
            self.recorder.constant(out, [])
            return out
        op = op or ops.unknown(function)
        origins = self.recorder.origins
        active = [tensor for tensor in tensors if (origin := origins.get(id(tensor))) and origin.active]
        self.operation, self.kind = op.name, op.kind
        self.shapes = [tuple(tensor.shape) for tensor in active]
        step = op.run(*args, **kwargs)
        if step.idle:
            self.recorder.alias(tensors[0], step.out)
        elif active or step.macs:  # a network over constants (a bias made by a small one) is a layer too
            self.recorder.record(op, step, tensors, active, self.shapes)
        else:
            self.recorder.constant(step.out, tensors)
        return step.out

    def _moved(self, values: Any, tensors: list[torch.Tensor]) -> list[Any]:
        return [self._moved_one(value, tensors) for value in values]

    def _moved_one(self, value: Any, tensors: list[torch.Tensor]) -> Any:
        if isinstance(value, torch.Tensor):
            stand_in = value if value.is_meta else self._stand_in(value)
            tensors.append(stand_in)
            return stand_in
        kind = type(value)
        if kind is tuple or kind is list:
            return kind(self._moved(value, tensors))
        return value

    def _stand_in(self, tensor: torch.Tensor) -> torch.Tensor:
        """The same shape on ``meta``; kept beside the tensor, whose id would otherwise be free for another."""
        known = self._stand_ins.get(id(tensor))
        if known is None:
            stand_in = torch.empty_strided(tensor.shape, tensor.stride(), dtype=tensor.dtype, device="meta")
            known = self._stand_ins[id(tensor)] = (tensor, stand_in)
            self.recorder.weight(tensor, stand_in)
        return known[1]
