"""Operations that work value by value, normalisation, and reductions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch

from cnn_core.inspection import fields
from cnn_core.inspection.failures import Misfit
from cnn_core.inspection.ops.step import Step, Table, empty, empty_as, in_place, same, table, union
from cnn_core.inspection.tables import shape_text


def _unary(_function: Callable[..., Any], form: str) -> Callable[..., Step]:
    always = in_place(form)

    def run(input: torch.Tensor, *args: Any, inplace: bool = False, **named: Any) -> Step:
        numbers = tuple(value for value in (*args, *named.values()) if type(value) in (int, float))
        options: dict[str, Any] = {"arguments": numbers} if numbers else {}
        if named.get("approximate", "none") != "none":
            options["approximate"] = named["approximate"]
        if always or inplace or (args and args[-1] is True):
            return Step(input, 0, options, same, stores=False)
        return Step(empty_as(input), 0, options, same)
    return run


def _dropout(_function: Callable[..., Any], form: str) -> Callable[..., Step]:
    always = in_place(form)

    def run(input: torch.Tensor, p: float = 0.5, training: bool = True, inplace: bool = False, train: bool = True) -> Step:
        options = {"p": p}
        if always or inplace:
            return Step(input, 0, options, same, stores=False)
        active = training and train
        # Outside training a new name for the same values: the branch that skips the dropout keeps its own origin.
        return Step(empty_as(input) if active else input.view_as(input), 0, options, same, stores=active)
    return run


def _softmax(_function: Callable[..., Any], _form: str) -> Callable[..., Step]:
    def run(input: torch.Tensor, dim: int | None = None, *_rest: Any, **_ignored: Any) -> Step:
        rank = input.dim()
        at = (0 if rank in (0, 1, 3) else 1) if dim is None else dim
        shape = tuple(input.shape)
        return Step(empty_as(input), 0, {"dim": at},
                    lambda ops: fields.mix(ops[0][0], shape, [at if at < 0 else at - rank]))
    return run


def _binary(_function: Callable[..., Any], form: str) -> Callable[..., Step]:
    always = in_place(form)

    def run(input: Any, other: Any, *_rest: Any, **_ignored: Any) -> Step:
        tensor, partner = (input, other) if isinstance(input, torch.Tensor) else (other, input)
        if not isinstance(partner, torch.Tensor):
            out = tensor if always else empty_as(tensor)
            if not tensor.is_floating_point() and isinstance(partner, float):
                out = torch.empty(tensor.shape, device="meta")
            return Step(out, 0, {"number": partner}, same, stores=not always)
        shape = tuple(tensor.shape) if tensor.shape == partner.shape else _broadcast(tensor, partner)
        if always:
            if tuple(tensor.shape) != shape:
                raise _unjoinable(tensor, partner)
            return Step(tensor, rule=union(tensor), stores=False)
        if shape == tuple(tensor.shape) and tensor.dtype == partner.dtype:
            out = empty_as(tensor)
        else:
            out = torch.empty(shape, dtype=torch.result_type(tensor, partner), device="meta")
        return Step(out, rule=union(out))
    return run


def _broadcast(left: torch.Tensor, right: torch.Tensor) -> fields.Shape:
    """The shape of both together. (torch has this too, but its first call imports a computer algebra system.)"""
    rank = max(left.dim(), right.dim())
    shape = []
    for n, m in zip((1,) * (rank - left.dim()) + tuple(left.shape), (1,) * (rank - right.dim()) + tuple(right.shape), strict=True):
        if n != m and 1 not in (n, m):
            raise _unjoinable(left, right)
        shape.append(m if n == 1 else n)
    return tuple(shape)


def _unjoinable(left: torch.Tensor, right: torch.Tensor) -> Misfit:
    return Misfit("trace_join", left=shape_text(tuple(left.shape)), right=shape_text(tuple(right.shape)))


def _prelu(_function: Callable[..., Any], _form: str) -> Callable[..., Step]:
    def run(input: torch.Tensor, weight: torch.Tensor) -> Step:
        channels = input.shape[1] if input.dim() > 1 else 1
        if weight.numel() not in (1, channels):
            raise Misfit("trace_channels", expected=weight.numel(), got=channels)
        return Step(empty_as(input), rule=same)
    return run


def _compare(_function: Callable[..., Any], form: str) -> Callable[..., Step]:
    plain = _binary(_function, "compare")

    def run(input: Any, other: Any) -> Step:
        step = plain(input, other)
        return Step(torch.empty(step.out.shape, dtype=torch.bool, device="meta"), rule=step.rule)
    return run


def _masked(_function: Callable[..., Any], form: str) -> Callable[..., Step]:
    def run(input: torch.Tensor, mask: torch.Tensor, value: Any) -> Step:
        if in_place(form):
            return Step(input, rule=union(input), stores=False)
        out = empty(_broadcast(input, mask), input)
        return Step(out, rule=union(out))
    return run


def _where(_function: Callable[..., Any], _form: str) -> Callable[..., Step]:
    def run(condition: torch.Tensor, input: Any, other: Any) -> Step:
        shape = condition
        for value in (input, other):
            if isinstance(value, torch.Tensor):
                shape = empty(_broadcast(shape, value), value)
        source = next((value for value in (input, other) if isinstance(value, torch.Tensor)), None)
        out = empty(shape.shape, source) if source is not None else torch.empty(shape.shape, device="meta")
        return Step(out, rule=union(out))
    return run


def _batch_norm(_function: Callable[..., Any], _form: str) -> Callable[..., Step]:
    def run(input: torch.Tensor, running_mean: torch.Tensor | None = None, running_var: torch.Tensor | None = None,
            weight: torch.Tensor | None = None, bias: torch.Tensor | None = None, training: bool = False,
            momentum: float = 0.1, eps: float = 1e-5, *_rest: Any, **_ignored: Any) -> Step:
        known = weight if weight is not None else running_mean
        if known is not None and input.dim() > 1 and known.shape[0] != input.shape[1]:
            raise Misfit("trace_channels", expected=known.shape[0], got=input.shape[1])
        shape, everything = tuple(input.shape), range(-input.dim(), 0)
        options = {"channels": input.shape[1], "bias": bias is not None, "scale": weight is not None, "eps": eps,
                   "momentum": momentum, "running": running_mean is not None}
        return Step(empty_as(input), 0, options,
                    (lambda ops: fields.mix(ops[0][0], shape, everything)) if training else same)
    return run


def _statistics(_function: Callable[..., Any], form: str) -> Callable[..., Step]:
    """Group and instance normalisation: the mean of the whole map reaches every value."""
    def run(input: torch.Tensor, *args: Any, weight: torch.Tensor | None = None, **_ignored: Any) -> Step:
        if form == "group_norm":
            weight = weight if weight is not None else (args[1] if len(args) > 1 else None)
        if weight is not None and weight.shape[0] != input.shape[1]:
            raise Misfit("trace_channels", expected=weight.shape[0], got=input.shape[1])
        shape, inner = tuple(input.shape), range(1 - input.dim(), 0)
        return Step(empty_as(input), rule=lambda ops: fields.mix(ops[0][0], shape, inner))
    return run


def _layer_norm(_function: Callable[..., Any], _form: str) -> Callable[..., Step]:
    def run(input: torch.Tensor, normalized_shape: Sequence[int], *_rest: Any, **_ignored: Any) -> Step:
        last = tuple(normalized_shape)
        if tuple(input.shape[-len(last):]) != last:
            raise Misfit("trace_features", expected=shape_text(last), got=shape_text(tuple(input.shape[-len(last):])))
        shape = tuple(input.shape)
        return Step(empty_as(input), 0, {"normalized_shape": last},
                    lambda ops: fields.mix(ops[0][0], shape, range(-len(last), 0)))
    return run


def _normalize(_function: Callable[..., Any], _form: str) -> Callable[..., Step]:
    def run(input: torch.Tensor, p: float = 2.0, dim: int = 1, *_rest: Any, **_ignored: Any) -> Step:
        shape = tuple(input.shape)
        return Step(empty_as(input), 0, {"p": p, "dim": dim},
                    lambda ops: fields.mix(ops[0][0], shape, [dim if dim < 0 else dim - input.dim()]))
    return run


def _local(_function: Callable[..., Any], _form: str) -> Callable[..., Step]:
    def run(input: torch.Tensor, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0) -> Step:
        return Step(empty_as(input), 0, {"size": size, "alpha": alpha, "beta": beta, "k": k}, same)
    return run


def _reduce(function: Callable[..., Any], _form: str) -> Callable[..., Step]:
    def run(input: torch.Tensor, dim: Any = None, keepdim: bool = False, *rest: Any, **kwargs: Any) -> Step:
        if dim is None or dim == ():
            return Step(function(input, **kwargs))
        dims = [d if d < 0 else d - input.dim() for d in ((dim,) if isinstance(dim, int) else dim)]
        size = [1 if i - input.dim() in dims else n for i, n in enumerate(input.shape) if keepdim or i - input.dim() not in dims]
        shape = tuple(input.shape)
        over_maps = input.dim() > 2 and all(d > 1 - input.dim() for d in dims)
        return Step(empty(size, input), 0, {"dim": tuple(dims)},
                    lambda ops: fields.mix(ops[0][0], shape, dims) if keepdim else fields.drop(ops[0][0], shape, dims),
                    kind="pool" if over_maps else None)
    return run


def operations() -> Table:
    return {
        **table("activation", _unary, "relu relu6 leaky_relu elu selu celu gelu silu mish hardswish hardsigmoid hardtanh "
                "sigmoid tanh softplus softsign logsigmoid log_sigmoid hardshrink softshrink tanhshrink threshold rrelu"),
        **table("other", _unary, "exp exp2 expm1 log log2 log10 log1p sqrt rsqrt abs neg square sin cos clamp clamp_min "
                "clamp_max clip reciprocal floor ceil round sign erf positive nan_to_num sgn trunc zero fill"),
        **table("activation", _softmax, "softmax log_softmax softmin"),
        **table("activation", _prelu, "prelu"),
        **table("dropout", _dropout, "dropout dropout1d dropout2d dropout3d alpha_dropout feature_dropout "
                "feature_alpha_dropout"),
        **table("add", _binary, "add sub subtract rsub"),
        **table("multiply", _binary, "mul multiply div divide true_divide truediv"),
        **table("other", _binary, "maximum minimum fmax fmin pow floor_divide floordiv remainder fmod mod atan2"),
        **table("other", _compare, "eq ne lt le gt ge logical_and logical_or logical_xor"),
        **table("other", _masked, "masked_fill"),
        **table("other", _where, "where"),
        **table("norm", _batch_norm, "batch_norm"),
        **table("norm", _statistics, "group_norm instance_norm"),
        **table("norm", _layer_norm, "layer_norm rms_norm"),
        **table("norm", _normalize, "normalize"),
        **table("norm", _local, "local_response_norm"),
        **table("other", _reduce, "mean sum amax amin nanmean logsumexp"),
    }
