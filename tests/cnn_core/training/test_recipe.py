"""Recipes: written down and read back the same; nonsense is refused with a reason; every ready one can be started."""

from __future__ import annotations

import json
import pickle
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cnn_core.errors import ConvolabError, RecipeError, RecipeFaults
from cnn_core.training import RECIPES, Recipe
from cnn_core.training.fields import CHOICES, LIMITS, Augmentation
from cnn_core.training.recipe import FORMAT
from cnn_core.training.setting import assigned
from cnn_core.training.validating import _shown, each

PLAIN = Recipe("lenet5", "mnist")


@pytest.mark.parametrize("row", RECIPES.values(), ids=lambda row: row.id)
def test_a_ready_recipe_is_valid_and_survives_being_written(row: Any) -> None:
    row.recipe.validate()
    assert Recipe.from_json(row.recipe.to_json()) == row.recipe
    assert Recipe.from_toml(row.recipe.to_toml()) == row.recipe
    assert row.idea.endswith((".", "?"))
    assert row.recipe.name == row.title
    assert not row.pair or RECIPES[row.pair].group == "lesson"


@pytest.mark.parametrize("row", [r for r in RECIPES.values() if r.pair and not r.id.endswith("_start")], ids=lambda row: row.id)
def test_the_runs_of_a_lesson_differ_in_what_they_are_about_and_see_the_same_images(row: Any) -> None:
    other = RECIPES[row.pair]
    assert other.pair == row.id
    changed = {k for k, v in row.recipe.to_dict().items() if other.recipe.to_dict()[k] != v} - {"name"}
    assert len(changed) == 1, changed


def test_the_courses_settings_and_figures() -> None:
    lenet = RECIPES["lenet_course"].recipe
    assert (lenet.lr, lenet.momentum, lenet.batch, lenet.epochs, lenet.validation_images) == (0.1, 0.0, 256, 5, 10_000)
    assert RECIPES["lenet_course"].printed["test_accuracy"] == 0.9676
    cnn = RECIPES["mnist_cnn_course"].recipe
    assert (cnn.optimiser, cnn.lr, cnn.batch, cnn.validation_images) == ("adam", 1e-3, 64, 0)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"epochs": 0}, "recipe_out_of_range"),
        ({"lr": -1.0}, "recipe_out_of_range"),
        ({"lr": float("nan")}, "recipe_out_of_range"),
        ({"batch": 0}, "recipe_out_of_range"),
        ({"optimiser": "adagrad"}, "recipe_not_a_choice"),
        ({"architecture": "lenet"}, "unknown_architecture"),
        ({"options": {"num_classes": 7}}, "recipe_option_follows"),
        ({"options": {"depth": 7}}, "unknown_option"),
        ({"nesterov": True, "momentum": 0.0}, "recipe_nesterov_without_momentum"),
        ({"tuned": "last"}, "recipe_frozen_random"),
        ({"translate": 65}, "recipe_out_of_range"),
    ],
)
def test_what_cannot_be_trained_is_refused(changes: dict[str, Any], code: str) -> None:
    with pytest.raises(ConvolabError) as refused:
        PLAIN.replace(**changes).validate()
    assert refused.value.code == code


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "recipe_not_json"),
        ("{", "recipe_not_json"),
        ("[" * 100_000, "recipe_not_json"),
        ("[]", "recipe_not_a_table"),
        ('{"architecture": "lenet5"}', "recipe_incomplete"),
        ("1" * 5_000, "recipe_not_json"),
        ('{"architecture": "lenet5", "dataset": "mnist", "format": 99}', "recipe_format"),
        ('{"architecture": "lenet5", "dataset": "mnist", "learning_rate": 1}', "recipe_unknown_field"),
        ('{"architecture": "lenet5", "dataset": "mnist", "epochs": "two"}', "recipe_not_a_whole_number"),
        ('{"architecture": "lenet5", "dataset": "mnist", "epochs": true}', "recipe_not_a_whole_number"),
        ('{"architecture": "lenet5", "dataset": "mnist", "epochs": 1e400}', "recipe_not_a_whole_number"),
        ('{"architecture": "lenet5", "dataset": "mnist", "lr": 1e400}', "recipe_out_of_range"),
        ('{"architecture": "lenet5", "dataset": "mnist", "augmentation": {"mirror": 1}}', "recipe_unknown_field"),
        ('{"architecture": "lenet5", "dataset": "mnist", "lr": true}', "recipe_not_a_number"),
        ('{"architecture": "lenet5", "dataset": "mnist", "lr": "0.1"}', "recipe_not_a_number"),
        ('{"architecture": "lenet5", "dataset": "mnist", "lr": NaN}', "recipe_out_of_range"),
        ('{"architecture": "lenet5", "dataset": "mnist", "epochs": 1' + "0" * 400 + "}", "recipe_out_of_range"),
        ('{"architecture": "lenet5", "dataset": "mnist", "nesterov": 1}', "recipe_not_a_truth"),
        ('{"architecture": "lenet5", "dataset": "mnist", "options": []}', "recipe_not_a_section"),
        ('{"architecture": "lenet5", "dataset": "mnist", "augmentation": 3}', "recipe_not_a_section"),
        ('{"architecture": "lenet5", "dataset": "mnist", "name": "\\ud800"}', "recipe_broken_text"),
        ('{"architecture": "lenet5", "dataset": "mnist", "device": "tpu"}', "recipe_unknown_device"),
        ('{"architecture": "lenet5", "dataset": "mnist", "weights": "the best"}', "recipe_unknown_weights"),
        ('{"architecture": "lenet5", "dataset": "imagenet"}', "unknown_dataset"),
        ('{"architecture": ["lenet5"], "dataset": "mnist"}', "recipe_not_a_text"),
    ],
)
def test_a_file_edited_into_nonsense_is_refused(text: str, code: str) -> None:
    with pytest.raises(ConvolabError) as refused:
        Recipe.from_json(text)
    assert refused.value.code == code


def test_whole_numbers_stand_for_real_ones() -> None:
    assert Recipe.from_json('{"architecture": "lenet5", "dataset": "mnist", "lr": 1}').lr == 1.0


def test_a_recipe_with_several_faults_names_them_all_at_once() -> None:
    with pytest.raises(RecipeFaults) as refused:
        Recipe.from_dict({
            "architecture": "lenett", "dataset": "mnist", "epochs": 0, "lr": "fast", "optimiser": "magic", "colour": "blue",
            "augmentation": {"zoom": 2.0, "mirror": True}, "nesterov": True, "momentum": 0,
        })  # fmt: skip
    named = [(fault.code, fault.facts.get("field", "")) for fault in refused.value.faults]
    assert named == [
        ("unknown_architecture", ""), ("recipe_out_of_range", "epochs"), ("recipe_not_a_number", "lr"),
        ("recipe_not_a_choice", "optimiser"), ("recipe_unknown_field", "colour"), ("recipe_out_of_range", "zoom"),
        ("recipe_unknown_field", "mirror"), ("recipe_nesterov_without_momentum", ""),
    ]  # fmt: skip
    assert all(str(fault) in str(refused.value) for fault in refused.value.faults)
    again = pickle.loads(pickle.dumps(refused.value))
    assert isinstance(again, RecipeFaults) and [fault.code for fault in again.faults] == [code for code, _ in named]


def test_a_recipe_made_in_python_is_held_to_its_types_too() -> None:
    with pytest.raises(RecipeFaults) as refused:
        PLAIN.replace(epochs="two", batch=None, augmentation=3).validate()
    assert {fault.facts["field"] for fault in refused.value.faults} == {"epochs", "batch", "augmentation"}


# A field, a value that it cannot have, and the code of the reason.
BROKEN = [
    *((name, low - 1, "recipe_out_of_range") for name, (low, _) in LIMITS.items()),
    *((name, high * 2 + 1, "recipe_out_of_range") for name, (_, high) in LIMITS.items()),
    *((name, "magic", "recipe_not_a_choice") for name in CHOICES),
    *((name, 7, "recipe_not_a_text") for name in (*CHOICES, "name", "device", "weights", "dataset", "architecture")),
    *((name, "7", "recipe_not_a_number") for name in ("lr", "momentum", "budget_s", "zoom")),
    *((name, 7.5, "recipe_not_a_whole_number") for name in ("epochs", "batch", "seed", "cutout")),
    *((name, 0, "recipe_not_a_truth") for name in ("nesterov", "flip", "compile", "deterministic", "channels_last")),
    ("architecture", "lenet", "unknown_architecture"), ("dataset", "nist", "unknown_dataset"), ("learning_rate", 1, "recipe_unknown_field"),
]  # fmt: skip


@settings(max_examples=60)
@given(st.lists(st.sampled_from(BROKEN), min_size=1, max_size=8, unique_by=lambda broken: broken[0]))
def test_every_fault_that_was_made_is_named_and_no_other(broken: list[tuple[str, Any, str]]) -> None:
    values: dict[str, Any] = {"architecture": "lenet5", "dataset": "mnist", "augmentation": {}}
    for name, value, _ in broken:
        (values["augmentation"] if name in Augmentation.__dataclass_fields__ else values)[name] = value
    with pytest.raises(ConvolabError) as refused:
        Recipe.from_dict(values)
    faults = each(refused.value)
    assert sorted(fault.code for fault in faults) == sorted(code for *_, code in broken)
    fields_named = {fault.facts["field"] for fault in faults if "field" in fault.facts}
    assert fields_named <= {name for name, *_ in broken}


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3), max_leaves=6,
)
fields = st.sampled_from([*Recipe.__dataclass_fields__, "augmentation", "format", "nonsense"])


@given(st.dictionaries(fields, json_values, max_size=6))
def test_whoever_mends_what_was_named_has_a_recipe(values: dict[str, Any]) -> None:
    """No values at all break the reader; and its reasons are true: without the fields that it names the rest is a recipe."""
    values = {"architecture": "lenet5", "dataset": "mnist", **values}
    try:
        recipe = Recipe.from_dict(values)
    except ConvolabError as refused:
        named = each(refused)
    else:
        assert Recipe.from_json(recipe.to_json()) == recipe
        assert Recipe.from_toml(recipe.to_toml()) == recipe
        return
    mended = {**values, "architecture": "lenet5", "dataset": "mnist"}
    for fault in named:
        assert str(fault).isprintable() and len(str(fault)) < 4_000  # the longest one lists the whole catalogue
        if fault.code in ("recipe_format", "recipe_nesterov_without_momentum", "recipe_frozen_random"):
            mended |= {"format": FORMAT, "nesterov": False, "tuned": "all"}
        elif "option" in fault.facts:
            mended["options"] = {}
        elif fault.code.startswith("recipe_"):
            for section in (mended, mended.get("augmentation", {})):
                for name in tuple(section) if isinstance(section, dict) else ():
                    if _shown(name) == fault.facts["field"] and name not in ("architecture", "dataset"):
                        del section[name]
    if {fault.code for fault in named} == {"recipe_format"}:
        return  # what else is wrong can only be told of a format that is known
    mended |= {"nesterov": False, "tuned": "all"}  # what a field that was mended now asks of another one
    if values["architecture"] != "lenet5":
        mended["options"] = {}  # what an unknown network could take is not known
    Recipe.from_dict(mended)


@settings(max_examples=60)
@given(st.integers(0, 700), st.integers(0, 12), st.text(max_size=4))
def test_a_file_with_anything_typed_into_it_is_read_or_refused(place: int, cut: int, typed: str) -> None:
    for write, read in ((PLAIN.to_json, Recipe.from_json), (PLAIN.to_toml, Recipe.from_toml)):
        text = write()
        try:
            read(text[:place] + typed + text[place + cut :]).validate()
        except ConvolabError as refused:
            assert refused.code and str(refused)


def test_every_choice_and_limit_belongs_to_a_field() -> None:
    names = {*Recipe.__dataclass_fields__, *PLAIN.augmentation.__dataclass_fields__}
    assert {*CHOICES, *LIMITS} <= names


def test_settings_from_a_shell() -> None:
    changed = assigned(PLAIN, ["epochs=2", "lr=1e9", "flip=true", "options.width=0.5"])
    assert (changed.epochs, changed.lr, changed.augmentation.flip, changed.options) == (2, 1e9, True, {"width": 0.5})
    for text, code in (("epochs", "recipe_not_a_setting"), ("epoch=2", "recipe_unknown_field"), ("epochs=0", "recipe_out_of_range")):
        with pytest.raises(RecipeError) as refused:
            assigned(PLAIN, [text])
        assert refused.value.code == code
    with pytest.raises(RecipeFaults) as all_refused:
        assigned(PLAIN, ["epochs", "epochs=0", "lr=nan", "epoch=2", "flip=1", "batch=" + "9" * 5_000, "options.depth=2"])
    assert [fault.code for fault in all_refused.value.faults] == [
        "recipe_not_a_setting", "recipe_not_a_number", "recipe_not_a_whole_number", "recipe_out_of_range", "recipe_unknown_field",
        "recipe_not_a_truth", "unknown_option",
    ]  # fmt: skip


def test_a_recipe_says_every_field() -> None:
    assert set(json.loads(PLAIN.to_json())) == {*Recipe.__dataclass_fields__, "format"}
