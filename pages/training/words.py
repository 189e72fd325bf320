"""Names of recipes, data sets, networks and runs, times and states, in the session's language."""

from __future__ import annotations

import functools
import time
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

import streamlit as st

from cnn_core import architectures, datasets
from cnn_core.datasets import DATASETS
from cnn_core.errors import ConvolabError
from cnn_core.jobs import Job, State, advice_key, message_key
from cnn_core.training import RECIPES
from cnn_core.training.recipes import RecipeRow
from pages.ui import picture_sources
from pages.ui.i18n import error_text, number, row_text, row_texts, t, told
from pages.ui.plain import plain

ICONS = {
    State.QUEUED: "hourglass_empty", State.STARTING: "rocket_launch", State.RUNNING: "directions_run", State.STOPPING: "pending",
    State.FINISHED: "check_circle", State.STOPPED: "stop_circle", State.FAILED: "error", State.LOST: "help",
}  # fmt: skip
SIGNS = {
    State.QUEUED: "◌", State.STARTING: "◔", State.RUNNING: "●", State.STOPPING: "◑", State.FINISHED: "✓", State.STOPPED: "■",
    State.FAILED: "✗", State.LOST: "?",
}  # fmt: skip

_NUMBERS = ("loss", "lr")  # facts
_ZERO = ("input_size", "train_images", "validation_images", "budget_s")  # fields whose 0 stands for something else


def recipe_title(recipe_id: str) -> str:
    return row_text("recipes", RECIPES[recipe_id], "title")


def dataset_title(name: str) -> str:
    if name in DATASETS:
        return picture_sources.set_title(name)
    try:
        return plain(datasets.describe(name).title)
    except ConvolabError:
        return plain(name.removeprefix("own:"))


def architecture_title(arch_id: str) -> str:
    try:
        row = architectures.get(arch_id)
    except ConvolabError:
        return plain(arch_id)
    return plain(row.title) if arch_id.startswith("design:") else row_text("catalogue", row, "title")


@functools.cache
def _ready_titles() -> dict[str, str]:
    """Title in any language → id of the ready recipe."""
    return {title: row.id for row in reversed(tuple(RECIPES.values())) for title in row_texts("recipes", row, "title")}


def ready(name: str) -> RecipeRow | None:
    """The ready recipe whose title, in whichever language, this is."""
    return RECIPES.get(_ready_titles().get(name, ""))


def name_of(name: str) -> str:
    """A recipe's or a run's own name; a ready recipe's title in the session's language."""
    row = ready(name)
    return name if row is None else recipe_title(row.id)


def run_name(job: Job) -> str:
    """What its owner called it; a ready recipe's title in the session's language, where it is that recipe; else network and data."""
    facts = job.recipe
    row = ready(job.name)
    if row is not None and all(facts.get(name) == getattr(row.recipe, name) for name in ("architecture", "dataset")):
        return recipe_title(row.id)
    if job.name and row is None:
        return plain(job.name)
    return f"{architecture_title(str(facts.get('architecture', '')))} · {dataset_title(str(facts.get('dataset', '')))}"


def run_labels(jobs: Iterable[Job]) -> dict[str, str]:
    """For a list of runs, by id: state, name, when; no two the same, because a browser tells by its label which one was chosen."""
    found = {job.id: job for job in jobs}
    labels = {run: _label(job) for run, job in found.items()}
    labels |= {run: _label(found[run], seconds=True) for run in _alike(labels)}
    return labels | {run: f"{labels[run]} · {plain(run)}" for run in _alike(labels)}


def _alike(labels: Mapping[str, str]) -> list[str]:
    often = Counter(labels.values())
    return [run for run, label in labels.items() if often[label] > 1]


def _label(job: Job, seconds: bool = False) -> str:
    return f"{SIGNS[job.state]} {run_name(job)} · {moment(job.created, seconds)}"


def state_name(job: Job) -> str:
    return t(f"jobs.state.{job.state}")


def _number(fact: Any) -> Any:
    """Of the facts of an older run, which wrote its numbers as text."""
    try:
        return float(fact)
    except (TypeError, ValueError):
        return fact


class _Facts(dict[str, Any]):
    def __missing__(self, name: str) -> str:
        return "?"


def reason(job: Job) -> tuple[str, str]:
    """Why the job is in its state, and what to do about it; "" where there is nothing to say."""
    facts = _Facts({name: told(_number(fact) if name in _NUMBERS else fact) for name, fact in job.facts.items()})
    said = []
    for key in (message_key(job), advice_key(job)):
        text = t(key) if key else ""
        if text == key and key:
            text = plain(str(job.facts.get("message", job.reason)))
        said.append(text.format_map(facts) if text else "")
    return said[0], said[1]


def moment(when: float | None, seconds: bool = False) -> str:
    """Today's time of day, or the date with it."""
    if not when:
        return ""
    zone = st.context.timezone_offset
    shifted = time.gmtime(when - 60 * zone) if zone is not None else time.localtime(when)
    now = time.gmtime(time.time() - 60 * zone) if zone is not None else time.localtime()
    clock = f"{shifted.tm_hour:02}:{shifted.tm_min:02}" + (f":{shifted.tm_sec:02}" if seconds else "")
    return clock if shifted[:3] == now[:3] else f"{shifted.tm_mday}.{shifted.tm_mon}. {clock}"


def duration(seconds: float) -> str:
    """"4 s", "1 min 20 s", "2 h 5 min"."""
    whole = max(0, round(seconds))
    if 0.05 <= seconds < 9.95:
        return t("training.seconds", n=number(round(float(seconds), 1)))
    if whole < 60:
        return t("training.seconds", n=number(whole))
    if whole < 3600:
        return t("training.minutes", n=number(whole // 60), seconds=number(whole % 60))
    return t("training.hours", n=number(whole // 3600), minutes=number(whole % 3600 // 60))


def percent(share: float | None, digits: int = 2) -> str:
    return "–" if share is None else f"{number(round(100 * float(share), digits), digits)} %"


def field_label(name: str) -> str:
    """What a field of a recipe is called; an architecture's own option by its own name."""
    if not name.startswith("options."):
        return t(f"recipe_fields.{name}")
    own, text = name.removeprefix("options."), t(f"recipe_fields.{name}")
    return text if text != f"recipe_fields.{name}" else own[:1].upper() + own[1:].replace("_", " ")


def field_value(name: str, value: Any) -> str:
    """A field's value as it is read."""
    if isinstance(value, bool):
        return t("training.yes") if value else t("training.no")
    if value == 0 and name in _ZERO:
        return t(f"training.zero.{name}")
    if isinstance(value, (int, float)):
        return number(value, 6)
    if name == "dataset":
        return dataset_title(str(value))
    if name == "architecture":
        return architecture_title(str(value))
    return choice_label(name, str(value)) if value != "" else "–"


def choice_label(name: str, value: str) -> str:
    text = t(f"recipe_fields.{name}.{value}")
    return plain(value) if text.startswith("recipe_fields.") else text


def said(error: ConvolabError) -> str:
    return error_text(error)


def facts_of(values: Mapping[str, Any]) -> str:
    return " · ".join(f"{field_label(name)} {field_value(name, value)}" for name, value in values.items())

