"""Colours: one accent, one colour for each kind of thing, and the scales that pictures of numbers are drawn in."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import numpy as np
import plotly.graph_objects as go
import streamlit as st

from pages.ui.i18n import language

ASSETS = Path(__file__).parents[2] / "assets"

# The ten chart colours of .streamlit/config.toml, by what they stand for; the same thing has the same colour on every page.
CHART = ("#5b5bd6", "#e5484d", "#12a594", "#f5a524", "#0090ff", "#8e4ec6", "#d6409f", "#30a46c", "#ad7f58", "#687076")
KIND_COLORS = {
    "train": CHART[0], "validation": CHART[3],
    "conv": CHART[0], "pool": CHART[2], "norm": CHART[3], "activation": CHART[1], "linear": CHART[5],
    "add": CHART[7], "concat": CHART[4], "flatten": CHART[8], "attention": CHART[6],
}  # fmt: skip
OTHER_COLOR = CHART[9]
RGB_COLORS = {"R": "#e5484d", "G": "#30a46c", "B": "#0090ff"}

# Anchors of the three scales, evenly spaced. Signed: blue-white-red, ColorBrewer's RdBu reversed with a pure white at zero
# (Harrower & Brewer 2003). Magnitude: viridis (Smith & van der Walt 2015), perceptually even. Weights: purple-white-green,
# ColorBrewer's PRGn, so that a kernel is never taken for a response.
_ANCHORS = {
    "signed": ("#053061", "#2166ac", "#4393c3", "#92c5de", "#ffffff", "#f4a582", "#d6604d", "#b2182b", "#67001f"),
    "magnitude": ("#440154", "#472d7b", "#3b528b", "#2c728e", "#21918c", "#28ae80", "#5ec962", "#addc30", "#fde725"),
    "weights": ("#40004b", "#762a83", "#9970ab", "#c2a5cf", "#ffffff", "#a6dba0", "#5aae61", "#1b7837", "#00441b"),
    "grey": ("#000000", "#ffffff"),
}


def scale(name: str) -> np.ndarray:
    """A colour scale as a table of 256 colours, (256, 3) uint8: "signed", "magnitude", "weights" or "grey"."""
    anchors = np.array([[int(color[i : i + 2], 16) for i in (1, 3, 5)] for color in _ANCHORS[name]], dtype=np.float64)
    where = np.linspace(0, len(anchors) - 1, 256)
    return (
        np.stack([np.interp(where, np.arange(len(anchors)), channel) for channel in anchors.T], axis=1)
        .round()
        .astype(np.uint8)
    )


def style_figure(figure: go.Figure, height: int = 260) -> go.Figure:
    """A Plotly figure in the house style: no frame, small margins, colours of the theme."""
    return figure.update_layout(
        height=height, margin={"l": 8, "r": 8, "t": 28, "b": 8}, paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)", legend={"orientation": "h", "y": 1.12, "x": 0}, font={"size": 13},
        separators=",." if language() == "es" else ".,",
    )  # fmt: skip


def _data_url(name: str, kind: str) -> str:
    return f"data:image/{kind};base64,{base64.b64encode((ASSETS / name).read_bytes()).decode()}"


# As data, read once: a path would be opened, decoded and hashed at every click.
ICON = _data_url("icon.png", "png")
LOGO = _data_url("logo.svg", "svg+xml")

CHART_CONFIG: dict[str, Any] = {"displayModeBar": False}

_PAGE_CSS = """
[data-testid="stMainBlockContainer"] { padding: 2.2rem 2rem 3rem; max-width: 1500px; }
@media (min-width: 769px) { [data-testid="stHeader"] { background: transparent; } }  /* on a phone the page scrolls under it */
button[kind^="primary"]:enabled { color: light-dark(#ffffff, #12121c); }  /* white on the dark theme's violet is 2.5:1 */
[data-testid="stMain"] h1 { font-size: 1.7rem; padding: 0 0 0.2rem; }
[data-testid="stMain"] h2 { font-size: 1.25rem; }
[data-testid="stMain"] h3 { font-size: 1.05rem; }
[data-testid="stSidebarNavLink"] { padding-right: 0; }
[data-testid="stSidebarNavLink"] span:not([data-testid="stIconMaterial"]), [data-testid="stSidebarNavLink"] p { font-size: 0.9rem; }
[data-testid="stSidebarNavLink"][aria-current="page"] p { letter-spacing: -0.012em; }  /* bold: «Mapas de características» just fits */
.st-key-gallery-cookie { position: absolute; }
[data-testid="stLayoutWrapper"]:has(> .st-key-history-script), .st-key-history-script {
  position: absolute; width: 0 !important; min-width: 0 !important; height: 0; overflow: hidden;
}
[data-testid="stLayoutWrapper"]:has(> .st-key-unseen-title), .st-key-unseen-title {
  position: absolute; width: 1px !important; height: 1px; overflow: hidden; clip-path: inset(50%);
}
.st-key-picture-chooser [data-testid="stElementToolbar"] { display: none; }
.st-key-picture-chooser img { image-rendering: pixelated; border-radius: 6px; }
@media (max-width: 768px) { [data-testid="stMainBlockContainer"] { padding: 4.1rem 0.9rem 3rem; } }
"""

# A projector at the back of a hall: everything is in rem, so one root size enlarges all.
_PRESENT_CSS = """
html { font-size: 20px; }
[data-testid="stSidebar"], [data-testid="stHeader"], [data-testid="stToolbar"],
[data-testid="stExpandSidebarButton"] { display: none !important; }
[data-testid="stMainBlockContainer"] { padding-top: 0.8rem; padding-bottom: 4.5rem; max-width: none; }
"""


def apply_style(present: bool) -> None:
    """The app's own style sheet, on top of the theme; ``present`` is the presentation mode of a projector."""
    st.html(f"<style>{_PAGE_CSS}{_PRESENT_CSS if present else ''}</style>")


def unseen_title(title: str) -> None:
    """The page's heading for those who listen to it, where the room on the screen goes to the page's work."""
    with st.container(key="unseen-title"):
        st.title(title, anchor=False)
