"""What can be taken along: the grid as a picture, the maps as numbers, their statistics, and code that makes them again with its files."""

from __future__ import annotations

import csv
import io

import numpy as np
import streamlit as st
from PIL import Image

from pages.feature_maps import snippet, stacks
from pages.feature_maps.scene import Scene
from pages.feature_maps.stacks import Stack
from pages.ui import theme
from pages.ui.i18n import t

TILE = 96  # px: the least side of a map in the saved picture
MOST_TILES = 256
GAP = 4  # px


def save(scene: Scene, stack: Stack, found: dict[str, np.ndarray], order: np.ndarray, network: float | None = None) -> None:
    """Draw the menu; a file is made when it is asked for. ``network``: where the colours of the whole network end, if they are shown."""
    name = f"{scene.source.architecture}-{scene.layer}".replace(":", "-")
    with st.popover(t("feature_maps.save"), icon=":material/download:", key="fm-save", on_change="rerun") as menu:
        if not menu.open:
            return
        reach = str(st.session_state.get("colors", "map"))
        _button("png", lambda: grid_png(stack, found, order, reach, network), f"{name}.png", "image/png")
        _button("npy", lambda: npy(scene.values(scene.record)), f"{name}.npy", "application/octet-stream")
        _button("csv", lambda: statistics_csv(stack, found), f"{name}.csv", "text/csv")
        _button("input", lambda: input_png(scene), snippet.INPUT, "image/png")
        if scene.source.kind in snippet.SAVED:
            _button("weights", lambda: weights(scene), snippet.weights_file(scene.source), "application/octet-stream")
        st.caption(t("feature_maps.save.code"))
        st.code(snippet.write(scene), language="python", height=260)


def _button(kind: str, make: object, file: str, mime: str) -> None:
    st.download_button(
        t(f"feature_maps.save.{kind}"), make, file, mime, key=f"fm-save-{kind}", on_click="ignore", width="stretch",
    )  # fmt: skip


def grid_png(stack: Stack, found: dict[str, np.ndarray], order: np.ndarray, reach: str, network: float | None = None) -> bytes:
    """The maps in their order, at most ``MOST_TILES``, each pixel enlarged by a whole number, in the colours of the screen."""
    limits, scale = stacks.limits(found, reach, network)
    table, shown = theme.scale(scale), order[:MOST_TILES]
    count, (rows, columns) = len(shown), stack.maps.shape[1:]
    zoom = max(1, round(TILE / max(rows, columns)))
    across = int(np.ceil(np.sqrt(count * rows / columns)))
    down = -(-count // across)
    sheet = np.full((down * (rows * zoom + GAP) + GAP, across * (columns * zoom + GAP) + GAP, 3), 255, np.uint8)
    for place, index in enumerate(shown):
        low, high = limits[index]
        share = (stack.maps[index] - low) / (high - low) if high > low else np.zeros((rows, columns))
        tile = table[np.rint(np.clip(share, 0, 1) * 255).astype(np.uint8)].repeat(zoom, 0).repeat(zoom, 1)
        top = GAP + place // across * (rows * zoom + GAP)
        left = GAP + place % across * (columns * zoom + GAP)
        sheet[top : top + rows * zoom, left : left + columns * zoom] = tile
    return _png(sheet)


def input_png(scene: Scene) -> bytes:
    """What the network sees, before it is normalised; without loss."""
    seen = scene.prepared.cropped
    return _png(seen[:, :, 0] if seen.shape[2] == 1 else seen)


def weights(scene: Scene) -> bytes:
    """The weights of the network on the screen as safetensors, under its own names for them, whatever file they came from."""
    from safetensors.torch import save as as_safetensors

    return as_safetensors({name: tensor.contiguous() for name, tensor in scene.network().state_dict().items()})


def npy(values: np.ndarray) -> bytes:
    """The layer's output in NumPy's own format."""
    file = io.BytesIO()
    np.save(file, values)
    return file.getvalue()


def statistics_csv(stack: Stack, found: dict[str, np.ndarray]) -> str:
    """One row a map; the columns keep their English names in every language, as files do."""
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(["channel", *found, "dead"])
    gone = stacks.dead(found)
    for k, channel in enumerate(stack.channels):
        writer.writerow([channel, *(f"{float(column[k]):.7g}" for column in found.values()), int(gone[k])])
    return file.getvalue()


def _png(pixels: np.ndarray) -> bytes:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()
