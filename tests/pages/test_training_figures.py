"""The figures of a run say what they mean: comparable with what stands beside them, over the whole run, in the reader's language."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from cnn_core.jobs import Job, State, Summary
from cnn_core.jobs.job import Change
from cnn_core.training import RECIPES, Recipe
from pages.training import files, status, table, words
from pages.ui import cached, i18n
from pages.ui.i18n import LANGUAGES, figure, t
from tests.conftest import ROOT
from tests.pages.test_training import TINY, open_page

TRANSFER = RECIPES["transfer_last"].recipe


def job_of(recipe: Recipe, run: str = "one", state: State = State.FINISHED, reason: str = "", name: str = "", **more: Any) -> Job:
    change = Change(state, reason, more.pop("facts", {}), 100.0)
    return Job(run, name, (), "", recipe.to_json(), ROOT / "none", (change,), **more)


@pytest.fixture
def spoken(request: pytest.FixtureRequest) -> Iterator[str]:
    """The language of this thread: the test's own calls, and the labels that AppTest asks for."""
    token = i18n._SPOKEN.set(request.param)
    yield request.param
    i18n._SPOKEN.reset(token)


in_spanish = pytest.mark.parametrize("spoken", ["es"], indirect=True)


def test_only_runs_that_can_be_compared_stand_beside_the_printed_figures(monkeypatch: pytest.MonkeyPatch) -> None:
    told = {
        "last": (TRANSFER, 0.5),
        "better": (TRANSFER.replace(lr=0.1), 0.6),
        "other network": (TRANSFER.replace(architecture="lenet5", input_size=0), 0.9),
        "other count": (TRANSFER.replace(train_images=0), 0.9),
        "other data": (TRANSFER.replace(dataset="digits"), 0.9),
        "other size": (TRANSFER.replace(input_size=64), 0.9),
        "other weights": (TRANSFER.replace(weights="run:one"), 0.9),
        "scratch": (RECIPES["transfer_scratch"].recipe, 0.2),
    }
    jobs = [job_of(recipe, run) for run, (recipe, _) in told.items()] + [job_of(TRANSFER, "going", State.RUNNING)]
    queue = SimpleNamespace(list=lambda: jobs, summary=lambda run: Summary(test_accuracy=told[run][1] if run in told else 1.0))
    monkeypatch.setattr(cached, "jobs", lambda: queue)
    for recipe in (TRANSFER, RECIPES["transfer_scratch"].recipe):
        assert files.own_figures(recipe) == {"last": 0.6, "scratch": 0.2}
    assert files.own_figures(TRANSFER.replace(train_images=0)) == {"last": 0.9}


@pytest.mark.parametrize("lang", list(LANGUAGES))
def test_the_table_on_transfer_says_which_network_and_how_many_pictures(lang: str) -> None:
    test = open_page(recipe="transfer_last", lang=lang)
    assert not test.exception
    assert any("UCF-101" in shown.value and ", 400 " in shown.value for shown in test.markdown)
    assert any("EfficientNet-Lite0" in shown.value for shown in test.caption)


def test_a_finished_run_shows_its_whole_training_and_not_its_last_reading() -> None:
    job = job_of(TINY, created=10.0, started=50.0, ended=50.0)
    summary = Summary(images_per_s=7.0, loss=1.773, train_loss=1.845, epoch_images=1000.0, epoch_s=4.0, elapsed_s=4.2)
    assert (status.loss(job, summary), status.speed(job, summary)) == (1.845, 250.0)
    assert "4.2" in status._where(job, summary)
    going = replace(job, history=(Change(State.RUNNING, "", {}, 1.0),))
    assert (status.loss(going, summary), status.speed(going, summary)) == (1.773, 7.0)


def test_the_fastest_is_a_run_that_has_finished(monkeypatch: pytest.MonkeyPatch) -> None:
    jobs = [job_of(TINY, "a"), job_of(TINY, "b", State.STOPPED), job_of(TINY, "c")]
    rates = {"a": 100.0, "b": 900.0, "c": 200.0}
    queue = SimpleNamespace(summary=lambda run: Summary(images_per_s=5000.0, epoch_images=rates[run], epoch_s=1.0))
    monkeypatch.setattr(cached, "jobs", lambda: queue)
    (speeds,) = [row for row in table.figures(jobs) if row.label == t("training.table.speed")]
    assert list(speeds.values) == [100.0, 900.0, 200.0]
    assert table._figure(speeds).count("class=best") == 1 and "class=best>200" in table._figure(speeds)


def test_no_row_of_the_comparison_stands_there_twice_and_0_is_what_it_stands_for() -> None:
    jobs = [job_of(TINY.replace(epochs=3), "a"), job_of(TINY.replace(input_size=28), "b"), job_of(TINY.replace(input_size=32), "c")]
    differ = table.differences(jobs)
    assert differ["input_size"] == ["28", "28", "32"]
    labels = [row.label for row in table.figures([])] + [words.field_label(name) for name in differ]
    assert "epochs" in differ and len(set(labels)) == len(labels)
    assert "input_size" not in table.differences(jobs[:2])
    assert words.field_value("train_images", 0) == t("training.zero.train_images") != "0"


@in_spanish
@pytest.mark.usefixtures("spoken")
def test_numbers_within_sentences_are_in_the_reader_s_language() -> None:
    written = [figure(value) for value in (5.79e8, 1e9, 0.003, 2.29914, 0.316117, 12345.6, 1437, 3e-7, -0.5)]
    assert written == ["5,79·10⁸", "10⁹", "0,003", "2,299", "0,3161", "12.346", "1.437", "3·10⁻⁷", "-0,5"]
    for loss in (5.79e8, "5.79e+08"):  # older runs wrote theirs as text
        told, _ = words.reason(job_of(TINY, state=State.FAILED, reason="diverged", facts={"loss": loss}))
        assert "5,79·10⁸" in told
    assert "600 s" in words.reason(job_of(TINY, state=State.STOPPED, reason="time_limit", facts={"budget_s": 600.0}))[0]


@pytest.mark.parametrize("lang", list(LANGUAGES))
def test_a_diverged_run_is_not_resumed_but_begun_again_with_a_tenth_of_the_rate(lang: str, monkeypatch: pytest.MonkeyPatch) -> None:
    queue = cached.jobs()
    monkeypatch.setattr(queue._keeper, "ensure", lambda at_once=False: None)
    run = queue.submit(TINY.replace(lr=1e9), session="somebody")
    assert queue._index.change(run, (State.QUEUED,), State.STARTING, "")
    folder = queue.get(run).run_dir
    folder.mkdir(parents=True, exist_ok=True)
    reading = {"kind": "progress", "step": 3, "epoch": 0.5, "elapsed_s": 1.0, "loss": 5.79e8, "accuracy": 0.1}
    (folder / "events.jsonl").write_text(json.dumps(reading) + "\n")
    assert queue._index.change(run, (State.STARTING,), State.FAILED, "diverged", {"loss": 5.79e8, "lr": 1e9})
    test = open_page(train_view="watch", run=run, lang=lang)
    assert not test.exception and "·10⁸" in test.error[0].value
    strip = next(html.proto.body for html in test.get("html") if "class='tr-status'" in html.proto.body)
    assert "·10⁸</b>" in strip  # the same reading as in the sentence above it
    assert not [button for button in test.button if button.key == "tr-resume"]
    test.button("tr-slower").click().run()
    assert not test.exception and test.session_state["train_view"] == "start"
    assert test.number_input("tr-lr").value == 1e8 and test.number_input("tr-batch").value == TINY.batch


@pytest.mark.parametrize("spoken", list(LANGUAGES), indirect=True)
def test_a_ready_recipe_is_named_in_the_reader_s_language_and_stays_that_recipe(spoken: str) -> None:
    test = open_page(recipe="digits_lenet", lang=spoken)
    test.session_state["tr-more"] = True
    test.run()
    shown = test.text_input("tr-name").value
    assert (shown == RECIPES["digits_lenet"].title) == (spoken == "en")
    test.session_state["tr-more"] = True
    test.text_input("tr-name").set_value("my own").run()
    assert json.loads("".join(test.query_params["changes"])) == {"name": "my own"}
    test.session_state["tr-more"] = True
    test.text_input("tr-name").set_value(shown).run()
    assert "changes" not in test.query_params


@in_spanish
@pytest.mark.usefixtures("spoken")
def test_a_run_with_a_ready_title_of_any_language_is_that_recipe() -> None:
    row = RECIPES["digits_lenet"]
    names = i18n.row_texts("recipes", row, "title")
    assert len(names) == len(LANGUAGES)
    assert {words.run_name(job_of(row.recipe, name=name)) for name in names} == {words.recipe_title(row.id)}
    assert words.run_name(job_of(row.recipe, name="my own")) == "my own"


@pytest.mark.parametrize("asked", ["../../etc", "a b", "é" * 200])
def test_a_link_to_what_never_was_a_run_shows_nobody_else_s(asked: str, monkeypatch: pytest.MonkeyPatch) -> None:
    queue = cached.jobs()
    monkeypatch.setattr(queue._keeper, "ensure", lambda at_once=False: None)
    run = queue.submit(TINY)
    test = open_page(train_view="watch", run=asked)
    assert not test.exception and "is not here" in test.warning[0].value
    assert not [html for html in test.get("html") if "class='tr-status'" in html.proto.body]
    test.button(f"tr-latest-{run}").click().run()
    assert not test.warning and test.selectbox("run").value == run


@pytest.mark.parametrize("lang", list(LANGUAGES))
def test_the_tab_and_the_button_on_it_have_names_of_their_own(lang: str) -> None:
    found = i18n.texts(lang, "training", ("view.start", "start"))
    assert found["view.start"] != found["start"]
