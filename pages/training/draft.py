"""The recipe on the screen: a ready one or a file, on the data that are here, with what the user changed. All of it in the URL."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import streamlit as st

from cnn_core import architectures
from cnn_core.errors import ConvolabError
from cnn_core.training import RECIPES, Recipe
from cnn_core.training.adapting import at_hand, flat, on_architecture, on_dataset
from cnn_core.training.fields import CHOICES
from cnn_core.training.setting import assigned
from cnn_core.training.validating import as_one, each
from pages.training import links
from pages.ui import own_designs, picture_sources, state

DEFAULT, IN_COLOUR = "lenet_course", "all_cnn_minute"
FILE = "file"  # in place of a ready recipe's id: the one that was uploaded
_LINKED = "_training_arch_link"  # in session_state: the network of the last link that named one
_OWN = "own_recipe"  # the choice that holds its text
_FIRST = ("dataset", "architecture")  # what the others' defaults follow from
_NAME = re.compile(r"[a-z_]{1,40}(\.[a-z_0-9]{1,40})?")
_MOST = 60
_LARGEST = 2**53  # of a number in a browser's field, which holds whole numbers up to here exactly
_OWN_LENGTH = 4_000  # of a recipe in a link; one written out in full has some 1,200


@dataclass(frozen=True)
class Draft:
    """What the controls show.

    Attributes:
        id: of the ready recipe, or ``FILE``.
        written: the recipe as it is written down there.
        base: the same on data that are here, with the chosen data set and network.
        values: every field by name, what the user changed included.
        recipe: of these values; None where they do not go together.
        problem: why not.
    """

    id: str
    written: Recipe
    base: Recipe
    values: Mapping[str, Any]
    recipe: Recipe | None
    problem: ConvolabError | None = None

    @property
    def pair(self) -> str:
        """The recipe that a lesson is compared with."""
        return RECIPES[self.id].pair if self.id in RECIPES else ""


class _Recipes:
    def __contains__(self, value: object) -> bool:
        return value in RECIPES or value == FILE


class _Own:
    def __contains__(self, value: object) -> bool:
        return isinstance(value, str) and len(value) <= _OWN_LENGTH


class _Changes:
    def __contains__(self, value: object) -> bool:
        return isinstance(value, dict) and len(value) <= _MOST and all(
            _NAME.fullmatch(str(name)) and isinstance(one, (bool, int, float, str)) for name, one in value.items()
        )


def recipe_id() -> str:
    """Of the ready recipe on the screen; or ``FILE``, whose text is then in the URL too, so that a refresh finds it again."""
    name = str(state.choice("recipe", DEFAULT, allowed=_Recipes()))
    if name == FILE:
        state.choice(_OWN, "", allowed=_Own())
    return name


def say_missing() -> None:
    """Say that a link named a recipe that is not here; before anything else is drawn of it."""
    asked = state.asked("recipe")
    missing = [] if asked is None or asked in _Recipes() else [str(asked)]
    links.say_missing("recipe", "training.recipe_missing", missing, recipe_id())


def changes() -> dict[str, Any]:
    return dict(state.choice("changes", {}, allowed=_Changes(), read=_read, write=_write))


def _read(text: str) -> dict[str, Any]:
    return dict(json.loads(text)) if text.startswith("{") else {}


def _write(values: Mapping[str, Any]) -> str:
    return json.dumps(values, separators=(",", ":"))


def change(name: str, value: Any, own: Any) -> None:
    """Set a field of the draft; for callbacks. At its own value it is no change."""
    wanted = dict(st.session_state.get("changes", {}))
    wanted.pop(name, None)
    if value != own:
        wanted[name] = value
    if name == "architecture":  # what belonged to the other network
        wanted = {k: v for k, v in wanted.items() if k not in ("weights", "tuned", "input_size") and not k.startswith("options.")}
    state.keep("changes", wanted)


def choose(new_id: str) -> None:
    """Another recipe, as it is written; for callbacks. What was chosen to train on stays where it suits."""
    state.keep("recipe", new_id)
    state.keep("changes", {})


def take_file(recipe: Recipe) -> None:
    state.keep(_OWN, compact(recipe))
    choose(FILE)


def again(recipe: Recipe, wanted: Mapping[str, Any]) -> None:
    """A run's recipe on the start view, with these changes; for callbacks."""
    take_file(recipe)
    state.keep("changes", dict(wanted))
    state.keep("train_view", "start")


def compact(recipe: Recipe) -> str:
    """What a recipe says beyond the defaults, as JSON that fits into a link.

    >>> compact(Recipe("lenet5", "mnist", lr=0.2))
    '{"architecture":"lenet5","dataset":"mnist","lr":0.2}'
    """
    own, usual = recipe.to_dict(), Recipe(recipe.architecture, recipe.dataset).to_dict()
    inner = {name: value for name, value in own["augmentation"].items() if usual["augmentation"][name] != value}
    changed = {name: value for name, value in own.items() if name in _FIRST or value != usual[name]}
    changed |= {"augmentation": inner} if inner else {}
    return json.dumps(dict(sorted(changed.items())), separators=(",", ":"), ensure_ascii=False)


def _own() -> Recipe:
    """Raises RecipeError where there is none."""
    return Recipe.from_json(str(state.asked(_OWN) or ""))


def has_file() -> bool:
    """Whether a recipe was uploaded, and is one still: a network of one's own that it names may be gone."""
    try:
        return bool(_own())
    except ConvolabError:
        return False


def here() -> tuple[str, ...]:
    """Data sets that can be trained on now, somebody's own included."""
    return picture_sources.here()


def written(name: str) -> Recipe:
    return _own() if name == FILE else RECIPES[name].recipe


def follow_link() -> None:
    """``?arch=design:mine.2`` trains that network: on colour pictures in a minute, on grey ones as the course does."""
    asked = own_designs.read(st.query_params.get("arch", ""))
    if not asked or st.session_state.get(_LINKED) == asked:
        return
    st.session_state[_LINKED] = asked
    try:
        grey = architectures.get(asked).input_shape[0] == 1
    except ConvolabError:
        grey = False  # the recipe says what is wrong with the network
    choose(DEFAULT if grey else IN_COLOUR)
    state.keep("changes", {"architecture": asked})


def current() -> Draft:
    name = recipe_id()
    return made(name, changes())


def made(name: str, wanted: Mapping[str, Any]) -> Draft:
    """The draft of a ready recipe with these changes."""
    original = written(name)
    base = at_hand(original, here())
    faults: list[ConvolabError] = []
    for field, move in (("dataset", on_dataset), ("architecture", on_architecture)):
        try:
            if field in wanted:
                base = move(base, str(wanted[field]))
        except ConvolabError as error:
            faults.append(error)
    rest = {key: value for key, value in wanted.items() if key not in _FIRST}
    values = flat(base)
    values |= {key: value for key, value in rest.items() if _can_be_shown(key, value, values.get(key))}
    recipe = None
    try:
        recipe = assigned(base, [f"{key}={json.dumps(value)}" for key, value in rest.items()])
    except ConvolabError as error:
        faults += each(error)
    return Draft(name, original, base, values, None if faults else recipe, as_one(faults) if faults else None)


def _can_be_shown(name: str, value: Any, own: Any) -> bool:
    """Whether a control can hold the value; a link may say anything, and the recipe's own check says what is wrong with it."""
    if name.startswith("options."):
        return isinstance(value, (int, float)) and abs(value) < 1e9
    alike = type(value) is type(own) or (isinstance(own, float) and type(value) is int)
    return alike and (isinstance(value, str) or abs(value) < _LARGEST) and value in CHOICES.get(name, (value,))


def partner(draft: Draft, wanted: Mapping[str, Any]) -> Recipe | None:
    """The other recipe of a lesson's pair, with the same changes where they do not undo what the lesson is about."""
    if not draft.pair:
        return None
    mine, its = flat(draft.written), flat(written(draft.pair))
    about = {key for key in mine.keys() | its.keys() if mine.get(key) != its.get(key)}
    return made(draft.pair, {key: value for key, value in wanted.items() if key not in about}).recipe


def use_pictures(dataset: str) -> None:
    """Train on somebody's own pictures, with the recipe that is on the screen or, without one, by transfer."""
    name = st.session_state.get("recipe", DEFAULT)
    transfer = [row.id for row in RECIPES.values() if row.group == "transfer"]
    is_ready = has_file() if name == FILE else RECIPES[name].group == "transfer"
    if not is_ready and transfer:
        choose(transfer[0])
    change("dataset", dataset, None)
