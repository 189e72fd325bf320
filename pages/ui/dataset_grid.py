"""Images of a data set as a grid to choose from: the browser's and the compact chooser's."""

from __future__ import annotations

import random

import numpy as np
import streamlit as st

from cnn_core.datasets import Dataset, describe
from pages.ui.components.image_grid import GridItems
from pages.ui.i18n import t
from pages.ui.picture_sources import class_color, class_label, dataset_picture_id, dataset_title

EVERY_CLASS = -1


def dataset_items(opened: Dataset, indices: np.ndarray, *, by_class: bool) -> GridItems:
    """The grid's items for some images; below each stands its class, or its number where all are of one class."""
    labels = opened.labels[indices]
    return GridItems(
        pixels=np.asarray(opened.images[indices]),
        ids=[dataset_picture_id(opened.id, opened.split, int(i)) for i in indices],
        titles=[dataset_title(opened, int(i)) for i in indices],
        captions=[str(i) for i in indices] if by_class else [class_label(opened.class_names[label]) for label in labels],
        colors=[class_color(int(label)) for label in labels],
    )


def choose_class(dataset: str, key: str) -> int:
    """Draw the list of classes; ``EVERY_CLASS`` stands for all of them."""
    names = describe(dataset).class_names
    return st.selectbox(
        t("pictures.class"), range(EVERY_CLASS, len(names)), key=key,
        format_func=lambda i: t("pictures.every_class") if i == EVERY_CLASS else class_label(names[i]),
    )  # fmt: skip


def new_seed() -> int:
    return random.randrange(1, 10_000)
