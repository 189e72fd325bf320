"""A word that the browser keeps through a refresh, when the server has forgotten the session."""

from __future__ import annotations

from pathlib import Path

from pages.ui.components import register


def set_cookie(name: str, value: str, *, key: str) -> None:
    """Let the browser keep ``value`` until it is closed, and send it along with the next session (``st.context.cookies``)."""
    register("cookie", Path(__file__).parent)(key=key, data={"name": name, "value": value}, height=1)
