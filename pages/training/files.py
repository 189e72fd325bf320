"""What people bring: a recipe file, or pictures of their own to train on; and the course's table on transfer."""

from __future__ import annotations

import hashlib

import streamlit as st

from cnn_core import datasets
from cnn_core.errors import ConvolabError
from cnn_core.jobs import Job, State
from cnn_core.training import RECIPES, Recipe
from cnn_core.training.adapting import counts
from cnn_core.training.recipes import RecipeRow
from pages.training import draft, words
from pages.training.draft import Draft
from pages.ui import cached, errors, in_our_words
from pages.ui.i18n import number, t
from pages.ui.plain import plain

KARPATHY = {"scratch": 41.3, "last": 64.1, "last_blocks": 65.4, "all": 62.2}  # %, UCF-101, Karpathy et al. (2014), table 3
_TAKEN = "_recipe_taken"
_PROBLEM = "_pictures_problem"
_MADE = "_pictures_made"


def upload() -> bool:
    """A recipe file, or a zip of pictures, a folder for each class. False while the file that lies there is refused."""
    with st.container(key="tr-files"):
        given = in_our_words.file_uploader(t("training.file"), type=["json", "toml"], key="tr-file", help=t("training.file.help"))
        is_good = given is None or _take_recipe(given.name, given.getvalue())
        pictures()
    return is_good


def pictures() -> None:
    """A zip to train on: a folder of pictures for each class."""
    given = in_our_words.file_uploader(t("training.pictures"), type=["zip"], key="tr-pictures", help=t("training.pictures.help"))
    st.caption(t("training.pictures.whose"))
    if given is not None:
        _take_pictures(given.name, given.getvalue())
    else:
        st.session_state.pop(_MADE, None)


def deletion(dataset: str) -> None:
    """Pictures of one's own can be deleted again, after a question; runs made with them stay."""
    with st.popover(t("training.pictures.delete"), icon=":material/delete:", key="tr-pictures-manage", on_change="rerun") as opened:
        if opened.open:
            st.markdown(t("training.pictures.delete.sure", title=words.dataset_title(dataset)))
            st.button(t("training.delete"), key="tr-pictures-delete", on_click=_delete_pictures, args=(dataset,))
    problem = st.session_state.pop(_PROBLEM, None)
    if problem is not None:
        errors.show(problem)


def _delete_pictures(dataset: str) -> None:
    try:
        datasets.remove_own(dataset)
    except ConvolabError as error:
        st.session_state[_PROBLEM] = error
        return
    draft.choose(st.session_state.get("recipe", draft.DEFAULT))


def _take_recipe(name: str, data: bytes) -> bool:
    """Make the file the draft, once; False, with the reasons on the screen, where it is no recipe."""
    digest = hashlib.sha256(data).hexdigest()
    if st.session_state.get(_TAKEN) == digest and draft.has_file():
        return True
    try:
        text = data.decode("utf-8-sig", errors="replace")
        recipe = Recipe.from_toml(text) if name.lower().endswith(".toml") else Recipe.from_json(text)
    except ConvolabError as error:
        errors.show(error)
        return False
    st.session_state[_TAKEN] = digest
    draft.take_file(recipe)
    st.rerun()
    return True


def _take_pictures(name: str, data: bytes) -> None:
    """Make a data set of a zip, once; what was left out is told."""
    digest = hashlib.sha256(data).hexdigest()[:16]
    made = st.session_state.get(_MADE, {})
    if digest in made and made[digest].id not in {own.id for own in datasets.own_sets()}:
        return  # deleted again, and the file still lies in the box
    if digest not in made:
        bar = st.progress(0.0, text=t("training.pictures.reading"))
        title = name.rsplit(".", 1)[0]
        try:
            own = datasets.from_zip(
                data, f"{datasets.own_name(title)[:32]}-{digest[:6]}", title=title, replace=True,
                on_progress=lambda p: bar.progress(p.done / max(p.total, 1), text=t("training.pictures.reading")),
            )
        except ConvolabError as error:
            bar.empty()
            errors.show(error)
            return
        bar.empty()
        st.session_state[_MADE] = made | {digest: own}
        draft.use_pictures(own.id)
        st.rerun()
    own = made[digest]
    total = sum(sum(counts) for counts in own.counts.values())
    st.success(t("training.pictures.made", title=plain(own.title), pictures=number(total), classes=len(own.class_names)))
    if own.skipped:
        with st.expander(t("training.pictures.skipped", count=len(own.skipped))):
            st.markdown("\n".join(f"- {plain(one.file)}" for one in own.skipped[:100]))


def transfer_table(now: Draft) -> None:
    """The course's table, and beside it what the runs came to that can be compared: this network, these pictures, so many of them."""
    like = now.recipe or now.base
    own, pictures = own_figures(like), _pictures_of(like)
    chosen = str(now.values["tuned"]) if now.values["weights"] else "scratch"
    data = words.dataset_title(like.dataset)
    if pictures is not None:
        data = t("training.transfer.data", data=data, pictures=number(pictures))
    lines = [f"| {t('training.transfer.which')} | UCF-101 | {data} |", "|---|---:|---:|"]
    for kind, figure in KARPATHY.items():
        cells = (t(f"training.transfer.{kind}"), f"{number(figure)} %", words.percent(own.get(kind), 1))
        lines.append(f"| {' | '.join(f'**{cell}**' if kind == chosen else cell for cell in cells)} |")
    st.markdown("\n".join(lines))
    st.caption(t("training.transfer.source", network=words.architecture_title(like.architecture)))


def own_figures(like: Recipe) -> dict[str, float]:
    """The best test accuracy of the finished runs that can be compared with a recipe, by what of the network learned.

    They have its network and size of picture, as many training images of its data set and, where they start from weights, from
    those that it starts from, or that the transfer recipes for its network do.
    """
    starts = like.weights or next((row.recipe.weights for row in RECIPES.values() if _is_transfer(row, like)), "")
    images = _pictures_of(like)
    found: dict[str, float] = {}
    for job in cached.jobs().list():
        if job.state is not State.FINISHED:
            continue
        recipe = _recipe_of(job)
        if recipe is None or _alike(recipe) != _alike(like) or _pictures_of(recipe) != images:
            continue
        if recipe.weights and starts and recipe.weights != starts:
            continue
        accuracy = cached.jobs().summary(job.id).test_accuracy
        if accuracy is not None:
            kind = recipe.tuned if recipe.weights else "scratch"
            found[kind] = max(accuracy, found.get(kind, 0.0))
    return found


def _is_transfer(row: RecipeRow, like: Recipe) -> bool:
    return row.group == "transfer" and bool(row.recipe.weights) and row.recipe.architecture == like.architecture


def _alike(recipe: Recipe) -> tuple[object, ...]:
    return recipe.architecture, dict(recipe.options), recipe.dataset, recipe.input_size


def _recipe_of(job: Job) -> Recipe | None:
    try:
        return Recipe.from_json(job.recipe_json)
    except ConvolabError:  # of another version, or not this program's
        return None


def _pictures_of(recipe: Recipe) -> int | None:
    """How many it trains on; None where its pictures are gone."""
    try:
        return counts(recipe)[0]
    except ConvolabError:
        return None
