"""A data set to look through: by class, by number, in order, or drawn at random with a seed that the link carries."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import streamlit as st

from cnn_core.datasets import Dataset, describe
from pages.ui import in_our_words, state
from pages.ui.components.image_grid import image_grid
from pages.ui.dataset_grid import EVERY_CLASS, choose_class, dataset_items, new_seed
from pages.ui.i18n import number, t
from pages.ui.picture import pick
from pages.ui.picture_sources import dataset_picture_id, open_dataset, parse, set_title

PAGE = 96  # images shown at a time
_CELL, _HEIGHT = 46, 430  # px
MAX_SEED = 999_999
_ORDERS = ("random", "in_order")


@dataclass(frozen=True)
class Filter:
    """What is looked at of a data set: ``class_index`` −1 for every class."""

    dataset: str
    split: str
    class_index: int


def show(dataset_id: str, selected: str) -> None:
    chosen = _choose_filter(dataset_id, selected)
    opened = open_dataset(dataset_id, chosen.split)
    pool = np.arange(len(opened)) if chosen.class_index == EVERY_CLASS else opened.indices_of(chosen.class_index)
    indices = _choose_images(chosen, opened, pool)
    label = t("pictures.grid_label", dataset=set_title(dataset_id), split=t(f"pictures.split.{chosen.split}"))
    items = dataset_items(opened, indices, by_class=chosen.class_index != EVERY_CLASS)
    image_grid(items, selected=selected, on_pick=pick, label=label, key="dataset-grid", cell=_CELL, height=_HEIGHT)


def _choose_filter(dataset_id: str, selected: str) -> Filter:
    row = describe(dataset_id)
    splits = sorted(row.splits, key=row.splits.__getitem__)
    split = state.choice("split", splits[0], allowed=splits)
    state.choice("class", EVERY_CLASS, allowed=range(EVERY_CLASS, len(row.class_names)))
    random = state.choice("order", "random", allowed=_ORDERS) == "random"
    here = parse(selected)
    index = here.index if (here.dataset, here.split) == (dataset_id, split) else None
    if st.session_state.get("number") != index:
        st.session_state["number"] = index
    with st.container(key="pictures-filter"):
        columns = st.columns([6, 6, 5, 5] if random else [6, 6, 5], gap="small")
    columns[0].selectbox(
        t("pictures.split"), splits, key="split",
        format_func=lambda name: f"{t(f'pictures.split.{name}')} · {number(row.splits[name])}",
    )  # fmt: skip
    with columns[1]:
        class_index = choose_class(dataset_id, key="class")
    with columns[2]:
        in_our_words.number_input(
            t("pictures.number"), 0, row.splits[split] - 1, value=None, key="number", placeholder=f"0–{number(row.splits[split] - 1)}",
            on_change=_pick_number, args=(dataset_id, split),
        )  # fmt: skip
    if random:
        state.choice("seed", 0, allowed=range(MAX_SEED + 1))
        with columns[3]:
            in_our_words.number_input(t("pictures.seed"), 0, MAX_SEED, key="seed")
    return Filter(dataset_id, split, class_index)


def _pick_number(dataset_id: str, split: str) -> None:
    index = st.session_state["number"]
    if index is not None:
        pick(dataset_picture_id(dataset_id, split, index))
        state.keep("first", index)


def _choose_images(chosen: Filter, opened: Dataset, pool: np.ndarray) -> np.ndarray:
    """The indices that the grid shows: a random draw, or the page that holds the image of number ``first``."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.segmented_control(
            t("pictures.order"), _ORDERS, key="order", required=True, label_visibility="collapsed",
            format_func=lambda name: t(f"pictures.order.{name}"),
        )  # fmt: skip
        if st.session_state["order"] == "random":
            st.button(t("pictures.draw"), key="draw", icon=":material/casino:", on_click=_draw)
            return opened.draw(PAGE, st.session_state["seed"], None if chosen.class_index == EVERY_CLASS else chosen.class_index)
        first = state.choice("first", 0)
        start = int(np.searchsorted(pool, first)) // PAGE * PAGE
        start = min(start, (len(pool) - 1) // PAGE * PAGE)
        shown = pool[start : start + PAGE]
        for name, there, sign in (("previous", start - PAGE, "chevron_left"), ("next", start + PAGE, "chevron_right")):
            st.button(
                t(f"pictures.{name}"), key=name, icon=f":material/{sign}:", disabled=not 0 <= there < len(pool),
                on_click=state.keep, args=("first", int(pool[min(max(there, 0), len(pool) - 1)])),
            )  # fmt: skip
        st.caption(
            t("pictures.range", first=number(start + 1), last=number(start + len(shown)), count=number(len(pool))), width="content"
        )
        return shown


def _draw() -> None:
    state.keep("seed", new_seed())
