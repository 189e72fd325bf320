"""The algebra of receptive fields: which input pixels one output value can see. Pure Python, no torch.

Along one axis, the value at position ``i`` sees the pixels ``start + jump*i … start + jump*i + size - 1`` of the input
(padding counts as pixels before 0 and behind the end). Convolutions and pooling keep that form, and so does a union of
branches with the same jump; where a step leaves it (upsampling, uneven adaptive pooling) the smallest such interval
that covers the truth is kept, and ``exact`` is false: "at most".

References:
    Araujo, Norris & Sim (2019), "Computing receptive fields of convolutional neural networks", doi:10.23915/distill.00021.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from math import ceil, floor, prod

Number = int | Fraction
Shape = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class ReceptiveField:
    """What one output value sees of the network's input, for each spatial axis (height, width).

    Attributes:
        size: length of the field, in input pixels.
        jump: how far the field moves from one output value to its neighbour, in input pixels.
        start: first pixel seen by output value 0; negative inside the padding.
        exact: whether the outermost pixels are really reached; if not, the field is at most this large.
    """

    size: tuple[int, ...]
    jump: tuple[float, ...]
    start: tuple[float, ...]
    exact: bool

    def window(self, position: Sequence[int], input_size: Sequence[int]) -> tuple[tuple[int, int], ...]:
        """First and last input pixel, both included, seen at an output position, cut at the borders of the input.

        >>> ReceptiveField((3, 3), (2, 2), (-1, -1), True).window((0, 1), (8, 8))
        ((0, 1), (1, 3))
        """
        spans = []
        for size, jump, start, at, n in zip(self.size, self.jump, self.start, position, input_size, strict=True):
            first = ceil(start + jump * at - 1e-9)  # the tolerance undoes the rounding of thirds
            spans.append((max(first, 0), min(first + size - 1, n - 1)))
        return tuple(spans)


@dataclass(frozen=True, slots=True)
class Axis:
    """The field along one input axis. ``dim`` is the tensor's dimension, counted from its end; None: no longer on one."""

    size: Number
    jump: Number
    start: Number
    dim: int | None
    exact: bool = True


Field = tuple[Axis, ...] | None
"""One `Axis` for each spatial axis of the input; None where a value sees everything, or nobody can say."""

NOTHING: Field = ()
"""The field of what does not depend on the input at all; a union ignores it."""


def of_input(shape: Shape) -> Field:
    """The field of the input itself, (N, C, …): every pixel sees itself."""
    return tuple(Axis(1, 1, 0, dim) for dim in range(2 - len(shape), 0)) if len(shape) > 2 else None


def public(field: Field) -> ReceptiveField | None:
    if not field:
        return None
    return ReceptiveField(
        tuple(floor(axis.size) for axis in field), tuple(_plain(axis.jump) for axis in field),
        tuple(_plain(axis.start) for axis in field), all(axis.exact for axis in field),
    )


def _plain(number: Number) -> float:
    return int(number) if number == int(number) else float(number)


def slide(field: Field, windows: Sequence[tuple[int, int, int, int]]) -> Field:
    """Through windows of (kernel, stride, padding before, dilation), one for each of the tensor's last dimensions."""
    if field is None:
        return None
    axes = []
    for axis in field:
        if axis.dim is not None:
            if -axis.dim > len(windows):
                return None  # the axis lies on the channels, which every window mixes
            kernel, stride, before, dilation = windows[axis.dim]
            axis = Axis(axis.size + (kernel - 1) * dilation * axis.jump, axis.jump * stride,
                        axis.start - before * axis.jump, axis.dim, axis.exact)
        axes.append(axis)
    return tuple(axes)


def spread(field: Field, windows: Sequence[tuple[int, int, int, int]]) -> Field:
    """Through transposed windows of (kernel, stride, padding, dilation): output o comes from inputs near o / stride."""
    if field is None:
        return None
    axes = []
    for axis in field:
        if axis.dim is not None:
            if -axis.dim > len(windows):
                return None
            kernel, stride, padding, dilation = windows[axis.dim]
            jump = Fraction(axis.jump) / stride
            reach = (kernel - 1) * dilation
            axis = Axis(axis.size + jump * reach, jump, axis.start + jump * (padding - reach), axis.dim,
                        axis.exact and stride == 1)
        axes.append(axis)
    return tuple(axes)


def resample(field: Field, before: Shape, after: Shape, radius: int, corners: bool) -> Field:
    """Through interpolation that looks ``radius`` pixels around the source position (0: nearest)."""
    if field is None:
        return None
    axes = []
    for axis in field:
        if axis.dim is not None and before[axis.dim] != after[axis.dim]:
            n, m = before[axis.dim], after[axis.dim]
            if corners:
                ratio, offset = (Fraction(n - 1, m - 1) if m > 1 else Fraction(0)), Fraction(0)
            elif radius:
                ratio = Fraction(n, m)
                offset = ratio / 2 - Fraction(1, 2)
            else:  # nearest takes floor(o * ratio), which lies at most (1 - 1/m) below o * ratio
                ratio, offset = Fraction(n, m), Fraction(0)
            below, above = (radius, radius) if radius else (1 - Fraction(1, m), 0)
            axis = Axis(axis.size + axis.jump * (below + above), axis.jump * ratio,
                        axis.start + axis.jump * (offset - below), axis.dim, exact=False)
        axes.append(axis)
    return tuple(axes)


def adaptive(field: Field, before: Shape, after: Shape) -> Field:
    """Through adaptive pooling: even windows where the sizes divide, else windows of two lengths ("at most")."""
    if field is None:
        return None
    axes = []
    for axis in field:
        if axis.dim is not None:
            n, m = before[axis.dim], after[axis.dim]
            if m == 1 < n:
                return None
            if n % m == 0:
                step = n // m
                axis = Axis(axis.size + (step - 1) * axis.jump, axis.jump * step, axis.start, axis.dim, axis.exact)
            else:  # window o runs from floor(o*n/m) to ceil((o + 1)*n/m) - 1
                step_, slack = Fraction(n, m), 1 - Fraction(1, m)
                axis = Axis(axis.size + axis.jump * (step_ + 2 * slack - 1), axis.jump * step_,
                            axis.start - axis.jump * slack, axis.dim, exact=False)
        axes.append(axis)
    return tuple(axes)


def mix(field: Field, shape: Shape, dims: Sequence[int]) -> Field:
    """Through a step that mixes all positions along ``dims`` (negative): nothing is left if the field lay there."""
    if field is None:
        return None
    touched = any(axis.dim in dims and shape[axis.dim] > 1 for axis in field if axis.dim is not None)
    return None if touched else field


def drop(field: Field, shape: Shape, dims: Sequence[int]) -> Field:
    """Through a reduction that removes ``dims`` (negative) from the tensor."""
    field = mix(field, shape, dims)
    if field is None:
        return None
    return tuple(
        axis if axis.dim is None else replace(
            axis, dim=None if axis.dim in dims else axis.dim + sum(dim > axis.dim for dim in dims))
        for axis in field)


def cut(field: Field, cuts: Sequence[tuple[int, int]]) -> Field:
    """Through a slice or padding: (first kept position, step) for each of the tensor's last dimensions."""
    return slide(field, [(1, step, -first, 1) for first, step in cuts])


def permute(field: Field, order: Sequence[int]) -> Field:
    """Through a permutation; ``order[i]`` is the old (non-negative) dimension of new dimension i."""
    if field is None:
        return None
    rank = len(order)
    return tuple(axis if axis.dim is None else replace(axis, dim=order.index(axis.dim + rank) - rank) for axis in field)


def reshape(field: Field, before: Shape, after: Shape) -> Field:
    """Through a view: an axis survives where the same length has the same number of elements in front of it."""
    if field is None:
        return None
    moved, used = list(field), -1
    for k in sorted((k for k, axis in enumerate(field) if axis.dim is not None), key=lambda k: field[k].dim or 0):
        at = (field[k].dim or 0) + len(before)
        front = prod(before[:at])
        new = next((i for i in range(used + 1, len(after)) if after[i] == before[at] and prod(after[:i]) == front), None)
        if new is None and before[at] > 1:
            return None
        used = used if new is None else new
        moved[k] = replace(field[k], dim=None if new is None else new - len(after))
    return tuple(moved)


def expand(field: Field, before: Shape, after: Shape) -> Field:
    """Through broadcasting: an axis of length 1 that is repeated is on no dimension any more."""
    if field is None:
        return None
    return tuple(axis if axis.dim is None or before[axis.dim] == after[axis.dim] else replace(axis, dim=None)
                 for axis in field)


def union(branches: Sequence[tuple[Field, Shape]], out: Shape) -> Field:
    """Where branches meet (add, multiply, concatenate): the hull of their fields."""
    fields = [expand(field, shape, out) for field, shape in branches if field != NOTHING]
    if any(field is None for field in fields):
        return None
    merged = []
    for axes in zip(*(field for field in fields if field), strict=True):
        dims = {axis.dim for axis in axes}
        if len(dims) > 1:
            return None  # a fixed place and a moving one have no common jump
        merged.append(_hull(axes, 1 if axes[0].dim is None else out[axes[0].dim]))
    return tuple(merged)


def _hull(axes: Sequence[Axis], length: int) -> Axis:
    jump = min(axis.jump for axis in axes)
    start = min(axis.start for axis in axes)
    end = max(axis.start + axis.size + (axis.jump - jump) * (length - 1) for axis in axes)
    # With unequal jumps the hull still covers every branch at every position, but reaches further than needed.
    exact = all(axis.exact for axis in axes) and (length == 1 or all(axis.jump == jump for axis in axes))
    return Axis(end - start, jump, start, axes[0].dim, exact)
