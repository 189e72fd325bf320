"""The challenge that only training can tell: a job of one minute in the queue of this machine."""

from __future__ import annotations

import secrets

import streamlit as st

from cnn_core import datasets, designs
from cnn_core.designs import Design
from cnn_core.designs.challenges import Challenge
from cnn_core.errors import ConvolabError
from cnn_core.jobs import Job, message_key
from cnn_core.training import RECIPES, Recipe
from pages.design import session, toolbar
from pages.ui import cached, state
from pages.ui.i18n import number, t
from pages.ui.topics import topics

DATASET = "cifar10"
BASE = "all_cnn_minute"  # its schedule, augmentation and Adam suit networks without normalisation too
EVERY_S = 2.0
_JOB = "_design_minute"  # text of the design → id of its job


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
    job_id = jobs_of_session().get(designs.to_text(design))
    if job_id:
        _watch(job_id, challenge)


def jobs_of_session() -> dict[str, str]:
    """Which job trained which text."""
    found: dict[str, str] = st.session_state.setdefault(_JOB, {})
    return found


def recipe(architecture: str, challenge: Challenge) -> Recipe:
    """What the minute is trained with."""
    return RECIPES[BASE].recipe.replace(architecture=architecture, options={}, budget_s=float(challenge.seconds), name=challenge.title)


def start(challenge: Challenge) -> None:
    """Save the design on the screen and put it in line; for callbacks."""
    design_id = toolbar.save()
    if not design_id:
        return
    try:
        job_id = cached.jobs().submit(recipe(design_id, challenge), token=secrets.token_hex(8))
    except ConvolabError as error:
        session.tell(error)
        return
    jobs_of_session()[designs.load(design_id)] = job_id


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
                     query_params={**state.link_parameters(), "run": job_id})  # fmt: skip


def _why(job: Job) -> str:
    key = message_key(job)
    return t(key, **job.facts) if key else t(f"jobs.state.{job.state}")
