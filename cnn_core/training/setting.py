"""A recipe as a shell names it, and ``key=value`` as typed in a shell or an address, put into it. Imports no torch."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from cnn_core.errors import ConvolabError, RecipeError
from cnn_core.training import validating
from cnn_core.training.adapting import flat
from cnn_core.training.fields import Augmentation
from cnn_core.training.recipe import Recipe
from cnn_core.training.recipes import RECIPES


def named(name: str) -> Recipe:
    """A ready recipe by its id, or the one in a file (.json, .toml).

    Raises:
        UnknownEntry: no such id; names the nearest one.
        RecipeError: a file that cannot be read, or holds no recipe.
    """
    path = Path(name)
    if name in RECIPES or path.suffix not in (".json", ".toml"):
        return RECIPES[name].recipe
    try:
        text = path.read_text("utf-8-sig")
    except OSError as error:
        raise RecipeError(f"{name} cannot be read: {error.strerror}", code="recipe_unreadable", file=name) from None
    except UnicodeDecodeError:
        raise RecipeError(f"{name} cannot be read: it is not text in UTF-8", code="recipe_unreadable", file=name) from None
    return Recipe.from_json(text) if path.suffix == ".json" else Recipe.from_toml(text)


def assigned(recipe: Recipe, settings: Iterable[str]) -> Recipe:
    """The recipe with each ``key=value`` put in; ``options.width=0.5`` reaches the architecture's own.

    Raises:
        RecipeFaults: with all that is wrong (no ``=``, an unknown field, a value of another type or out of range); where it is only
            one thing, that error itself.

    >>> from cnn_core.training import RECIPES
    >>> changed = assigned(RECIPES["resnet20_cifar10"].recipe, ["epochs=2", "flip=false", "optimiser=adam"])
    >>> changed.epochs, changed.augmentation.flip, changed.optimiser
    (2, False, 'adam')
    """
    values = recipe.to_dict()
    inner = Augmentation.__dataclass_fields__
    faults: list[ConvolabError] = []
    for setting in settings:
        key, equals, text = setting.partition("=")
        if not equals:
            faults.append(RecipeError(f"{setting!r} is not key=value", code="recipe_not_a_setting", text=setting))
            continue
        key = key.strip()
        if key.startswith("options."):
            values["options"] = {**values["options"], key.removeprefix("options."): _value(text)}
        elif key.removeprefix("augmentation.") in inner:
            values["augmentation"] = {**values["augmentation"], key.removeprefix("augmentation."): _value(text)}
        else:
            values[key] = _value(text)
    try:
        changed = Recipe.from_dict(values)
    except ConvolabError as error:
        faults += validating.each(error)
    validating.refuse(faults)
    return changed


def other_settings(one: Recipe, other: Recipe) -> str:
    """What differs, as it is written with ``--set``; "" where nothing does.

    >>> from cnn_core.training import RECIPES
    >>> row = RECIPES["lenet_course"].recipe
    >>> other_settings(row, row.replace(lr=0.5, flip=True))
    'flip false → true, lr 0.1 → 0.5'
    """
    before, after = flat(one), flat(other)
    return ", ".join(
        f"{name} {_written(before.get(name))} → {_written(after.get(name))}"
        for name in sorted(before.keys() | after.keys()) if before.get(name) != after.get(name)
    )


def _written(value: object) -> str:
    return "–" if value is None else json.dumps(value, ensure_ascii=False).strip('"') or "–"


def _value(text: str) -> object:
    """A number, true or false as JSON writes them; any other text as it stands."""
    try:
        value: object = json.loads(text)
    except (ValueError, RecursionError):
        return text.strip()
    return value if isinstance(value, (int, float, bool, str)) else text.strip()
