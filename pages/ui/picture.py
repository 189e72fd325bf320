"""The picture of the session: the one every page looks at, named in the URL by ``pic``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import streamlit as st

from cnn_core.errors import DatasetError
from pages.ui import cached, framing, picture_sources, state
from pages.ui.components.image_grid import GridItems, image_grid
from pages.ui.dataset_grid import EVERY_CLASS, choose_class, dataset_items, new_seed
from pages.ui.i18n import error_text, t
from pages.ui.picture_sources import Missing, Source

PHOTOGRAPHS = "photographs"  # in a list of data sets
DRAWN = 30  # images in the compact chooser
THUMBNAIL = 64  # px, square
FROG = "cifar10-test-29"  # a red frog on a green leaf: clear in colour and in grey, and 32 pixels wide


@dataclass(frozen=True)
class Picture:
    """A picture with a name.

    ``image`` is (H, W, 3) uint8, read-only, cropped and resized as the user chose. ``id`` names exactly these pixels and is
    what caches key on: ``cifar10-test-7``, ``sample-astronaut~w512``, ``own-<digest>~s32at50``, ``own:<set>-test-7~<checksum>``.
    ``title`` is harmless in Markdown and HTML, whatever its owner called the file.
    """

    id: str
    title: str
    image: np.ndarray


def pick(picture_id: str) -> None:
    """Make a picture the one of the session; for callbacks, before the next run."""
    state.keep("pic", picture_id)


def current_source(default: str = "") -> tuple[Source, str]:
    """The picture that was chosen, as it is kept; where it is not here, another one and a sentence that says so."""
    default = default or _default_id()
    chosen = state.choice("pic", default, read=picture_sources.check_id, always=True)  # the default depends on the data here
    sentence = ""
    for candidate in (chosen, default):
        try:
            return picture_sources.open_source(candidate), sentence
        except Missing as missing:
            sentence = sentence or str(missing)
        except DatasetError as error:  # it lies there, and turns out to be damaged
            sentence = sentence or error_text(error)
    return picture_sources.samples()[0], sentence


def current_picture() -> Picture:
    """The picture the user chose; CIFAR-10's frog, else the first sample photograph, where there is none or it is not here."""
    return framed(current_source()[0])


def choose_picture(default: str = "") -> Picture:
    """Draw the compact chooser of a page's column of controls: the picture in small, and behind it all others.

    Args:
        default: id of the picture that the page opens on where none was chosen yet; else the app's own.
    """
    source, missing = current_source(default)
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="picture-chooser"):
        st.image(thumbnail(source), width=THUMBNAIL, alt=source.title)
        with st.popover(source.title, key="picture-others", on_change="rerun", width="stretch") as others:
            if others.open:
                _others(source)
    if missing:
        st.caption(f":material/info: {missing}")
    return framed(source)


def thumbnail(source: Source) -> np.ndarray:
    return cached.thumbnail(source.pixels_id, THUMBNAIL, source.image)


def _default_id() -> str:
    return FROG if picture_sources.is_here(picture_sources.parse(FROG).dataset) else picture_sources.samples()[0].id


def framed(source: Source) -> Picture:
    """A picture as the user chose to frame it."""
    if not source.photograph:
        return Picture(source.pixels_id, source.title, source.image)
    frame = framing.current()
    return Picture(source.id + frame.suffix, source.title, cached.framed(source.id, frame, source.image))


def _others(source: Source) -> None:
    """What stands behind the picture: all that can be chosen, and the way to the rest."""
    browse(source.id, pick, key="chooser", opens_on=picture_sources.parse(source.id).dataset)
    st.page_link(
        "pages/pictures/page.py", label=t("pictures.more"), icon=":material/photo_library:", query_params=state.link_parameters()
    )


def browse(selected: str | Sequence[str], on_pick: Callable[[str], None], *, key: str, opens_on: str = "") -> None:
    """Draw a grid of photographs, or of draws from a data set that is here, and what chooses between them.

    Args:
        selected: the id that is marked; a list where several may be.
        on_pick: told the id that was clicked, before the next run.
        key: what the widgets' keys begin with.
        opens_on: the data set that is shown at first; else the photographs.
    """
    here = picture_sources.here()
    group = PHOTOGRAPHS
    if here:
        if st.session_state.get(f"{key}-set") not in (PHOTOGRAPHS, *here):
            st.session_state[f"{key}-set"] = opens_on if opens_on in here else PHOTOGRAPHS
        group = st.segmented_control(
            t("pictures.set"), (PHOTOGRAPHS, *here), key=f"{key}-set", required=True, label_visibility="collapsed",
            format_func=lambda name: t("pictures.photographs") if name == PHOTOGRAPHS else picture_sources.set_title(name),
        )  # fmt: skip
    if group in here and picture_sources.opens(group):
        with st.container(horizontal=True, vertical_alignment="bottom"):
            class_index = choose_class(group, key=f"{key}-class-{group}")
            st.button(t("pictures.draw"), key=f"{key}-draw", icon=":material/casino:", on_click=_draw)
        opened = picture_sources.open_dataset(group, "test")
        every = class_index == EVERY_CLASS
        drawn = opened.draw(DRAWN, st.session_state.get("chooser-seed", 0), None if every else class_index)
        items = dataset_items(opened, drawn, by_class=not every)
    else:
        mine = [Source(own.id, own.title, own.image) for own in picture_sources.own_pictures()]
        items = grid_items([*mine, *picture_sources.samples()])
    image_grid(items, selected=selected, on_pick=on_pick, label=t("pictures.others"), key=f"{key}-grid", height=300)


def _draw() -> None:
    st.session_state["chooser-seed"] = new_seed()


def grid_items(sources: Sequence[Source], captions: bool = False) -> GridItems:
    titles = [source.title for source in sources]
    pixels = np.stack([thumbnail(source) for source in sources])
    return GridItems(pixels, [source.id for source in sources], titles, titles if captions else ())
