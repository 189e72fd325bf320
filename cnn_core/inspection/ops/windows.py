"""Operations that slide a window over the picture: convolution, transposed convolution, pooling, upsampling, padding."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import floor, prod
from typing import Any

import torch
from torch.nn import functional as F

from cnn_core.arithmetic import conv_output_size
from cnn_core.errors import GeometryError
from cnn_core.inspection import fields
from cnn_core.inspection.failures import Misfit
from cnn_core.inspection.fields import Shape
from cnn_core.inspection.ops.step import Op, Step, Table, empty, pair, table
from cnn_core.inspection.tables import shape_text


def _no_pixels(shape: Sequence[int], kernel: Shape, padding: Any) -> Misfit:
    return Misfit("trace_out_of_pixels", window=shape_text(kernel), input_shape=shape_text(tuple(shape)),
                  padding=padding if isinstance(padding, str) else shape_text(padding))


def _check_rank(x: torch.Tensor, rank: int) -> None:
    if x.dim() not in (rank + 1, rank + 2):
        raise Misfit("trace_rank", expected=rank + 2)


def _check_channels(got: int, expected: int) -> None:
    if got != expected:
        raise Misfit("trace_channels", expected=expected, got=got)


def _convolution(function: Callable[..., Any], _form: str) -> Callable[..., Step]:
    def run(input: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor | None = None, stride: Any = 1,
            padding: Any = 0, dilation: Any = 1, groups: int = 1) -> Step:
        rank = weight.dim() - 2
        _check_rank(input, rank)
        _check_channels(input.shape[-rank - 1], weight.shape[1] * groups)
        kernel = tuple(weight.shape[2:])
        strides, dilations = pair(stride, rank), pair(dilation, rank)
        before, total = _conv_padding(padding, kernel, dilations)
        if min(strides + dilations) < 1 or min(before) < 0:
            function(input, weight, bias, stride, padding, dilation, groups)  # torch says what is wrong with them
        try:
            size = [conv_output_size(n + extra, k, s, 0, d) for n, extra, k, s, d in
                    zip(input.shape[-rank:], total, kernel, strides, dilations, strict=True)]
        except GeometryError:
            raise _no_pixels(input.shape, kernel, padding if isinstance(padding, str) else before) from None
        out = empty((*input.shape[:-rank - 1], weight.shape[0], *size), input)
        windows = list(zip(kernel, strides, before, dilations, strict=True))
        options = {"kernel": kernel, "stride": strides, "padding": before, "padding_total": total, "dilation": dilations,
                   "groups": groups, "bias": bias is not None, "in_channels": weight.shape[1] * groups,
                   "out_channels": weight.shape[0]}
        return Step(out, out.numel() * prod(weight.shape[1:]), options, lambda ops: fields.slide(ops[0][0], windows))
    return run


def _conv_padding(padding: Any, kernel: Shape, dilation: Shape) -> tuple[Shape, Shape]:
    """Pixels added in front, and in all. "same" puts the odd one behind."""
    if padding == "valid":
        return (0,) * len(kernel), (0,) * len(kernel)
    if padding == "same":
        total = tuple(d * (k - 1) for k, d in zip(kernel, dilation, strict=True))
        return tuple(t // 2 for t in total), total
    before = pair(padding, len(kernel))
    return before, tuple(2 * p for p in before)


def _transposed(function: Callable[..., Any], _form: str) -> Callable[..., Step]:
    def run(input: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor | None = None, stride: Any = 1,
            padding: Any = 0, output_padding: Any = 0, groups: int = 1, dilation: Any = 1) -> Step:
        rank = weight.dim() - 2
        _check_rank(input, rank)
        _check_channels(input.shape[-rank - 1], weight.shape[0])
        kernel = tuple(weight.shape[2:])
        strides, paddings, extras, dilations = (pair(v, rank) for v in (stride, padding, output_padding, dilation))
        size = [(n - 1) * s - 2 * p + d * (k - 1) + extra + 1 for n, k, s, p, d, extra in
                zip(input.shape[-rank:], kernel, strides, paddings, dilations, extras, strict=True)]
        if min(size) < 1:
            raise _no_pixels(input.shape, kernel, paddings)
        channels = weight.shape[1] * groups
        out = empty((*input.shape[:-rank - 1], channels, *size), input)
        windows = list(zip(kernel, strides, paddings, dilations, strict=True))
        options = {"kernel": kernel, "stride": strides, "padding": paddings, "output_padding": extras,
                   "dilation": dilations, "groups": groups, "bias": bias is not None, "transposed": True,
                   "in_channels": weight.shape[0], "out_channels": channels}
        return Step(out, input.numel() * prod(weight.shape[1:]), options, lambda ops: fields.spread(ops[0][0], windows))
    return run


def _pool(rank: int, pads: bool, dilates: bool) -> Callable[[Callable[..., Any], str], Callable[..., Step]]:
    def maker(function: Callable[..., Any], form: str) -> Callable[..., Step]:
        def run(input: torch.Tensor, kernel_size: Any, stride: Any = None, padding: Any = 0, *rest: Any,
                dilation: Any = 1, ceil_mode: bool = False, return_indices: bool = False, count_include_pad: bool = True,
                divisor_override: int | None = None) -> Step:
            if dilates and rest:  # maximum pooling: dilation, ceil_mode, return_indices
                given = list(rest) + [dilation, ceil_mode, return_indices][len(rest):]
                dilation, ceil_mode, return_indices = given
            elif rest:  # average pooling: ceil_mode, count_include_pad, divisor_override
                given = [*rest, count_include_pad, divisor_override][:3] if len(rest) == 1 else [*rest, divisor_override]
                ceil_mode, count_include_pad, divisor_override = given[:3]
            _check_rank(input, rank)
            kernel = pair(kernel_size, rank)
            strides = kernel if stride is None or stride == [] else pair(stride, rank)
            paddings, dilations = pair(padding, rank), pair(dilation, rank)
            if min(strides + dilations) < 1 or any(2 * p > d * (k - 1) + 1 for p, k, d in
                                                   zip(paddings, kernel, dilations, strict=True)):
                function(input, kernel_size, stride, padding, *rest)  # torch says what is wrong with them
            windows = list(zip(kernel, strides, paddings, dilations, strict=True))
            size = [_pooled(n, *window, ceil_mode) for n, window in zip(input.shape[-rank:], windows, strict=True)]
            if min(size) < 1:
                raise _no_pixels(input.shape, kernel, paddings)
            out: Any = empty((*input.shape[:-rank], *size), input)
            if return_indices or form.endswith("_with_indices"):
                out = (out, torch.empty(out.shape, dtype=torch.int64, device="meta"))
            options = {"kernel": kernel, "stride": strides, "padding": paddings, "dilation": dilations,
                       "ceil_mode": bool(ceil_mode)}
            if not dilates:
                options |= {"count_include_pad": bool(count_include_pad), "divisor": divisor_override}
            return Step(out, 0, options, lambda ops: fields.slide(ops[0][0], windows))
        return run
    return maker


def _pooled(n: int, kernel: int, stride: int, padding: int, dilation: int, ceil_mode: bool) -> int:
    span = n + 2 * padding - dilation * (kernel - 1) - 1
    if not ceil_mode:
        return span // stride + 1 if span >= 0 else 0
    size = -(-span // stride) + 1
    # A window that would start behind the picture and its front padding is left out, as torch does.
    return size - 1 if (size - 1) * stride >= n + padding else size


def _adaptive(rank: int) -> Callable[[Callable[..., Any], str], Callable[..., Step]]:
    def maker(_function: Callable[..., Any], form: str) -> Callable[..., Step]:
        def run(input: torch.Tensor, output_size: Any, return_indices: bool = False) -> Step:
            _check_rank(input, rank)
            wanted = (output_size,) * rank if isinstance(output_size, int | None) else tuple(output_size)
            size = [n if want is None else int(want) for n, want in zip(input.shape[-rank:], wanted, strict=True)]
            out: Any = empty((*input.shape[:-rank], *size), input)
            before, after = tuple(input.shape), tuple(out.shape)
            if return_indices or form.endswith("_with_indices"):
                out = (out, torch.empty(out.shape, dtype=torch.int64, device="meta"))
            return Step(out, 0, {"output_size": tuple(size)}, lambda ops: fields.adaptive(ops[0][0], before, after))
        return run
    return maker


RADII = {"nearest": 0, "nearest-exact": 1, "linear": 1, "bilinear": 1, "trilinear": 1, "area": 1, "bicubic": 2}


def _interpolate(_function: Callable[..., Any], _form: str) -> Callable[..., Step]:
    def run(input: torch.Tensor, size: Any = None, scale_factor: Any = None, mode: str = "nearest",
            align_corners: bool | None = None, _recompute: bool | None = None, antialias: bool = False,
            **_ignored: Any) -> Step:
        rank = input.dim() - 2
        if size is not None:
            new = list(pair(size, rank))
        else:
            factors = (scale_factor,) * rank if isinstance(scale_factor, int | float) else tuple(scale_factor)
            new = [floor(n * factor) for n, factor in zip(input.shape[2:], factors, strict=True)]
        before = tuple(input.shape)
        if not new or min(new) < 1:
            raise _no_pixels(before, tuple(new), (0,) * rank)
        out = empty((*before[:2], *new), input)
        after = tuple(out.shape)
        # Antialiased and "area" shrinking average over whole cells; their reach grows with the ratio.
        shrink = max(-(-b // a) for b, a in zip(before[2:], after[2:], strict=True))
        radius = RADII.get(mode, 2) * (shrink if antialias or mode == "area" else 1)
        return Step(out, 0, {"output_size": tuple(new), "mode": mode},
                    lambda ops: fields.resample(ops[0][0], before, after, radius, bool(align_corners)))
    return run


def _pad(function: Callable[..., Any], _form: str) -> Callable[..., Step]:
    def run(input: torch.Tensor, pad: Sequence[int], mode: str = "constant", value: float | None = None) -> Step:
        out = function(input, pad, mode, value)
        cuts = [(-pad[i], 1) for i in range(0, len(pad), 2)][::-1]
        cuts = [(0, 1)] * (input.dim() - len(cuts)) + cuts
        return Step(out, 0, {"pad": tuple(pad), "mode": mode, "value": value or 0.0}, lambda ops: fields.cut(ops[0][0], cuts),
                    idle=not any(pad))
    return run


def operations() -> Table:
    found = {
        **table("conv", _convolution, "conv1d conv2d conv3d"),
        **table("conv", _transposed, "conv_transpose1d conv_transpose2d conv_transpose3d"),
        **table("upsample", _interpolate, "interpolate upsample"),
        **table("pad", _pad, "pad"),
    }
    for rank in (1, 2, 3):
        found |= table("pool", _pool(rank, True, True), f"max_pool{rank}d max_pool{rank}d_with_indices")
        found |= table("pool", _pool(rank, True, False), f"avg_pool{rank}d")
        found |= table("pool", _adaptive(rank), f"adaptive_avg_pool{rank}d adaptive_max_pool{rank}d "
                                                f"adaptive_max_pool{rank}d_with_indices")
    return found | _lp_pools()


def _lp_pools() -> Table:
    """``lp_pool(input, norm_type, kernel, …)`` is an average pooling with one argument more."""
    def maker(rank: int) -> Callable[..., Step]:
        plain = _pool(rank, False, False)(F.avg_pool2d, "lp_pool")

        def run(input: torch.Tensor, norm_type: float, kernel_size: Any, stride: Any = None,
                ceil_mode: bool = False) -> Step:
            step = plain(input, kernel_size, stride, 0, ceil_mode)
            return Step(step.out, 0, step.options | {"norm_type": norm_type}, step.rule)
        return run
    return {getattr(F, f"lp_pool{rank}d"): Op("pool", f"lp_pool{rank}d", maker(rank)) for rank in (1, 2, 3)}
