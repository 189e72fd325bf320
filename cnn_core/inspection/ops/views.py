"""Operations that move values without changing them: views, slices, splits, joins."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import torch

from cnn_core.inspection import fields
from cnn_core.inspection.failures import Misfit
from cnn_core.inspection.fields import Field, Shape
from cnn_core.inspection.ops.step import Op, Operands, Step, Table, empty, same, table, union
from cnn_core.inspection.tables import shape_text


def _reshape(function: Callable[..., Any], _form: str) -> Callable[..., Step]:
    def run(input: torch.Tensor, *args: Any, **kwargs: Any) -> Step:
        out = function(input, *args, **kwargs)
        before, after = tuple(input.shape), tuple(out.shape)
        flat = out.dim() == 2 and input.dim() > 2 and after[0] == before[0]
        return Step(out, rule=lambda ops: fields.reshape(ops[0][0], before, after), stores=False,
                    kind="flatten" if flat else None)
    return run


def _permute(function: Callable[..., Any], _form: str) -> Callable[..., Step]:
    def run(input: torch.Tensor, *args: Any, **kwargs: Any) -> Step:
        out = function(input, *args, **kwargs)
        # Lengths that are all different tell where every dimension went, whatever the call's own arguments look like.
        probe = function(torch.empty(tuple(range(2, 2 + input.dim())), device="meta"), *args, **kwargs)
        order = [n - 2 for n in probe.shape]
        return Step(out, options={"order": tuple(order)}, rule=lambda ops: fields.permute(ops[0][0], order), stores=False)
    return run


def _expand(function: Callable[..., Any], _form: str) -> Callable[..., Step]:
    def run(input: torch.Tensor, *args: Any, **kwargs: Any) -> Step:
        out = function(input, *args, **kwargs)
        before, after = tuple(input.shape), tuple(out.shape)
        return Step(out, rule=lambda ops: fields.expand(ops[0][0], before, after), stores=False)
    return run


def _repeat(function: Callable[..., Any], _form: str) -> Callable[..., Step]:
    def run(input: torch.Tensor, *args: Any, **kwargs: Any) -> Step:
        out = function(input, *args, **kwargs)
        before, after = tuple(input.shape), tuple(out.shape)

        def rule(operands: Operands) -> Field:
            field = operands[0][0]
            moved = field and any(a.dim is not None and (len(before) < -a.dim or before[a.dim] != after[a.dim]) for a in field)
            return None if moved else field
        return Step(out, rule=rule)
    return run


def _turn(function: Callable[..., Any], _form: str) -> Callable[..., Step]:
    def run(input: torch.Tensor, *args: Any, **kwargs: Any) -> Step:
        out = function(input, *args, **kwargs)
        dims = kwargs.get("dims", args[-1] if args else None)
        dims = range(input.dim()) if dims in (None, ()) or isinstance(dims, torch.Tensor) else dims
        touched = [d if d < 0 else d - input.dim() for d in ((dims,) if isinstance(dims, int) else dims)]
        shape = tuple(input.shape)
        return Step(out, rule=lambda ops: fields.mix(ops[0][0], shape, touched))
    return run


def _shuffle(function: Callable[..., Any], form: str) -> Callable[..., Step]:
    def run(input: torch.Tensor, factor: int) -> Step:
        out = function(input, factor)
        before, after = tuple(input.shape), tuple(out.shape)
        if "channel" in form:
            return Step(out, rule=same)
        if "unshuffle" in form:
            return Step(out, rule=lambda ops: fields.slide(ops[0][0], [(factor, factor, 0, 1)] * 2))
        return Step(out, rule=lambda ops: fields.resample(ops[0][0], before, after, 0, False))
    return run


def _split(function: Callable[..., Any], form: str) -> Callable[..., Step]:
    def run(input: torch.Tensor, *args: Any, dim: int | None = None, **kwargs: Any) -> Step:
        if dim is not None:
            kwargs["dim"] = dim
        elif form == "unbind":
            dim = args[0] if args else 0
        else:
            dim = args[1] if len(args) > 1 else 0
        out = tuple(function(input, *args, **kwargs))
        at = dim if dim < 0 else dim - input.dim()
        shape = tuple(input.shape)

        def rule(operands: Operands) -> Field | list[Field]:
            field = operands[0][0]
            if form == "unbind":
                return fields.drop(field, shape, [at])
            first, parts = 0, []
            for part in out:
                parts.append(fields.cut(field, [(0, 1)] * (len(shape) + at) + [(first, 1)] + [(0, 1)] * (-at - 1)))
                first += part.shape[at]
            return parts
        return Step(out, rule=rule, stores=False)
    return run


def _narrow(function: Callable[..., Any], form: str) -> Callable[..., Step]:
    def run(input: torch.Tensor, dim: int, *args: Any, **kwargs: Any) -> Step:
        out = function(input, dim, *args, **kwargs)
        at = dim if dim < 0 else dim - input.dim()
        shape = tuple(input.shape)
        if form == "select":
            return Step(out, rule=lambda ops: fields.drop(ops[0][0], shape, [at]), stores=False)
        if form == "narrow" and args:
            cuts = [(0, 1)] * (input.dim() + at) + [(int(args[0]), 1)] + [(0, 1)] * (-at - 1)
            return Step(out, rule=lambda ops: fields.cut(ops[0][0], cuts), stores=False)
        return Step(out, rule=lambda ops: fields.mix(ops[0][0], shape, [at]))
    return run


def _getitem(function: Callable[..., Any], _form: str) -> Callable[..., Step]:
    def run(input: torch.Tensor, index: Any) -> Step:
        picks = index if isinstance(index, tuple) else (index,)
        shape = tuple(input.shape)
        lists = [pick for pick in picks if _is_list(pick)]
        plain = all(pick is None or pick is Ellipsis or type(pick) in (int, slice) for pick in picks if not _is_list(pick))
        if not plain or len(lists) > 1 or (lists and any(type(pick) is int for pick in picks)):
            return Step(function(input, index))
        if lists:
            out = _chosen(function, input, picks)
        else:
            out = function(input, index)
        options = {"index": tuple(_plain(pick) for pick in picks)} if not isinstance(lists and lists[0], torch.Tensor) else {}
        return Step(out, 0, options, lambda ops: _index(ops[0][0], shape, picks), stores=bool(lists),
                    idle=not lists and shape == tuple(out.shape) and input.stride() == out.stride())
    return run


def _plain(pick: Any) -> Any:
    """One part of an index that can be printed, compared and sent to another process."""
    if isinstance(pick, slice):
        return pick.start, pick.stop, pick.step
    return "..." if pick is Ellipsis else list(pick) if isinstance(pick, tuple) else pick


def _is_list(pick: Any) -> bool:
    """Whether an index names positions one by one, along one dimension, which stays where it is."""
    if isinstance(pick, torch.Tensor):
        return pick.dim() == 1 and pick.dtype == torch.int64
    return isinstance(pick, list | tuple) and all(type(position) is int for position in pick)


def _chosen(function: Callable[..., Any], input: torch.Tensor, picks: Sequence[Any]) -> torch.Tensor:
    """The result of one list among slices, without torch's own rule, whose first use imports a computer algebra system."""
    full = _in_full(picks, input.dim())
    at = next(i for i, pick in enumerate(full) if _is_list(pick))
    length = input.shape[sum(pick is not None for pick in full[:at])]
    positions = full[at]
    if not isinstance(positions, torch.Tensor) and not all(-length <= position < length for position in positions):
        raise IndexError(f"there is no position {max(positions, key=abs)} among {length}")
    size = list(function(input, tuple(slice(None) if i == at else pick for i, pick in enumerate(full))).shape)
    size[at] = len(positions)
    return empty(size, input)


def _in_full(picks: Sequence[Any], rank: int) -> list[Any]:
    """An index with its dots written out, one entry for each dimension and for each new one."""
    taken = sum(pick is not None and pick is not Ellipsis for pick in picks)
    full: list[Any] = []
    for pick in picks if any(pick is Ellipsis for pick in picks) else (*picks, Ellipsis):
        full += [slice(None)] * (rank - taken) if pick is Ellipsis else [pick]
    return full


def _index(field: Field, shape: Shape, picks: Sequence[Any]) -> Field:
    """The field after an index: integers drop a dimension, slices shift and stride it, None adds one."""
    if field is None:
        return None
    full = _in_full(picks, len(shape))
    new_dims: dict[int, int] = {}
    cuts, old, new = [], 0, 0
    for pick in full:
        if pick is None:
            new += 1
            continue
        cuts.append((0, 1))
        if isinstance(pick, slice):
            first, _, step = pick.indices(shape[old])
            cuts[-1] = (first, step)
            new_dims[old - len(shape)] = new
        new += type(pick) is not int
        old += 1
    field = fields.cut(field, cuts)
    if field is None:
        return None
    axes = []
    for axis in field:
        dim = axis.dim
        if dim is not None and dim not in new_dims and shape[dim] > 1:
            return None
        axes.append(replace(axis, dim=None if dim is None or dim not in new_dims else new_dims[dim] - new))
    return tuple(axes)


def _concat(function: Callable[..., Any], form: str) -> Callable[..., Step]:
    def run(tensors: Sequence[torch.Tensor], dim: int = 0, **kwargs: Any) -> Step:
        dim = kwargs.get("axis", dim)
        first = tensors[0]
        at = dim if dim < 0 else dim - first.dim()
        for other in tensors[1:]:
            if other.dim() != first.dim() or any(a != b for i, (a, b) in enumerate(zip(first.shape, other.shape, strict=True))
                                                 if i != at + first.dim()):
                raise Misfit("trace_join", left=shape_text(tuple(first.shape)), right=shape_text(tuple(other.shape)))
        size = list(first.shape)
        size[at] = sum(tensor.shape[at] for tensor in tensors)
        out = empty(size, first)

        def rule(operands: Operands) -> Field:
            if any(axis.dim == at for field, _ in operands for axis in field or ()):
                return None  # joined along the picture: two pieces have no common jump
            return fields.union(operands, tuple(size))
        return Step(out, options={"dim": dim}, rule=rule)
    return run


def _stack(function: Callable[..., Any], _form: str) -> Callable[..., Step]:
    def run(tensors: Sequence[torch.Tensor], dim: int = 0) -> Step:
        out = function(tensors, dim)
        before, after = tuple(tensors[0].shape), tuple(out.shape)

        def rule(operands: Operands) -> Field:
            return fields.reshape(fields.union(operands, before), before, (*after[:dim], 1, *after[dim + 1:]))
        return Step(out, options={"dim": dim}, rule=rule if dim >= 0 else None)
    return run


def _assign(function: Callable[..., Any], _form: str) -> Callable[..., Step]:
    def run(input: torch.Tensor, index: Any, value: Any) -> Step:
        function(input, index, value)
        return Step(input, rule=union(input), stores=False)
    return run


def operations() -> Table:
    return {
        **table("reshape", _reshape, "view reshape unsqueeze squeeze flatten ravel unflatten view_as reshape_as"),
        **table("reshape", _permute, "permute transpose swapaxes swapdims t movedim moveaxis adjoint"),
        **{getter: Op("reshape", "transpose", _permute(getter, "transpose"))
           for getter in (torch.Tensor.T.__get__, torch.Tensor.mT.__get__)},
        **table("reshape", _expand, "expand expand_as broadcast_to"),
        **table("reshape", _repeat, "repeat tile repeat_interleave"),
        **table("reshape", _turn, "flip roll"),
        **table("reshape", _shuffle, "pixel_shuffle pixel_unshuffle channel_shuffle native_channel_shuffle"),
        **table("split", _split, "chunk split unbind tensor_split split_with_sizes"),
        **table("slice", _narrow, "narrow select index_select"),
        **table("slice", _getitem, "getitem"),
        **table("concat", _concat, "cat concat concatenate"),
        **table("concat", _stack, "stack"),
        **table("other", _assign, "setitem"),
    }
