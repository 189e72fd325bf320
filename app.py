"""Convolab's router: language, navigation, presentation mode, and nothing else.

Which pages there are is in ``pages/ui/topics.py``. This script runs from its first line at every click, so classes and caches
live in modules.
"""

from __future__ import annotations

from pathlib import Path

import streamlit as st
from streamlit.navigation.page import StreamlitPage

from cnn_core.errors import ConvolabError
from pages.ui import address, cached, errors, old_multipage, state, theme
from pages.ui.components.presenter import presenter
from pages.ui.i18n import LANGUAGES, browser_language, speak, t
from pages.ui.topics import topics

HERE = Path(__file__).parent


def navigation(present: bool) -> tuple[StreamlitPage, list[StreamlitPage]]:
    sections: dict[str, list[StreamlitPage]] = {}
    for index, topic in enumerate(topics()):
        page = st.Page(
            HERE / "pages" / topic.id / "page.py", title=t(f"{topic.id}.title"), icon=topic.icon,
            url_path=topic.id, default=index == 0,
        )  # fmt: skip
        sections.setdefault(t(f"app.section.{topic.section}"), []).append(page)
    chosen = st.navigation(sections, position="hidden" if present else "sidebar")
    return chosen, [page for pages in sections.values() for page in pages]


def sidebar() -> None:
    with st.sidebar:
        st.selectbox(t("app.language"), list(LANGUAGES), format_func=LANGUAGES.__getitem__, key="lang")
        st.button(
            t("app.present.start"), icon=":material/present_to_all:", help=t("app.present.help"), width="stretch",
            on_click=state.keep, args=("present", True),
        )  # fmt: skip


def presentation_bar(page: StreamlitPage, pages: list[StreamlitPage]) -> None:
    here = pages.index(page)
    action = presenter(page.title, here + 1, len(pages))
    if action == "exit":
        state.keep("present", False)
        st.rerun()
    elif action:
        step = 1 if action == "next" else -1
        st.switch_page(pages[(here + step) % len(pages)], query_params=state.link_parameters())


cached.warm_up()
speak()
# The icon before the navigation: otherwise the browser asks the internet for the page's own icon.
st.set_page_config(page_icon=theme.ICON, layout="wide", initial_sidebar_state=240)
wants_present = bool(st.session_state.get("present", st.query_params.get("present") == "1"))
page, pages = navigation(wants_present)
old_multipage.reload_if_lost(page.url_path)
st.set_page_config(page_title=f"{page.title} · Convolab")
st.logo(theme.LOGO, size="large", icon_image=theme.ICON)

with state.page(page.url_path or topics()[0].id):
    state.choice("lang", browser_language(), allowed=LANGUAGES)
    speak()  # again: a step back through the browser's history may have brought another language
    present = state.choice("present", False)
    theme.apply_style(present)
    address.one_step_a_visit()
    if present:
        presentation_bar(page, pages)
    else:
        sidebar()
    try:
        page.run()
    except ConvolabError as error:
        errors.show(error)
cached.load_torch()
