"""Small Streamlit v2 components of our own: no build step, no network.

A component is a folder with ``__init__.py``, ``component.js`` and ``component.css``. ``shared.js`` stands in front of every
component's script and ``shared.css`` in front of its style; ``packing.pack`` turns settings and arrays into the one blob of
bytes a component receives, and ``unpack`` in ``shared.js`` turns it back.
"""

from __future__ import annotations

import functools
from pathlib import Path

import streamlit as st
from streamlit.components.v2.types import ComponentRenderer

_HERE = Path(__file__).parent


@functools.cache
def register(name: str, folder: Path) -> ComponentRenderer:
    """The mounting command of the component whose files lie in ``folder``; registered once per process."""
    js, css = ((folder / f"component.{kind}").read_text("utf-8") for kind in ("js", "css"))
    shared_js, shared_css = ((_HERE / f"shared.{kind}").read_text("utf-8") for kind in ("js", "css"))
    return st.components.v2.component(
        f"convolab_{name}", html="<div class='root'></div>", css=shared_css + css, js=shared_js + js
    )
