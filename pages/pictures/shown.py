"""The picture of the session, large: what was chosen, what is used of it, and where to go with it."""

from __future__ import annotations

import numpy as np
import streamlit as st

from pages.pictures.framing_view import framing_view, single_view
from pages.pictures.numbers_view import CHANNELS, numbers_view
from pages.ui import framing, picture_sources, state
from pages.ui.i18n import number, t
from pages.ui.picture import Picture
from pages.ui.picture_sources import Source


def show(source: Source, picture: Picture) -> None:
    st.subheader(picture.title, anchor=False)
    if source.photograph:
        _show_photograph(source, picture)
    else:
        _show_image(source, picture)
    if st.button(t("pictures.to_kernels"), key="to-kernels", icon=":material/grid_on:", type="primary"):
        st.switch_page("pages/kernels/page.py", query_params=state.link_parameters())


def show_numbers(picture: Picture) -> None:
    """The picture's values as a table, of one channel or of all three; a grey picture has only one to show."""
    channel = "grey"
    if np.ptp(picture.image, axis=2).any():
        channel = state.choice("channel", "color", allowed=CHANNELS)
        st.segmented_control(
            t("pictures.numbers.channel"), CHANNELS, key="channel", required=True,
            format_func=lambda name: t(f"pictures.numbers.{name}"), label_visibility="collapsed",
        )  # fmt: skip
    numbers_view(picture.image, channel, title=picture.title, key="numbers-view")


def _show_photograph(source: Source, picture: Picture) -> None:
    """Before and after, with crop and size to change."""
    frame = framing.current()
    framing_view(source.image, picture.image, frame, lambda at: state.keep("at", at), key="framing")
    st.segmented_control(
        t("pictures.side"), framing.SIDES, format_func=_side, key="side", required=True, help=t("pictures.side_help"),
        wrap=True,
    )  # fmt: skip
    with st.container(horizontal=True, vertical_alignment="center"):
        st.toggle(t("pictures.crop"), key="crop")
        if frame.square and source.image.shape[0] != source.image.shape[1]:
            st.slider(t("pictures.at"), 0, 100, key="at", format="%d %%", label_visibility="collapsed", width=180)


def _show_image(source: Source, picture: Picture) -> None:
    """An image of a data set, as it is, framed in its class's colour."""
    parts = picture_sources.parse(source.id)
    label = picture_sources.label_of(parts)
    height, width = picture.image.shape[:2]
    size = t("pictures.before", width=number(width), height=number(height))
    single_view(picture.image, size, color=picture_sources.class_color(label), key="single")


def _side(side: int) -> str:
    return number(side) if side else t("pictures.side_original")
