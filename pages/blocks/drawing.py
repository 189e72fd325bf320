"""Numbers in grids, and charts: what the cards draw with beside the maps."""

from __future__ import annotations

import html
import math
from collections.abc import Iterable, Sequence

import numpy as np
import plotly.graph_objects as go
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from cnn_core import images
from pages.ui import theme
from pages.ui.i18n import number

SIDE = 160  # px: what a card computes on is at most so long


def small(image: np.ndarray, side: int = SIDE) -> np.ndarray:
    """A picture (H, W, 3) at most ``side`` pixels long, both sides even, so that halves are whole."""
    fitted = images.fit_within(image, side)
    height, width = (max(2, n - n % 2) for n in fitted.shape[:2])
    if fitted.shape[0] >= 2 and fitted.shape[1] >= 2:
        return np.ascontiguousarray(fitted[:height, :width])
    return images.resize(fitted, width, height)


def num(value: float, digits: int = 3) -> str:
    """A number for a formula: rounded, no −0, a real minus.

    >>> num(-0.0001), num(-2.5)
    ('0', '−2.5')
    """
    rounded = round(float(value), digits) + 0.0
    return number(rounded, digits).replace("-", "−")


def term(value: float, digits: int = 3) -> str:
    """A number behind a sign: what is negative stands in parentheses.

    >>> term(0.05), term(-0.026)
    ('0.05', '(−0.026)')
    """
    written = num(value, digits)
    return f"({written})" if written.startswith("−") else written


def listed(values: Iterable[float], digits: int = 3) -> str:
    """Numbers in a row, between semicolons where the comma is the decimal sign.

    >>> listed([0.5, -1])
    '0.5, −1'
    """
    return (", " if "." in number(0.5) else "; ").join(num(value, digits) for value in values)


def power(value: float) -> str:
    """A number of any size: as it is, or with a power of ten.

    >>> power(0.25), power(3.1e-17), power(0.0)
    ('0.25', '3.1·10⁻¹⁷', '0')
    """
    size = abs(value)
    if not size or 0.001 <= size < 10_000:
        return num(value)
    exponent = math.floor(math.log10(size))
    raised = str(exponent).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))
    return f"{num(value / 10.0**exponent, 1)}·10{raised}"


def grid(
    values: np.ndarray, caption: str = "", *, scale: str = "", limits: tuple[float, float] = (0.0, 1.0), digits: int = 2,
    faded: np.ndarray | None = None, heads: Sequence[str] = (),
) -> str:  # fmt: skip
    """A matrix as a table in HTML, each cell in the colour of its value.

    Args:
        values: (rows, columns).
        scale: a name of ``theme.scale``; without one the cells are plain.
        limits: the values at the ends of the scale.
        faded: cells that are drawn as gone.
        heads: one before each row.
    """
    table = theme.scale(scale) if scale else None
    low, high = limits
    lines = []
    for r, row in enumerate(values):
        head = f"<th scope='row'>{html.escape(heads[r])}</th>" if heads else ""
        cells = []
        for c, value in enumerate(row):
            gone = faded is not None and bool(faded[r, c])
            style = "" if table is None or gone else _paint(table[int(np.clip((value - low) / (high - low or 1), 0, 1) * 255)])
            cells.append(f"<td class='{'gone' if gone else ''}' style='{style}'>{num(value, digits)}</td>")
        lines.append(f"<tr>{head}{''.join(cells)}</tr>")
    above = f"<figcaption>{html.escape(caption)}</figcaption>" if caption else ""
    return f"<figure class='blocks-grid'>{above}<table>{''.join(lines)}</table></figure>"


def _paint(color: np.ndarray) -> str:
    red, green, blue = (int(part) for part in color)
    light = 0.299 * red + 0.587 * green + 0.114 * blue > 140
    return f"background:rgb({red},{green},{blue});color:{'#1c1d2b' if light else '#ffffff'}"


def row(*parts: str) -> None:
    """Grids, and the signs between them (one or two characters), in a row that wraps."""
    drawn = "".join(part if part.startswith("<") else f"<span class='sign'>{html.escape(part)}</span>" for part in parts)
    st.html(f"<div class='blocks-row'>{drawn}</div>")


def beside() -> tuple[DeltaGenerator, DeltaGenerator]:
    """Places for two charts: below each other, and in presentation mode side by side, above its bar."""
    if st.session_state.get("present"):
        left, right = st.columns(2, gap="small")
        return left, right
    return st.container(), st.container()


def chart(figure: go.Figure, key: str, height: int = 190, **layout: object) -> None:
    """A Plotly figure in the house style, small."""
    theme.style_figure(figure, height)
    top = 26 if layout.get("showlegend", True) else 6
    legend = {"orientation": "h", "yanchor": "bottom", "y": 1.0, "x": 0}
    figure.update_layout(margin={"l": 8, "r": 8, "t": top, "b": 8}, dragmode=False, legend=legend, **layout)
    st.plotly_chart(figure, key=key, config=theme.CHART_CONFIG, width="stretch")
