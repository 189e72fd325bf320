"""Turning the calls of a forward pass into one record a layer, with edges, blocks and every weight counted once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

import torch
from torch import nn

from cnn_core.inspection import fields
from cnn_core.inspection.fields import Field, Shape
from cnn_core.inspection.ops import Op, Step
from cnn_core.inspection.records import INPUT, BlockRecord, LayerRecord, Trace

ARRANGING = frozenset({"reshape", "pad", "slice", "split", "flatten"})
"""Kinds that only move values: inside a leaf module they belong to its one real operation."""


class Origin(NamedTuple):
    """Where a tensor comes from. The tensor is held so that its id stays its own."""

    tensor: torch.Tensor
    record: int | None = None
    field: Field = None
    weights: tuple[int, ...] = ()

    @property
    def active(self) -> bool:
        """Whether it depends on the network's input; weights and constants do not."""
        return self.record is not None


class Weight(NamedTuple):
    name: str
    shape: Shape
    numel: int
    trainable: bool


@dataclass(slots=True)
class Frame:
    """A module that is running."""

    module: nn.Module
    path: str
    call: int
    first: int
    inputs: tuple[Shape, ...]
    leaf: bool
    names: dict[str, int] = field(default_factory=dict)


class Recorder:
    """Collects records while a network runs; `finish` makes the trace, also of a run that stopped half-way."""

    def __init__(self, model: nn.Module, input_shape: Shape) -> None:
        self.model = model
        self.input_shape = input_shape
        self.origins: dict[int, Origin] = {}
        self.records: list[LayerRecord] = []
        self.blocks: list[BlockRecord] = []
        self.frames: list[Frame] = []
        self._paths = {id(module): path for path, module in model.named_modules()}
        self._calls: dict[str, int] = {}
        self._params = {id(p): Weight(name, tuple(p.shape), p.numel(), p.requires_grad)
                        for name, p in model.named_parameters()}
        self._bytes = sum(p.numel() * p.element_size() for p in model.parameters())
        self._counted: set[int] = set()
        for p in model.parameters():
            if p.is_meta:
                self.origins[id(p)] = Origin(p, weights=(id(p),))

    # ------------------------------------------------------------------ modules

    def enter(self, module: nn.Module, args: tuple[Any, ...]) -> None:
        path = self._paths.get(id(module), "")
        call = self._calls[path] = self._calls.get(path, 0) + 1
        leaf = not module._modules or isinstance(module, nn.MultiheadAttention)
        shapes = tuple(tuple(a.shape) for a in args if isinstance(a, torch.Tensor))
        self.frames.append(Frame(module, path, call, len(self.records), shapes, leaf))

    def leave(self, module: nn.Module, args: tuple[Any, ...], output: Any) -> None:
        frame = self.frames.pop()
        if frame.leaf:
            if len(self.records) > frame.first:
                self._close_leaf(frame)
        elif len(self.records) > frame.first:
            self._close_block(frame, tuple(shapes_of(output)))

    def _close_leaf(self, frame: Frame) -> None:
        """The records of a leaf module become one, named like the module, if at most one of them is a real operation."""
        ran = self.records[frame.first:]
        real = [record for record in ran if record.kind not in ARRANGING]
        if len(real) > 1:
            return
        main = real[0] if real else ran[-1]
        if len(ran) > 1:
            main = self._merge(frame.first, main)
        self.records[frame.first] = replace(main, path=frame.path, type=type(frame.module).__name__)

    def _close_block(self, frame: Frame, outputs: tuple[Shape, ...]) -> None:
        inside = self.records[frame.first:]
        self.blocks.append(BlockRecord(
            frame.path, frame.call, type(frame.module).__name__, len(self.frames), frame.first, len(self.records),
            frame.inputs, outputs, sum(r.params for r in inside), sum(r.macs for r in inside)))

    def _merge(self, first: int, main: LayerRecord) -> LayerRecord:
        """One record for all from ``first`` on; what pointed at any of them points at it."""
        ran = self.records[first:]
        inputs: list[int] = []
        shapes: list[Shape] = []
        for record in ran:
            for source, shape in zip(record.inputs, record.input_shapes, strict=True):
                if source < first and (not inputs or record is ran[0]):
                    inputs.append(source)
                    shapes.append(shape)
        last = ran[-1]
        merged = replace(
            main, options=_with_padding_inside(main, shapes), index=first, inputs=tuple(inputs),
            input_shapes=tuple(shapes), output_shapes=last.output_shapes,
            receptive_field=last.receptive_field, macs=sum(r.macs for r in ran),
            trainable_params=sum(r.trainable_params for r in ran), frozen_params=sum(r.frozen_params for r in ran),
            shared_params=sum(r.shared_params for r in ran), weights=tuple(w for r in ran for w in r.weights),
            activation_bytes=sum(r.activation_bytes for r in ran))
        del self.records[first + 1:]
        for key, origin in self.origins.items():
            if origin.record is not None and origin.record > first:
                self.origins[key] = origin._replace(record=first)
        return merged

    # ------------------------------------------------------------------ tensors

    def enter_input(self, tensor: torch.Tensor) -> None:
        self.origins[id(tensor)] = Origin(tensor, INPUT, fields.of_input(self.input_shape))

    def weight(self, tensor: torch.Tensor, stand_in: torch.Tensor) -> None:
        known = (id(tensor),) if id(tensor) in self._params else ()
        self.origins[id(stand_in)] = Origin(stand_in, weights=known)

    def alias(self, tensor: torch.Tensor, other: torch.Tensor) -> None:
        origin = self.origins.get(id(tensor))
        if origin is not None and other is not tensor:
            self.origins[id(other)] = origin._replace(tensor=other)

    def constant(self, out: Any, tensors: list[torch.Tensor]) -> None:
        """A value made of weights alone: whoever uses it uses those weights."""
        weights = tuple(dict.fromkeys(w for t in tensors if (o := self.origins.get(id(t))) for w in o.weights))
        for tensor in tensors_of(out):
            self.origins[id(tensor)] = Origin(tensor, weights=weights)

    def record(self, op: Op, step: Step, tensors: list[torch.Tensor], active: list[torch.Tensor],
               shapes: list[Shape]) -> None:
        """One more operation. ``active`` are those tensors that depend on the input; none where it works on constants."""
        outputs = tensors_of(step.out)
        if not outputs:
            return
        origins = [self.origins[id(tensor)] for tensor in active]
        operands = [(o.field, s) for o, s in zip(origins, shapes, strict=True)]
        ruled = fields.NOTHING if not active else step.rule(operands) if step.rule else None
        seen = ruled if isinstance(ruled, list) else [ruled] * len(outputs)
        kind = step.kind or op.kind
        index = self._extend(kind, op, step, origins, shapes, outputs, seen[0])
        if index is None:
            index = self._append(kind, op, step, tensors, origins, shapes, outputs, seen[0])
        for tensor, field_ in zip(outputs, seen, strict=True):
            self.origins[id(tensor)] = Origin(tensor, index, field_)

    def _append(self, kind: str, op: Op, step: Step, tensors: list[torch.Tensor], origins: list[Origin],
                shapes: list[Shape], outputs: list[torch.Tensor], seen: Field) -> int:
        frame = self.frames[-1]
        used = dict.fromkeys(w for t in tensors if (o := self.origins.get(id(t))) for w in o.weights)
        fresh = [self._params[w] for w in used if w not in self._counted]
        shared = sum(self._params[w].numel for w in used if w in self._counted)
        self._counted.update(used)
        index = len(self.records)
        self.records.append(LayerRecord(
            index=index, path=self._name(frame, op.name), module=frame.path, call=frame.call, kind=kind, type=op.name,
            block=self._block(frame), inputs=tuple(o.record for o in origins if o.record is not None),
            input_shapes=tuple(shapes), output_shapes=tuple(tuple(t.shape) for t in outputs),
            trainable_params=sum(w.numel for w in fresh if w.trainable),
            frozen_params=sum(w.numel for w in fresh if not w.trainable), shared_params=shared, macs=step.macs,
            activation_bytes=sum(t.numel() * t.element_size() for t in outputs) if step.stores else 0,
            receptive_field=fields.public(seen), options=step.options,
            weights=tuple((self._params[w].name, self._params[w].shape) for w in used)))
        return index

    def _extend(self, kind: str, op: Op, step: Step, origins: list[Origin], shapes: list[Shape],
                outputs: list[torch.Tensor], seen: Field) -> int | None:
        """A chain of views in one module is one layer: "view+transpose+view" is how channels are shuffled."""
        if kind not in ("reshape", "flatten") or len(origins) != 1 or not self.records:
            return None
        last, frame = self.records[-1], self.frames[-1]
        if (origins[0].record != last.index or last.kind != "reshape" or last.index < frame.first
                or last.module != frame.path or last.output_shapes[0] != shapes[0]):
            return None
        self.records[-1] = replace(
            last, type=f"{last.type}+{op.name}", output_shapes=tuple(tuple(t.shape) for t in outputs),
            receptive_field=fields.public(seen),
            kind="flatten" if outputs[0].dim() == 2 < len(last.input_shapes[0]) else "reshape",
            activation_bytes=last.activation_bytes + sum(t.numel() * t.element_size() for t in outputs) * step.stores)
        return last.index

    def _name(self, frame: Frame, operation: str) -> str:
        count = frame.names[operation] = frame.names.get(operation, 0) + 1
        return f"{frame.path}:{operation}" + (f"#{count}" if count > 1 else "")

    def _block(self, frame: Frame) -> str:
        return frame.path if not frame.leaf or len(self.frames) < 2 else self.frames[-2].path

    # ------------------------------------------------------------------ results

    def failing(self, operation: str) -> tuple[str, str]:
        """Path and type of what was running when the network stopped."""
        if not self.frames:
            return type(self.model).__name__, type(self.model).__name__
        frame = self.frames[-1]
        name = type(frame.module).__name__
        if frame.leaf or not operation:
            return frame.path or name, name
        return f"{frame.path}:{operation}", operation

    def last_shapes(self) -> tuple[Shape, ...]:
        return self.frames[-1].inputs if self.frames and self.frames[-1].inputs else (self.input_shape,)

    def finish(self, outputs: tuple[Shape, ...], *, complete: bool) -> Trace:
        while self.frames:  # only after a failure: what was running is closed where it stopped
            frame = self.frames.pop()
            if not frame.leaf and len(self.records) > frame.first:
                self._close_block(frame, ())
        return Trace(
            model_type=type(self.model).__name__, input_shape=self.input_shape, output_shapes=outputs,
            layers=tuple(self.records), blocks=tuple(sorted(self.blocks, key=lambda b: (b.first, b.depth))),
            params=sum(w.numel for w in self._params.values()),
            trainable_params=sum(w.numel for w in self._params.values() if w.trainable),
            param_bytes=self._bytes, complete=complete)


def tensors_of(value: Any) -> list[torch.Tensor]:
    if isinstance(value, torch.Tensor):
        return [value]
    if isinstance(value, dict):
        value = list(value.values())
    return [t for part in value for t in tensors_of(part)] if isinstance(value, list | tuple) else []


def shapes_of(value: Any) -> list[Shape]:
    return [tuple(tensor.shape) for tensor in tensors_of(value)]


def _with_padding_inside(main: LayerRecord, shapes: Sequence[Shape]) -> Mapping[str, Any]:
    """The options of a layer that pads its input before the window moves over it: what it adds is "padding_inside"."""
    rank = len(main.options.get("kernel", ()))
    if not rank or not shapes or len(shapes[0]) != len(main.input_shapes[0]):
        return main.options
    added = tuple(inside - n for n, inside in zip(shapes[0][-rank:], main.input_shapes[0][-rank:], strict=True))
    return {**main.options, "padding_inside": added} if any(added) else main.options
