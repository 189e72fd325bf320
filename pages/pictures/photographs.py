"""The photographs: one's own, from files or from the camera, and those that are always there."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from cnn_core.errors import ImageError
from pages.ui import cached, in_our_words, picture_sources
from pages.ui.components.image_grid import image_grid
from pages.ui.i18n import error_text, number, t, tn
from pages.ui.own_pictures import MAX_PICTURES, MAX_SIDE, OwnPicture, harmless
from pages.ui.picture import grid_items, pick
from pages.ui.picture_sources import Source

_ROUND = "photographs_round"  # counts what was taken in: a new uploader each time, so that no file stays in memory twice
_REFUSED = "photographs_refused"  # the sentences about files that were no pictures
_MAX_SENTENCES = 6
_CELL = 84  # px


def show(selected: str) -> None:
    """Uploader, camera, the session's gallery, the samples."""
    _take_in()
    mine = picture_sources.own_pictures()
    if mine:
        st.subheader(t("pictures.own"), anchor=False)
        items = grid_items([Source(own.id, own.title, own.image) for own in mine], captions=True)
        image_grid(items, selected=selected, on_pick=pick, label=t("pictures.own"), key="own-grid", cell=_CELL, height=300)
        _remove(mine, selected)
    st.subheader(t("pictures.samples"), anchor=False)
    items = grid_items(picture_sources.samples(), captions=True)
    image_grid(items, selected=selected, on_pick=pick, label=t("pictures.samples"), key="sample-grid", cell=_CELL)


def _take_in() -> None:
    """Files and shots become own pictures; what is none is told by name, and the others go on."""
    turn = st.session_state.setdefault(_ROUND, 0)
    files = in_our_words.file_uploader(
        t("pictures.upload"), accept_multiple_files=True, key=f"upload-{turn}", button=t("pictures.upload_button"),
        limit=t("pictures.upload_limit"),
        help=t("pictures.upload_help", side=number(MAX_SIDE), count=number(MAX_PICTURES)),
    )  # fmt: skip
    # Only when asked for: the browser asks for permission as soon as the camera is drawn.
    shot = None
    if st.toggle(t("pictures.camera"), key="camera"):
        in_our_words.replace({'[data-testid="stCameraInputButton"]': t("pictures.shoot")})
        shot = st.camera_input(t("pictures.camera"), key=f"shot-{turn}", label_visibility="collapsed", width=420, resolution="720p")
    arrived = [(file.name, file) for file in files]
    if shot is not None:
        arrived.append((t("pictures.camera_name", n=number(turn + 1)), shot))
    if arrived:
        _add(arrived)
        st.session_state[_ROUND] = turn + 1
        st.rerun()
    refused: list[str] = st.session_state.get(_REFUSED, [])
    if refused:
        more = len(refused) - _MAX_SENTENCES
        rest = [tn("pictures.refused_more", more)] if more > 0 else []
        st.error("\n\n".join(refused[:_MAX_SENTENCES] + rest), icon=":material/broken_image:")


def _add(arrived: Sequence[tuple[str, UploadedFile]]) -> None:
    refused, added = [], []
    with st.status(tn("pictures.reading", len(arrived))):
        for name, file in arrived:
            try:
                added.append(cached.own_pictures().add(picture_sources.gallery(), name, file.getvalue()))
            except ImageError as error:
                refused.append(t("pictures.refused", name=harmless(name, ending=True), why=error_text(error)))
    st.session_state[_REFUSED] = refused
    if added:
        pick(added[0].id)


def _remove(mine: Sequence[OwnPicture], selected: str) -> None:
    with st.container(horizontal=True):
        here = next((i for i, own in enumerate(mine) if own.id == selected), None)
        st.button(
            t("pictures.remove"), key="remove-one", icon=":material/delete:", disabled=here is None, on_click=_removed,
            args=([mine[here]], mine[here + 1 : here + 2] or mine[max(here - 1, 0) : here]) if here is not None else None,
        )  # fmt: skip
        with st.popover(t("pictures.clear"), icon=":material/delete_sweep:"):
            st.button(tn("pictures.clear_sure", len(mine)), key="remove-all", type="primary", on_click=_removed, args=(mine, ()))


def _removed(gone: Sequence[OwnPicture], next_to_show: Sequence[OwnPicture]) -> None:
    cached.own_pictures().remove(picture_sources.gallery(), [own.digest for own in gone])
    if any(own.id == st.session_state.get("pic") for own in gone):
        pick(next_to_show[0].id if next_to_show else picture_sources.samples()[0].id)
