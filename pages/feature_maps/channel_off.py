"""Channels switched off: the prediction without them, and what each is worth to a class."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import streamlit as st

from cnn_core import inspection
from cnn_core.errors import ConvolabError
from pages.feature_maps import prediction, tiles, works
from pages.feature_maps.channels import MOST_OFF, Channels, switched_off
from pages.feature_maps.scene import Scene
from pages.ui import cached, errors, state
from pages.ui.components.image_grid import GridItems, image_grid
from pages.ui.i18n import number, t

if TYPE_CHECKING:
    from cnn_core.inspection import ChannelImportance

NEEDED, HINDERING = 10, 5
SIDE = 40
AT_ONCE = 5  # of the most needed, behind one button


def draw(scene: Scene, chosen: Channels) -> None:
    off = switched_off(chosen)
    st.multiselect(
        t("feature_channel.off"), range(chosen.count), key="off", format_func=number, placeholder=t("feature_channel.off.none"),
        max_selections=MOST_OFF,
    )  # fmt: skip
    before = scene.logits()
    wanted = int(state.choice("about", prediction.LIKELIEST, allowed=range(prediction.LIKELIEST, len(before))))
    target = int(before.argmax()) if wanted == prediction.LIKELIEST else wanted
    try:
        after = _without(scene, chosen, tuple(sorted(off))) if off else before
    except ConvolabError as error:
        errors.show(error)
        return
    prediction.draw_bars(scene, prediction.compared(scene, before, after), target, key="fc-bars")
    was, now = (scene.class_name(int(logits.argmax())) for logits in (before, after))
    if was != now:
        st.markdown(t("feature_channel.changed", before=was, after=now))
    _importance(scene, chosen, target)
    st.caption(f"**{t('feature_maps.means_not')}** {t('why.channels_off.not')}")


def toggle(channel: int) -> None:
    """Switch a channel off, or on again; for callbacks."""
    off: list[int] = list(st.session_state.get("off") or [])
    state.keep("off", [n for n in off if n != channel] if channel in off else [*off, channel][-MOST_OFF:])


def _without(scene: Scene, chosen: Channels, off: tuple[int, ...]) -> np.ndarray:
    def compute() -> tuple[np.ndarray, int]:
        logits = inspection.with_channels_off(scene.network(), scene.batch(), {chosen.address: off})[0].numpy().copy()
        return logits, logits.nbytes

    found: np.ndarray = cached.explored(("off", scene.made_from, chosen.address, off), compute)
    return found


def _importance(scene: Scene, chosen: Channels, target: int) -> None:
    """What each channel alone is worth to the class: measured on demand, as it takes a pass for each."""
    key = ("importance", scene.made_from, chosen.address, target)
    name = scene.class_name(target)
    st.markdown(f"**{t('feature_channel.importance', name=name)}**")

    def show(found: ChannelImportance) -> None:
        _ranked(found, chosen)

    if not works.show(key, t("feature_channel.importance.title"), show) or works.partial(key):
        st.button(
            t("feature_channel.importance.begin", count=number(chosen.count)), key="fc-importance", icon=":material/play_arrow:",
            on_click=_measure, args=(key, scene, chosen, target),
        )  # fmt: skip


def _measure(key: tuple[Any, ...], scene: Scene, chosen: Channels, target: int) -> None:
    measure, network, batch = inspection.channel_importance, scene.network(), scene.batch()

    def run(work: works.Work) -> tuple[ChannelImportance, bool, int]:
        found = measure(
            network, batch, chosen.address, target, seconds=works.MOST_S, stop=lambda: work.stopping, on_progress=work.tell, batch_size=8
        )
        return found, found.complete, 4 * found.change.nbytes

    works.begin(key, run)


def _ranked(found: ChannelImportance, chosen: Channels) -> None:
    """The channels that the class needs most, then those that speak against it."""
    measured = np.flatnonzero(~np.isnan(found.change))
    order = measured[np.argsort(found.change[measured], kind="stable")]
    needed = [k for k in order[:NEEDED] if found.change[k] < 0]
    hindering = [k for k in order[::-1][:HINDERING] if found.change[k] > 0]
    shown = [*needed, *hindering]
    part = "" if found.complete else t("feature_channel.incomplete", done=number(len(measured)), count=number(len(found.channels)))
    if not shown:
        st.caption(t("feature_channel.importance.nothing") if len(measured) else part)
        return
    channels = found.channels[shown]
    pictures = tiles.colored(chosen.maps[channels], tiles.scale_of(chosen.maps))
    points = [_points(float(found.change[k])) for k in shown]
    both = list(zip(map(int, channels), points, strict=True))
    titles = [t("feature_channel.importance.tile", channel=number(n), change=change) for n, change in both]
    pixels = np.stack([tiles.fitted(picture, SIDE) for picture in pictures])
    image_grid(
        GridItems(pixels, [str(n) for n, _ in both], titles, [f"{n}: {change}" for n, change in both]),
        selected="", on_pick=lambda channel: toggle(int(channel)), label=t("feature_channel.importance.grid"), key="fc-ranked", cell=72,
    )  # fmt: skip
    st.caption(f"{part} {t('feature_channel.importance.about')}")
    most = [int(found.channels[k]) for k in needed[:AT_ONCE]]
    if most:
        st.button(
            t("feature_channel.importance.switch", n=number(len(most))), key="fc-switch", icon=":material/toggle_off:",
            on_click=state.keep, args=("off", most),
        )  # fmt: skip


def _points(change: float) -> str:
    """A change of a probability in percentage points: −0.1234 → "−12.3"."""
    text = number(round(100 * change, 1) + 0.0, 1).replace("-", "−")
    return text if change <= 0 else f"+{text}"
