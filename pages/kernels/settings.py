"""How the kernel is applied: the lower half of the column of controls."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import streamlit as st

from cnn_core import kernels
from cnn_core.errors import GeometryError
from cnn_core.kernels import BORDERS, PadWidths
from pages.ui import errors, in_our_words, state
from pages.ui.i18n import language, t, texts

MAX_PADDING = 64  # pixels: more is an empty frame
MAX_STEP = 16
PADDINGS = ("valid", "same", "1", "2", "3", "5", "8")
CHANNELS = ("grey", "rgb")
OPERATIONS = ("convolution", "correlation")


@dataclass(frozen=True)
class Settings:
    """Everything that ``kernels.apply`` is told beside picture and kernel, and whether colours stay apart."""

    flip: bool
    colour: bool
    padding: str | int
    border: str
    stride: int
    dilation: int

    def apply(self, image: np.ndarray, weights: np.ndarray) -> np.ndarray:
        return kernels.apply(
            image, weights, flip=self.flip, padding=self.padding, stride=self.stride, dilation=self.dilation, border=self.border
        )

    def pads(self, shape: tuple[int, ...]) -> PadWidths:
        return kernels.pad_widths(shape, self.padding, self.dilation, flip=self.flip)

    def span(self, shape: tuple[int, ...]) -> tuple[int, int]:
        """Rows and columns of the picture under a kernel of this shape."""
        return self.dilation * (shape[0] - 1) + 1, self.dilation * (shape[1] - 1) + 1

    def origin(self, shape: tuple[int, ...]) -> tuple[float, float]:
        """Where on the picture the middle of the first window lies, (row, column)."""
        pads, span = self.pads(shape), self.span(shape)
        return (span[0] - 1) / 2 - pads.top, (span[1] - 1) / 2 - pads.left


def choose_settings(*, colour_matters: bool) -> Settings | None:
    """Draw the controls; None, and a sentence, where what was typed is not a padding."""
    operation = state.choice("op", "convolution", allowed=OPERATIONS)
    _segments("op", OPERATIONS)
    channels = state.choice("channels", "grey", allowed=CHANNELS)
    _segments("channels", CHANNELS, disabled=not colour_matters, help_id=None if colour_matters else "kernels.channels.grey_only")
    left, right = st.columns(2, gap="small")
    padding = state.choice("padding", "valid")
    border = state.choice("border", "zeros", allowed=BORDERS)
    with left:
        st.selectbox(
            t("kernels.padding"), PADDINGS, format_func=_padding_label, key="padding", accept_new_options=True,
            help=t("kernels.padding.help"),
        )  # fmt: skip
        stride = state.choice("stride", 1, allowed=range(1, MAX_STEP + 1))
        in_our_words.number_input(t("kernels.stride"), 1, MAX_STEP, key="stride")
    with right:
        st.selectbox(
            t("kernels.border"), BORDERS, format_func=texts(language(), "kernels.border", BORDERS).__getitem__, key="border",
            disabled=padding == "valid",
        )  # fmt: skip
        dilation = state.choice("dilation", 1, allowed=range(1, MAX_STEP + 1))
        in_our_words.number_input(t("kernels.dilation"), 1, MAX_STEP, key="dilation")
    try:
        width = read_padding(padding)
    except GeometryError as error:
        errors.show(error)
        return None
    return Settings(operation == "convolution", channels == "rgb" and colour_matters, width, border, stride, dilation)


def read_padding(text: str) -> str | int:
    """ "valid", "same", or a number of pixels from 0 to MAX_PADDING.

    Raises:
        GeometryError: it is something else.
    """
    text = text.strip().lower()
    if text in ("valid", "same"):
        return text
    if not (text.isascii() and text.isdecimal() and len(text) <= 4) or int(text) > MAX_PADDING:
        raise GeometryError(
            f'padding is "valid", "same" or a whole number from 0 to {MAX_PADDING}, not {text[:20]!r}',
            code="padding_text", text=text[:20], most=MAX_PADDING,
        )
    return int(text)


def _padding_label(padding: str) -> str:
    return t(f"kernels.padding.{padding}") if padding in ("valid", "same") else padding


def _segments(name: str, options: tuple[str, ...], *, disabled: bool = False, help_id: str | None = None) -> None:
    st.segmented_control(
        t(f"kernels.{name}"), options, format_func=texts(language(), f"kernels.{name}", options).__getitem__, key=name, required=True,
        label_visibility="collapsed", width="stretch", disabled=disabled, help=t(help_id) if help_id else None,
    )  # fmt: skip
