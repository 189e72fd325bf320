"""Saved designs (``cnn_core.designs``) as rows of the catalogue: found by id, not listed with it, for they come and go."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from cnn_core import designs
from cnn_core.architectures.catalogue import LIMITS, Architecture, Family, Option
from cnn_core.errors import ArchitectureError, ConvolabError

if TYPE_CHECKING:
    from torch import nn

FAMILY = Family(
    id="design",
    title="Own designs",
    year=2026,
    authors="Designed in Convolab",
    paper="The design page",
    brought="A network put together on the design page. Its layers, shapes and costs are worked out like those of any other "
    "network here, and it can be trained.",
)


def ids() -> tuple[str, ...]:
    """The saved designs that are classifiers, drafts left out."""
    return tuple(one.id for one in designs.saved() if _row_or_none(one.id) is not None)


def row(design_id: str) -> Architecture:
    """The row of a saved design.

    Raises:
        UnknownEntry: there is no such design here.
        DesignError, ArchitectureError: it is a draft: broken, or no classifier.
    """
    design_id = designs.resolve(design_id)
    return _row(design_id, designs.load(design_id))


def build(text: str, **options: int) -> nn.Module:
    """The builder that the rows name."""
    return designs.build(text, **options)


@functools.lru_cache(maxsize=512)
def _row(design_id: str, text: str) -> Architecture:
    design = designs.from_text(text)
    checked = designs.check(design).require()
    if checked.classes is None:
        raise ArchitectureError(
            f"{design_id} ends in maps, not in classes: end it with a linear layer, or with gap and flatten",
            code="design_no_classes", architecture=design_id,
        )
    channels, height, width = design.input_shape
    options = [_option("num_classes", checked.classes, designs.classes_row(design) is not None), _option("in_channels", channels, True)]
    if height == width:
        options.append(_option("image_size", height, True))
    return Architecture(
        id=design_id, title=harmless(design.name) or design_id.removeprefix(designs.PREFIX), family=FAMILY, input_shape=design.input_shape,
        params=checked.params, source="design", builder="own_designs:build", options=tuple(options), recipe={"text": text},
    )  # fmt: skip


# A title is drawn as Markdown and HTML by many pages, and this one was typed by somebody.
_LOOKALIKES = str.maketrans({
    "<": "‹", ">": "›", "[": "⟦", "]": "⟧", "*": "∗", "`": "ˋ", "$": "＄", "\\": "＼", "~": "∼", "&": "＆", "|": "¦", "#": "＃",
    "_": "ˍ", ":": "∶", "{": "❴", "}": "❵",
})  # fmt: skip


def harmless(name: str) -> str:
    """A name whose signs mean nothing to Markdown, HTML or a format string, and look as they did.

    >>> harmless("<b>net</b> :red[x]")
    '‹b›net‹/b› ∶red⟦x⟧'
    """
    return name.translate(_LOOKALIKES)


def _option(name: str, value: int, free: bool) -> Option:
    low, high = LIMITS[name]
    return Option(name, value, low if free else value, max(high, value) if free else value)


def _row_or_none(design_id: str) -> Architecture | None:
    try:
        return row(design_id)
    except ConvolabError:  # a draft, or a file that somebody edited
        return None
