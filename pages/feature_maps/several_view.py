"""Several pictures in the chosen layer: the same channels of each in one column, and what the network says of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import streamlit as st

from pages.feature_maps import layers, several, stacks
from pages.feature_maps.headline import likeliest
from pages.feature_maps.layers import CHANNEL
from pages.feature_maps.picture_table import Answers, PictureRow, blob, picture_table
from pages.feature_maps.progress import Bar
from pages.feature_maps.scene import Scene
from pages.ui import cached, state
from pages.ui.i18n import language, number, t, texts

SORTS = ("contrast", "mean", "apart", "index")
COUNTS = (6, 12, 24)
RANGES = ("channel", "map")
GUESSES = 3
MOST_VALUES = 3_000_000  # in the table: 3 MB to the browser
LEAST = 4  # channels, however large


@dataclass(frozen=True)
class Figures:
    """What is known of one picture's maps without holding them.

    Attributes:
        means, deviations: (channels,) of each map.
        names: of the channels.
        size: values in a map.
    """

    means: np.ndarray
    deviations: np.ndarray
    names: Sequence[int]
    size: int


def draw(scene: Scene) -> None:
    left, right = st.columns([1, 2.6], gap="small")
    with left.container(key="fm-layers"):
        layers.choose_layer(scene.found, scene.source.architecture, scene.layer)
    with right.container(key="fm-several-maps"):
        _table(scene)


def _table(scene: Scene) -> None:
    ids = several.chosen(scene)
    sort, count, reach = _controls(ids)
    shown, here = several.scenes(scene, ids)
    found = _figures(shown)
    names = found[0].names
    means, deviations = np.stack([each.means for each in found]), np.stack([each.deviations for each in found])
    fitting = _fitting(len(shown), len(names), found[0].size, count)
    picked = pick_channels(means, deviations, sort, fitting, first=_opened(len(names)))
    made_from = ("several", tuple(each.made_from for each in shown), scene.layer, sort, count, reach, tuple(picked), language())

    def make() -> tuple[bytes, int]:
        sent = _blob(shown, [str(names[k]) for k in picked], picked, reach, version=repr(made_from))
        return sent, len(sent)

    def open_map(place: int, channel: int) -> None:
        if place:
            several.use(here[place])
        layers.pick(scene.layer)
        state.keep(CHANNEL, picked[channel])
        state.keep("sort", "index")
        state.keep("map_view", "maps")

    answers = Answers(open_map, lambda place: several.use(here[place]), lambda place: several.toggle(here[place]))
    picture_table(cached.explored(made_from, make), rows=len(shown), columns=len(picked), answers=answers, key="fm-several-table")


def _controls(ids: list[str]) -> tuple[str, int, str]:
    """Draw one row: the pictures, which channels, how many, and what their colours mean."""
    with st.container(horizontal=True, vertical_alignment="bottom", key="fm-several-tools"):
        several.choose(ids)
        sort = str(state.choice("several_sort", SORTS[0], allowed=SORTS))
        _select("several_sort", SORTS)
        count = int(state.choice("several_maps", COUNTS[0], allowed=COUNTS))
        st.selectbox(t("feature_several.several_maps"), COUNTS, key="several_maps", format_func=number)
        reach = str(state.choice("several_colors", RANGES[0], allowed=RANGES))
        _select("several_colors", RANGES)
    return sort, count, reach


def _select(name: str, options: tuple[str, ...]) -> None:
    labels = texts(language(), f"feature_several.{name}", options)
    st.selectbox(
        t(f"feature_several.{name}"), options, key=name, format_func=labels.__getitem__, help=t(f"feature_several.{name}.help")
    )  # fmt: skip


def _figures(shown: list[Scene]) -> list[Figures]:
    """One pass a picture, and none for what is known."""
    found = []
    with Bar(t("feature_several.running")) as bar:
        for place, each in enumerate(shown):
            bar.tell(place, len(shown))
            found.append(cached.explored(("several-figures", each.made_from, each.record.index), partial(_measure, each)))
    return found


def _measure(each: Scene) -> tuple[Figures, int]:
    stack = _stack(each)
    found = stacks.figures(stack.maps)
    figures = Figures(found["mean"], found["deviation"], stack.channels, stack.maps[0].size)
    return figures, figures.means.nbytes + figures.deviations.nbytes


def _stack(each: Scene) -> stacks.Stack:
    return stacks.stack(each.values(each.record), each.record, each.input_size)


def pick_channels(means: np.ndarray, deviations: np.ndarray, sort: str, count: int, first: int = -1) -> list[int]:
    """Which channels stand in the columns.

    Args:
        means, deviations: (pictures, channels), of the values of each map.
        sort: "index"; "mean" or "contrast", the largest over all pictures; "apart", those whose means differ most between the pictures, in
            units of what the channel's values differ by inside them.
        first: a channel that comes first whatever its place; -1 for none.
    """
    if sort == "index":
        score = -np.arange(means.shape[1], dtype=np.float64)
    elif sort == "mean":
        score = means.mean(axis=0)
    else:
        inside = deviations.mean(axis=0)
        score = inside if sort == "contrast" else means.std(axis=0) / (inside + 1e-6 + inside.mean())
    order = np.argsort(-score, kind="stable")[:count].tolist()
    return order if first < 0 else [first, *(k for k in order if k != first)][: max(1, count)]


def _fitting(pictures: int, channels: int, size: int, count: int) -> int:
    return min(channels, max(LEAST, min(count, MOST_VALUES // (pictures * size))))


def _opened(count: int) -> int:
    """The channel that is open in the view of maps."""
    return int(state.choice(CHANNEL, -1, allowed=range(-1, count)))


def _blob(shown: list[Scene], names: list[str], picked: list[int], reach: str, version: str) -> bytes:
    chosen = np.stack([_stack(each).maps[picked] for each in shown])
    limits, scale = colors(chosen, reach)
    rows = [
        PictureRow(
            each.picture.title, each.input_rgb, [(each.class_name(index), share) for index, share in likeliest(each.logits(), GUESSES)],
            chosen[place], limits[place],
        )
        for place, each in enumerate(shown)
    ]  # fmt: skip
    return blob(rows, names, scale, shared=reach == "channel", version=version)


def colors(maps: np.ndarray, reach: str) -> tuple[np.ndarray, str]:
    """(pictures, channels, h, w) → (pictures, channels, 2): the values at the ends of each map's colours; and the scale."""
    low, high = (ends.astype(np.float64) for ends in (maps.min(axis=(2, 3)), maps.max(axis=(2, 3))))
    if reach == "channel":
        low, high = np.broadcast_to(low.min(axis=0), low.shape), np.broadcast_to(high.max(axis=0), high.shape)
    if low.min() < 0:
        end = np.maximum(np.abs(low), np.abs(high))
        return np.stack([-end, end], axis=2), "signed"
    return np.stack([np.zeros_like(low), high], axis=2), "magnitude"
