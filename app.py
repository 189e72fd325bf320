"""Convolab's router: language, navigation, presentation mode, and nothing else.

Every folder of ``pages/`` that holds a ``page.py`` is a page. Its ``__init__.py`` says where it stands (``ORDER``, ``SECTION``,
``ICON``) and its catalogue what it is called (``<folder>.title``); the first in order is the page at ``/``.
"""

from __future__ import annotations

import functools
import importlib
from dataclasses import dataclass
from pathlib import Path

import streamlit as st
from streamlit.navigation.page import StreamlitPage

from cnn_core.errors import ConvolabError
from pages.ui import cached, errors, old_multipage, state, theme
from pages.ui.components.presenter import presenter
from pages.ui.i18n import LANGUAGES, browser_language, t

HERE = Path(__file__).parent


@dataclass(frozen=True)
class PageInfo:
    topic: str
    order: int
    section: str
    icon: str


@functools.cache
def discover() -> tuple[PageInfo, ...]:
    found = []
    for script in (HERE / "pages").glob("*/page.py"):
        topic = script.parent.name
        about = importlib.import_module(f"pages.{topic}")
        found.append(PageInfo(topic, about.ORDER, about.SECTION, about.ICON))
    return tuple(sorted(found, key=lambda info: info.order))


def navigation(present: bool) -> tuple[StreamlitPage, list[StreamlitPage]]:
    sections: dict[str, list[StreamlitPage]] = {}
    for index, info in enumerate(discover()):
        page = st.Page(
            HERE / "pages" / info.topic / "page.py", title=t(f"{info.topic}.title"), icon=info.icon,
            url_path=info.topic, default=index == 0,
        )  # fmt: skip
        sections.setdefault(t(f"app.section.{info.section}"), []).append(page)
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
# The icon before the navigation: otherwise the browser asks the internet for the page's own icon.
st.set_page_config(page_icon=str(HERE / "assets" / "icon.png"), layout="wide", initial_sidebar_state=240)
wants_present = bool(st.session_state.get("present", st.query_params.get("present") == "1"))
page, pages = navigation(wants_present)
old_multipage.reload_if_lost(page.url_path)
st.set_page_config(page_title=f"{page.title} · Convolab")
st.logo(HERE / "assets" / "logo.svg", size="large", icon_image=HERE / "assets" / "icon.png")

with state.page(page.url_path or discover()[0].topic):
    state.choice("lang", browser_language(), allowed=LANGUAGES)
    present = state.choice("present", False)
    theme.apply_style(present)
    if present:
        presentation_bar(page, pages)
    else:
        sidebar()
    try:
        page.run()
    except ConvolabError as error:
        errors.show(error)
cached.load_torch()
