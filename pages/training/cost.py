"""What a recipe will cost on this machine, told before it starts: size, work, time. Times are measured, or not told."""

from __future__ import annotations

import html
import json
import os

import streamlit as st

from cnn_core.errors import ConvolabError
from cnn_core.jobs import State
from cnn_core.training import Check, Recipe
from cnn_core.training.adapting import counts
from cnn_core.training.costing import Speed, speed_key, speed_of_run
from pages.training import words
from pages.ui import cached, errors
from pages.ui.devices import device_name
from pages.ui.i18n import compact, number, t

RUNS_ASKED = 30  # of the newest ones: whether one of them ran the same kind of recipe


def draw(recipe: Recipe, other: Recipe | None = None) -> bool:
    """Draw it; whether the recipe can be trained. Where it cannot, the reason stands in its place."""
    try:
        with st.spinner(t("training.checking"), show_time=False):
            found = cached.checked(recipe)
            if other is not None:
                cached.checked(other)
    except ConvolabError as error:
        errors.show(error)
        return False
    _figures(recipe, found)
    return True


def macs(recipe: Recipe, found: Check) -> int | None:
    """Of one picture, forwards."""
    traced = cached.traced(recipe.architecture, found.input_shape, num_classes=found.num_classes, **recipe.options)
    return traced.trace.macs if traced.trace is not None and traced.error is None else None


def _figures(recipe: Recipe, found: Check) -> None:
    train, validation, _ = counts(recipe)
    work = macs(recipe, found)
    cells = [
        (t("training.cost.parameters"), compact(found.parameters), number(found.parameters)),
        (t("training.cost.macs"), "–" if work is None else compact(work), "" if work is None else number(work)),
        (t("training.cost.images"), f"{compact(train)} + {compact(validation)}", t("training.cost.images.help")),
    ]
    speed = known(recipe)
    if speed is None and not _busy():
        cached.estimates().begin(speed_key(recipe), recipe.to_json())
    key = speed_key(recipe)
    timing = cached.estimates().get(key)
    waiting = speed is None and timing is not None and not timing.ended.is_set()
    st.fragment(_strip, run_every=1.0 if waiting else None)(recipe, cells, waiting)


def _strip(recipe: Recipe, cells: list[tuple[str, str, str]], waiting: bool) -> None:
    speed = known(recipe)
    timing = cached.estimates().get(speed_key(recipe))
    if waiting and timing is not None and timing.ended.is_set():
        st.rerun()
    if speed is not None:
        where = t("training.cost.from_run") if speed.run else t("training.cost.measured")
        about = f"{where} {device_name(speed.device)}, {number(round(speed.train))} {t('training.images_per_s')}"
        cells = [*cells, (t("training.cost.epoch"), words.duration(speed.epoch_s(recipe)), about),
                 (t("training.cost.total"), words.duration(speed.total_s(recipe)), about)]  # fmt: skip
        note = about
    elif timing is not None and not timing.ended.is_set():
        note = t("training.cost.measuring")
    elif timing is not None and timing.problem:
        note = t(f"training.cost.{timing.problem}")
    else:
        note = t("training.cost.busy")
    body = "".join(
        f"<div title='{html.escape(about)}'><span>{html.escape(label)}</span><b>{html.escape(value)}</b></div>"
        for label, value, about in cells
    )
    st.html(f"<div class='tr-cost'>{body}</div><div class='tr-note'>{html.escape(note)}</div>")


def known(recipe: Recipe) -> Speed | None:
    """The speed of such recipes on this machine, from an earlier timing or an earlier run."""
    key = speed_key(recipe)
    timing = cached.estimates().get(key)
    if timing is not None:
        return timing.speed
    queue = cached.jobs()
    for job in reversed(queue.list()[-RUNS_ASKED:]):
        if not job.attempt or job.state not in (State.FINISHED, State.STOPPED, State.RUNNING):
            continue
        try:
            if speed_key(Recipe.from_json(job.recipe_json)) != key:
                continue
            facts = json.loads((job.run_dir / "network.json").read_text("utf-8"))
            speed = speed_of_run(queue.events(job.id)[0], facts, job.id)
        except (ConvolabError, OSError, ValueError, KeyError):
            continue
        if speed is not None:
            if job.state is not State.RUNNING:
                cached.estimates().put(key, speed)
            return speed
    return None


def _busy() -> bool:
    """Whether a job is at work: a timing beside it would be wrong, and would slow it. ``CONVOLAB_WARM_UP=0`` times nothing at all."""
    return os.environ.get("CONVOLAB_WARM_UP") == "0" or any(job.state.is_active for job in cached.jobs().list())
