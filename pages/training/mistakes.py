"""What a run takes for what: its confusion matrix, the images in a cell, and what in them it looked at."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import streamlit as st

from cnn_core import datasets, inspection, weights
from cnn_core.errors import ConvolabError
from cnn_core.jobs import Job
from cnn_core.training import Recipe
from pages.training import manage, words
from pages.ui import cached, errors, picture_sources, state
from pages.ui.components.confusion import confusion
from pages.ui.components.image_grid import GridItems, image_grid
from pages.ui.components.pixel_maps import Panel, pixel_maps
from pages.ui.i18n import number, t, tn

if TYPE_CHECKING:
    from cnn_core.training.mistakes import Predictions

SHOWN = 48  # images of a cell
_CELL, _IMAGE = "_mistake_cell", "_mistake_image"


def draw(job: Job) -> None:
    events, _ = cached.jobs().events(job.id)
    tables = tables_of(events)
    if not tables:
        st.info(t("training.mistakes.none"), icon=":material/grid_on:")
        return
    on = st.segmented_control(
        t("training.mistakes.on"), list(tables), format_func=lambda name: t(f"training.mistakes.{name}"), key=f"tr-on-{job.id}",
        default=next(iter(tables)), required=True, label_visibility="collapsed",
    )  # fmt: skip
    names = names_of(job)
    counts = np.array(tables[on])
    left, right = st.columns([1.15, 1], gap="medium")
    cell = _cell(job, counts)
    with left:
        confusion(counts, names, chosen=cell, on_pick=lambda truth, guess: _pick(job.id, (truth, guess)), key=f"tr-confusion-{job.id}")
        st.caption(t("training.mistakes.hint"))
    with right:
        _images(job, on, cell, names)


def tables_of(events: Any) -> dict[str, list[list[int]]]:
    """The newest matrix on the validation images, and the one on the test images once the run is over."""
    found: dict[str, list[list[int]]] = {}
    for event in events:
        if event.get("kind") == "epoch" and event.get("confusion"):
            found["validation"] = event["confusion"]
        if event.get("kind") == "end" and event.get("test_confusion"):
            found["test"] = event["test_confusion"]
    return found


def names_of(job: Job) -> list[str]:
    return [picture_sources.class_label(name) for name in manage.facts(job).get("class_names", ())]


def _cell(job: Job, counts: np.ndarray) -> tuple[int, int]:
    """The cell that was clicked; the most frequent mistake before that."""
    run, cell = st.session_state.get(_CELL, ("", None))
    if run == job.id and cell and max(cell) < len(counts):
        return cell
    wrong = counts * (1 - np.eye(len(counts), dtype=counts.dtype))
    truth, guess = np.unravel_index(int(wrong.argmax()), wrong.shape)
    return int(truth), int(guess)


def _pick(run: str, cell: tuple[int, int]) -> None:
    st.session_state[_CELL] = (run, cell)
    st.session_state.pop(_IMAGE, None)


def _images(job: Job, on: str, cell: tuple[int, int], names: list[str]) -> None:
    """The images of a cell, worked out anew from the run's weights."""
    try:
        with st.spinner(t("training.mistakes.looking")):
            source = weights.get_source(str(job.recipe["architecture"]), f"run:{job.id}")
            found = predictions(job, on, source)
            opened = datasets.load(str(job.recipe["dataset"]), found.split)
    except ConvolabError as error:
        errors.show(error)
        return
    places = found.of_cell(*cell)
    truth, guess = names[cell[0]], names[cell[1]]
    st.markdown(tn("training.mistakes.count", len(places), truth=truth, guess=guess))
    if len(found.predicted) < found.total:
        st.caption(t("training.mistakes.part", looked=number(len(found.predicted)), total=number(found.total)))
    if not len(places):
        return
    shown = places[:SHOWN]
    ids = [str(place) for place in shown]
    chosen = st.session_state.get(_IMAGE)
    chosen = chosen if chosen in ids else ids[0]
    items = GridItems(
        np.stack([np.asarray(opened.images[found.indices[place]]) for place in shown]), ids,
        [_title(found, place) for place in shown],
    )  # fmt: skip
    image_grid(
        items, selected=chosen, on_pick=lambda place: st.session_state.update({_IMAGE: place}), label=t("training.mistakes.images"),
        key=f"tr-cell-{job.id}", cell=44, height=150,
    )  # fmt: skip
    _looked_at(source, opened, int(found.indices[int(chosen)]), cell, names, found.split)


def _title(found: Predictions, place: int) -> str:
    percent = words.percent(found.probability[place], 0)
    return t("training.mistakes.sure", number=number(int(found.indices[place])), percent=percent)


def predictions(job: Job, on: str, source: weights.WeightSource) -> Predictions:
    """What the run's weights take every image of a split for; worked out once for all who ask."""

    def look() -> Predictions:
        cached.wait_for_torch()
        from cnn_core.training import mistakes

        return mistakes.predictions(cached.network(source), Recipe.from_json(job.recipe_json), manage.facts(job), on)

    return cached.of_run(("mistakes", job.id, on, source.fingerprint, datasets.version(str(job.recipe["dataset"]))), look)


def _looked_at(source: weights.WeightSource, opened: Any, index: int, cell: tuple[int, int], names: list[str], split: str) -> None:
    """Grad-CAM for what it should have said and for what it said, and the way to all maps of the picture."""
    pixels = np.asarray(opened.images[index])
    batch = source.preprocessing.fit(pixels[None])
    network = cached.network(source)
    picture = np.repeat(pixels, 3, axis=2) if pixels.shape[2] == 1 else pixels
    panels = [Panel(picture, names[cell[0]], t("training.mistakes.picture"), kind="rgb", legend=False)]
    step = (picture.shape[0] / batch.shape[2], picture.shape[1] / batch.shape[3])
    for target in dict.fromkeys((cell[1], cell[0])):
        key = ("cam", source.id, source.fingerprint, opened.id, datasets.version(opened.id), split, index, target)
        try:
            made = cached.of_run(key, partial(inspection.grad_cam, network, batch, target))
        except ConvolabError as error:
            errors.show(error)
            return
        caption = t("training.mistakes.cam", name=names[target])
        panels.append(Panel(made.map, caption, caption, scale="magnitude", step=step, legend=False))
    pixel_maps(panels, key=f"tr-cam-{source.id}", layout="grid")
    link = {**state.link_parameters(), "net": source.architecture, "weights": source.id}
    if opened.id in datasets.DATASETS:
        link["pic"] = picture_sources.dataset_picture_id(opened.id, split, index)
    st.page_link("pages/feature_maps/page.py", label=t("training.to_maps"), icon=":material/grid_view:", query_params=link)

