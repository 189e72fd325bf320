"""What one value of a layer sees: its receptive field on the input picture, for an output position that can be moved."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import streamlit as st

from cnn_core.inspection import LayerRecord
from pages.ui.components import register
from pages.ui.components.packing import pack
from pages.ui.i18n import language, texts

LABELS = ("label", "field", "at_most", "jump", "everything", "sees", "outside", "hint")


def field_view(record: LayerRecord, input_shape: tuple[int, int, int], picture: np.ndarray, *, title: str, key: str) -> None:
    """Draw the picture with the field of the layer's middle value.

    Args:
        input_shape: (C, H, W) of the network's input, in whose pixels the field is given.
        picture: (h, w, 3) uint8, the input's aspect; shown grey where the input has one channel.
        title: what the picture is called, for who cannot see it.
    """
    register("field_view", Path(__file__).parent)(key=key, data=blob(record, input_shape, picture, title=title))


def blob(record: LayerRecord, input_shape: tuple[int, int, int], picture: np.ndarray, *, title: str) -> bytes:
    """What the browser gets."""
    channels, height, width = input_shape
    if channels == 1:
        grey = np.rint(picture @ np.array([0.2125, 0.7154, 0.0721])).astype(np.uint8)  # ITU-R BT.709, as images.to_grey
        picture = np.repeat(grey[:, :, None], 3, axis=2)
    seen = record.receptive_field
    lang = language()
    meta = {
        "input": [height, width], "positions": positions(record, (height, width)), "title": title, "language": lang,
        "layer": record.path, "present": bool(st.session_state.get("present")), "labels": texts(lang, "fields", LABELS),
        "field": None if seen is None else {"size": seen.size, "jump": seen.jump, "start": seen.start, "exact": seen.exact},
    }  # fmt: skip
    return pack(meta, picture=np.ascontiguousarray(picture))


def positions(record: LayerRecord, input_size: tuple[int, int]) -> tuple[int, int]:
    """Rows and columns of the output that the field moves over.

    A map usually has them last; transformers keep the channels last. Where they stand, neighbours that lie ``jump`` apart
    cover the same share of the picture downwards and across.
    """
    shape, seen = record.output_shape, record.receptive_field
    if seen is None or len(shape) != 4 or len(seen.jump) != 2:
        return 1, 1
    last, first = (shape[2], shape[3]), (shape[1], shape[2])
    if last == (1, 1):
        return last

    def uneven(size: tuple[int, int]) -> float:
        down, across = (count * jump / n for count, jump, n in zip(size, seen.jump, input_size, strict=True))
        return abs(down - across)

    return min(last, first, key=uneven)
