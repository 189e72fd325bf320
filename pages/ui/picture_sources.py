"""Where a picture comes from, by its id: a sample photograph, a data set, or somebody's own."""

from __future__ import annotations

import math
import re
import time
from dataclasses import dataclass

import numpy as np
import streamlit as st

from cnn_core import datasets, images
from cnn_core.datasets import DATASETS, Dataset, Status
from cnn_core.errors import ConvolabError, DatasetError
from pages.ui import cached
from pages.ui.components.cookie import set_cookie
from pages.ui.i18n import number, row_text, t
from pages.ui.own_pictures import OwnPicture, is_gallery, new_gallery
from pages.ui.plain import plain
from pages.ui.theme import CHART

_ID = re.compile(
    r"(?P<kind>sample|own)-(?P<name>\w{1,60})|(?P<dataset>[a-z0-9_]{1,40}|own:[a-z0-9][a-z0-9_-]{0,39})-(?P<split>train|test)-(?P<index>\d{1,8})"
)
_TRY_AGAIN_S = 60.0  # after a data set could not be opened; somebody may have put the right files there
_COOKIE = "convolab_gallery"
_GALLERY = "own_gallery"  # in session_state: the token of this session's gallery


@dataclass(frozen=True)
class Source:
    """A picture as it is kept, before any crop or resizing; ``photograph`` says whether it may be framed.

    ``version`` tells pixels of one id apart, where somebody may replace them.
    """

    id: str
    title: str
    image: np.ndarray
    photograph: bool = True
    version: str = ""

    @property
    def pixels_id(self) -> str:
        """Names exactly these pixels."""
        return self.id + self.version


class Missing(LookupError):
    """The picture of a link is not here; the message is a sentence for the screen."""


@dataclass(frozen=True)
class Parts:
    """What the id of a data set's image says; empty for other pictures."""

    dataset: str = ""
    split: str = ""
    index: int = -1


def parse(picture_id: str) -> Parts:
    parts = _ID.fullmatch(picture_id.partition("~")[0])
    return Parts(parts["dataset"], parts["split"], int(parts["index"])) if parts and parts["dataset"] else Parts()


def dataset_picture_id(dataset: str, split: str, index: int) -> str:
    return f"{dataset}-{split}-{index}"


def check_id(text: str) -> str:
    """The id of a picture, as a link may name it.

    Raises:
        ValueError: no picture could have this id.
    """
    if not _ID.fullmatch(text):
        raise ValueError(text)
    return text


def open_source(picture_id: str) -> Source:
    """Find a picture.

    Raises:
        Missing: it is not on this machine, or no longer.
    """
    found = _ID.fullmatch(picture_id)
    if found and found["kind"] == "sample":
        return sample(found["name"])
    if found and found["kind"] == "own":
        return _own(found["name"])
    return _from_dataset(parse(picture_id))


def _from_dataset(parts: Parts) -> Source:
    if not is_own(parts.dataset) and (parts.dataset not in DATASETS or parts.split not in DATASETS[parts.dataset].splits):
        raise Missing(t("pictures.missing.unknown"))
    title = set_title(parts.dataset)
    if not is_here(parts.dataset):
        raise Missing(t("pictures.missing.dataset", dataset=title))
    opened = open_dataset(parts.dataset, parts.split)
    if parts.index >= len(opened):
        raise Missing(t("pictures.missing.index", dataset=title, count=number(len(opened)), index=parts.index))
    pixels = np.asarray(opened.images[parts.index])
    if pixels.shape[2] == 1:
        pixels = np.repeat(pixels, 3, axis=2)  # grey is handed on as three equal channels: every page works on (H, W, 3)
    picture_id = dataset_picture_id(parts.dataset, parts.split, parts.index)
    version = f"~{datasets.own_set(parts.dataset).sha256[parts.split][:12]}" if is_own(parts.dataset) else ""
    return Source(picture_id, dataset_title(opened, parts.index), pixels, photograph=False, version=version)


def is_own(dataset: str) -> bool:
    """Whether it is a collection that somebody made of pictures of her own."""
    return dataset.startswith("own:")


def is_here(dataset: str) -> bool:
    """Whether a data set can be opened without a network, as far as is known without opening it."""
    if is_own(dataset):
        return any(own.id == dataset for own in datasets.own_sets())
    found = datasets.status(dataset)
    return found is Status.PRESENT or (found is Status.IMPORTABLE and failure(dataset) is None)


def here() -> tuple[str, ...]:
    """The data sets that are on this server, people's own collections last."""
    return (*filter(is_here, DATASETS), *(own.id for own in datasets.own_sets()))


def failure(dataset: str) -> ConvolabError | None:
    """Why a data set that lies in the data folder could not be opened a moment ago: its checksums take seconds each time."""
    when, why = cached.dataset_failures().get((dataset, str(datasets.data_root())), (-math.inf, None))
    return why if time.monotonic() - when < _TRY_AGAIN_S else None


def open_dataset(dataset: str, split: str) -> Dataset:
    """One split, memory-mapped; the very first time its files are checked and converted, which takes seconds.

    Raises:
        DatasetError: it is not here, or damaged.
    """
    if is_own(dataset):
        return datasets.load(dataset, split)
    if datasets.status(dataset) is Status.PRESENT:
        return cached.dataset(dataset, split)
    try:
        with st.spinner(t("pictures.preparing", dataset=set_title(dataset))):
            return cached.dataset(dataset, split)
    except DatasetError as error:
        cached.dataset_failures()[dataset, str(datasets.data_root())] = (time.monotonic(), error)
        raise


def opens(dataset: str) -> bool:
    """Whether a data set is here and can be opened; opens it."""
    try:
        return is_here(dataset) and bool(open_dataset(dataset, "test"))
    except DatasetError:
        return False


def label_of(parts: Parts) -> int:
    """The class of a data set's image, by number."""
    return int(open_dataset(parts.dataset, parts.split).labels[parts.index])


def set_title(dataset: str) -> str:
    """A data set's name in the session's language; of somebody's own, what she called it."""
    if is_own(dataset):
        return plain(next((own.title for own in datasets.own_sets() if own.id == dataset), dataset.removeprefix("own:")))
    return row_text("datasets", DATASETS[dataset], "title")


def dataset_title(opened: Dataset, index: int) -> str:
    """"frog · CIFAR-10, test 7"."""
    where = t("pictures.where", dataset=set_title(opened.id), split=t(f"pictures.split.{opened.split}").lower(), index=index)
    return f"{class_label(opened.class_names[opened.labels[index]])} · {where}"


def class_label(name: str) -> str:
    """A class's name in the session's language."""
    text = t(f"datasets.class.{name.replace(' ', '_')}")
    return plain(name) if text.startswith("datasets.class.") else text


def class_color(label: int) -> str:
    """A class's colour, the same on every page; with more than ten classes they come round again."""
    return CHART[label % len(CHART)]


def sample(name: str) -> Source:
    if name not in images.samples():
        raise Missing(t("pictures.missing.unknown"))
    return Source(f"sample-{name}", row_text("images", images.SAMPLES[name], "title"), images.samples()[name])


def samples() -> list[Source]:
    """The photographs that are always there."""
    return [sample(name) for name in images.samples()]


def _own(digest: str) -> Source:
    found = cached.own_pictures().get(digest)
    if found is None:
        raise Missing(t("pictures.missing.own"))
    return Source(found.id, found.title, found.image)


def gallery() -> str:
    """The token of this session's gallery: the browser's from before a refresh, else a new one."""
    if _GALLERY not in st.session_state:
        remembered = st.context.cookies.get(_COOKIE)
        st.session_state[_GALLERY] = remembered if is_gallery(remembered) else new_gallery()
    return st.session_state[_GALLERY]


def remember_gallery() -> None:
    """Let the browser keep the gallery through a refresh, once there is something in it; draws nothing."""
    if own_pictures() and st.context.cookies.get(_COOKIE) != gallery():
        set_cookie(_COOKIE, gallery(), key="gallery-cookie")


def own_pictures() -> tuple[OwnPicture, ...]:
    """This session's own pictures, newest first."""
    return cached.own_pictures().gallery(gallery())
