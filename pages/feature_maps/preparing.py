"""What the weights are, and what they do to a picture before the network looks: both behind a click."""

from __future__ import annotations

import streamlit as st

from cnn_core.training import RECIPES
from cnn_core.weights import Card, Preprocessing, WeightSource
from pages.feature_maps import own_file, words
from pages.feature_maps.scene import Scene
from pages.ui.components.pixel_maps import Panel, pixel_maps
from pages.ui.devices import device_name
from pages.ui.i18n import compact_bytes, number, row_text, t
from pages.ui.plain import plain

CARD_FIELDS = ("dataset", "recipe", "epochs", "seed", "parameters", "accuracy", "seconds", "device", "date")


def draw_card(source: WeightSource) -> None:
    """Where the weights come from, honestly."""
    with st.popover(t("feature_maps.card"), icon=":material/badge:", key="fm-card", on_change="rerun") as opened:
        if not opened.open:
            return
        st.markdown(f"**{words.weights_label(source)}**")
        st.write(t(f"feature_maps.about.{source.kind}"))
        own_file.draw_facts(source)
        if source.card:
            _facts(source.card)
        if source.top1 is not None:
            st.write(t("feature_maps.card.top1", percent=number(source.top1)))
        if source.bytes:
            st.caption(compact_bytes(source.bytes))


def _facts(card: Card) -> None:
    rows = {
        "dataset": words.dataset_title(card.dataset), "recipe": _recipe(card.recipe), "epochs": number(card.epochs), "seed": str(card.seed),
        "parameters": number(card.parameters), "seconds": t("feature_maps.card.minutes", n=number(card.seconds / 60, 1)),
        "accuracy": t("feature_maps.card.accuracy.value", percent=number(100 * card.test_accuracy, 2), images=number(card.test_images)),
        "device": device_name(card.device), "date": card.date.isoformat(),
    }  # fmt: skip
    lines = [f"| {t(f'feature_maps.card.{name}')} | {rows[name]} |" for name in CARD_FIELDS]
    st.markdown("\n".join(["| | |", "|---|---|", *lines]))
    with st.expander(t("feature_maps.card.settings")):
        st.json(dict(card.settings))


def _recipe(recipe_id: str) -> str:
    """Its title, and the name by which a shell starts it."""
    return f"{row_text('recipes', RECIPES[recipe_id], 'title')} (`{recipe_id}`)" if recipe_id in RECIPES else plain(recipe_id)


def draw_preparing(scene: Scene) -> None:
    """Before and after, side by side, with the weight set's own numbers."""
    with st.popover(t("feature_maps.prepare"), icon=":material/crop:", key="fm-prepare", on_change="rerun") as opened:
        if opened.open:
            own_file.choose_lender(scene.source)
            _steps(scene, scene.preprocessing)


def _steps(scene: Scene, steps: Preprocessing) -> None:
    if steps.channels == 1:
        st.toggle(t("feature_maps.invert"), key="invert", help=t("feature_maps.invert.help"))
    prepared = scene.prepared
    whole, (height, width) = scene.picture.image, prepared.cropped.shape[:2]
    pictures = (
        (whole, t("feature_maps.prepare.before"), t("feature_maps.pixels", size=_size(whole.shape))),
        (prepared.resized, t("feature_maps.prepare.resized"), _resizing(steps, whole.shape, prepared.resized.shape)),
        (prepared.cropped, t("feature_maps.prepare.cropped"), t("feature_maps.pixels", size=_size((height, width)))),
    )
    for column, (pixels, title, about) in zip(st.columns(3), pictures, strict=True):
        column.image(pixels if pixels.shape[2] == 3 else pixels[:, :, 0], caption=f"{title}: {about}", width="stretch")
    st.markdown(_numbers(steps))
    values = prepared.tensor.numpy()[0]
    names = ("R", "G", "B") if len(values) == 3 else (t("feature_maps.prepare.grey"),)
    panels = [Panel(plane, name, t("feature_maps.prepare.alt", channel=name)) for name, plane in zip(names, values, strict=True)]
    pixel_maps(panels, key="fm-normalised", layout="grid")


def _resizing(steps: Preprocessing, whole: tuple[int, ...], shape: tuple[int, ...]) -> str:
    if steps.resize is None or shape[:2] == whole[:2]:
        return t("feature_maps.prepare.as_it_is")
    how = t(f"feature_maps.prepare.{steps.interpolation}")
    return t("feature_maps.prepare.resizing", side=number(steps.resize), size=_size(shape), how=how)


def _numbers(steps: Preprocessing) -> str:
    mean, std = (", ".join(number(value, 4) for value in values) for values in (steps.mean, steps.std))
    return t("feature_maps.prepare.normalise", mean=mean, std=std)


def _size(shape: tuple[int, ...]) -> str:
    return f"{shape[1]} × {shape[0]}"
