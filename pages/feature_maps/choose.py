"""Choosing a picture, a network and its weights: one row of controls."""

from __future__ import annotations

from collections.abc import Container

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from cnn_core import designs, weights
from cnn_core.errors import ConvolabError, WeightsError
from cnn_core.weights import WeightSource
from pages.feature_maps import missed, own_file, words
from pages.ui import own_designs, picture, picture_sources, state
from pages.ui.i18n import error_text, t
from pages.ui.picture import Picture
from pages.ui.plain import plain

CAT = "sample-chelsea"
EMBEDDED = "tf_efficientnet_lite0"  # its ImageNet weights come with a package: they are always here
SUITED = {"cifar10": "resnet20", "mnist": "lenet5"}  # to pictures of a data set, where this project's own weights are there
MOST_TOLD = 60  # characters of an id that nobody knows
_SUITED = "_fm_suited"  # in session_state: the network that the page itself last chose


def choose_picture() -> Picture:
    return picture.choose_picture(default=CAT)


def choose_network(shown: Picture, notes: DeltaGenerator) -> str:
    """Draw the select of networks; as long as nobody has chosen one, it is one that was trained on such pictures.

    Args:
        notes: where it is said that a link's network cannot be had.
    """
    labels = {one: words.network_label(one) for one in own_designs.asked_for("net")} | words.network_labels()
    suited = _suited(shown)
    if st.session_state.get("net", suited) == st.session_state.get(_SUITED, suited) != suited:
        state.keep("net", suited)
    asked = missed.asked_in_vain("net", _Networks(labels))
    arch_id = str(state.choice("net", suited, allowed=labels, read=own_designs.read, always=True))
    with notes:
        own_designs.say_missing("net", arch_id)
        missed.say("net", asked, arch_id, lambda name: _no_network(name, arch_id))
    st.session_state[_SUITED] = suited
    st.selectbox(t("feature_maps.net"), tuple(labels), format_func=labels.__getitem__, key="net", on_change=_forget)
    return arch_id


def choose_weights(arch_id: str, notes: DeltaGenerator) -> WeightSource | None:
    """Draw the select of weights of a network; the best that is here, where none was chosen; None where a file is still to be brought.

    Args:
        notes: where it is said that a link's weights cannot be had.

    Raises:
        WeightsError: a file of one's own that no picture fits.
    """
    own_file.take_over()
    offered = weights.sources(arch_id)
    by_id = {source.id: source for source in offered}
    best = next(source.id for source in offered if source.is_here)
    there_are = _Sources(arch_id, by_id)
    asked = missed.asked_in_vain("weights", there_are)
    chosen = str(state.choice("weights", best, allowed=there_are, always=True))
    if chosen not in by_id and not own_file.is_file(chosen):
        by_id[chosen] = weights.get_source(arch_id, chosen)
    labels = {id_: words.weights_label(source) for id_, source in by_id.items()} | own_file.labels(chosen)
    st.selectbox(
        t("feature_maps.weights"), tuple(labels), format_func=labels.__getitem__, key="weights",
        help=t("feature_maps.weights.help"),
    )  # fmt: skip
    with notes:
        missed.say("weights", asked, f"{arch_id} {chosen}", lambda name: _no_such(arch_id, name, labels[chosen]))
    return own_file.source(arch_id, chosen) if own_file.is_file(chosen) else by_id[chosen]


class _Networks:
    """The ids of networks that need no word: those that are here, and designs, about which ``own_designs`` says what there is to say."""

    def __init__(self, here: Container[str]) -> None:
        self._here = here

    def __contains__(self, text: object) -> bool:
        return isinstance(text, str) and (text in self._here or designs.is_id(text))


class _Sources:
    """The ids of a network's weights: those that are offered, files of one's own, and any other random seed of a link."""

    def __init__(self, arch_id: str, offered: dict[str, WeightSource]) -> None:
        self._arch_id, self._offered = arch_id, offered

    def __contains__(self, text: object) -> bool:
        if not isinstance(text, str):
            return False
        if text in self._offered or own_file.is_file(text):
            return True
        try:
            weights.get_source(self._arch_id, text)
        except ConvolabError:
            return False
        return True


def _no_network(asked: str, shown: str) -> str:
    return t("feature_maps.missed.net", name=plain(asked[:MOST_TOLD]), net=words.network_title(shown))


def _no_such(arch_id: str, asked: str, shown: str) -> str:
    """That a link's weights cannot be had: why, where that is known, and what is shown instead."""
    instead = t("feature_maps.missed.instead", weights=shown)
    try:
        weights.get_source(arch_id, asked)
    except WeightsError as error:
        return f"{error_text(error)} {instead}"
    except ConvolabError:
        pass  # there are none of that id: the sentence below says so
    name = plain(asked[:MOST_TOLD])
    return f"{t('feature_maps.missed.weights', name=name, net=words.network_title(arch_id))} {instead}"


def _suited(shown: Picture) -> str:
    """A network that was trained on pictures like this one, and whose weights are here."""
    arch_id = SUITED.get(picture_sources.parse(shown.id).dataset, "")
    return arch_id if arch_id and any(source.trained and source.is_here for source in weights.sources(arch_id)) else EMBEDDED


def _forget() -> None:
    """Another network: another set of weights and layer. A file of the network before is hardly one of this."""
    if own_file.is_file(str(st.session_state.get("weights", ""))):
        state.keep("weights", weights.best_source(st.session_state["net"]).id)
    for name, value in (("channel_at", -1), ("maps_page", 1)):
        state.keep(name, value)
