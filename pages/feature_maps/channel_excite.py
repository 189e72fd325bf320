"""An image made to excite a channel, from a start that is shown, with the images on the way."""

from __future__ import annotations

from typing import Any

import numpy as np
import streamlit as st

from cnn_core import inspection
from cnn_core.errors import ConvolabError
from cnn_core.inspection import Excited
from pages.feature_maps import works
from pages.feature_maps.channels import Channels
from pages.feature_maps.scene import Scene
from pages.ui import cached, errors, in_our_words, state
from pages.ui.components.image_grid import GridItems, image_grid
from pages.ui.components.pixel_maps import Panel, pixel_maps
from pages.ui.i18n import language, number, t, texts

STARTS = ("noise", "grey", "picture")
STEPS = (32, 96, 192)
SEEDS = 100
SHOWN = 12  # images on the way, at most
SIDE = 64  # px: of each of them, at most
LAST = -1

Key = tuple[Any, ...]


def draw(scene: Scene, chosen: Channels) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom", key="fc-excite-tools"):
        start = state.choice("excite_start", STARTS[0], allowed=STARTS)
        labels = texts(language(), "feature_channel.excite.start", STARTS)
        st.selectbox(t("feature_channel.excite.start"), STARTS, key="excite_start", format_func=labels.__getitem__, width=150)
        seed = int(state.choice("excite_seed", 0, allowed=range(SEEDS)))
        in_our_words.number_input(t("feature_channel.excite.seed"), 0, SEEDS - 1, key="excite_seed", width=120)
        steps = int(state.choice("excite_steps", STEPS[1], allowed=STEPS))
        st.selectbox(t("feature_channel.excite.steps"), STEPS, key="excite_steps", format_func=number, width=100)
    picture = scene.made_from if start == "picture" else scene.made_from[:3]
    key = ("excite", picture, chosen.address, chosen.channel, start, seed, steps)
    drawn = works.show(key, t("feature_channel.excite.title"), _images)
    if not drawn or works.partial(key):
        try:
            first = _start(key, scene, chosen, start, seed)
        except ConvolabError as error:
            errors.show(error)
            return
        st.button(
            t("feature_channel.excite.begin", channel=number(chosen.channel)), key="fc-excite", icon=":material/play_arrow:",
            type="primary", on_click=_excite, args=(key, scene, chosen, start, seed, steps),
        )  # fmt: skip
        if not drawn:
            pixel_maps([_panel(first)], key="fc-excite-start")
    st.caption(f"{t('why.excite.means')} **{t('feature_maps.means_not')}** {t('why.excite.not')}")


def _settings(scene: Scene, start: str, seed: int, steps: int) -> dict[str, Any]:
    """What ``inspection.excite`` is told."""
    steps_ = scene.preprocessing
    image = {"noise": None, "grey": np.full_like(scene.prepared.cropped, 128), "picture": scene.prepared.cropped}[start]
    return {
        "input_shape": scene.source.input_shape, "start": image, "seed": seed, "steps": steps, "mean": steps_.mean, "std": steps_.std,
        "every": max(1, steps // SHOWN), "seconds": works.MOST_S,
    }  # fmt: skip


def _start(key: Key, scene: Scene, chosen: Channels, start: str, seed: int) -> Excited:
    """The start itself, and how strongly the channel answers to it."""
    def compute() -> tuple[Excited, int]:
        first = next(inspection.excite(scene.network(), chosen.address, chosen.channel, **_settings(scene, start, seed, 1)))
        return first, first.image.nbytes

    first: Excited = cached.explored(("excite start", *key), compute)
    return first


def _excite(key: Key, scene: Scene, chosen: Channels, start: str, seed: int, steps: int) -> None:
    st.session_state["_fm_excited"] = LAST
    excite, network, settings = inspection.excite, scene.network(), _settings(scene, start, seed, steps)

    def run(work: works.Work) -> tuple[tuple[Excited, ...], bool, int]:
        images: tuple[Excited, ...] = ()
        for image in excite(network, chosen.address, chosen.channel, stop=lambda: work.stopping, **settings):
            images = (*images, image)
            work.latest = images  # a whole tuple each time: the page reads it from another thread
            work.tell(image.step, image.steps)
        return images, images[-1].step == steps, sum(image.image.nbytes for image in images)

    works.begin(key, run)


def _images(images: tuple[Excited, ...]) -> None:
    """Start and result large, all on the way as a strip; a click shows one of them large."""
    chosen = int(st.session_state.get("_fm_excited", LAST))
    shown = next((image for image in images if image.step == chosen), images[-1])
    pixel_maps([_panel(images[0]), _panel(shown)], key="fc-excited")
    step = max(1, -(-max(images[0].image.shape[:2]) // SIDE))
    pixels = np.stack([image.image[::step, ::step] for image in images])
    steps, titles = [str(image.step) for image in images], [_title(image) for image in images]
    captions = [f"{image.step}: {number(round(image.activation, 2), 2)}" for image in images]
    image_grid(
        GridItems(pixels, steps, titles, captions),
        selected=str(shown.step), on_pick=_pick, label=t("feature_channel.excite.way"), key="fc-excite-way", cell=60,
    )  # fmt: skip


def _pick(step: str) -> None:
    st.session_state["_fm_excited"] = int(step)


def _title(image: Excited) -> str:
    return t("feature_channel.excite.step", step=number(image.step), activation=number(round(image.activation, 3), 3).replace("-", "−"))


def _panel(image: Excited) -> Panel:
    pixels = np.repeat(image.image, 3, axis=2) if image.image.shape[2] == 1 else image.image
    return Panel(pixels, _title(image), _title(image), kind="rgb")
