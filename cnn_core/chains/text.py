"""A chain as one short line that fits a link: ``1x28x28_conv64.p1_relu_max2_flat_lin10``.

The input's C×H×W, then the layers, joined by ``_``. A layer is its word and main number, then the options that are not
at their default, joined by ``.``; an activation is its function's name.
"""

from __future__ import annotations

import difflib
import re
from dataclasses import fields
from typing import Any, get_args

from cnn_core.chains.chain import Chain
from cnn_core.chains.layer import Layer
from cnn_core.chains.layers import KINDS, Activation, Function
from cnn_core.errors import GeometryError

MOST_LAYERS = 64  # a link holds about 2,000 characters, and a page that many rows
MOST_PIXELS = 4096  # receptive fields are followed pixel by pixel
_FUNCTIONS: dict[str, Function] = {name: name for name in get_args(Function)}
_PART = re.compile(r"([a-z]+)([0-9]{0,5})")


def to_text(chain: Chain) -> str:
    """The chain as one line; ``from_text`` gives it back."""
    return "_".join(["x".join(map(str, chain.input_shape)), *map(_layer_text, chain.layers)])


def from_text(text: str) -> Chain:
    """The chain that ``to_text`` wrote.

    Raises:
        GeometryError: something that is no chain, named.

    >>> from_text("3x32x32_conv10_max3.p1").output_shape
    (10, 15, 15)
    """
    first, *parts = text.strip().lower().split("_")
    shape = re.fullmatch(r"([0-9]{1,5})x([0-9]{1,5})x([0-9]{1,5})", first)
    if not shape:
        raise _unreadable(first)
    if len(parts) > MOST_LAYERS:
        raise GeometryError(
            f"a chain of {len(parts)} rows is too long: at most {MOST_LAYERS}",
            code="chain_too_long",
            rows=len(parts),
            most=MOST_LAYERS,
        )
    channels, height, width = (int(number) for number in shape.groups())
    if max(height, width) > MOST_PIXELS:
        raise GeometryError(
            f"an input of {height}×{width} is too large here: at most {MOST_PIXELS} pixels a side",
            code="input_too_large",
            height=height,
            width=width,
            most=MOST_PIXELS,
        )
    return Chain((channels, height, width), tuple(_layer(part) for part in parts))


def _layer_text(layer: Layer) -> str:
    if isinstance(layer, Activation):
        return layer.function
    main, rest = layer.word, []
    for spec in fields(layer):
        value, letter = getattr(layer, spec.name), spec.metadata["letter"]
        if not letter:
            main += str(value)
        elif value != spec.default:
            rest.append(letter if isinstance(value, bool) else f"{letter}{value}")
    return ".".join([main, *rest])


def _layer(part: str) -> Layer:
    if part in _FUNCTIONS:
        return Activation(_FUNCTIONS[part])
    main, *rest = part.split(".")
    match = _PART.fullmatch(main)
    if not match or match[1] not in KINDS or match[1] == Activation.word:
        raise _unreadable(part)
    kind = KINDS[match[1]]
    by_letter = {spec.metadata["letter"]: spec for spec in fields(kind)}
    values: dict[str, Any] = {}
    for letter, digits in [("", match[2]), *(_split(option, part) for option in rest)]:
        if letter == "" and digits == "":
            continue  # the main number at its default
        spec = by_letter.get(letter)
        if spec is None or isinstance(spec.default, bool) == bool(digits):
            raise _unreadable(part)
        values[spec.name] = int(digits) if digits else not spec.default
    return kind(**values)


def _split(option: str, part: str) -> tuple[str, str]:
    match = _PART.fullmatch(option)
    if not match:
        raise _unreadable(part)
    return match[1], match[2]


def _unreadable(part: str) -> GeometryError:
    word = re.match(r"[a-z]*", part)
    near = difflib.get_close_matches(word[0] if word else "", [*KINDS, *_FUNCTIONS], n=1)
    hint = f"; did you mean {near[0]!r}?" if near else ""
    return GeometryError(
        f"cannot read {part[:40]!r} as part of a chain{hint}",
        code="chain_unreadable",
        part=part[:40],
        near=near[0] if near else "",
    )
