"""The pictures: choose one, see what is used of it, and take it to the other pages."""

from __future__ import annotations

from collections.abc import Collection

import streamlit as st

from cnn_core.datasets import DATASETS
from pages.pictures import browser, fetching, photographs, shown
from pages.ui import picture_sources, state
from pages.ui.i18n import t
from pages.ui.picture import PHOTOGRAPHS, current_picture, current_source

# On a phone the picture stands above the choice, so that who taps a thumbnail sees what it does, and filters stand in pairs.
_PHONE = """
@media (max-width: 640px) {
  .st-key-pictures-main > * > [data-testid=stHorizontalBlock] { flex-direction: column-reverse; }
  .st-key-pictures-filter [data-testid=stColumn] { min-width: calc(50% - 1rem); flex: 1 1 calc(50% - 1rem); }
}
"""


def choose_set(here: Collection[str]) -> str:
    """Photographs, one of the data sets, or somebody's own collection; what is not here carries the sign of a download."""
    wanted = picture_sources.parse(st.session_state["pic"]).dataset  # of a link, even where it is not here
    offered = (PHOTOGRAPHS, *DATASETS, *(name for name in here if name not in DATASETS))
    state.choice("set", wanted if wanted in offered else PHOTOGRAPHS, allowed=offered)

    def label(name: str) -> str:
        if name == PHOTOGRAPHS:
            return t("pictures.photographs")
        title = picture_sources.set_title(name)
        return title if name in here else f":material/download: {title}"

    st.segmented_control(
        t("pictures.set"), offered, key="set", required=True, format_func=label, label_visibility="collapsed"
    )
    return st.session_state["set"]


st.title(t("pictures.title"), anchor=False)
st.html(f"<style>{_PHONE}</style>")
source, missing = current_source()
picture = current_picture()
if missing:
    st.info(missing, icon=":material/info:")

here = picture_sources.here()
chosen_set = choose_set(here)
with st.container(key="pictures-main"):
    choosing, seeing = st.columns([5, 4], gap="large")
with choosing:
    if chosen_set == PHOTOGRAPHS:
        to_fetch = [row for row in DATASETS.values() if row.archives]
        if not any(row.id in here for row in to_fetch):
            st.caption(t("pictures.get_data", datasets=", ".join(row.title for row in to_fetch)))
        photographs.show(source.id)
    elif picture_sources.opens(chosen_set):
        browser.show(chosen_set, source.id)
    else:
        fetching.show(chosen_set)
with seeing:
    shown.show(source, picture)

state.choice("numbers", False)
with st.expander(t("pictures.numbers.title"), key="numbers", on_change="rerun", icon=":material/pin:") as numbers:
    if numbers.open:
        shown.show_numbers(picture)
picture_sources.remember_gallery()
