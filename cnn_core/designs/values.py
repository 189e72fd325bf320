"""The values of a line's fields as they are written: ``32``, ``3x5``, ``0.5``."""

from __future__ import annotations

import re
from typing import Any

from cnn_core.designs.kind import Spec
from cnn_core.errors import DesignError

# Far longer than any number that is taken, so that what is refused is refused by its range; Python reads no more than 4,300 digits.
_NUMBER = re.compile(r"-?\d{1,4000}")
_PAIR = re.compile(r"(-?\d{1,4000})(?:[x×](-?\d{1,4000}))?")
_REAL = re.compile(r"-?\d{1,4000}(?:[.,]\d{1,4000})?(?:e[+-]?\d{1,4})?")


def value_text(spec: Spec, value: Any) -> str:
    """A value as it stands in the text; empty where it is left open."""
    if value is None:
        return ""
    if spec.form == "pair":
        kernel = spec.name == "kernel"  # a kernel is said with both sides, a stride with one
        return f"{value[0]}x{value[1]}" if kernel or value[0] != value[1] else str(value[0])
    return repr(value).removesuffix(".0") if spec.form == "real" else str(value)


def read_value(spec: Spec, text: str, said: str = "") -> Any:
    """A value from what was typed; ``said`` is what its author calls the field.

    Raises:
        DesignError: it is no such value, or out of its range.
    """
    text, said = text.strip().lower(), said or spec.word
    if not text and spec.optional:
        return None
    if spec.form == "pair":
        match = _PAIR.fullmatch(text)
        numbers: tuple[float, ...] = (int(match[1]), int(match[2] or match[1])) if match else ()
    elif spec.form == "real":
        numbers = (float(text.replace(",", ".")),) if _REAL.fullmatch(text) else ()
    else:
        numbers = (int(text),) if _NUMBER.fullmatch(text) else ()
    if not numbers:
        example = {"pair": "3 or 3x5", "real": "0.5"}.get(spec.form, "32")
        raise DesignError(
            f"{said} is a number such as {example}, not {text[:40]!r}",
            code=f"design_no_{spec.form}", option=said, found=text[:40],
        )
    if not all(spec.least <= number <= spec.most for number in numbers):
        raise DesignError(
            f"{said} must be between {spec.least:g} and {spec.most:g}, not {text[:40]}",
            code="design_out_of_range", option=said, found=text[:40], least=spec.least, most=spec.most,
        )
    return numbers if spec.form == "pair" else numbers[0]
