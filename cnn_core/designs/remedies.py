"""What one click can do about a problem. A remedy is offered only if it works: it is tried, and the problem must be gone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from math import gcd, isqrt
from typing import Any

from cnn_core.designs.blocks import Branch, Residual, Shortcut
from cnn_core.designs.checking import Checked, Problem, check
from cnn_core.designs.design import Design, Item, Row
from cnn_core.designs.kind import Shape
from cnn_core.designs.plain_layers import Flatten
from cnn_core.designs.sliding import AvgPool, Conv, Depthwise, GlobalAverage, MaxPool, Separable
from cnn_core.errors import DesignError

MOST_OFFERED = 3


@dataclass(frozen=True)
class Remedy:
    """One way out, and the design after it.

    Attributes:
        code: what it does; the page's text is ``design.remedy.<code>``, with ``facts`` filled in.
    """

    code: str
    facts: dict[str, Any]
    after: Design


def remedies(checked: Checked, problem: Problem | None = None) -> tuple[Remedy, ...]:
    """What would help against a problem (the first one, unless told), best first."""
    if problem is None:
        if not checked.problems:
            return ()
        problem = checked.problems[0]
    offered: list[Remedy] = []
    for code, facts, rows in _candidates(checked, problem):
        try:
            after = replace(checked.design, rows=tuple(rows))
        except DesignError:
            continue
        if after != checked.design and all(remedy.after != after for remedy in offered) and _helps(checked, problem, after):
            offered.append(Remedy(code, facts, after))
        if len(offered) == MOST_OFFERED:
            break
    return tuple(offered)


def _helps(before: Checked, problem: Problem, after: Design) -> bool:
    """Fewer problems, or the same number further down: what was refused now works."""
    rest = check(after).problems
    if len(rest) != len(before.problems):
        return len(rest) < len(before.problems)
    grown = len(after.rows) - len(before.design.rows)
    at = before.problems.index(problem)
    return rest[at].row > problem.row + max(grown, 0)


def _candidates(checked: Checked, problem: Problem) -> Iterator[tuple[str, dict[str, Any], Sequence[Row]]]:
    rows, at, code = checked.design.rows, problem.row, problem.error.code
    facts = problem.error.facts
    if not rows:
        return
    here = rows[at]
    shape = problem.input_shape
    if code == "design_features":
        yield "set_inputs", {"value": facts["got"]}, _changed(rows, at, input=facts["got"])
        yield from _pooled(rows, at, facts["expected"], checked)
        yield "open_inputs", {}, _changed(rows, at, input=None)
    elif code == "design_needs_flat":
        yield "flatten", {}, _inserted(rows, at, Flatten())
        yield "gap_flatten", {}, _inserted(rows, at, GlobalAverage(), Flatten())
    elif code == "design_needs_maps":
        yield from _above_flatten(rows, at)
    elif code == "design_channels":
        yield "set_channels", {"value": facts["got"]}, _changed(rows, at, input=facts["got"])
        yield "pointwise", {"value": facts["expected"]}, _inserted(rows, at, Conv(facts["expected"], (1, 1)))
    elif code in ("kernel_too_long", "padding_over_half"):
        yield from _fitted(rows, at, shape)
    elif code == "same_needs_stride_one":
        half = tuple(k // 2 for k in here.kind.kernel)  # type: ignore[attr-defined]
        yield "set_pad", {"value": _pair_text(half)}, _changed(rows, at, same=False, pad=half)
        yield "stride_one", {}, _changed(rows, at, stride=(1, 1))
    elif code == "groups_do_not_divide":
        fitting = gcd(shape[0], gcd(here.kind.filters, here.kind.groups))  # type: ignore[attr-defined]
        yield "set_groups", {"value": fitting}, _changed(rows, at, groups=fitting)
        yield "set_groups", {"value": 1}, _changed(rows, at, groups=1)
    elif code == "design_pads_nothing":
        yield "set_pad_channels", {"value": facts["got"]}, _changed(rows, at, channels=facts["got"])
    elif code == "design_pool_enlarges":
        yield "set_size", {"value": 1}, _changed(rows, at, size=(1, 1))
    elif code == "design_no_branch" and len(shape) == 3:
        deep = here.depth + 1
        two = [Row(deep, Branch()), Row(deep + 1, Conv(16, (1, 1))), Row(deep, Branch()), Row(deep + 1, Conv(16, pad=(1, 1)))]
        yield "two_branches", {}, [*rows[: at + 1], *two, *rows[at + 1 :]]
    elif code in ("design_add", "design_concat", "design_gate"):
        yield from _joined(checked, at, shape)
    if code != "design_empty":
        yield "remove", {"layer": here.kind.word}, [*rows[:at], *rows[_item(checked.design.items, at).stop :]]


def _joined(checked: Checked, at: int, shape: Shape) -> Iterator[tuple[str, dict[str, Any], Sequence[Row]]]:
    """Ways to make paths end alike: padding that keeps the size, or a shortcut of its own."""
    rows = checked.design.rows
    item = _item(checked.design.items, at)
    yield "pad_all", {}, [*rows[:at], *(_padded(row) for row in rows[at : item.stop]), *rows[item.stop :]]
    end = _end(checked, item)
    if isinstance(item.kind, Residual) and len(shape) == 3 and end is not None and len(end) == 3:
        kept = [one for one in item.items if not isinstance(one.kind, Shortcut)]
        body = [row for one in kept for row in rows[one.row : one.stop]]
        depth = rows[at].depth + 1
        stride = tuple(max(1, -(-n // m)) for n, m in zip(shape[1:], end[1:], strict=True))
        projected = Conv(end[0], (1, 1), stride=(stride[0], stride[1]), nobias=True)
        made = [rows[at], *body, Row(depth, Shortcut()), Row(depth + 1, projected)]
        yield "project", {"filters": end[0], "stride": _pair_text(stride)}, [*rows[:at], *made, *rows[item.stop :]]
    last = next((row for row in range(item.stop - 1, at, -1) if isinstance(rows[row].kind, Conv | Separable)), None)
    if last is not None and len(shape) == 3:
        yield "set_filters", {"value": shape[0]}, _changed(rows, last, filters=shape[0])
        both = [*rows[:at], *(_padded(row) for row in rows[at : item.stop]), *rows[item.stop :]]
        yield "pad_and_filters", {"value": shape[0]}, _changed(both, last, filters=shape[0])
    if item.kind.word == "gate" and len(shape) == 3:
        squeezed = [*rows[: at + 1], Row(rows[at].depth + 1, GlobalAverage()), *rows[at + 1 :]]
        yield "squeeze", {}, squeezed
        if last is not None:
            yield "squeeze", {}, _changed(squeezed, last + 1, filters=shape[0])


def _end(checked: Checked, item: Item) -> Shape | None:
    """The shape in which a residual's body ends."""
    body = [one for one in item.items if not isinstance(one.kind, Shortcut)]
    return checked.facts[body[-1].row].output_shape if body else checked.facts[item.row].input_shape


def _padded(row: Row) -> Row:
    """The same window with the padding that keeps the size at stride 1."""
    kind = row.kind
    if isinstance(kind, Conv | Depthwise | Separable):
        if any(k * d % 2 == 0 for k, d in zip(kind.kernel, kind.dilation, strict=True)) and kind.stride == (1, 1):
            return replace(row, kind=replace(kind, same=True))
        rows, columns = (d * (k - 1) // 2 for k, d in zip(kind.kernel, kind.dilation, strict=True))
        return replace(row, kind=replace(kind, pad=(rows, columns), same=False))
    if isinstance(kind, MaxPool | AvgPool):
        rows, columns = ((k - 1) // 2 for k in kind.kernel)
        return replace(row, kind=replace(kind, pad=(rows, columns)))
    return row


def _fitted(rows: Sequence[Row], at: int, shape: Shape) -> Iterator[tuple[str, dict[str, Any], Sequence[Row]]]:
    """Padding, or a smaller window, for maps that a window does not fit into."""
    kind: Any = rows[at].kind
    dilation = getattr(kind, "dilation", (1, 1))
    half = tuple(d * (k - 1) // 2 for k, d in zip(kind.kernel, dilation, strict=True))
    if isinstance(kind, MaxPool | AvgPool):
        half = tuple(min(p, k // 2) for p, k in zip(half, kind.kernel, strict=True))
    yield "set_pad", {"value": _pair_text(half)}, _changed(rows, at, pad=half)
    if len(shape) == 3:
        small = tuple(max(1, min(k, n)) for k, n in zip(kind.kernel, shape[1:], strict=True))
        changes: dict[str, Any] = {"kernel": small}
        if isinstance(kind, MaxPool | AvgPool):
            changes["pad"] = tuple(min(p, k // 2) for p, k in zip(kind.pad, small, strict=True))
        yield "set_kernel", {"value": f"{small[0]}×{small[1]}"}, _changed(rows, at, **changes)
        if dilation != (1, 1):
            yield "no_dilation", {}, _changed(rows, at, dilation=(1, 1))


def _pooled(rows: Sequence[Row], at: int, expected: int, checked: Checked) -> Iterator[tuple[str, dict[str, Any], Sequence[Row]]]:
    """A pooling before the flattening that leaves as many numbers as the layer expects."""
    flat = next((i for i in range(at - 1, -1, -1) if isinstance(rows[i].kind, Flatten) and rows[i].depth == rows[at].depth), None)
    if flat is None:
        return
    source = checked.facts[flat].input_shape
    if source is None or len(source) != 3 or expected % source[0]:
        return
    side = isqrt(expected // source[0])
    if side * side * source[0] == expected and 1 <= side <= 256:
        yield "pool_to", {"value": f"{side}×{side}"}, _inserted(rows, flat, GlobalAverage((side, side)))


def _above_flatten(rows: Sequence[Row], at: int) -> Iterator[tuple[str, dict[str, Any], Sequence[Row]]]:
    flat = next((i for i in range(at - 1, -1, -1) if isinstance(rows[i].kind, Flatten)), None)
    if flat is None or rows[flat].depth != rows[at].depth or rows[at].kind.opens:
        return
    yield "move_above", {}, [*rows[:flat], rows[at], *rows[flat:at], *rows[at + 1 :]]
    yield "remove_flatten", {}, [*rows[:flat], *rows[flat + 1 :]]


def _changed(rows: Sequence[Row], at: int, **values: Any) -> list[Row]:
    return [*rows[:at], replace(rows[at], kind=replace(rows[at].kind, **values)), *rows[at + 1 :]]


def _inserted(rows: Sequence[Row], at: int, *kinds: Any) -> list[Row]:
    return [*rows[:at], *(Row(rows[at].depth, kind) for kind in kinds), *rows[at:]]


def _item(items: Sequence[Item], row: int) -> Item:
    for item in items:
        if item.row == row:
            return item
        if item.row < row < item.stop:
            return _item(item.items, row)
    raise LookupError(row)


def _pair_text(pair: Sequence[int]) -> str:
    return str(pair[0]) if len(set(pair)) == 1 else "×".join(map(str, pair))
