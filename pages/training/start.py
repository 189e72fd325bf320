"""Start: a recipe, what one may want to change of it, what it will cost, and the button."""

from __future__ import annotations

import secrets

import streamlit as st

from cnn_core.errors import ConvolabError
from cnn_core.training import RECIPES, Recipe
from pages.training import cost, draft, fields, files, runs, story, words
from pages.training.draft import FILE, Draft
from pages.ui import cached, errors, state
from pages.ui.i18n import t

GROUPS = ("course", "modern", "minute", "lesson", "transfer", FILE)
_TOKEN = "_start_token"
_USED = "_start_used"


def draw() -> None:
    draft.follow_link()
    draft.say_missing()
    left, right = st.columns([1, 2.1], gap="medium")
    with left.container(key="tr-recipes"):
        is_chosen = choose_recipe()
    if not is_chosen:
        with right.container(key="tr-form"):
            st.info(t("training.file.none"), icon=":material/upload_file:")
            st.button(t("training.start"), type="primary", icon=":material/play_arrow:", key="tr-start", disabled=True)
            runs.latest()
        return
    now = draft.current()
    with left.container(key="tr-story"):
        story.draw(now)
    with right.container(key="tr-form"):
        if now.base.dataset != now.written.dataset and "dataset" not in draft.changes():
            story.missing(now)
        fields.front(now)
        fields.more(now)
        if now.recipe is None:
            errors.show(now.problem or ConvolabError("", code=""))
        start(now)
        runs.latest()


def choose_recipe() -> bool:
    """Group and recipe; what the groups hold is in the registry. False where the group of one's own holds none, or one that is refused:
    then nothing may be started, least of all what was on the screen before."""
    chosen = draft.recipe_id()
    group = _group(chosen)
    if st.session_state.get("tr-group") != group:
        st.session_state["tr-group"] = group
    shown = [name for name in GROUPS if name == FILE or _members(name)]
    group = st.segmented_control(
        t("training.group"), shown, format_func=lambda name: t(f"training.group.{name}"), key="tr-group", required=True,
        label_visibility="collapsed", on_change=_change_group, wrap=True,
    )  # fmt: skip
    if group == FILE:
        return files.upload() and draft.has_file()
    members = _members(group)
    if members:
        st.session_state["tr-recipe"] = chosen if chosen in members else members[0]  # each time: with other labels it is another widget
        labels = {name: _label(name) for name in members}
        st.selectbox(
            t("training.recipe"), members, format_func=labels.__getitem__, key="tr-recipe", on_change=_change_recipe,
            label_visibility="collapsed",
        )  # fmt: skip
    return True


def _group(name: str) -> str:
    return FILE if name == FILE else RECIPES[name].group


def _members(group: str) -> list[str]:
    """The recipes of a group; of a lesson's pair only the one that names the other."""
    rows = [row for row in RECIPES.values() if row.group == group]
    if group == "lesson":
        named = {row.pair for row in rows if row.pair}
        rows = [row for row in rows if row.pair and (row.id not in named or row.id < row.pair)]
    return [row.id for row in rows]


def _label(name: str) -> str:
    row = RECIPES[name]
    title = words.recipe_title(name)
    network = story.other_network(name) if name == draft.recipe_id() else ""
    if network:
        return t("training.recipe.with", network=network, recipe=title)
    return t("training.pair", one=title, other=words.recipe_title(row.pair)) if row.pair in RECIPES else title


def _change_group() -> None:
    group = st.session_state["tr-group"]
    members = _members(group)
    draft.choose(members[0] if members else FILE)


def _change_recipe() -> None:
    draft.choose(st.session_state["tr-recipe"])


def start(now: Draft) -> None:
    """Cost, reason against, button. The token is made when the button is drawn: two clicks on it start one job."""
    wanted = draft.changes()
    other = draft.partner(now, wanted)
    fits = now.recipe is not None and cost.draw(now.recipe, other)
    with st.container(horizontal=True, vertical_alignment="center", key="tr-start-row"):
        token = st.session_state.get(_TOKEN)
        if token is None or token == st.session_state.get(_USED):
            token = st.session_state[_TOKEN] = secrets.token_hex(8)
        label = t("training.start_pair") if other else t("training.start")
        st.button(
            label, type="primary", icon=":material/play_arrow:", key="tr-start", disabled=not fits, on_click=_start,
            args=(token, now.recipe, other),
        )  # fmt: skip
        if wanted:
            st.button(t("training.reset"), key="tr-reset", icon=":material/undo:", on_click=draft.choose, args=(now.id,))
        runs.queue_line()
    problem = st.session_state.pop("_start_problem", None)
    if problem is not None:
        errors.show(problem)


def _start(token: str, recipe: Recipe | None, other: Recipe | None) -> None:
    """Submit what the button was drawn for, and go where it can be watched."""
    st.session_state[_USED] = token
    try:
        ids = [
            cached.jobs().submit(one, session=runs.session_id(), token=f"{token}-{place}", tags=_tags(other))
            for place, one in enumerate((recipe, other)) if one is not None
        ]
    except ConvolabError as error:
        st.session_state["_start_problem"] = error
        return
    if not ids:
        return
    state.keep("run", ids[0])
    if len(ids) > 1:
        state.keep("runs", ids)
    state.keep("train_view", "compare" if len(ids) > 1 else "watch")


def _tags(other: Recipe | None) -> tuple[str, ...]:
    return (t("training.tag.pair"),) if other else ()
