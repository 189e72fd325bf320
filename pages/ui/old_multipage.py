"""A way round Streamlit's old multipage mode, which greets a deep link on a fresh server with "Page not found".

Because there is a folder ``pages/``, Streamlit 1.67 takes the app for one of its old kind until ``st.navigation`` has been called
once in the process. The first run then goes through ``_mpa_v1``, which knows no page but ``/`` and puts a dialog over the right page.
One reload, by the second run's rules, and all is well. ``tests/browser/test_app.py`` holds this true.
"""

from __future__ import annotations

import sys

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx


def reload_if_lost(url_path: str) -> None:
    """Load the page anew if this run was started by the old mode with a deep link; does not return then."""
    if url_path and _asked_by_name() and _started_by_old_mode():
        st.html("<script>window.location.reload()</script>", unsafe_allow_javascript=True)
        st.stop()


def _asked_by_name() -> bool:
    """A deep link names the page; a click in a running app, and AppTest, which is always in the old mode, name its hash."""
    context = get_script_run_ctx()
    return context is not None and not context.pages_manager.intended_page_script_hash


def _started_by_old_mode() -> bool:
    frame = sys._getframe()
    while frame := frame.f_back:  # type: ignore[assignment]  # ends with None
        if frame.f_code.co_name == "_mpa_v1":
            return True
    return False
