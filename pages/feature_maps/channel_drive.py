"""The training pictures that drive a channel most, and the patch of each that did it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import streamlit as st

from cnn_core import datasets, inspection
from cnn_core.datasets import DATASETS, Dataset
from cnn_core.errors import ConvolabError
from cnn_core.inspection import Hit
from cnn_core.weights import Preprocessing
from pages.feature_maps import tiles, words, works
from pages.feature_maps.channels import Channels
from pages.feature_maps.scene import Scene
from pages.ui import errors, picture_sources, state
from pages.ui.components.image_grid import GridItems, image_grid
from pages.ui.i18n import number, t
from pages.ui.plain import plain

BEST = 9
COUNTS = (500, 2_000, 10_000, 60_000)
SIDE = 96  # px: of a picture on its tile
FRAME = np.array([229, 72, 77], np.uint8)
LARGE = 64  # px: networks of larger pictures look at few at once


@dataclass(frozen=True)
class Driven:
    """The best pictures, ready to be shown.

    Attributes:
        hits: best first.
        tiles: (k, SIDE, w, 3): what the network saw with the patch framed, and the patch.
        scanned: how many pictures were looked at, the first of the split; of ``count`` that were asked for.
        total: pictures in the split.
    """

    hits: tuple[Hit, ...]
    tiles: np.ndarray
    scanned: int
    count: int
    total: int


def draw(scene: Scene, chosen: Channels) -> None:
    offered = picture_sources.here()
    if not offered:
        st.info(t("feature_channel.drive.none"), icon=":material/database_off:")
        return
    likely = (scene.source.dataset, picture_sources.parse(scene.picture.id).dataset)
    default = next((name for name in likely if name in offered), offered[0])
    with st.container(horizontal=True, vertical_alignment="bottom", key="fc-drive-tools"):
        name = str(state.choice("drive_set", default, allowed=offered))
        st.selectbox(t("feature_channel.drive.set"), offered, key="drive_set", format_func=set_title, width=200)
        count = int(state.choice("drive_count", COUNTS[0], allowed=COUNTS))
        st.selectbox(t("feature_channel.drive.count"), COUNTS, key="drive_count", format_func=number, width=130)
    key = ("driving", scene.made_from[:3], scene.invert, chosen.address, chosen.channel, name, datasets.version(name), count)

    def show(found: Driven) -> None:
        _hits(found, name)

    if not works.show(key, t("feature_channel.drive.title"), show) or works.partial(key):
        st.button(
            t("feature_channel.drive.begin", channel=number(chosen.channel)), key="fc-drive", icon=":material/play_arrow:",
            on_click=_look, args=(key, scene, chosen, name, count),
        )  # fmt: skip
    total = datasets.describe(name).splits["train"]
    means = t("why.driving.means", pictures=looked_at(min(count, total), total))
    st.caption(f"{means} **{t('feature_maps.means_not')}** {t('why.driving.not')}")


def looked_at(count: int, total: int) -> str:
    """"the first 500 of the 50,000 training pictures": those at the beginning of the split stand for it only as far as they go."""
    return t("feature_channel.drive.all" if count == total else "feature_channel.drive.first", count=number(count), total=number(total))


def set_title(name: str) -> str:
    return words.dataset_title(name) if name in DATASETS else plain(datasets.own_set(name.split(":", 1)[1]).title)


def _look(key: tuple[Any, ...], scene: Scene, chosen: Channels, name: str, count: int) -> None:
    try:
        opened = picture_sources.open_dataset(name, "train")
    except ConvolabError as error:
        errors.show(error)
        return
    look, network, fit = inspection.driving_images, scene.network(), scene.preprocessing

    def run(work: works.Work) -> tuple[Driven, bool, int]:
        found = look(
            network, opened.images[:count], fit.fit, chosen.address, chosen.channel, k=BEST, seconds=works.MOST_S,
            batch_size=64 if max(fit.crop) <= LARGE else 8, stop=lambda: work.stopping, on_progress=work.tell,
        )  # fmt: skip
        pictures = np.stack([framed(seen(fit, opened, hit.index), hit.window) for hit in found.hits])
        made = Driven(found.hits, pictures, found.scanned, min(count, len(opened.images)), len(opened.images))
        return made, found.complete, pictures.nbytes

    works.begin(key, run)


def seen(preprocessing: Preprocessing, opened: Dataset, index: int) -> np.ndarray:
    """A picture of a data set as the network takes it, in colours again: (H, W, 3) uint8."""
    values = preprocessing.fit(opened.images[index : index + 1])[0].numpy()  # (C, H, W)
    mean, std = (np.asarray(numbers).reshape(-1, 1, 1) for numbers in (preprocessing.mean, preprocessing.std))
    pixels = np.clip(np.rint((values * std + mean) * 255), 0, 255).astype(np.uint8).transpose(1, 2, 0)
    return np.repeat(pixels, 3, axis=2) if pixels.shape[2] == 1 else pixels


def framed(picture: np.ndarray, window: tuple[tuple[int, int], tuple[int, int]]) -> np.ndarray:
    """The picture with the window framed, and the window by itself: one tile."""
    (top, bottom), (left, right) = window
    patch = picture[top : bottom + 1, left : right + 1]
    whole = tiles.fitted(picture, SIDE).copy()
    height, width = picture.shape[:2]
    rows = np.clip([top * SIDE // height, -(-(bottom + 1) * SIDE // height) - 1], 0, SIDE - 1)
    columns = np.clip([left * SIDE // width, -(-(right + 1) * SIDE // width) - 1], 0, SIDE - 1)
    for row in (*rows, rows[0] + 1, rows[1] - 1):
        whole[np.clip(row, 0, SIDE - 1), columns[0] : columns[1] + 1] = FRAME
    for column in (*columns, columns[0] + 1, columns[1] - 1):
        whole[rows[0] : rows[1] + 1, np.clip(column, 0, SIDE - 1)] = FRAME
    side = max(patch.shape[:2])
    square = np.full((side, side, 3), tiles.GAP, np.uint8)  # a window at the border is no square
    down, across = (side - patch.shape[0]) // 2, (side - patch.shape[1]) // 2
    square[down : down + patch.shape[0], across : across + patch.shape[1]] = patch
    return tiles.pair(whole, square, SIDE)


def _hits(found: Driven, name: str) -> None:
    titles = [t("feature_channel.drive.tile", index=number(hit.index), activation=number(hit.activation, 3)) for hit in found.hits]
    image_grid(
        GridItems(found.tiles, [str(hit.index) for hit in found.hits], titles, [number(round(hit.activation, 3), 3) for hit in found.hits]),
        selected="", on_pick=lambda index: _show(name, int(index)), label=t("feature_channel.drive.grid"), key="fc-hits", cell=170,
    )  # fmt: skip
    whole = "scanned" if found.scanned == found.count else "cut"
    st.caption(t(f"feature_channel.drive.{whole}", pictures=looked_at(found.scanned, found.total), count=number(found.count)))


def _show(name: str, index: int) -> None:
    """Make a picture of the data set the page's picture."""
    state.keep("pic", picture_sources.dataset_picture_id(name, "train", index))
