"""Runs side by side as a table: what they scored, what it cost, and where their recipes differ."""

from __future__ import annotations

import html
import json
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from cnn_core import datasets
from cnn_core.errors import ConvolabError
from cnn_core.jobs import Job, State
from cnn_core.training import Recipe
from cnn_core.training.adapting import counts, flat
from pages.training import manage, status, words
from pages.ui import cached
from pages.ui.i18n import compact, number, t
from pages.ui.theme import CHART


@dataclass(frozen=True)
class Figure:
    """A row of results; ``better`` is max or min of the values that are there."""

    label: str
    values: Sequence[float | None]
    write: Callable[[float], str]
    better: Callable[..., float] | None = None
    whole: Sequence[bool] | None = None  # whose values may be the best; all, if left out


def draw(jobs: Sequence[Job]) -> str:
    """As HTML; every text in it is escaped here."""
    head = "".join(
        f"<th scope='col'><i style='background:{CHART[place % len(CHART)]}'></i>{place + 1} {html.escape(words.run_name(job))}"
        f"<small>{html.escape(' · '.join((words.state_name(job), words.moment(job.created), *job.tags)))}</small></th>"
        for place, job in enumerate(jobs)
    )
    body = "".join(_figure(figure) for figure in figures(jobs))
    body += "".join(_difference(name, values) for name, values in differences(jobs).items())
    table = f"<table class='tr-table'><thead><tr><th></th>{head}</tr></thead><tbody>{body}</tbody></table>"
    return f"<div class='tr-scroll' tabindex='0'>{table}</div>"


def figures(jobs: Sequence[Job]) -> list[Figure]:
    """What the runs came to."""
    summaries = [cached.jobs().summary(job.id) for job in jobs]
    finished = [job.state is State.FINISHED for job in jobs]
    speeds = [status.speed(job, summary) for job, summary in zip(jobs, summaries, strict=True)]

    def column(name: str) -> list[float | None]:
        return [getattr(summary, name) for summary in summaries]

    return [
        Figure(t("training.table.test"), column("test_accuracy"), words.percent, max),
        Figure(t("training.table.validation"), column("best_validation_accuracy"), words.percent, max),
        Figure(t("training.table.loss"), column("validation_loss"), lambda value: number(round(value, 4), 4), min),
        Figure(t("training.table.epochs"), column("epoch"), lambda value: number(round(value, 1), 1)),
        Figure(
            t("training.table.seconds"), column("elapsed_s"), words.duration, min,
            whole=finished,  # a run that has only begun is not the fastest
        ),
        Figure(t("training.table.speed"), speeds, lambda value: number(round(value)), max, whole=finished),
        Figure(t("training.cost.parameters"), [manage.facts(job).get("parameters") for job in jobs], compact, min),
    ]


def differences(jobs: Sequence[Job]) -> dict[str, list[str]]:
    """The fields in which the recipes are not all alike, as they are read; a field that one does not have is a dash."""
    recipes = []
    for job in jobs:
        try:
            recipes.append(_told(job, Recipe.from_json(job.recipe_json)))
        except ConvolabError:
            recipes.append({})
    found = {}
    for name in dict.fromkeys(key for recipe in recipes for key in recipe):
        values = [recipe.get(name) for recipe in recipes]
        if name != "name" and len({json.dumps(value) for value in values}) > 1:
            found[name] = ["–" if value is None else words.field_value(name, value) for value in values]
    return found


def _told(job: Job, recipe: Recipe) -> dict[str, object]:
    """Its fields by name; where 0 stands for what the data have, that itself."""
    values, facts = flat(recipe), manage.facts(job)
    side, images = facts.get("input_shape"), facts.get("data", {}).get("train")
    with suppress(ConvolabError):  # its pictures are gone, and it had not begun
        side = side[-1] if side else recipe.input_size or datasets.describe(recipe.dataset).image_shape[0]
        images = images or counts(recipe)[0]
    return values | ({"input_size": side} if side else {}) | ({"train_images": images} if images else {})


def _figure(figure: Figure) -> str:
    whole = figure.whole or [True] * len(figure.values)
    known = [value for value, counts in zip(figure.values, whole, strict=True) if counts and value is not None]
    best = figure.better(known) if figure.better and len(set(known)) > 1 else None
    cells = "".join(
        "<td>–</td>" if value is None
        else f"<td{' class=best' if counts and value == best else ''}>{html.escape(figure.write(value))}</td>"
        for value, counts in zip(figure.values, whole, strict=True)
    )  # fmt: skip
    return f"<tr class='figure'><th scope='row'>{html.escape(figure.label)}</th>{cells}</tr>"


def _difference(name: str, values: Sequence[str]) -> str:
    cells = "".join(f"<td>{html.escape(value)}</td>" for value in values)
    return f"<tr><th scope='row'>{html.escape(words.field_label(name))}</th>{cells}</tr>"
