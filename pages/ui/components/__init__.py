"""Small Streamlit v2 components of our own: no build step, no network.

A component is a folder with ``__init__.py``, ``component.js`` and ``component.css``; a larger one splits its script over more
``.js`` files, which stand, by name, in front of ``component.js``. ``shared.js`` stands in front of every component's
script and ``shared.css`` in front of its style; ``packing.pack`` turns settings and arrays into the one blob of
bytes a component receives, and ``unpack`` in ``shared.js`` turns it back.
"""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

import streamlit as st
from streamlit.components.v2.types import ComponentRenderer

_HERE = Path(__file__).parent


def sent(key: str, name: str) -> Any:
    """What a component's browser side sent under ``name``, for its callback; None where a page change overtook the click."""
    return (st.session_state.get(key) or {}).get(name)


@functools.cache
def register(name: str, folder: Path) -> ComponentRenderer:
    """The mounting command of the component whose files lie in ``folder``; registered once per process."""
    main = folder / "component.js"
    scripts = [_HERE / "shared.js", *(path for path in sorted(folder.glob("*.js")) if path != main), main]
    js = "\n".join(path.read_text("utf-8") for path in scripts)
    css = "\n".join(path.read_text("utf-8") for path in (_HERE / "shared.css", folder / "component.css"))
    return st.components.v2.component(f"convolab_{name}", html="<div class='root'></div>", css=css, js=js)
