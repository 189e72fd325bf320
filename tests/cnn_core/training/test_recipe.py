"""Recipes: written down and read back the same; nonsense is refused with a reason; every ready one can be started."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnn_core.errors import ConvolabError, RecipeError
from cnn_core.training import RECIPES, Recipe
from cnn_core.training.fields import CHOICES, LIMITS
from cnn_core.training.setting import assigned

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
        ("{}", "recipe_incomplete"),
        ('{"architecture": "lenet5", "dataset": "mnist", "format": 99}', "recipe_format"),
        ('{"architecture": "lenet5", "dataset": "mnist", "learning_rate": 1}', "recipe_unknown_field"),
        ('{"architecture": "lenet5", "dataset": "mnist", "epochs": "two"}', "recipe_wrong_type"),
        ('{"architecture": "lenet5", "dataset": "mnist", "epochs": true}', "recipe_wrong_type"),
        ('{"architecture": "lenet5", "dataset": "mnist", "epochs": 1e400}', "recipe_wrong_type"),
        ('{"architecture": "lenet5", "dataset": "mnist", "lr": 1e400}', "recipe_out_of_range"),
        ('{"architecture": "lenet5", "dataset": "mnist", "augmentation": {"mirror": 1}}', "recipe_unknown_field"),
        ('{"architecture": ["lenet5"], "dataset": "mnist"}', "recipe_wrong_type"),
    ],
)
def test_a_file_edited_into_nonsense_is_refused(text: str, code: str) -> None:
    with pytest.raises(ConvolabError) as refused:
        Recipe.from_json(text)
    assert refused.value.code == code


def test_whole_numbers_stand_for_real_ones() -> None:
    assert Recipe.from_json('{"architecture": "lenet5", "dataset": "mnist", "lr": 1}').lr == 1.0


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3), max_leaves=6,
)
fields = st.sampled_from([*Recipe.__dataclass_fields__, "augmentation", "format", "nonsense"])


@given(st.dictionaries(fields, json_values, max_size=6))
def test_no_values_at_all_break_the_reader(values: dict[str, Any]) -> None:
    try:
        recipe = Recipe.from_dict({"architecture": "lenet5", "dataset": "mnist", **values})
    except ConvolabError as refused:
        assert refused.code
    else:
        assert Recipe.from_json(recipe.to_json()) == recipe


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


def test_a_recipe_says_every_field() -> None:
    assert set(json.loads(PLAIN.to_json())) == {*Recipe.__dataclass_fields__, "format"}
