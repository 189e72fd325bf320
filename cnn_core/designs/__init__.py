"""Networks of one's own: a small readable text, checked line by line, and what can be made of it. torch only to build.

>>> from cnn_core import designs
>>> checked = designs.check(designs.from_text("input 1x28x28\\nconv 8 3x3 nobias\\nflatten\\nlinear 10"))
>>> [(facts.output_shape, facts.params) for facts in checked.facts]
[((8, 26, 26), 72), ((5408,), 0), ((10,), 54090)]
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnn_core.designs.checking import MOST_PARAMS, MOST_VALUES, Checked, Facts, Problem, check
from cnn_core.designs.design import KINDS, MOST_CHANNELS, MOST_LAYERS, MOST_NAME, MOST_SIDE, Design, Item, Row
from cnn_core.designs.heads import adapted, classes_row
from cnn_core.designs.kind import Kind, Spec, shape_text
from cnn_core.designs.links import MOST_PACKED, pack, unpack
from cnn_core.designs.remedies import Remedy, remedies
from cnn_core.designs.store import PREFIX, Saved, forget, home, ids, is_id, load, resolve, save, saved, slug_of
from cnn_core.designs.text import MOST_TEXT, clean_name, from_text, line_text, row_lines, to_text
from cnn_core.designs.values import read_value, value_text

if TYPE_CHECKING:
    from torch import nn

__all__ = [
    "KINDS", "MOST_CHANNELS", "MOST_LAYERS", "MOST_NAME", "MOST_PACKED", "MOST_PARAMS", "MOST_SIDE", "MOST_TEXT", "MOST_VALUES", "PREFIX",
    "Checked", "Design", "Facts", "Item", "Kind", "Problem", "Remedy", "Row", "Saved", "Spec", "adapted", "build", "check",
    "classes_row", "clean_name", "forget", "from_text", "home", "ids", "is_id", "line_text", "load", "pack", "read_value", "remedies",
    "resolve", "row_lines", "save", "saved", "shape_text", "slug_of", "to_text", "unpack", "value_text",
]  # fmt: skip


def build(
    text: str, *, num_classes: int | None = None, in_channels: int | None = None, image_size: int | None = None
) -> nn.Module:
    """The network that a text describes, in eval mode, its weights at random.

    Args:
        num_classes, in_channels, image_size: where they are not to be the text's own.

    Raises:
        DesignError, GeometryError: the text is not the format, or its layers do not fit together; the fact ``row`` or ``line`` says
            where.
    """
    from cnn_core.designs.modules import assemble

    return assemble(check(adapted(from_text(text), num_classes, in_channels, image_size)).require())
