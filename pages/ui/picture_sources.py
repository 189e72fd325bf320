"""Where a picture comes from, by its id: a sample photograph, a data set, or somebody's own."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import streamlit as st

from cnn_core import images
from pages.ui import cached
from pages.ui.i18n import row_text, t
from pages.ui.own_pictures import OwnPicture, is_gallery, new_gallery

_ID = re.compile(r"(?P<kind>sample|own)-(?P<name>\w{1,60})|(?P<dataset>[a-z0-9_]{1,40})-(?P<split>train|test)-(?P<index>\d{1,8})")
_GALLERY = "own_gallery"  # in session_state: the token of this session's gallery


@dataclass(frozen=True)
class Source:
    """A picture as it is kept, before any crop or resizing; ``photograph`` says whether it may be framed."""

    id: str
    title: str
    image: np.ndarray
    photograph: bool = True


class Missing(LookupError):
    """The picture of a link is not here; the message is a sentence for the screen."""


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
    parts = _ID.fullmatch(picture_id)
    if parts is None:
        raise Missing(t("pictures.missing.unknown"))
    if parts["kind"] == "sample":
        return sample(parts["name"])
    if parts["kind"] == "own":
        return _own(parts["name"])
    raise Missing(t("pictures.missing.unknown"))


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
    """The token of this session's gallery."""
    return st.session_state.setdefault(_GALLERY, new_gallery())


def adopt_gallery(token: object) -> None:
    """After a refresh the tab remembers its gallery: it becomes this session's again, unless this one has pictures already."""
    if is_gallery(token) and not own_pictures():
        st.session_state[_GALLERY] = token


def own_pictures() -> tuple[OwnPicture, ...]:
    """This session's own pictures, newest first."""
    return cached.own_pictures().gallery(gallery())
