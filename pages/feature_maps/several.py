"""Which pictures stand beside the page's own: named by the URL's ``pics``, taken in and put away one by one."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from cnn_core.datasets import DATASETS
from cnn_core.errors import DatasetError
from pages.feature_maps.scene import Scene
from pages.ui import picture, picture_sources, state
from pages.ui.i18n import error_text, t, tn
from pages.ui.picture_sources import Missing

MOST = 8  # pictures, with the page's own
PARAMETER = "pics"
SUGGESTED = 3
PHOTOGRAPHS = ("sample-coffee", "sample-astronaut", "sample-rocket", "sample-chelsea")
_SUITED = "_fm_several_suited"  # in session_state: the pictures that the page itself last chose
SCANNED = 400  # images of a data set, for one of each class


class _Lists:
    """Lists of ids that pictures could have, none twice."""

    def __contains__(self, value: object) -> bool:
        return isinstance(value, list) and len(value) < MOST and len(set(value)) == len(value) and all(map(_could_be, value))


def _could_be(picture_id: object) -> bool:
    try:
        return isinstance(picture_id, str) and bool(picture_sources.check_id(picture_id))
    except ValueError:
        return False


def chosen(scene: Scene) -> list[str]:
    """Ids of the pictures beside the page's own; where none was chosen, some that the network was trained on the like of."""
    suggested = _suggested(scene.source.dataset or picture_sources.parse(page_picture()).dataset)
    if st.session_state.get(_SUITED) == st.session_state.get(PARAMETER, suggested) != suggested:  # nobody has chosen them
        state.keep(PARAMETER, suggested)
    st.session_state[_SUITED] = suggested
    found: list[str] = state.choice(PARAMETER, suggested, allowed=_Lists(), read=_read, write=",".join, always=True)
    return [picture_id for picture_id in found if picture_id != page_picture()]


def page_picture() -> str:
    """The id of the page's own picture, without its framing."""
    return str(st.session_state.get("pic", ""))


def scenes(scene: Scene, ids: list[str]) -> tuple[list[Scene], list[str]]:
    """The page's scene, and with each of these pictures; and the ids of those that are here, in the same order."""
    found, here, missing = [scene], [page_picture()], []
    for picture_id in ids:
        try:
            source = picture_sources.open_source(picture_id)
        except Missing as error:
            missing.append(str(error))
        except DatasetError as error:
            missing.append(error_text(error))
        else:
            found.append(replace(scene, picture=picture.framed(source)))
            here.append(source.id)
    for sentence in dict.fromkeys(missing):
        st.caption(f":material/info: {sentence}")
    return [replace(each, beside=len(found)) for each in found], here


def choose(ids: list[str]) -> None:
    """Draw the way to all pictures: a click takes one in, or puts it away."""
    count = len(ids) + 1
    # Always the same words: a popover of another label is another one, and closed.
    with st.popover(t("feature_several.choose"), icon=":material/photo_library:", key="fm-several", on_change="rerun") as opened:
        if opened.open:
            st.caption(t("feature_several.full", most=MOST) if count == MOST else f"{tn('feature_several.count', count)}. {_how()}")
            picture.browse([*ids, page_picture()], toggle, key="several", opens_on=picture_sources.parse(ids[0]).dataset if ids else "")


def _how() -> str:
    return t("feature_several.how", most=MOST)


def toggle(picture_id: str) -> None:
    ids = _current()
    if picture_id in ids:
        state.keep(PARAMETER, [other for other in ids if other != picture_id])
    elif picture_id != page_picture() and len(ids) + 1 < MOST:
        state.keep(PARAMETER, [*ids, picture_id])


def use(picture_id: str) -> None:
    """Make one of them the page's own; that one takes its place."""
    before = page_picture()
    state.keep(PARAMETER, [before if other == picture_id else other for other in _current()])
    picture.pick(picture_id)


def _current() -> list[str]:
    return [picture_id for picture_id in st.session_state.get(PARAMETER, []) if picture_id != page_picture()]


def _read(text: str) -> list[str]:
    return text.split(",") if text else []


def _suggested(dataset: str) -> list[str]:
    """One picture each of some classes of the data set; else photographs."""
    own = page_picture()
    if dataset in DATASETS and picture_sources.opens(dataset):
        images = picture_sources.open_dataset(dataset, "test")
        label = picture_sources.label_of(picture_sources.parse(own)) if picture_sources.parse(own).dataset == dataset else -1
        first: dict[int, int] = {}
        for index, other in enumerate(images.labels[:SCANNED].tolist()):
            first.setdefault(other, index)
        places = [index for other, index in first.items() if other != label][:SUGGESTED]
        return [picture_sources.dataset_picture_id(dataset, "test", index) for index in places]
    return [picture_id for picture_id in PHOTOGRAPHS if picture_id != own][:SUGGESTED]
