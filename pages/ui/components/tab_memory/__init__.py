"""A word that a browser tab keeps through a refresh, when the server has forgotten the session."""

from __future__ import annotations

from pathlib import Path

from pages.ui.components import register


def tab_memory(name: str, value: str, *, key: str) -> str | None:
    """Let the tab remember ``value`` under ``name``; what it remembered from before a refresh, once, if that is another."""
    render = register("tab_memory", Path(__file__).parent)
    return render(key=key, data={"name": name, "value": value}, on_found_change=lambda: None, height=1).found
