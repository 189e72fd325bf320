"""What a row of the catalogue is: a family with its source, an architecture, and the options that may be changed.

Rows are data. Nothing here imports torch, so that a page can list two hundred networks before torch is loaded.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal, TypeVar

from cnn_core.errors import ArchitectureError

Source = Literal["convolab", "torchvision", "timm", "design"]
F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True)
class Family:
    """Where a group of architectures comes from.

    Attributes:
        year: of the paper's first publication (the preprint, where there is one).
        brought: what was new, in two English sentences. Other languages: ``catalogue.<id>.brought``.
        differs: where every implementation of the family departs from the paper; empty where none does.
    """

    id: str
    title: str
    year: int
    authors: str
    paper: str
    brought: str
    differs: str = ""


@dataclass(frozen=True)
class Option:
    """A number that may be changed when an architecture is built.

    Attributes:
        multiple_of: the value must be a multiple of this (a patch size, the reach of five poolings).
    """

    name: str
    default: int | float
    minimum: int | float
    maximum: int | float
    multiple_of: int = 1

    @property
    def whole(self) -> bool:
        return isinstance(self.default, int)

    def check(self, value: Any, architecture: str) -> int | float:
        """The value itself, where a network can be built with it.

        Raises:
            ArchitectureError: not a number, not whole where it must be, out of range, or not a multiple of what it must be.
        """
        facts = {"architecture": architecture, "option": self.name, "value": value}
        number = isinstance(value, int) or (isinstance(value, float) and not self.whole)
        if isinstance(value, bool) or not number:
            kind = "a whole number" if self.whole else "a number"
            raise ArchitectureError(
                f"{architecture}: {self.name} must be {kind}, not {value!r}",
                code="option_not_whole" if self.whole else "option_not_a_number", **facts,
            )
        if not self.minimum <= value <= self.maximum:  # written so that nan is refused too
            raise ArchitectureError(
                f"{architecture}: {self.name} must be between {self.minimum} and {self.maximum}, not {value}",
                code="option_out_of_range", minimum=self.minimum, maximum=self.maximum, **facts,
            )
        if value % self.multiple_of and self.multiple_of > 1:
            raise ArchitectureError(
                f"{architecture}: {self.name} must be a multiple of {self.multiple_of}, not {value}",
                code="option_not_a_multiple", multiple_of=self.multiple_of, **facts,
            )
        return value


LIMITS: Mapping[str, tuple[int | float, int | float]] = MappingProxyType({
    "num_classes": (1, 65_536),  # ImageNet-21k has 21,841; a million would be 16 GB in VGG's last layer alone
    "in_channels": (1, 1_024),   # hyperspectral cameras have some hundreds
    "width": (0.05, 4.0),        # a network's parameters grow with the square of it
    "image_size": (1, 1_024),
})


def option(name: str, default: int | float, multiple_of: int = 1) -> Option:
    """An option by its name, with the limits that hold for that name everywhere."""
    minimum, maximum = LIMITS[name]
    return Option(name, default, max(minimum, multiple_of) if multiple_of > 1 else minimum, maximum, multiple_of)


@dataclass(frozen=True)
class Architecture:
    """One network of the catalogue.

    Attributes:
        input_shape: (C, H, W) that the network was made for.
        params: trainable parameters of the network as ``build(id)`` returns it.
        source: whose code it is.
        builder: ``"module:function"`` inside this package; imported when the network is built, not before.
        options: what ``build`` takes beside the weights.
        differs: where this network departs from the paper, in English; empty where it does not.
        small: id of the form of this network for pictures of 32×32 and 28×28, where there is one.
        recipe: what the builder needs to know that the user cannot change.
    """

    id: str
    title: str
    family: Family
    input_shape: tuple[int, int, int]
    params: int
    source: Source
    builder: str
    options: tuple[Option, ...]
    differs: str = ""
    small: str = ""
    recipe: Mapping[str, Any] = field(default_factory=dict, hash=False)

    @property
    def year(self) -> int:
        return self.family.year

    @property
    def authors(self) -> str:
        return self.family.authors

    @property
    def paper(self) -> str:
        return self.family.paper

    @property
    def brought(self) -> str:
        return self.family.brought

    @property
    def num_classes(self) -> int:
        return int(self.option("num_classes").default)

    @property
    def notes(self) -> tuple[Family | Architecture, ...]:
        """The rows whose ``differs`` holds for this network: the family's, its own, or both. Each is shown as
        ``row_text("catalogue", row, "differs")``.
        """
        return tuple(row for row in (self.family, self) if row.differs)

    def option(self, name: str) -> Option:
        """Raises ArchitectureError where the architecture has no such option."""
        for candidate in self.options:
            if candidate.name == name:
                return candidate
        has = ", ".join(o.name for o in self.options)
        raise ArchitectureError(
            f"{self.id} has no option {name!r}; it has: {has}",
            code="unknown_option", architecture=self.id, option=name, has=has,
        )

    def has_option(self, name: str) -> bool:
        return any(o.name == name for o in self.options)

    def checked(self, values: Mapping[str, Any]) -> dict[str, int | float]:
        """Every option's value: the given one, checked, or its default where it is absent or None."""
        given = {name: value for name, value in values.items() if value is not None}
        for name in given:
            self.option(name)
        return {o.name: o.check(given.get(o.name, o.default), self.id) for o in self.options}

    def options_for(self, input_shape: tuple[int, int, int]) -> dict[str, int]:
        """The options that fit the network to pictures of another shape: ``build(id, **options_for(shape))``.

        Networks with an average pool over the whole map take any size and need no more than ``in_channels``. Those that
        flatten their last map into a linear layer are built for one size.

        Raises:
            ArchitectureError: the network is built for square pictures and the shape is not square.
        """
        channels, height, width = input_shape
        if not self.has_option("image_size"):
            return {"in_channels": channels}
        if height != width:
            raise ArchitectureError(
                f"{self.id} is built for square pictures, not for {height}×{width}: choose equal height and width",
                code="input_not_square", architecture=self.id, height=height, width=width,
            )
        return {"in_channels": channels, "image_size": height}


def architecture(
    *, family: str, title: str, input_shape: tuple[int, int, int], params: int, differs: str = "", small: str = "",
) -> Callable[[F], F]:
    """Put the network that a function builds into the catalogue. The function's name is the architecture's id.

    The decorator itself does nothing: ``declared.py`` reads its arguments, and the function's own, from the source of the file.
    They must be literals, therefore, and the function's parameters must be options that ``LIMITS`` knows.
    """
    return lambda function: function


def family(*, id: str, title: str, year: int, authors: str, paper: str, brought: str, differs: str = "") -> None:
    """Put a family into the catalogue; read from the source like ``architecture``."""
