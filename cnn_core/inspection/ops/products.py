"""Matrix products: dense layers, attention, einsum. One multiply-accumulate for each product that is summed."""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Any

import torch

from cnn_core.inspection import fields
from cnn_core.inspection.failures import Misfit
from cnn_core.inspection.fields import Field
from cnn_core.inspection.ops.step import Operands, Step, Table, empty, table
from cnn_core.inspection.tables import shape_text


def _linear(function: Callable[..., Any], _form: str) -> Callable[..., Step]:
    def run(input: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor | None = None) -> Step:
        if weight.dim() != 2:
            return Step(function(input, weight, bias), input.numel())
        if input.shape[-1] != weight.shape[1]:
            raise Misfit("trace_features", expected=weight.shape[1], got=input.shape[-1])
        out = empty((*input.shape[:-1], weight.shape[0]), input)
        shape = tuple(input.shape)
        options = {"in_features": weight.shape[1], "out_features": weight.shape[0], "bias": bias is not None}
        return Step(out, out.numel() * weight.shape[1], options, lambda ops: fields.mix(ops[0][0], shape, [-1]))
    return run


def _bilinear(function: Callable[..., Any], _form: str) -> Callable[..., Step]:
    def run(left: torch.Tensor, right: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor | None = None) -> Step:
        out = function(left, right, weight, bias)
        return Step(out, out.numel() * weight.shape[1] * weight.shape[2])
    return run


def _matmul(function: Callable[..., Any], form: str) -> Callable[..., Step]:
    backwards = form.startswith("__r")

    def run(input: torch.Tensor, other: torch.Tensor) -> Step:
        left, right = (other, input) if backwards else (input, other)
        inner = left.shape[-1]
        if right.dim() and right.shape[-2 if right.dim() > 1 else -1] != inner:
            raise Misfit("trace_join", left=shape_text(tuple(left.shape)), right=shape_text(tuple(right.shape)))
        out = function(input, other)
        shape = tuple(left.shape)

        def rule(operands: Operands) -> Field:
            # A product with a constant matrix on the right mixes the last dimension, like a dense layer.
            one = len(operands) == 1 and operands[0][1] == shape
            return fields.mix(operands[0][0], shape, [-1]) if one and right.dim() == 2 else None
        return Step(out, out.numel() * inner, {"inner": inner}, rule)
    return run


def _added(function: Callable[..., Any], _form: str) -> Callable[..., Step]:
    def run(bias: torch.Tensor, left: torch.Tensor, right: torch.Tensor, **kwargs: Any) -> Step:
        out = function(bias, left, right, **kwargs)
        batches = left.shape[0] if left.dim() == 3 and out.dim() == 2 else 1
        return Step(out, out.numel() * left.shape[-1] * batches)
    return run


def _einsum(function: Callable[..., Any], _form: str) -> Callable[..., Step]:
    def run(equation: str, *operands: Any) -> Step:
        tensors = list(operands[0]) if len(operands) == 1 and isinstance(operands[0], list | tuple) else list(operands)
        out = function(equation, *tensors)
        terms, _, result = equation.replace(" ", "").partition("->")
        letters = terms.split(",")
        if len(tensors) != 2 or "." in equation or not result:
            return Step(out, _counted(function, equation, *tensors), {"equation": equation})
        sizes = {letter: n for term, tensor in zip(letters, tensors, strict=True)
                 for letter, n in zip(term, tensor.shape, strict=True)}
        summed = set(letters[0]) & set(letters[1]) - set(result)
        # Without a summed index it is an element-wise product, which no convention counts.
        return Step(out, prod(sizes.values()) if summed else 0, {"equation": equation})
    return run


def _counted(function: Callable[..., Any], *args: Any, **kwargs: Any) -> int:
    from torch.utils.flop_counter import FlopCounterMode
    with FlopCounterMode(display=False) as counter:
        function(*args, **kwargs)
    return counter.get_total_flops() // 2


def unknown(function: Callable[..., Any], _form: str) -> Callable[..., Step]:
    """Anything this package has no rule for: torch's own shape rules and counter, and no claim about the field."""
    def run(*args: Any, **kwargs: Any) -> Step:
        from torch.utils.flop_counter import FlopCounterMode
        with FlopCounterMode(display=False) as counter:
            out = function(*args, **kwargs)
        return Step(out, counter.get_total_flops() // 2)
    return run


def _dot_product(_function: Callable[..., Any], _form: str) -> Callable[..., Step]:
    def run(query: torch.Tensor, key: torch.Tensor, value: torch.Tensor, *_rest: Any, **_ignored: Any) -> Step:
        if query.shape[-1] != key.shape[-1] or key.shape[-2] != value.shape[-2]:
            raise Misfit("trace_join", left=shape_text(tuple(query.shape)), right=shape_text(tuple(key.shape)))
        out = empty((*query.shape[:-1], value.shape[-1]), query)
        pairs = prod(query.shape[:-1]) * key.shape[-2]
        return Step(out, pairs * (query.shape[-1] + value.shape[-1]),
                    {"batch": prod(query.shape[:-2]), "queries": query.shape[-2], "keys": key.shape[-2],
                     "features": query.shape[-1], "value_features": value.shape[-1]})
    return run


def _multi_head(_function: Callable[..., Any], _form: str) -> Callable[..., Step]:
    def run(query: torch.Tensor, key: torch.Tensor, value: torch.Tensor, embed_dim_to_check: int, num_heads: int,
            in_proj_weight: torch.Tensor | None, in_proj_bias: torch.Tensor | None, bias_k: torch.Tensor | None,
            bias_v: torch.Tensor | None, add_zero_attn: bool, dropout_p: float, out_proj_weight: torch.Tensor,
            out_proj_bias: torch.Tensor | None, training: bool = True, key_padding_mask: Any = None,
            need_weights: bool = True, attn_mask: Any = None, use_separate_proj_weight: bool = False,
            q_proj_weight: Any = None, k_proj_weight: Any = None, v_proj_weight: Any = None, static_k: Any = None,
            static_v: Any = None, average_attn_weights: bool = True, is_causal: bool = False) -> Step:
        width = query.shape[-1]
        if width != embed_dim_to_check:
            raise Misfit("trace_features", expected=embed_dim_to_check, got=width)
        batch = query.shape[1] if query.dim() == 3 else 1
        queries, given = query.shape[0], key.shape[0]
        keys = given + (bias_k is not None) + bool(add_zero_attn)
        projections = queries * width * width + given * (key.shape[-1] + value.shape[-1]) * width
        macs = batch * (projections + 2 * queries * keys * width + queries * width * out_proj_weight.shape[0])
        out = empty((*query.shape[:-1], out_proj_weight.shape[0]), query)
        scores = None
        if need_weights:
            heads = () if average_attn_weights else (num_heads,)
            scores = empty((*((batch,) if query.dim() == 3 else ()), *heads, queries, keys), query)
        options = {"heads": num_heads, "queries": queries, "keys": keys, "features": width, "batch": batch,
                   "key_features": key.shape[-1], "value_features": value.shape[-1], "given_keys": given}
        return Step((out, scores), macs, options)
    return run


def _embedding(_function: Callable[..., Any], _form: str) -> Callable[..., Step]:
    def run(input: torch.Tensor, weight: torch.Tensor, *_rest: Any, **_ignored: Any) -> Step:
        if input.is_floating_point():
            raise TypeError("it looks up whole numbers; pass dtype=torch.long to trace it")
        return Step(empty((*input.shape, weight.shape[1]), weight))
    return run


def operations() -> Table:
    return {
        **table("linear", _linear, "linear"),
        **table("linear", _bilinear, "bilinear"),
        **table("matmul", _matmul, "matmul mm bmm mv"),
        **table("matmul", _added, "addmm baddbmm addbmm addmv"),
        **table("matmul", _einsum, "einsum"),
        **table("attention", _dot_product, "scaled_dot_product_attention"),
        **table("attention", _multi_head, "multi_head_attention_forward"),
        **table("recurrent", unknown, "lstm gru rnn_tanh rnn_relu"),
        **table("embedding", _embedding, "embedding"),
    }
