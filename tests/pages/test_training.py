"""The training page: a recipe is chosen, changed, checked and started once; the run is watched, compared and taken along."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator

import numpy as np
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from cnn_core import datasets
from cnn_core.jobs import State
from cnn_core.training import RECIPES, Recipe, train
from cnn_core.training.fields import CHOICES
from pages.training import curves, draft, files, start, table, watch, words
from pages.training.fields import FRONT, SECTIONS
from pages.ui import cached
from pages.ui.devices import device_name
from pages.ui.i18n import t, texts
from tests.conftest import ROOT

TINY = Recipe("lenet5_keras", "digits", name="tiny", train_images=256, validation_images=100, batch=64, epochs=2, device="cpu")
TITLES = {"en": "Training", "es": "Entrenamiento"}


def open_page(**state: object) -> AppTest:
    test = AppTest.from_file(str(ROOT / "app.py"), default_timeout=240)
    test.run()
    test.switch_page("pages/training/page.py")
    for name, value in state.items():
        test.session_state[name] = value
    return test.run()


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A finished run in the queue, trained here: no process of a worker is waited for."""
    queue = cached.jobs()
    monkeypatch.setattr(queue._keeper, "ensure", lambda at_once=False: None)
    job_id = queue.submit(TINY, session="somebody")
    assert queue._index.change(job_id, (State.QUEUED,), State.STARTING, "")
    folder = queue.get(job_id).run_dir
    train(TINY, folder)
    assert queue._index.change(job_id, (State.STARTING,), State.FINISHED, "epochs_done")
    yield job_id


@pytest.mark.parametrize("lang", ["en", "es"])
def test_it_opens_on_the_course_s_recipe_with_stand_ins_for_what_is_not_here(lang: str) -> None:
    test = open_page(lang=lang)
    assert not test.exception and not test.error
    assert test.title[0].value == TITLES[lang]
    assert test.selectbox("tr-dataset").value == "digits"  # MNIST is not here
    assert any("MNIST" in caption.value for caption in test.caption)
    assert not test.button("tr-start").disabled
    strip = next(html.proto.body for html in test.get("html") if "tr-cost" in html.proto.body)
    assert "61,706" in strip or "61.706" in strip


def test_a_recipe_that_does_not_fit_says_so_and_cannot_be_started() -> None:
    test = open_page(changes={"architecture": "alexnet"})
    assert test.button("tr-start").disabled
    assert any("28" in error.value for error in test.error)


def test_a_nonsense_value_of_a_link_is_refused_in_words() -> None:
    test = open_page(changes={"lr": -1})
    assert not test.exception
    assert test.error and test.button("tr-start").disabled
    for nonsense in (
        {"optimiser": "magic"}, {"nofield": 3}, {"epochs": "many"}, {"epochs": 10**30}, {"options.width": "x"}, {"dataset": "none"},
    ):  # fmt: skip
        test.session_state["changes"] = nonsense
        test.run()
        assert not test.exception and test.error and test.button("tr-start").disabled, nonsense
    assert {"epochs": [3]} not in draft._Changes() and [1] not in draft._Changes()


NONSENSE = b'{"architecture": "lenett", "dataset": "mnist", "epochs": 0, "lr": "fast", "optimiser": "magic", "colour": "blue"}'


@pytest.mark.parametrize("lang", ["en", "es"])
def test_a_refused_file_names_all_its_faults_and_leaves_nothing_to_start(lang: str) -> None:
    test = open_page(lang=lang, recipe="file")
    assert not test.exception and test.button("tr-start").disabled  # nothing of one's own is chosen yet
    test.get("file_uploader")[0].set_value([("mine.json", NONSENSE, "application/json")]).run()
    assert not test.exception and test.button("tr-start").disabled
    (told,) = test.error
    lines = [line for line in told.value.splitlines() if line.startswith("- ")]
    assert len(lines) == 5
    for word in ("lenett", "epochs", "fast", "magic", "colour"):
        assert sum(word in line for line in lines) == 1


def test_a_good_file_can_be_started_until_a_refused_one_lies_there() -> None:
    test = open_page(recipe="file")
    good = TINY.replace(epochs=3).to_toml().encode()
    test.get("file_uploader")[0].set_value([("mine.toml", good, "application/toml")]).run()
    assert not test.exception and not test.error
    assert not test.button("tr-start").disabled and test.number_input("tr-epochs").value == 3
    link = {name: "".join(value) for name, value in test.query_params.items()}
    test.get("file_uploader")[0].set_value([("mine.json", NONSENSE, "application/json")]).run()
    assert not test.exception and test.error and test.button("tr-start").disabled
    assert link["recipe"] == "file"
    again = open_page(recipe=link["recipe"], own_recipe=link["own_recipe"])  # as a refresh reads it, without the file
    assert again.session_state["tr-group"] == "file" and again.number_input("tr-epochs").value == 3
    assert not again.button("tr-start").disabled and draft.compact(TINY.replace(epochs=3)) == link["own_recipe"]


def test_a_link_with_several_faults_is_told_them_all() -> None:
    test = open_page(changes={"epochs": 0, "lr": float("nan"), "architecture": "lenett", "flip": 1})
    assert not test.exception and test.button("tr-start").disabled
    (told,) = test.error
    assert all(word in told.value for word in ("lenett", "epochs", "lr", "flip"))


def test_one_s_own_pictures_are_trained_on_by_transfer() -> None:
    zipped = io.BytesIO()
    with zipfile.ZipFile(zipped, "w") as file:
        for number in range(12):
            pixels = np.full((40, 40, 3), 20 * number, np.uint8)
            pixels[: 3 * number + 1] = (255, 0, 0)
            blob = io.BytesIO()
            Image.fromarray(pixels).save(blob, "PNG")
            file.writestr(f"{'cats' if number % 2 else 'dogs'}/{number}.png", blob.getvalue())
        file.writestr("cats/broken.png", b"no picture")
    test = open_page(recipe="transfer_last")
    test.get("file_uploader")[0].set_value([("My pets.zip", zipped.getvalue(), "application/zip")]).run()
    assert not test.exception
    assert test.selectbox("tr-dataset").value.startswith("own:my-pets")
    assert test.session_state["recipe"] == "transfer_last"
    assert any("12" in shown.value for shown in test.success)
    assert "broken.png" in " ".join(shown.value for shown in test.markdown)
    (own,) = datasets.own_sets()
    test.session_state["tr-pictures-manage"] = True
    test.run()
    test.button("tr-pictures-delete").click().run()
    assert not test.exception and not datasets.own_sets()  # and the file that still lies there does not bring them back
    assert test.selectbox("tr-dataset").value != own.id


def test_every_field_of_a_recipe_has_a_control_and_words_in_both_languages() -> None:
    shown = {*FRONT, *(name for names in SECTIONS.values() for name in names)}
    fields = set(draft.flat(TINY))
    assert fields - shown == set()
    for name in sorted(shown):
        assert t(f"recipe_fields.{name}") != f"recipe_fields.{name}"


@pytest.mark.parametrize("lang", ["en", "es"])
def test_every_choice_of_the_page_has_words(lang: str) -> None:
    asked = {
        "training.view": page_views(), "training.part": tuple(watch.PARTS), "training.x": curves.X_AXES, "training.unit": curves.X_AXES,
        "training.group": start.GROUPS, "training.section": tuple(SECTIONS), "training.transfer": tuple(files.KARPATHY),
        "training.plot": ("loss", "accuracy"), "training.mistakes": ("validation", "test"), "training.files": ("best", "last"),
        "training.cost": ("failed", "too_slow"), "training.weights": ("checkpoint", "embedded", "torchvision", "run", "random"),
        **{f"recipe_fields.{name}": values for name, values in CHOICES.items()},
    }  # fmt: skip
    for prefix, names in asked.items():
        for name, text in texts(lang, prefix, tuple(names)).items():
            assert text != f"{prefix}.{name}"


def page_views() -> tuple[str, ...]:
    return ("start", "watch", "compare")


def test_more_shows_every_field_and_a_change_goes_into_the_link() -> None:
    test = open_page()
    test.session_state["tr-more"] = True
    test.run()
    test.number_input("tr-epochs").set_value(3).run()
    assert json.loads("".join(test.query_params["changes"])) == {"epochs": 3}
    test.number_input("tr-epochs").set_value(5).run()
    assert "changes" not in test.query_params


def test_two_clicks_on_one_button_start_one_job(monkeypatch: pytest.MonkeyPatch) -> None:
    queue = cached.jobs()
    monkeypatch.setattr(queue._keeper, "ensure", lambda at_once=False: None)
    test = open_page(changes={"epochs": 1})
    token = test.session_state["_start_token"]
    test.button("tr-start").click().run()
    assert not test.exception
    assert test.session_state["train_view"] == "watch"
    (job,) = queue.list()
    assert queue.submit(TINY, token=f"{token}-0") == job.id
    assert len(queue.list()) == 1
    assert "".join(test.query_params["run"]) == job.id
    assert test.button("tr-cancel")


def test_a_lesson_starts_both_of_its_pair(monkeypatch: pytest.MonkeyPatch) -> None:
    queue = cached.jobs()
    monkeypatch.setattr(queue._keeper, "ensure", lambda at_once=False: None)
    test = open_page(recipe="lesson_norm_with", changes={"epochs": 1})
    test.button("tr-start").click().run()
    assert not test.exception
    one, other = queue.list()
    assert one.recipe["architecture"] != other.recipe["architecture"]
    assert one.recipe["epochs"] == other.recipe["epochs"] == 1
    assert test.session_state["runs"] == [one.id, other.id]


def test_every_recipe_can_be_drawn_and_every_lesson_has_its_pair() -> None:
    members = [name for group in start.GROUPS for name in start._members(group)]
    assert set(members) | {RECIPES[name].pair for name in members if RECIPES[name].pair} == set(RECIPES)
    for name in RECIPES:
        made = draft.made(name, {})
        assert made.recipe is not None, made.problem
        assert made.base.dataset in draft.here()


@pytest.mark.parametrize("part", ["live", "mistakes", "files"])
@pytest.mark.parametrize("lang", ["en", "es"])
def test_a_run_is_watched(run: str, part: str, lang: str) -> None:
    test = open_page(train_view="watch", run=run, watch_part=part, lang=lang)
    assert not test.exception and not test.error
    assert test.selectbox("run").value == run
    assert not [one.value for one in (*test.caption, *test.markdown) if "training." in one.value]
    if part == "live":
        strip = next(html.proto.body for html in test.get("html") if "tr-status" in html.proto.body)
        assert "2 / 2" in strip


def test_a_run_is_renamed_and_deleted_after_a_question(run: str) -> None:
    test = open_page(train_view="watch", run=run, **{"tr-manage": True})
    test.text_input(f"tr-name-{run}").set_value("my <b>run</b>").run()
    assert cached.jobs().get(run).name == "my <b>run</b>"
    assert "<b>" not in words.run_name(cached.jobs().get(run))
    test.session_state["tr-manage"] = True
    test.run()
    assert test.button("tr-delete").disabled
    test.checkbox(f"tr-sure-{run}").check().run()
    test.session_state["tr-manage"] = True
    test.button("tr-delete").click().run()
    assert not cached.jobs().list() and not test.exception
    assert test.info


def test_the_same_recipe_again_comes_back_as_it_was(run: str) -> None:
    test = open_page(train_view="watch", run=run, **{"tr-manage": True})
    test.button("tr-again").click().run()
    assert not test.exception
    assert test.session_state["train_view"] == "start"
    assert test.number_input("tr-batch").value == 64


def test_runs_are_compared_with_what_differs_between_them(run: str) -> None:
    queue = cached.jobs()
    other = queue.submit(TINY.replace(lr=0.05, name="other"))
    test = open_page(train_view="compare", runs=[run, other])
    assert not test.exception and not test.error
    html = next(html.proto.body for html in test.get("html") if "tr-table" in html.proto.body)
    assert "0.05" in html and "Learning rate" in html
    assert "Batch" not in html  # the same in both
    test.session_state["tr-manage"] = True
    test.run()
    test.selectbox("tr-manage-run").select_index(1).run()
    test.session_state["tr-manage"] = True
    test.text_input(f"tr-name-{other}").set_value("slower").run()
    assert queue.get(other).name == "slower" and not test.exception
    assert any("slower" in html.proto.body for html in test.get("html") if "tr-table" in html.proto.body)
    assert table.differences([queue.get(run), queue.get(other)]).keys() == {"lr"}


def test_a_run_that_goes_on_is_not_the_fastest() -> None:
    seconds = table.Figure("Time", (3.0, 40.0, 50.0), str, min, whole=(False, True, True))
    assert table._figure(seconds).count("class=best") == 1
    assert "<td class=best>40.0</td>" in table._figure(seconds) and "<td>3.0</td>" in table._figure(seconds)


def test_the_predictions_of_a_cell_agree_with_the_confusion_matrix(run: str) -> None:
    from cnn_core import weights
    from pages.training import mistakes

    job = cached.jobs().get(run)
    events, _ = cached.jobs().events(run)
    for on, counts in mistakes.tables_of(events).items():
        found = mistakes.predictions(job, on, weights.get_source("lenet5_keras", f"run:{run}"))
        ours = np.zeros((10, 10), int)
        np.add.at(ours, (found.labels, found.predicted), 1)
        assert ours.tolist() == [list(row) for row in counts]
        assert len(found.of_cell(3, 3)) == ours[3, 3]


def test_the_chart_of_a_run_is_made_once_for_all_who_watch(run: str) -> None:
    job = cached.jobs().get(run)
    assert curves.watched(job, "epoch") is curves.watched(job, "epoch")
    assert curves.watched(job, "epoch") != curves.watched(job, "images")


def test_files_of_a_run_can_be_read_by_others(run: str) -> None:
    from pages.training import downloads

    job = cached.jobs().get(run)
    text = downloads._exporting().csv_of(cached.jobs().events(run)[0]).decode().splitlines()
    assert sum(line.startswith("epoch,") for line in text) == 2
    with np.load(job.run_dir / "epochs" / "0002.npz") as file:
        assert file["pinned"].shape[2] == 1
    assert Recipe.from_toml(Recipe.from_json(job.recipe_json).to_toml()) == TINY



GONE = {"en": "is not here", "es": "no está aquí"}


@pytest.mark.parametrize("lang", ["en", "es"])
def test_a_link_to_a_run_that_is_gone_shows_nobody_else_s(run: str, lang: str) -> None:
    test = open_page(train_view="watch", run="nope", lang=lang)
    assert not test.exception
    (told,) = test.warning
    assert GONE[lang] in told.value
    assert not [html for html in test.get("html") if "class='tr-status'" in html.proto.body]
    test.run()
    assert test.warning and "".join(test.query_params["run"]) == "nope"  # a refresh says so again
    test.button(f"tr-latest-{run}").click().run()
    assert not test.warning and test.selectbox("run").value == run


@pytest.mark.parametrize("lang", ["en", "es"])
def test_runs_that_are_gone_are_left_out_of_a_comparison(run: str, lang: str) -> None:
    test = open_page(train_view="compare", runs=["zzz", run], lang=lang)
    assert not test.exception and test.multiselect("runs").value == [run]
    assert GONE[lang] in test.warning[0].value
    test = open_page(train_view="compare", runs=["zzz", "yyy"], lang=lang)
    assert not test.exception and test.multiselect("runs").value == []
    assert "2" in test.warning[0].value
    test.multiselect("runs").set_value([run]).run()
    assert not test.exception and not test.warning


@pytest.mark.parametrize("lang", ["en", "es"])
def test_a_link_to_a_recipe_that_is_not_here_says_so(lang: str) -> None:
    test = open_page(recipe="nope", lang=lang)
    assert not test.exception and test.session_state["recipe"] == draft.DEFAULT
    assert GONE[lang] in test.warning[0].value


def test_a_device_is_worded_in_the_page_s_language() -> None:
    import torch

    from cnn_core.training import devices
    from pages.ui import i18n

    told = devices.describe(torch.device("cpu"))
    threads = torch.get_num_threads()
    token = i18n._SPOKEN.set("es")
    try:
        assert device_name(told) == f"CPU, {threads} {'hilo' if threads == 1 else 'hilos'}"
        assert device_name("CPU, 1 thread") == "CPU, 1 hilo"
        assert words.field_label("options.width") == "Anchura"
    finally:
        i18n._SPOKEN.reset(token)
    assert device_name("NVIDIA H100") == "NVIDIA H100"
