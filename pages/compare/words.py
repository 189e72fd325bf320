"""What the three views say alike: names of networks, large numbers, and the way to a network's own page."""

from __future__ import annotations

import streamlit as st

from cnn_core import architectures
from cnn_core.architectures import Family
from pages.ui import state
from pages.ui.i18n import row_text
from pages.ui.theme import CHART, OTHER_COLOR

ARCHITECTURES_PAGE = "pages/architectures/page.py"


def title(arch_id: str) -> str:
    return row_text("catalogue", architectures.get(arch_id), "title")


def family_title(family: Family) -> str:
    return row_text("catalogue", family, "title")


def family_color(family_id: str) -> str:
    """A family's colour, the same in every view: the ten of the charts, then two rounds of them, away from the background."""
    known = architectures.families().ids()
    if family_id not in known:  # one's own designs
        return OTHER_COLOR
    place = known.index(family_id)
    rounds = ((255, 0.0), (255, 0.35), (255, 0.65)) if is_dark() else ((0, 0.0), (0, 0.4), (255, 0.45))
    toward, share = rounds[place // len(CHART) % len(rounds)]
    color = CHART[place % len(CHART)]
    parts = (round((1 - share) * int(color[i : i + 2], 16) + share * toward) for i in (1, 3, 5))
    return "#" + "".join(f"{part:02x}" for part in parts)


def is_dark() -> bool:
    return st.context.theme.type == "dark"


def text_color() -> str:
    """The colour of text in the theme that the browser shows; charts do not take it over for names beside their points."""
    return "#e8e8f4" if is_dark() else "#1c1d2b"


def enlarged(size: int) -> int:
    """A size in a chart, in pixels: half as large again in presentation mode, where everything else grows by itself."""
    return round(1.5 * size) if st.session_state.get("present") else size


def open_architecture(arch_id: str) -> None:
    """Leave for the network's own page."""
    state.keep("arch", arch_id)
    for name in ("size", "channels", "classes", "width"):
        state.keep(name, "own")
    st.switch_page(ARCHITECTURES_PAGE, query_params=state.link_parameters())
