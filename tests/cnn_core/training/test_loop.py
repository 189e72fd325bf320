"""The loop: it learns, tells, keeps, breaks off and goes on; on small real data."""

from __future__ import annotations

import json
import math
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file
from sklearn.metrics import confusion_matrix

from cnn_core import architectures, datasets
from cnn_core.errors import ConvolabError, DatasetError, TrainingError
from cnn_core.training import Recipe, batches, check, devices, metrics, networks, optimising, train
from tests.cnn_core.training.conftest import read_events

CPU = torch.device("cpu")
CURVE = ("done", "train_loss", "train_accuracy", "validation_loss", "validation_accuracy", "confusion", "lr", "best")


def curve(run_dir: Path) -> list[dict[str, Any]]:
    return [{name: event[name] for name in CURVE} for event in read_events(run_dir, "epoch")]


def test_a_run_learns_and_leaves_everything_it_promises(tiny: Recipe, tmp_path: Path) -> None:
    told: list[dict[str, Any]] = []
    result = train(tiny.replace(epochs=8), tmp_path, told.append)
    assert (result.state, result.reason, result.epochs) == ("finished", "epochs_done", 8)
    assert result.test_accuracy is not None
    assert result.test_accuracy > 0.85  # ten classes; chance is 0.1
    assert json.loads(json.dumps(told)) == read_events(tmp_path)
    assert [event["kind"] for event in told if event["kind"] != "progress"] == ["start", *["epoch"] * 8, "end"]
    assert Recipe.from_json((tmp_path / "recipe.json").read_text("utf-8")) == tiny.replace(epochs=8)
    facts = json.loads((tmp_path / "network.json").read_text("utf-8"))
    assert facts["data"] == {"train": 300, "validation": 100, "test": 360}
    assert len(list((tmp_path / "epochs").iterdir())) == 9
    assert not list(tmp_path.rglob("*.part"))
    network = architectures.build("lenet5_keras", weights=load_file(tmp_path / "weights" / "last.safetensors"), **facts["options"])
    data = batches.load(tiny, CPU)
    assert metrics.score(network, data, data.test).accuracy == result.test_accuracy
    shown = np.load(tmp_path / "epochs" / "0008.npz")
    logits = network(data.normalised(data.validation.images[:1])).softmax(1)[0].detach().numpy()
    np.testing.assert_allclose(shown["probabilities"], logits, atol=1e-6)
    np.testing.assert_array_equal(shown["filters"], next(iter(network.parameters())).detach().numpy().astype(np.float16))


@pytest.mark.parametrize("at_step", [1, 5, 6, 8, 19])  # the sixth question is asked in the first validation, the last one before the test
@pytest.mark.parametrize("changes", [{}, {"optimiser": "sgd", "averaging": 0.9, "flip": True, "architecture": "lesson_dropout2d"}])
def test_a_stopped_and_resumed_run_gives_the_curve_of_an_uninterrupted_one(
    tiny: Recipe, tmp_path: Path, at_step: int, changes: dict[str, Any]
) -> None:
    recipe = tiny.replace(**changes)
    train(recipe, tmp_path / "whole")
    steps: list[int] = []

    def stop() -> bool:
        steps.append(1)
        return len(steps) == at_step

    stopped = train(recipe, tmp_path / "parts", stop=stop)
    assert (stopped.state, stopped.reason) == ("stopped", "asked")
    finished = train(recipe, tmp_path / "parts", resume=True)
    assert finished.state == "finished"
    assert curve(tmp_path / "parts") == curve(tmp_path / "whole")
    one, two = (load_file(tmp_path / name / "weights" / "last.safetensors") for name in ("whole", "parts"))
    assert all(torch.equal(one[name], two[name]) for name in one)


def test_an_epoch_that_was_broken_off_took_as_long_as_both_its_parts(tiny: Recipe, tmp_path: Path) -> None:
    slow = 0.05  # s a step, and three steps before the break

    def stop() -> bool:
        time.sleep(slow)
        return asks.pop() if asks else False

    asks = [True, False, False]
    train(tiny.replace(epochs=1), tmp_path, stop=stop)
    time.sleep(0.5)  # the break itself is not counted
    asks = []
    train(tiny.replace(epochs=1), tmp_path, stop=stop, resume=True)
    (epoch,) = read_events(tmp_path, "epoch")
    assert 5 * slow <= epoch["seconds"] < epoch["elapsed_s"]


def test_a_killed_run_goes_on_from_its_last_saved_state_with_nothing_twice(tiny: Recipe, tmp_path: Path) -> None:
    train(tiny, tmp_path / "whole")

    class Killed(BaseException):
        pass

    def kill(event: dict[str, Any]) -> None:
        if event["kind"] == "epoch" and event["done"] == 2:
            raise Killed  # nothing of this epoch's state has been saved: what was told of it is taken back

    with pytest.raises(Killed):
        train(tiny, tmp_path / "killed", kill)
    train(tiny, tmp_path / "killed", resume=True)
    assert curve(tmp_path / "killed") == curve(tmp_path / "whole")
    steps = [event["step"] for event in read_events(tmp_path / "killed")]
    assert steps == sorted(steps)


def test_a_run_anew_in_the_same_folder_forgets_the_earlier_one(tiny: Recipe, tmp_path: Path) -> None:
    train(tiny, tmp_path)
    train(tiny.replace(epochs=1), tmp_path, anew=True)
    assert len(curve(tmp_path)) == 1
    assert len(list((tmp_path / "epochs").iterdir())) == 2


def test_a_folder_that_holds_a_run_is_refused_untouched(tiny: Recipe, tmp_path: Path) -> None:
    train(tiny.replace(epochs=1), tmp_path)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    with pytest.raises(TrainingError) as refused:
        train(tiny, tmp_path)
    assert refused.value.code == "training_folder_taken" and str(tmp_path) in str(refused.value)
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


def test_two_do_not_train_in_one_folder(tiny: Recipe, tmp_path: Path) -> None:
    codes = []

    def meanwhile(event: dict[str, Any]) -> None:
        if event["kind"] == "epoch":
            with pytest.raises(TrainingError) as refused:
                train(tiny, tmp_path, resume=True)
            codes.append(refused.value.code)

    assert train(tiny, tmp_path, meanwhile).state == "finished"
    assert codes == ["training_folder_busy"] * tiny.epochs
    assert len(curve(tmp_path)) == tiny.epochs
    assert train(tiny.replace(epochs=1), tmp_path, anew=True).state == "finished"  # the lock is gone with the run


def test_the_same_seed_gives_the_same_weights_and_another_gives_others(tiny: Recipe, tmp_path: Path) -> None:
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        train(tiny.replace(seed=seed, epochs=1), tmp_path / name)
    a, b, c = (load_file(tmp_path / name / "weights" / "last.safetensors") for name in "abc")
    first = next(name for name in a if name.endswith("weight"))
    assert torch.equal(a[first], b[first])
    assert not torch.equal(a[first], c[first])


def test_a_loss_that_is_no_number_ends_the_run_with_advice(tiny: Recipe, tmp_path: Path) -> None:
    with pytest.raises(TrainingError) as failed:
        train(tiny.replace(optimiser="sgd", lr=1e9, architecture="lesson_no_norm"), tmp_path)
    assert failed.value.code == "nan_loss"
    assert read_events(tmp_path)[-1]["state"] == "failed"
    json.dumps(read_events(tmp_path), allow_nan=False)


def test_a_loss_that_has_gone_through_the_roof_ends_the_run_too(tiny: Recipe, tmp_path: Path) -> None:
    with pytest.raises(TrainingError) as failed:
        train(tiny.replace(optimiser="sgd", lr=1e9), tmp_path)  # tanh keeps every number finite
    assert failed.value.code == "diverged"
    assert "1e+09" in str(failed.value)
    end, points = read_events(tmp_path)[-1], read_events(tmp_path, "progress")
    assert (end["state"], end["reason"], end["lr"]) == ("failed", "diverged", 1e9)
    assert end["loss"] == failed.value.facts["loss"] == points[-1]["loss"] > 1e4  # the curve ends with what broke it off


def test_memory_of_a_processor_is_that_of_the_process() -> None:
    assert 1e8 < devices.memory_bytes(torch.device("cpu")) < 1e11  # torch alone takes a few hundred megabytes


def test_a_budget_ends_the_run_and_the_rate_has_fallen(tiny: Recipe, tmp_path: Path) -> None:
    result = train(tiny.replace(epochs=10_000, budget_s=1.5, final_lr=0.0), tmp_path)
    assert (result.state, result.reason) == ("finished", "budget_reached")
    assert result.epochs < 10_000
    assert read_events(tmp_path, "epoch")[-1]["lr"] < tiny.lr / 4


@pytest.mark.parametrize("content", [b"", b"\x00" * 64, b"cut"])
def test_a_damaged_state_is_refused(tiny: Recipe, tmp_path: Path, content: bytes) -> None:
    train(tiny.replace(epochs=1), tmp_path)
    state = tmp_path / "resume.safetensors"
    state.write_bytes(content if content != b"cut" else state.read_bytes()[:5000])
    with pytest.raises(TrainingError) as refused:
        train(tiny.replace(epochs=1), tmp_path, resume=True)
    assert refused.value.code == "training_state_damaged"


def test_nothing_to_resume_and_another_recipe_are_refused(tiny: Recipe, tmp_path: Path) -> None:
    with pytest.raises(TrainingError) as refused:
        train(tiny, tmp_path, resume=True)
    assert refused.value.code == "training_nothing_to_resume"
    train(tiny.replace(epochs=1), tmp_path)
    with pytest.raises(TrainingError) as refused:
        train(tiny.replace(epochs=1, lr=1.0), tmp_path, resume=True)
    assert refused.value.code == "training_other_recipe"


def test_a_full_disk_is_an_oserror_and_leaves_no_half_file(tiny: Recipe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from cnn_core.training import saving

    def full(path: Path, write: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(saving, "write_whole", full)
    with pytest.raises(OSError, match="No space"):
        train(tiny, tmp_path)
    assert not list(tmp_path.rglob("*.safetensors"))
    last = read_events(tmp_path)[-1]
    assert (last["kind"], last["state"], last["reason"]) == ("end", "failed", "disk_full")


@pytest.mark.parametrize("optimiser", ["sgd", "adam", "adamw", "rmsprop"])
@pytest.mark.parametrize("schedule", ["constant", "linear", "cosine", "one_cycle", "step"])
def test_every_optimiser_and_schedule_runs(tiny: Recipe, tmp_path: Path, optimiser: str, schedule: str) -> None:
    recipe = tiny.replace(optimiser=optimiser, schedule=schedule, lr=1e-3, epochs=1, train_images=64, batch=32, gradient_clip=1.0)
    assert train(recipe, tmp_path).state == "finished"


def test_rates_worked_out_by_hand() -> None:
    base = Recipe("lenet5", "mnist", lr=0.2, warmup=0.5, final_lr=0.1)
    assert optimising.rate(base, 0.25) == pytest.approx(0.1)
    assert optimising.rate(base.replace(schedule="linear"), 0.75) == pytest.approx(0.2 * 0.55)
    assert optimising.rate(base.replace(schedule="cosine"), 0.75) == pytest.approx(0.2 * 0.55)
    assert optimising.rate(base.replace(schedule="cosine"), 1.0) == pytest.approx(0.02)
    assert optimising.rate(base.replace(schedule="step", warmup=0.0, final_lr=0.0), 0.8) == pytest.approx(0.002)


def test_confusion_is_scikit_learns(tiny: Recipe) -> None:
    data = batches.load(tiny, CPU)
    network = networks.build(tiny, data)
    result = metrics.score(network, data, data.test)
    with torch.inference_mode():
        taken = network.eval()(data.normalised(data.test.images)).argmax(1)
    np.testing.assert_array_equal(result.confusion, confusion_matrix(data.test.labels, taken, labels=range(10)))
    assert result.accuracy == float((taken == data.test.labels).float().mean().double()) or math.isclose(
        result.accuracy, float((taken == data.test.labels).double().mean())
    )


def test_evaluation_leaves_every_modules_mode(tiny: Recipe) -> None:
    data = batches.load(tiny, CPU)
    network = networks.build(tiny.replace(architecture="lesson"), data)
    one = next(m for m in network.modules() if isinstance(m, torch.nn.BatchNorm2d))
    one.eval()
    before = [m.training for m in network.modules()]
    metrics.score(network, data, data.validation)
    assert [m.training for m in network.modules()] == before


def test_whitening_makes_patches_uncorrelated(shared_data: Path) -> None:
    recipe = Recipe("airbench_small", "cifar10", first_filters="whitening", train_images=2_000)
    data = batches.load(recipe, CPU, str(shared_data))
    network = networks.build(recipe, data)
    layer = networks.first_convolution(network)
    with torch.no_grad():
        responses = torch.nn.functional.conv2d(data.normalised(data.train.images), layer.weight[:12])
    flat = responses.transpose(0, 1).reshape(12, -1).double()
    covariance = (flat @ flat.T / flat.shape[1]).numpy()
    np.testing.assert_allclose(covariance - np.diag(np.diag(covariance)), 0, atol=0.01)
    assert np.all(np.diag(covariance)[:6] > 0.85)  # directions of next to no variance are damped by the floor
    assert not layer.weight.requires_grad
    assert torch.equal(layer.weight[12:], -layer.weight[:12])


def test_hand_made_filters_are_the_tables_kernels(tiny: Recipe, tmp_path: Path) -> None:
    recipe = tiny.replace(architecture="lesson", first_filters="hand_made_fixed", epochs=1)
    train(recipe, tmp_path)
    weights = load_file(tmp_path / "weights" / "last.safetensors")
    first = next(tensor for name, tensor in weights.items() if tensor.ndim == 4)
    horizontal = np.array([[1, 1, 1], [0, 0, 0], [-1, -1, -1]]) / math.sqrt(6)
    np.testing.assert_allclose(first[0, 0] / first[0].norm(), horizontal, atol=1e-6)


def test_frozen_layers_do_not_move(tiny: Recipe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    train(tiny.replace(architecture="lesson", epochs=1), tmp_path / "runs" / "first")
    monkeypatch.setenv("CONVOLAB_RUNS", str(tmp_path / "runs"))
    recipe = tiny.replace(architecture="lesson", weights="run:first", tuned="last", epochs=2)
    train(recipe, tmp_path / "second")
    before, after = (load_file(tmp_path / name / "weights" / "last.safetensors") for name in ("runs/first", "second"))
    moved = {name for name in before if not torch.equal(before[name], after[name])}
    assert moved == {"classifier.weight", "classifier.bias"}


@pytest.mark.parametrize(
    ("architecture", "size", "code"),
    [("alexnet_2012", 32, ""), ("alexnet", 32, "recipe_no_pixels_left"), ("vgg16", 16, "recipe_no_pixels_left")],
)
def test_a_network_with_no_pixels_left_is_refused_before_it_starts(architecture: str, size: int, code: str) -> None:
    recipe = Recipe(architecture, "digits", input_size=size, validation_images=100)
    with pytest.raises(ConvolabError) as refused:
        check(recipe)
    assert not code or refused.value.code == code


def test_checking_tells_what_a_recipe_comes_to(tiny: Recipe) -> None:
    told = check(tiny)
    assert (told.input_shape, told.num_classes, told.parameters) == ((1, 28, 28), 10, 61_706)


def test_pictures_that_were_replaced_are_not_taken_for_those_of_the_run(tiny: Recipe, tmp_path: Path) -> None:
    pictures = np.random.default_rng(0).integers(0, 256, (2, 8, 28, 28, 3), np.uint8)
    for seed in (0, 1):
        for label in range(2):
            for number, pixels in enumerate(pictures[label]):
                path = tmp_path / str(seed) / f"class{label}" / f"{number}.png"
                path.parent.mkdir(parents=True, exist_ok=True)
                Image.fromarray(pixels if not seed else pixels[::-1]).save(path)
    datasets.from_folder(tmp_path / "0", "pets", side=28, root=tmp_path)
    recipe = tiny.replace(dataset="own:pets", train_images=0, validation_images=2, batch=4, epochs=2)
    steps = iter(range(100))
    assert train(recipe, tmp_path / "run", stop=lambda: next(steps) > 1, root=tmp_path).state == "stopped"
    datasets.from_folder(tmp_path / "1", "pets", side=28, root=tmp_path, replace=True)
    with pytest.raises(DatasetError) as refused:
        train(recipe, tmp_path / "run", resume=True, root=tmp_path)
    assert refused.value.code == "dataset_replaced"
    datasets.from_folder(tmp_path / "0", "pets", side=28, root=tmp_path, replace=True)
    assert train(recipe, tmp_path / "run", resume=True, root=tmp_path).state == "finished"
