"""The graph of a network: blocks that open and close, shortcuts at the side, shapes on the edges, drawn in the browser.

Panning, zooming, hovering and the arrow keys never ask the server; opening or closing a block asks it for new places. The
scripts, in the order a reader wants them: ``component.js`` (state, life and the entry point), ``arrange.js`` (from places
in one long strip to columns that fill the screen), ``frames.js`` (open blocks and the arcs of shortcuts), ``columns.js``
(where the strip is folded), ``elements.js`` (SVG), ``parts.js`` (what stands around it), ``camera.js`` (pan and zoom),
``hands.js`` (pointer and keyboard), ``export.js`` (SVG file).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pages.ui import theme
from pages.ui.components import register, sent
from pages.ui.components.packing import pack
from pages.ui.i18n import language, texts

# Kinds with a name and a colour of their own; every other kind of layer is "other".
NAMED_KINDS = ("conv", "pool", "norm", "activation", "linear", "add", "concat", "flatten", "attention", "block", "other")
LABELS: tuple[str, ...] = (
    "name", "hint", "input", "output", "zoom_in", "zoom_out", "fit", "expand_all", "collapse_all", "save_svg",
    "full_screen", "expand", "collapse", "params", "macs", "layers", "shape", "skip", "branch", "legend",
    *(f"kind_{kind}" for kind in NAMED_KINDS),
)  # fmt: skip


@dataclass(frozen=True)
class Opened:
    """The blocks the reader wants open, and the network that they belong to (the ``network`` given to the component)."""

    network: str
    blocks: frozenset[str]


def layer_graph(
    drawing: Mapping[str, Any],
    *,
    network: str,
    version: str,
    title: str,
    selected: int | None,
    on_open: Callable[[Opened], None],
    key: str,
    present: bool = False,
) -> int | None:
    """Mounts the graph.

    Args:
        drawing: what `layer_graph.drawing.drawing` makes of a trace.
        network: names the structure; the place on the screen is kept while it stays.
        version: names the drawing; the browser draws anew only when it changes.
        title: the network's name, for the SVG file and for screen readers.
        selected: index of the layer to mark and to bring into view, in the trace.
        on_open: called before the run that follows the opening or closing of a block.
        key: the widget's key.
        present: for a projector: taller.

    Returns:
        Index of the layer that was clicked in this run, else None.
    """

    def forward() -> None:
        wanted = _read_opened(sent(key, "opened"))
        if wanted is not None:
            on_open(wanted)

    # A click of this run is the choice that the page will make of it: nothing jumps back until then.
    clicked = _index(sent(key, "chosen"), drawing)
    selected = selected if clicked is None else clicked
    lang = language()
    meta = {
        "drawing": drawing, "network": network, "version": version, "title": title, "selected": selected,
        "labels": texts(lang, "graph", LABELS), "language": lang, "present": present, "colors": colors(),
    }  # fmt: skip
    mount = register("layer_graph", Path(__file__).parent)
    result = mount(data=pack(meta), key=key, on_opened_change=forward, on_chosen_change=_nothing)
    return _index(result.get("chosen"), drawing)


def colors() -> dict[str, str]:
    """The colour of each of `NAMED_KINDS`; blocks have none, they are drawn in the theme's own."""
    return {kind: theme.KIND_COLORS.get(kind, theme.OTHER_COLOR) for kind in NAMED_KINDS if kind != "block"}


def _read_opened(sent: Any) -> Opened | None:
    """What the browser sent, or None where it is not that; unknown blocks do no harm later."""
    if not isinstance(sent, Mapping) or not isinstance(sent.get("network"), str) or not isinstance(sent.get("blocks"), list):
        return None
    return Opened(sent["network"], frozenset(block for block in sent["blocks"] if isinstance(block, str)))


def _index(sent: Any, drawing: Mapping[str, Any]) -> int | None:
    """A click on a layer of this very drawing, not one on a network that was here before."""
    if not isinstance(sent, Mapping) or not isinstance(sent.get("index"), int):
        return None
    return next((node["first"] for node in drawing["nodes"]
                 if node["first"] == sent["index"] and node["id"] == sent.get("id")), None)  # fmt: skip


def _nothing() -> None:
    """A trigger needs a callback to arrive; the page reads the result instead."""
