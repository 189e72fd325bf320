"""Pictures, as people brought them and as the pages show them, and the data sets."""

from __future__ import annotations

import numpy as np
import streamlit as st

from cnn_core import datasets, images, kernels
from cnn_core.errors import ConvolabError
from pages.ui.downloads import Downloads
from pages.ui.framing import Framing
from pages.ui.own_pictures import OwnPictures


@st.cache_resource
def own_pictures() -> OwnPictures:
    """The server's store of pictures that people brought; bounded by itself."""
    return OwnPictures()


@st.cache_resource
def downloads() -> Downloads:
    """The data sets on their way to this server."""
    return Downloads()


def dataset(name: str, split: str) -> datasets.Dataset:
    """One split of a data set, memory-mapped and shared by all sessions.

    Raises:
        DatasetError: it is not in the data folder, or damaged.
    """
    return _dataset(name, split, str(datasets.data_root()), datasets.version(name))


@st.cache_resource
def dataset_failures() -> dict[tuple[str, str], tuple[float, ConvolabError]]:
    """Data sets that could not be opened, by name and folder: when (``time.monotonic``) and why. One for each, at most."""
    return {}


@st.cache_resource(max_entries=16, show_spinner=False)
def _dataset(name: str, split: str, root: str, version: str) -> datasets.Dataset:
    return datasets.load(name, split, root)


@st.cache_resource(max_entries=48, show_spinner=False)
def framed(picture_id: str, framing: Framing, _image: np.ndarray) -> np.ndarray:
    """A picture cropped and resized, (H, W, 3) uint8, read-only; the id names the pixels."""
    result = framing.apply(_image)
    result.flags.writeable = False
    return result


@st.cache_resource(max_entries=1_000, show_spinner=False)
def thumbnail(picture_id: str, side: int, _image: np.ndarray) -> np.ndarray:
    """The middle square of a picture at ``side`` pixels, (side, side, 3) uint8; the id names the pixels."""
    return images.resize(images.square_crop(_image), side, side)


@st.cache_resource(max_entries=48)
def grey(picture_id: str, _image: np.ndarray) -> np.ndarray:
    """A picture in whole grey values of 0 to 255, (H, W) uint8, read-only; the id names the pixels."""
    result = np.rint(images.to_grey(_image) * 255).astype(np.uint8)
    result.flags.writeable = False
    return result


@st.cache_resource(max_entries=24)
def equalized(made_from: tuple[object, ...], _response: np.ndarray) -> np.ndarray:
    """A response equalised as in the course, read-only; ``made_from`` names picture, kernel and settings."""
    result = kernels.equalize(_response)
    result.flags.writeable = False
    return result


TABLE_SIDE = 160  # px: a picture under the whole table is a small one


@st.cache_resource(max_entries=8)
def kernel_table(picture_id: str, flip: bool, _grey: np.ndarray) -> tuple[np.ndarray, ...]:
    """A grey picture, at most TABLE_SIDE pixels long, under every kernel of the table: (h, w) float32 each."""
    small = images.fit_within(_grey, TABLE_SIDE)
    return tuple(
        kernels.apply(small, kernel.weights, flip=flip, padding="same", border="replicate").astype(np.float32)
        for kernel in kernels.KERNELS.values()
    )
