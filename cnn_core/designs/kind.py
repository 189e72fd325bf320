"""What every kind of layer answers, and how its numbers are written: the fields of a kind are its grammar.

Shapes are ``(C, H, W)`` before a flatten and ``(features,)`` after; the batch is never part of them.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any, ClassVar, Literal

from cnn_core.errors import DesignError

Shape = tuple[int, ...]
Pair = tuple[int, int]
Form = Literal["number", "pair", "real", "flag"]


@dataclass(frozen=True)
class Spec:
    """The grammar of one field.

    Attributes:
        name: of the field.
        form: a whole number, one for rows and columns each (``3x3``), a real number, or a word that stands or does not.
        main: written without its word, in the order of the fields, before the others.
        optional: may be left open (None), to follow from what comes in.
    """

    name: str
    form: Form
    default: Any
    least: float = 1
    most: float = 1
    main: bool = False
    optional: bool = False

    @property
    def word(self) -> str:
        """What stands in the text: the name, but ``in`` is no name that Python takes."""
        return "in" if self.name == "input" else self.name


def number(default: int | None, most: int, *, least: int = 1, main: bool = False) -> Any:
    """A whole number; one whose default is None may be left open."""
    return field(default=default, metadata={"form": "number", "least": least, "most": most, "main": main})


def pair(default: int | None, most: int, *, least: int = 1, main: bool = False) -> Any:
    """A number for rows and one for columns."""
    both = None if default is None else (default, default)
    return field(default=both, metadata={"form": "pair", "least": least, "most": most, "main": main})


def real(default: float, least: float, most: float, *, main: bool = True) -> Any:
    """A number with a decimal point."""
    return field(default=default, metadata={"form": "real", "least": least, "most": most, "main": main})


def flag(default: bool = False) -> Any:
    """A word that stands in the text where the field is true."""
    return field(default=default, metadata={"form": "flag"})


@dataclass(frozen=True)
class Kind:
    """One line of a design. As it stands it passes its input through, at no cost."""

    word: ClassVar[str] = ""
    family: ClassVar[str] = "activation"
    opens: ClassVar[bool] = False  # whether lines are indented under it

    def output_shape(self, shape: Shape) -> Shape:
        """Raises GeometryError or DesignError where the layer cannot take ``shape``."""
        return shape

    def params(self, shape: Shape) -> int:
        """Trainable numbers, given an input that the layer can take."""
        return 0

    def macs(self, shape: Shape) -> int:
        """Multiply-accumulates for one picture, bias not counted."""
        return 0

    @classmethod
    def specs(cls) -> tuple[Spec, ...]:
        """The grammar of every field, in order."""
        return tuple(
            Spec(spec.name, default=spec.default, optional=spec.default is None, **spec.metadata)
            for spec in fields(cls)
        )

    def values(self) -> dict[str, Any]:
        """Every field by name."""
        return {spec.name: getattr(self, spec.name) for spec in fields(self)}


def maps(shape: Shape, word: str) -> tuple[int, int, int]:
    """``shape`` as (C, H, W).

    Raises:
        DesignError: it has been flattened.
    """
    if len(shape) != 3:
        raise DesignError(
            f"{word} works on maps, and gets {shape[0]:,} numbers that a layer above has flattened: move it above the flatten",
            code="design_needs_maps", layer=word, got=shape[0],
        )
    return shape[0], shape[1], shape[2]


def same_channels(expected: int | None, got: int, word: str) -> None:
    """Raises DesignError where a layer was told another number of inputs than it gets."""
    if expected is not None and expected != got:
        raise DesignError(
            f"{word} expects {expected:,} channels and gets {got:,}: set it, leave it open, or put a 1×1 convolution before it",
            code="design_channels", layer=word, expected=expected, got=got,
        )


def shape_text(shape: Shape) -> str:
    """
    >>> shape_text((64, 8, 8))
    '64×8×8'
    """
    return "×".join(map(str, shape))
