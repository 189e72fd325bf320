"""What a recipe costs: from a run's own events, with figures worked out by hand, or from a few steps; and recipes on other data."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from cnn_core.training import RECIPES, Recipe
from cnn_core.training.adapting import at_hand, counts, differing, on_architecture, on_dataset
from cnn_core.training.costing import Speed, speed_key, speed_of_run

DIGITS = Recipe("lenet5_keras", "digits", validation_images=237, batch=64, epochs=3, device="cpu")  # 1,437 − 237 = 1,200


def epoch(done: int, elapsed_s: float, seconds: float) -> dict[str, object]:
    return {"kind": "epoch", "done": done, "elapsed_s": elapsed_s, "seconds": seconds}


def test_the_speed_of_a_run_leaves_its_first_epoch_out() -> None:
    events = [epoch(1, 9.0, 8.0), epoch(2, 12.0, 2.0), epoch(3, 15.0, 2.0), epoch(4, 24.0, 8.0)]
    facts = {"data": {"train": 1_000, "validation": 500}, "device": "CPU, 2 threads"}
    speed = speed_of_run(events, facts, "some-run")
    assert speed == Speed(train=500.0, evaluate=500.0, device="CPU, 2 threads", run="some-run")
    assert speed_of_run(events[:1], facts, "x") is None
    assert speed_of_run(events, {}, "x") is None


def test_seconds_of_an_epoch_and_of_the_whole() -> None:
    speed = Speed(train=600.0, evaluate=237.0, device="")
    assert counts(DIGITS)[:2] == (1_200, 237)
    assert speed.epoch_s(DIGITS) == pytest.approx(2 + 1)
    test = counts(DIGITS)[2] / 237
    assert speed.total_s(DIGITS) == pytest.approx(9 + test)
    assert speed.total_s(DIGITS.replace(budget_s=5.0)) == pytest.approx(5 + test)


def test_what_decides_the_speed_is_in_the_key() -> None:
    others = {"batch": 32, "flip": True, "architecture": "mnist_cnn", "averaging": 0.9, "optimiser": "adam", "device": "cuda"}
    for name, value in others.items():
        change = {name: value}
        assert speed_key(DIGITS.replace(**change)) != speed_key(DIGITS), change
    assert speed_key(DIGITS.replace(lr=0.5, epochs=50, seed=3, name="x")) == speed_key(DIGITS)


def test_a_few_steps_are_timed_in_a_process_of_their_own() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "cnn_core.training.timing"], input=DIGITS.to_json(), capture_output=True, text=True, check=True,
    )  # fmt: skip
    speed = Speed(**json.loads(done.stdout.splitlines()[-1]))
    assert speed.train > 0 and speed.evaluate > 0 and speed.device.startswith("CPU")


@pytest.mark.parametrize("name", RECIPES)
def test_every_recipe_runs_on_data_that_are_always_here(name: str) -> None:
    written = RECIPES[name].recipe
    recipe = at_hand(written, ("digits", "shapes"))
    recipe.validate()
    train, validation, _ = counts(recipe)
    assert train >= 4 * recipe.batch or recipe.batch <= 16 or recipe is written
    assert validation > 0
    assert recipe.dataset in ("digits", "shapes")


def test_a_recipe_on_its_own_data_stays_as_it_is() -> None:
    assert on_dataset(DIGITS, "digits") is DIGITS
    assert differing(on_dataset(DIGITS, "shapes"), DIGITS).keys() >= {"dataset"}


def test_another_network_takes_none_of_the_old_one_s_settings() -> None:
    recipe = Recipe("tf_efficientnet_lite0", "shapes", weights="embedded", tuned="last", input_size=224)
    other = on_architecture(recipe, "resnet20")
    assert (other.weights, other.tuned, other.input_size) == ("", "all", 0)
    other.validate()
