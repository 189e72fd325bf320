"""What every layer of a chain answers: its output's shape, its cost, what its units see, and how PyTorch spells it.

Shapes are ``(C, H, W)`` before a flatten and ``(features,)`` after.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any, ClassVar

from cnn_core.errors import GeometryError
from cnn_core.windows import View

Shape = tuple[int, ...]


def number(default: int, letter: str, least: int = 1) -> Any:
    """A field whose name in the compact text is ``letter`` and whose smallest value is ``least``."""
    return field(default=default, metadata={"letter": letter, "least": least})


def flag(default: bool, letter: str) -> Any:
    """A yes or no; ``letter`` stands in the compact text where it is not at its default."""
    return field(default=default, metadata={"letter": letter})


@dataclass(frozen=True)
class Layer:
    """One row of a chain. As it stands it passes its input through, at no cost."""

    word: ClassVar[str] = ""
    family: ClassVar[str] = "activation"

    def output_shape(self, shape: Shape) -> Shape:
        """Raises GeometryError where the layer cannot take ``shape``."""
        return shape

    def params(self, shape: Shape) -> int:
        """Trainable numbers, given the input's shape."""
        return 0

    def macs(self, shape: Shape) -> int:
        """Multiply-accumulates for one example, bias not counted."""
        return 0

    def view(self, below: View, n: int) -> View:
        """What the layer's units see along an axis of ``n`` input units."""
        return below

    def pytorch(self, shape: Shape) -> str:
        """The constructor call, without its ``nn.``."""
        raise NotImplementedError

    def options(self) -> dict[str, Any]:
        """Every field by name."""
        return {spec.name: getattr(self, spec.name) for spec in fields(self)}


def maps(shape: Shape) -> tuple[int, int, int]:
    """``shape`` as (C, H, W); raises GeometryError after a flatten."""
    if len(shape) != 3:
        raise GeometryError(
            "this layer slides over maps, and a row above has flattened them: move it up", code="needs_maps"
        )
    return shape[0], shape[1], shape[2]


def call(name: str, *positional: object, **named: tuple[object, object]) -> str:
    """``name(…)`` with those keywords whose value differs from PyTorch's default, each given as (value, default)."""
    arguments = [str(value) for value in positional]
    arguments += [f"{key}={value}" for key, (value, default) in named.items() if value != default]
    return f"{name}({', '.join(arguments)})"
