"""The second view: every multiplication and the sum, in the browser."""

from __future__ import annotations

import numpy as np

from cnn_core.errors import ConvolabError
from pages.kernels.choose import ChosenKernel
from pages.kernels.settings import Settings
from pages.kernels.words import explanation
from pages.ui import errors, state
from pages.ui.components.conv_stepper import conv_stepper, default_labels
from pages.ui.i18n import language
from pages.ui.picture import Picture


def draw(picture: Picture, grey: np.ndarray, kernel: ChosenKernel, settings: Settings) -> None:
    region, pixel = (_read(state.choice(name, "", read=_check)) for name in ("region", "pixel"))
    try:
        stepped = conv_stepper(
            picture.image if settings.colour else grey, kernel.weights, flip=settings.flip, padding=settings.pads(kernel.weights.shape),
            border=settings.border, stride=(settings.stride,) * 2, dilation=(settings.dilation,) * 2, labels=default_labels(),
            language=language(), key="stepper", region=region, pixel=pixel, present=state.choice("present", False),
        )  # fmt: skip
    except ConvolabError as error:
        errors.show(error)
        return
    for name, place in (("region", stepped.region), ("pixel", stepped.pixel)):
        if place is not None:
            state.keep(name, f"{place[0]}_{place[1]}")
    explanation(kernel)


def _check(text: str) -> str:
    """A place in a link, ``row_column``; ValueError otherwise."""
    row, column = text.split("_")
    return f"{int(row)}_{int(column)}"


def _read(text: str) -> tuple[int, int] | None:
    if not text:
        return None
    row, column = text.split("_")
    return int(row), int(column)
