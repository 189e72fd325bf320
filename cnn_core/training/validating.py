"""What is wrong with the values of a recipe: all of it at once, field by field and then between fields. Imports no torch."""

from __future__ import annotations

import dataclasses
import functools
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, get_args, get_type_hints

from cnn_core import architectures, datasets
from cnn_core.errors import ConvolabError, RecipeError, RecipeFaults
from cnn_core.training.fields import CHOICES, LIMITS, Augmentation

TEXT_LENGTH = 200    # of a name or an id: longer ones are no names
SHOWN_LENGTH = 40    # of a wrong value, in a sentence
FAULTS_MOST = 30     # told at once; whoever has more has given us no recipe
FOLLOWING = ("num_classes", "in_channels", "image_size")  # options that the data decide
_KINDS = {int: ("whole_number", "a whole number"), float: ("number", "a number"), bool: ("truth", "true or false"), str: ("text", "text")}
_DEVICE = re.compile(r"auto|cpu|mps|cuda(:\d{1,3})?")
_WEIGHTS = re.compile(r"|checkpoint|embedded|torchvision:\w+|run:[\w.@-]+|random:\d{1,9}")


def refuse(faults: Sequence[ConvolabError]) -> None:
    """Raise what was found; nothing where there is none."""
    if faults:
        raise as_one(faults)


def as_one(faults: Sequence[ConvolabError]) -> ConvolabError:
    """One fault as itself, several as one error that holds them all."""
    return faults[0] if len(faults) == 1 else RecipeFaults(faults[:FAULTS_MOST])


def each(error: ConvolabError) -> tuple[ConvolabError, ...]:
    """The faults in an error: its own, or itself."""
    return error.faults if isinstance(error, RecipeFaults) else (error,)


def sifted(owner: type, values: Mapping[Any, Any]) -> tuple[dict[str, Any], list[ConvolabError]]:
    """What is good of a recipe's values, each in its field's type, and what is wrong with the others.

    Args:
        owner: the class of recipes.
        values: by field, as they are written; what is left out has its default.
    """
    missing = (field.name for field in dataclasses.fields(owner) if _is_needed(field) and field.name not in values)
    faults: list[ConvolabError] = [
        RecipeError(f"the recipe does not say its {name}", code="recipe_incomplete", field=name) for name in missing
    ]
    plain = {name: value for name, value in values.items() if name not in ("augmentation", "options")}
    good = _fields(owner, plain, faults)
    for name in ("augmentation", "options"):
        section = values.get(name, {})
        if not isinstance(section, Mapping):
            faults.append(_wrong(name, section, "section", "a section of fields and values"))
            section = {}
        if name == "augmentation":
            good[name] = Augmentation(**_fields(Augmentation, section, faults))
        else:
            good[name] = dict(section)
    faults += _options(good)
    faults += _between({field.name: field.default for field in dataclasses.fields(owner) if field.name not in values} | good)
    return good, faults


def _is_needed(field: dataclasses.Field[Any]) -> bool:
    return field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING


def _fields(owner: type, values: Mapping[Any, Any], faults: list[ConvolabError]) -> dict[str, Any]:
    hints, good = _hints(owner), {}
    for name, value in values.items():
        try:
            if name not in hints:
                raise RecipeError(f"a recipe has no field {_shown(name)}", code="recipe_unknown_field", field=_shown(name))
            typed = _typed(hints[name], name, value)
            _check(name, typed)
            good[name] = typed
        except ConvolabError as fault:
            faults.append(fault)
    return good


@functools.cache
def _hints(owner: type) -> Mapping[str, Any]:
    return get_type_hints(owner)


def _typed(wanted: Any, name: str, value: Any) -> Any:
    """The value in the field's type; whole numbers are taken for real ones, nothing else is bent."""
    if wanted is float and isinstance(value, int) and not isinstance(value, bool):
        try:
            return float(value)
        except OverflowError:
            return math.inf
    base = str if get_args(wanted) else wanted  # the choices are strings
    if type(value) is not base:
        raise _wrong(name, value, *_KINDS[base])
    return value


def _wrong(name: str, value: Any, kind: str, in_words: str) -> RecipeError:
    return RecipeError(f"{name} must be {in_words}, not {_shown(value)}", code=f"recipe_not_a_{kind}", field=name, value=_shown(value))


def _check(name: str, value: Any) -> None:
    """Hold one value, of the right type, to what it may be."""
    if isinstance(value, str):
        _check_text(name, value)
    if name in CHOICES and value not in CHOICES[name]:
        raise RecipeError(
            f"{name} must be one of {', '.join(CHOICES[name])}, not {_shown(value)}",
            code="recipe_not_a_choice", field=name, value=_shown(value), choices=", ".join(CHOICES[name]),
        )
    if name in LIMITS:
        low, high = LIMITS[name]
        if not low <= value <= high:  # written so that nan is refused too
            raise RecipeError(
                f"{name} must be between {_figure(low)} and {_figure(high)}, not {_figure(value)}",
                code="recipe_out_of_range", field=name, value=_figure(value), minimum=_figure(low), maximum=_figure(high),
            )
    if name == "dataset" and not value.startswith("own:"):
        datasets.describe(value)
    elif name == "architecture":
        architectures.get(value)
    elif name == "device" and not _DEVICE.fullmatch(value):
        raise RecipeError(
            f"{_shown(value)!r} is no device: choose auto, cpu, cuda, cuda:1 or mps",
            code="recipe_unknown_device", field=name, device=_shown(value),
        )
    elif name == "weights" and not _WEIGHTS.fullmatch(value):
        raise RecipeError(
            f"there are no weights {_shown(value)!r}: choose some of the list, or none",
            code="recipe_unknown_weights", field=name, weights=_shown(value),
        )


def _check_text(name: str, value: str) -> None:
    if len(value) > TEXT_LENGTH:
        raise RecipeError(
            f"{name} is longer than {TEXT_LENGTH} signs", code="recipe_text_too_long", field=name, limit=TEXT_LENGTH,
        )
    try:
        value.encode()
    except UnicodeEncodeError:  # half of a sign, as JSON can write it
        raise RecipeError(f"{name} has signs that no file can hold", code="recipe_broken_text", field=name) from None


def _options(good: Mapping[str, Any]) -> Iterator[ConvolabError]:
    if "architecture" not in good:
        return  # what it could take is not known
    row = architectures.get(good["architecture"])
    for name, value in good["options"].items():
        if name in FOLLOWING:
            yield RecipeError(
                f"{name} follows from the data set: leave it out of the options", code="recipe_option_follows", option=name,
            )
            continue
        try:
            row.option(_shown(name)).check(value, row.id)
        except ConvolabError as fault:
            yield fault


def _between(known: Mapping[str, Any]) -> Iterator[ConvolabError]:
    """Fields that do not go together; one that is wrong by itself is not among those known, and told as that alone."""
    if known.get("nesterov") and known.get("momentum") == 0:
        yield RecipeError("Nesterov's method needs momentum: set it above 0", code="recipe_nesterov_without_momentum")
    if known.get("tuned", "all") != "all" and known.get("weights") == "":
        yield RecipeError(
            "only some layers learn, and the others start from random weights: choose weights to start from",
            code="recipe_frozen_random",
        )


def _shown(value: Any) -> str:
    """A wrong value as a sentence shows it, cut where it is long."""
    try:
        text = value if isinstance(value, str) else repr(value)
    except ValueError:  # Python writes no whole number of more than 4,300 digits
        text = "a number of thousands of digits"
    text = "".join(sign if sign.isprintable() else "�" for sign in text[:TEXT_LENGTH])
    return text if len(text) <= SHOWN_LENGTH else text[: SHOWN_LENGTH - 1] + "…"


def _figure(value: float) -> str:
    """A limit or a wrong number, in the signs in which a recipe writes it.

    >>> _figure(1), _figure(0.0), _figure(10_000_000), _figure(0.9999), _figure(1e12), _figure(10**400)
    ('1', '0', '10000000', '0.9999', '1e+12', 'inf')
    """
    try:
        number = float(value)
    except OverflowError:
        number = math.copysign(math.inf, value > 0 or -1)
    return str(int(number)) if number.is_integer() and abs(number) < 1e9 else f"{number:g}"
