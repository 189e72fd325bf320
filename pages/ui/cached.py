"""The only home of ``st.cache_*``: what is derived is kept here, bounded, keyed by everything it depends on."""

from __future__ import annotations

import gc

import numpy as np
import streamlit as st

from cnn_core import images
from pages.ui.framing import Framing
from pages.ui.own_pictures import OwnPictures


@st.cache_resource
def warm_up() -> None:
    """Once per server: take what is imported out of the garbage collector's sight.

    Streamlit runs a full collection after script runs; over everything that is imported it costs more than the script.
    """
    gc.collect()
    gc.freeze()


@st.cache_resource
def own_pictures() -> OwnPictures:
    """The server's store of pictures that people brought; bounded by itself."""
    return OwnPictures()


@st.cache_resource(max_entries=48)
def framed(picture_id: str, framing: Framing, _image: np.ndarray) -> np.ndarray:
    """A picture cropped and resized, (H, W, 3) uint8, read-only; the id names the pixels."""
    result = framing.apply(_image)
    result.flags.writeable = False
    return result


@st.cache_resource(max_entries=1_000)
def thumbnail(picture_id: str, side: int, _image: np.ndarray) -> np.ndarray:
    """The middle square of a picture at ``side`` pixels, (side, side, 3) uint8; the id names the pixels."""
    return images.resize(images.square_crop(_image), side, side)
