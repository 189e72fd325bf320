"""A design for another data set: other pictures, another number of classes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from cnn_core.designs.checking import check
from cnn_core.designs.design import Design, Item
from cnn_core.designs.plain_layers import Linear
from cnn_core.designs.sliding import Conv, Separable
from cnn_core.errors import DesignError


def adapted(
    design: Design, num_classes: int | None = None, in_channels: int | None = None, image_size: int | None = None
) -> Design:
    """The same design with another input or another number of outputs; None leaves a number as it is.

    Raises:
        DesignError: no single layer decides how many outputs there are.
    """
    channels, height, width = design.input_shape
    side = (height, width) if image_size is None else (image_size, image_size)
    design = replace(design, input_shape=(in_channels or channels, *side))
    checked = check(design)
    if num_classes is None or not checked.whole or checked.classes == num_classes:
        return design
    head = classes_row(design)
    if head is None:
        raise DesignError(
            f"no single layer of this design decides its {checked.classes} outputs: end it with a linear layer",
            code="design_no_head", classes=checked.classes,
        )
    return _headed(design, head, num_classes)


def classes_row(design: Design) -> int | None:
    """The row of the layer that decides how many classes there are; None where there is none, or several together do."""
    classes = check(design).classes
    if classes is None:
        return None
    for row in _last_weights(design.items):
        return row if check(_headed(design, row, classes + 1)).classes == classes + 1 else None
    return None


def _last_weights(items: tuple[Item, ...]) -> Iterator[int]:
    """Rows of the layers outside blocks whose number of outputs can be chosen, last first."""
    for item in reversed(items):
        if isinstance(item.kind, Linear | Conv | Separable):
            yield item.row


def _headed(design: Design, row: int, classes: int) -> Design:
    kind = design.rows[row].kind
    changed = replace(kind, outputs=classes) if isinstance(kind, Linear) else replace(kind, filters=classes)  # type: ignore[call-arg]
    return replace(design, rows=(*design.rows[:row], replace(design.rows[row], kind=changed), *design.rows[row + 1 :]))
