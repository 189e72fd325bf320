"""The row above: name, where to start from, opening, saving and sharing."""

from __future__ import annotations

import streamlit as st

from cnn_core import architectures, designs, inspection
from cnn_core.designs import Design
from cnn_core.errors import ConvolabError, DesignError
from pages.design import session
from pages.ui import in_our_words, state
from pages.ui.i18n import compact, error_text, number, row_text, t
from pages.ui.plain import plain
from pages.ui.topics import topics

MOST_FILE_BYTES = 4 * designs.MOST_TEXT
OFFERED = {  # pages that take an architecture: their parameters, with {} in its place
    "architectures": {"arch": "{}"}, "feature_maps": {"net": "{}"}, "training": {"arch": "{}", "train_view": "start"},
}  # fmt: skip


def draw(design: Design) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small", key="design-toolbar"):
        _name(design)
        _start()
        _open()
        _save(design)
        _share(design)


def _name(design: Design) -> None:
    if st.session_state.get("design-name") != design.name:
        st.session_state["design-name"] = design.name
    st.text_input(
        t("design.name"), key="design-name", max_chars=designs.MOST_NAME, placeholder=t("design.name.none"),
        on_change=lambda: session.rename(design, st.session_state["design-name"]), disabled=session.refused() is not None,
    )  # fmt: skip


def _start() -> None:
    def label(arch_id: str) -> str:
        row = architectures.get(arch_id)
        return t("design.start.label", title=row_text("catalogue", row, "title"), params=compact(row.params))

    def begin() -> None:
        chosen = st.session_state.get("design-start")
        if chosen:
            session.begin(chosen)
            st.session_state["design-start"] = None

    st.selectbox(
        t("design.start"), inspection.starts(), index=None, format_func=label, key="design-start", placeholder=t("design.start.none"),
        on_change=begin, help=t("design.start.help"),
    )  # fmt: skip


def _open() -> None:
    with st.popover(t("design.open"), icon=":material/folder_open:", key="design-open", on_change="rerun") as opened:
        if not opened.open:
            return
        found = designs.saved()
        if found:
            names = {one.id: _label(one) for one in found}
            chosen = st.selectbox(t("design.open.saved"), list(names), format_func=names.__getitem__, key="design-saved")
            with st.container(horizontal=True):
                st.button(t("design.open.this"), type="primary", key="design-open-this", on_click=session.begin, args=(chosen,))
                st.button(t("design.open.forget"), key="design-forget", help=t("design.open.forget.help"), on_click=_forget, args=(chosen,))
        else:
            st.caption(t("design.open.none"))
        in_our_words.file_uploader(
            t("design.open.file", most=number(designs.MOST_TEXT)), type=["txt"], key="design-file", limit="", on_change=_take_file
        )


def _label(one: designs.Saved) -> str:
    try:
        name = one.name
    except ConvolabError:
        name = one.slug
    return t("design.open.label", name=name, version=one.version)


def _forget(design_id: str) -> None:
    try:
        designs.forget(design_id)
    except (ConvolabError, OSError) as error:
        session.tell(_as_told(error))


def _take_file() -> None:
    file = st.session_state.get("design-file")
    if file is None:
        return
    try:
        if file.size > MOST_FILE_BYTES:
            raise _no_design(file.size)
        text = file.getvalue().decode("utf-8-sig")
        if "\0" in text:
            raise _no_text()
    except UnicodeDecodeError:
        session.tell(_no_text())
    except ConvolabError as error:
        session.tell(error)
    else:
        session.opened(text)


def _no_design(length: int) -> ConvolabError:
    """A file that is longer than a design's."""
    return DesignError(
        f"a file of {length:,} bytes is no design: at most {designs.MOST_TEXT:,} characters of text",
        code="design_no_file", length=length, most=designs.MOST_TEXT,
    )


def _no_text() -> ConvolabError:
    return DesignError(
        "this file is no text, so it is no design: choose a text file with one layer a line", code="design_no_text_file"
    )


def _as_told(error: Exception) -> ConvolabError:
    if isinstance(error, ConvolabError):
        return error
    return DesignError(f"the folder {designs.home()} cannot be written: {error}", code="design_folder", reason=str(error))


def _save(design: Design) -> None:
    with st.popover(t("design.save"), icon=":material/save:", key="design-save", on_change="rerun", type="primary") as opened:
        if not opened.open:
            return
        checked = designs.check(design)
        refused = session.refused() is not None
        if refused:
            st.warning(t("design.save.refused"), icon=":material/edit_off:")
        elif checked.classes is None:
            st.caption(t("design.save.draft"))
        st.button(t("design.save.now"), type="primary", key="design-save-now", icon=":material/save:", on_click=save, disabled=refused)
        if refused:
            return
        saved = session.saved_id()
        if not saved:
            return
        st.caption(t("design.save.as", id=plain(saved)))
        try:
            if saved not in designs.ids() or designs.load(saved) != designs.to_text(design) or checked.classes is None:
                return
        except ConvolabError:
            return
        known = {topic.id for topic in topics()}
        for page, words in OFFERED.items():
            if page in known:
                named = {word: value.format(saved) for word, value in words.items()}
                st.page_link(f"pages/{page}/page.py", label=t(f"design.goto.{page}"), icon=":material/arrow_forward:",
                             query_params={**state.link_parameters(), **named})  # fmt: skip


def save() -> str:
    """Keep the design on the screen on the server; its id, empty where that failed (it is told). For callbacks."""
    session.take_typed()
    try:
        design, before = session.on_screen(), session.saved_id()
        design_id = designs.save(design.name or t("design.name.none"), designs.to_text(design), onto=before)
        session.saved_as(design_id)
        _tell_other_name(design, design_id, before)
        session.use(designs.load(design_id), st.session_state.get(session.LINE, 0))
    except (ConvolabError, OSError) as error:
        session.tell(_as_told(error))
        return ""
    return design_id


def _tell_other_name(design: Design, design_id: str, before: str) -> None:
    """Say where another design, or another tab, has made the saved one's name or number another than one expects."""
    slug, _, version = design_id.removeprefix(designs.PREFIX).partition(".")
    old, _, seen = before.removeprefix(designs.PREFIX).partition(".")
    if slug == old:
        if int(version) > int(seen) + 1:
            session.tell(DesignError(f"saved as {design_id}", code="design_saved_beside", name=plain(design.name), id=plain(design_id)))
    elif slug != designs.slug_of(design.name or t("design.name.none")):
        session.tell(DesignError(f"saved as {design_id}", code="design_name_taken", name=plain(design.name), id=plain(design_id)))


def _share(design: Design) -> None:
    with st.popover(t("design.share"), icon=":material/share:", key="design-share", on_change="rerun") as opened:
        if not opened.open:
            return
        if session.refused() is not None:
            st.warning(t("design.share.refused"), icon=":material/edit_off:")
        text = designs.to_text(design)
        try:
            packed = designs.pack(text)
            st.caption(t("design.share.link", characters=number(len(packed))))
            address = st.context.url or ""
            st.code(f"{address.split('?')[0]}?{session.NET}={packed}", language=None, wrap_lines=True)
        except ConvolabError as error:
            st.caption(error_text(error))
        st.download_button(
            t("design.share.file"), text, file_name=f"{designs.slug_of(design.name)}.txt", mime="text/plain", key="design-download",
            on_click="ignore", icon=":material/download:",
        )  # fmt: skip

