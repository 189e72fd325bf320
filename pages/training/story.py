"""What a recipe shows, and what was printed for it; what stands in for data that are not here."""

from __future__ import annotations

import streamlit as st

from cnn_core import datasets
from cnn_core.training import RECIPES, Recipe
from cnn_core.training.adapting import differing
from pages.training import draft, files, words
from pages.training.draft import FILE, Draft
from pages.ui import state
from pages.ui.components.curve_chart import Plot, Series, blob, curve_chart
from pages.ui.i18n import row_text, t
from pages.ui.theme import KIND_COLORS

_OF_ITS_NETWORK = ("course", "modern", "minute")  # groups whose recipes tell of one network; the others compare ways of training


def draw(now: Draft) -> None:
    """What the recipe shows, and the figures that were printed for it."""
    if now.id == FILE:
        st.caption(t("training.file.loaded", network=words.architecture_title(now.written.architecture)))
        return
    row = RECIPES[now.id]
    network = other_network(now.id)
    if network:
        st.markdown(t("training.recipe.with.idea", network=network, recipe=words.recipe_title(now.id)))
        return
    st.markdown(row_text("recipes", row, "idea"))
    if row.pair in RECIPES:
        st.markdown(row_text("recipes", RECIPES[row.pair], "idea"))
    if row.pair in RECIPES:
        differs(row.recipe, RECIPES[row.pair].recipe)
    if row.group == "transfer":
        files.transfer_table(now)
        files.pictures()
        if any(own.id == now.base.dataset for own in datasets.own_sets()):
            files.deletion(now.base.dataset)
    accuracies = row.printed.get("validation_accuracy", ())
    if row.printed and row.group == "course":
        st.caption(t("training.printed"))
    if accuracies:
        places = list(range(1, len(accuracies) + 1))
        plot = Plot(
            t("training.plot.accuracy"), "accuracy",
            [Series(t("training.series.printed"), places, accuracies, KIND_COLORS["validation"], "printed")],
        )  # fmt: skip
        data = blob([plot], x_title=t("training.x.epoch"), x_unit=t("training.x.epoch"), label=words.recipe_title(now.id), height=170)
        curve_chart(data, key=f"tr-printed-{now.id}")
    if "test_accuracy" in row.printed:
        st.markdown(t("training.printed.test", percent=words.percent(row.printed["test_accuracy"])))


def other_network(recipe_id: str) -> str:
    """The title of the network that stands in place of a ready recipe's own, where the recipe's title and idea tell of its own; else ""."""
    row = RECIPES[recipe_id]
    chosen = str(draft.changes().get("architecture", row.recipe.architecture))
    return words.architecture_title(chosen) if row.group in _OF_ITS_NETWORK and chosen != row.recipe.architecture else ""


def differs(one: Recipe, other: Recipe) -> None:
    """The one thing in which a lesson's two recipes are not alike."""
    mine, its = differing(one, other), differing(other, one)
    said = []
    for name in {**mine, **its}:
        values = {side: words.field_value(name, found.get(name, "")) for side, found in (("one", mine), ("other", its))}
        said.append(t("training.differs", field=words.field_label(name), **values))
    st.caption(" · ".join(said))


def missing(now: Draft) -> None:
    """The recipe's own data are not here: what stands in for them, and the way to get them."""
    with st.container(horizontal=True, vertical_alignment="center", key="tr-missing"):
        st.caption(
            ":material/info: " + t(
                "training.stand_in", wanted=words.dataset_title(now.written.dataset), used=words.dataset_title(now.base.dataset)
            )
        )  # fmt: skip
        st.page_link(
            "pages/pictures/page.py", label=t("training.get_data"), icon=":material/download:", query_params=state.link_parameters()
        )
