"""The browser's history, one step a visit.

Streamlit pushes a step for the page and another one when the page, at the end of its run, writes its choices into the URL: "back"
would lead from a page to the same page. What a page writes before anybody has touched it belongs to the step that led there.
"""

from __future__ import annotations

import streamlit as st

_SCRIPT = """
<script>
(() => {
  if (history.pushState.once) return;
  const push = history.pushState.bind(history);
  let untouched = true;
  for (const kind of ["pointerdown", "keydown"]) addEventListener(kind, () => { untouched = false; }, true);
  addEventListener("popstate", () => { untouched = true; });
  history.pushState = (state, title, url) => {
    const same = new URL(url ?? "", location.href).pathname === location.pathname;
    if (same && untouched) history.replaceState(state, title, url);
    else push(state, title, url);
    if (!same) untouched = true;
  };
  history.pushState.once = true;
})();
</script>
"""


def one_step_a_visit() -> None:
    """In every run, before the page; does its work once in a browser's tab, and is not seen."""
    with st.container(key="history-script"):
        st.html(_SCRIPT, unsafe_allow_javascript=True)
