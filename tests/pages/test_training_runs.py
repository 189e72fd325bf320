"""Runs that look alike are told apart, the queue is followed, and a number out of range is refused where it is typed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from cnn_core.jobs import State
from cnn_core.training import Recipe
from pages.training import runs, words
from pages.ui import cached
from tests.pages.test_training import open_page

SAME = Recipe("lenet5_keras", "digits", name="twins", train_images=256, validation_images=100, batch=64, epochs=2, device="cpu")


@pytest.fixture
def three(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Three waiting jobs of one recipe, of the same second."""
    queue = cached.jobs()
    monkeypatch.setattr(queue._keeper, "ensure", lambda at_once=False: None)
    ids = [queue.submit(SAME, session="somebody") for _ in range(3)]
    listed, when = queue.list, queue.get(ids[0]).created
    monkeypatch.setattr(queue, "list", lambda: tuple(replace(job, created=when) if job.id in ids else job for job in listed()))
    yield ids
    for run in ids:
        queue.cancel(run)


def test_no_two_runs_of_a_list_read_the_same(three: list[str]) -> None:
    jobs = [job for job in cached.jobs().list() if job.id in three]
    labels = words.run_labels(jobs)
    assert list(labels) == three and len(set(labels.values())) == 3
    earlier = replace(jobs[0], created=jobs[0].created - 1 if round(jobs[0].created) % 60 else jobs[0].created + 1)
    apart = words.run_labels([earlier, jobs[1]])
    assert len(set(apart.values())) == 2 and not any(job.id in label for job in jobs for label in apart.values())  # seconds are enough
    (alone,) = words.run_labels(jobs[:1]).values()
    assert alone.count(":") == 1


@pytest.mark.parametrize("place", [0, 1, 2])
def test_what_is_done_to_a_run_is_done_to_the_one_that_is_shown(three: list[str], place: int) -> None:
    test = open_page(train_view="watch", run=three[place])
    assert not test.exception and test.session_state["run"] == three[place]
    test.session_state["tr-manage"] = True
    test.run()
    assert test.session_state["run"] == three[place]
    test.button("tr-cancel").click().run()
    assert test.session_state["run"] == three[place]
    over = [cached.jobs().get(run).state.is_over for run in three]
    assert over == [one == place for one in range(3)]


def test_each_of_the_runs_can_be_chosen_from_the_list(three: list[str]) -> None:
    test = open_page(train_view="watch", run=three[0])
    for run in (three[2], three[1], three[0]):
        test.selectbox("run").set_value(run).run()
        assert test.session_state["run"] == run and run in "".join(test.query_params["run"])


def test_the_page_follows_the_queue(three: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[bool] = []
    monkeypatch.setattr(runs.st, "rerun", lambda: asked.append(True))
    active, line = len(runs.at_work()), len(runs.waiting())
    runs._follow(active, line)
    assert not asked and line >= 3
    cached.jobs().cancel(three[0])
    runs._follow(active, line)
    assert asked == [True] and cached.jobs().get(three[0]).state is State.STOPPED


@pytest.mark.parametrize(("field", "value"), [("epochs", 0), ("epochs", 10_001), ("batch", 0), ("lr", -0.5), ("budget_s", -1.0)])
def test_a_number_out_of_range_is_refused_in_words_and_starts_nothing(field: str, value: float) -> None:
    test = open_page()
    test.number_input(f"tr-{field}").set_value(value).run()
    assert not test.exception and test.button("tr-start").disabled
    (told,) = test.error
    assert field in told.value and "between" in told.value
    assert test.number_input(f"tr-{field}").value == value  # what was typed stays, to be mended
    assert test.number_input(f"tr-{field}").proto.has_min is False


@pytest.mark.parametrize(("lang", "named"), [("en", "Learning rate (lr)"), ("es", "Tasa de aprendizaje (lr)")])
def test_a_refused_field_is_named_as_the_page_calls_it(lang: str, named: str) -> None:
    (told,) = open_page(lang=lang, changes={"lr": -1}).error
    assert f"{named}”" in told.value or f"«{named}»" in told.value
