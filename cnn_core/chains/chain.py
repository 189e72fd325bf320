"""A chain of layers, worked out row by row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

from cnn_core.arithmetic import require
from cnn_core.chains.layer import Layer, Shape
from cnn_core.errors import GeometryError
from cnn_core.windows import View


@dataclass(frozen=True)
class Row:
    """What is known after one layer.

    Attributes:
        index: 1 for the first layer.
        output_shape: (C, H, W), or (features,) after a flatten; None at an error and below it.
        field: receptive field (rows, columns) in input pixels, of the endless image, so it may exceed the input; None
            after a flatten.
        jump: input pixels from one unit's field to the next one's, (rows, columns).
        start: first input row and column of the first unit's field, negative where it begins in the padding.
        error: why this layer cannot take what the row above gives.
    """

    index: int
    layer: Layer
    output_shape: Shape | None = None
    params: int = 0
    macs: int = 0
    field: tuple[int, int] | None = None
    jump: tuple[Fraction, Fraction] | None = None
    start: tuple[int, int] | None = None
    error: GeometryError | None = None


@dataclass(frozen=True)
class Chain:
    """An input of (C, H, W) and the layers it goes through.

    >>> from cnn_core.chains import Conv, Flatten, Linear
    >>> chain = Chain((1, 28, 28), (Conv(8, kernel=3, bias=False), Flatten(), Linear(10)))
    >>> [(row.output_shape, row.params) for row in chain.rows]
    [((8, 26, 26), 72), ((5408,), 0), ((10,), 54090)]
    """

    input_shape: tuple[int, int, int]
    layers: tuple[Layer, ...] = ()

    @cached_property
    def rows(self) -> tuple[Row, ...]:
        """One row a layer. A layer that cannot work carries its error, and the rows below it are left open.

        Raises:
            GeometryError: the input itself is no (C, H, W) of whole numbers.
        """
        channels, height, width = self.input_shape
        require(channels=channels)
        require(size=height)
        require(size=width)
        shape: Shape | None = self.input_shape
        views: tuple[View, View] | None = (View(), View())
        rows = []
        for index, layer in enumerate(self.layers, 1):
            if shape is None:
                rows.append(Row(index, layer))
                continue
            try:
                after = layer.output_shape(shape)
                params, macs = layer.params(shape), layer.macs(shape)
            except GeometryError as error:
                rows.append(Row(index, layer, error=error))
                shape = None
                continue
            views = _views(layer, views, shape) if views and len(after) == 3 else None
            rows.append(Row(index, layer, after, params, macs, *_fields(views)))
            shape = after
        return tuple(rows)

    def check(self) -> tuple[Row, ...]:
        """The rows, all of them whole.

        Raises:
            GeometryError: the first row that cannot work, named in the message and as the fact ``row``.
        """
        for row in self.rows:
            if row.error:
                raise GeometryError(
                    f"no pixels left at row {row.index}: {row.error}"
                    if row.error.code == "kernel_too_long"
                    else f"row {row.index}: {row.error}",
                    code=row.error.code,
                    **(row.error.facts | {"row": row.index}),
                )
        return self.rows

    @property
    def output_shape(self) -> Shape:
        """The last row's shape; raises GeometryError as ``check``."""
        rows = self.check()
        shape = rows[-1].output_shape if rows else None
        return shape or self.input_shape

    @property
    def params(self) -> int:
        """Trainable numbers of all rows that can be worked out."""
        return sum(row.params for row in self.rows)

    @property
    def macs(self) -> int:
        """Multiply-accumulates for one example, of all rows that can be worked out."""
        return sum(row.macs for row in self.rows)


def _views(layer: Layer, views: tuple[View, View], shape: Sequence[int]) -> tuple[View, View]:
    return layer.view(views[0], shape[1]), layer.view(views[1], shape[2])


def _fields(
    views: tuple[View, View] | None,
) -> tuple[tuple[int, int] | None, tuple[Fraction, Fraction] | None, tuple[int, int] | None]:
    if views is None:
        return None, None, None
    rows, columns = views
    return (rows.field, columns.field), (rows.jump, columns.jump), (rows.start, columns.start)
