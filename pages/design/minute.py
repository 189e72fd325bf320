"""The challenge that only training can tell: a job of one minute in the queue of this machine."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import streamlit as st

from cnn_core import datasets, designs
from cnn_core.designs import Design
from cnn_core.designs.challenges import Challenge
from cnn_core.errors import ConvolabError
from cnn_core.jobs import Job, message_key
from cnn_core.training import RECIPES, Recipe
from pages.design import session, toolbar
from pages.ui import cached, errors, state
from pages.ui.i18n import number, t
from pages.ui.topics import topics

DATASET = "cifar10"
BASE = "all_cnn_minute"  # its schedule, augmentation and Adam suit networks without normalisation too
EVERY_S = 2.0
FREE = ("architecture", "name")  # what runs of this challenge may differ in


def draw(design: Design, challenge: Challenge, *, ready: bool) -> None:
    """The button, and how far the job is."""
    try:
        datasets.load(DATASET, "train")
    except ConvolabError:
        st.caption(t("design.minute.no_data"))
        st.page_link(
            "pages/pictures/page.py", label=t("design.minute.fetch"), icon=":material/download:", query_params=state.link_parameters()
        )  # fmt: skip
        return
    st.button(
        t("design.minute.train"), key="design-minute", type="primary", icon=":material/model_training:", disabled=not ready,
        on_click=start, args=(challenge,),
    )  # fmt: skip
    try:
        job = run_of(design, challenge)
    except ConvolabError as error:
        errors.show(error)
        return
    if job is not None:
        _watch(job.id, challenge)


def run_of(design: Design, challenge: Challenge) -> Job | None:
    """The newest run of this network that was trained as the challenge is, whoever started it and from which tab; None where there is none.

    Raises:
        JobError: the folder of runs cannot be read.
    """
    wanted = _but_free(json.loads(recipe("", challenge).to_json()))
    unnamed = replace(design, name="")
    return next((job for job in reversed(cached.jobs().list()) if _but_free(job.recipe) == wanted and _trains(job, unnamed)), None)


def _but_free(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if name not in FREE}


def _trains(job: Job, unnamed: Design) -> bool:
    """Whether a job's network is this one, whatever it is called."""
    design_id = str(job.recipe.get("architecture", ""))
    try:
        return designs.is_id(design_id) and replace(designs.from_text(designs.load(design_id)), name="") == unnamed
    except ConvolabError:  # its file has gone
        return False


def recipe(architecture: str, challenge: Challenge) -> Recipe:
    """What the minute is trained with."""
    return RECIPES[BASE].recipe.replace(architecture=architecture, options={}, budget_s=float(challenge.seconds), name=challenge.title)


def start(challenge: Challenge) -> None:
    """Save the design on the screen and put it in line; for callbacks."""
    design_id = toolbar.save()
    if not design_id:
        return
    try:
        cached.jobs().submit(recipe(design_id, challenge), token=secrets.token_hex(8))
    except ConvolabError as error:
        session.tell(error)


@st.fragment(run_every=EVERY_S)
def _watch(job_id: str, challenge: Challenge) -> None:
    goal = challenge.trained
    try:
        job, figures = cached.jobs().get(job_id), cached.jobs().summary(job_id)
    except ConvolabError:  # deleted meanwhile
        return
    share = min((figures.elapsed_s or 0) / challenge.seconds, 1.0)
    reached = figures.test_accuracy if job.state.is_over else figures.validation_accuracy
    if job.state.is_over and reached is not None and goal is not None and isinstance(goal.target, int):
        percent = 100 * reached
        text = t("design.minute.reached", percent=number(round(percent, 1)))
        if percent >= goal.target:
            st.success(text, icon=":material/emoji_events:")
        else:
            st.warning(text, icon=":material/trending_up:")
    elif job.state.is_over:
        st.error(_why(job), icon=":material/error:")
    else:
        st.progress(share, t(f"jobs.state.{job.state}"))
        if figures.accuracy is not None:
            st.caption(t("design.minute.now", percent=number(round(100 * figures.accuracy, 1))))
    if "training" in {topic.id for topic in topics()}:
        st.page_link("pages/training/page.py", label=t("design.minute.open"), icon=":material/show_chart:",
                     query_params={**state.link_parameters(), "train_view": "watch", "run": job_id})  # fmt: skip


def _why(job: Job) -> str:
    key = message_key(job)
    return t(key, **job.facts) if key else t(f"jobs.state.{job.state}")
