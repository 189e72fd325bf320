"""The design on the screen. In the URL: its text (``design``, compressed), the chosen line, and the text as it was typed (``typed``)
where that is another: with comments, or refused. What came before is in the session.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass, field, replace

import streamlit as st

from cnn_core import designs, inspection
from cnn_core.designs import Design
from cnn_core.errors import ConvolabError, DesignError
from pages.ui import cached, state
from pages.ui.i18n import LANGUAGES, language, texts

NET, LINE, START, TYPED = "design", "line", "start", "typed"
OLD_NET = "net"  # what links called it once; other pages mean a network of the catalogue by that word
TEXT_FIELD, FORM = "design-text", "design_form"
_HISTORY, _NOTE, _SAVED, _OLD = "_design_history", "_design_note", "_design_saved", "_design_old_link"
MOST_STEPS = 200  # that can be undone

FIRST = """name A small residual network
input 3x32x32
conv 32 3x3 pad 1
relu
maxpool 2x2
residual
  conv 32 3x3 pad 1
  relu
  conv 32 3x3 pad 1
relu
branches
  branch
    conv 32 1x1
  branch
    conv 32 3x3 pad 1
relu
maxpool 2x2
gap
flatten
linear 10
"""
"""What the page opens on, as ``designs.to_text`` writes it: one block of each sort, small enough to be seen whole. Its name is the
reader's: ``first()``."""


def first() -> str:
    """``FIRST`` with its name in the page's language."""
    return _first(language())


def _first(lang: str) -> str:
    return f"name {texts(lang, 'design', ('first',))['first']}\n{FIRST.partition(chr(10))[2]}"


@dataclass(frozen=True)
class Written:
    """The text on the screen.

    Attributes:
        lines: the line of the text, from 1, on which each row of the design stands.
        problem: why the text is refused; then the design is that of the last text that was not, and ``lines`` are its own.
    """

    text: str
    lines: tuple[int, ...]
    problem: DesignError | None = None


@dataclass
class History:
    """Texts in the order in which they were on the screen, refused ones too, and which of them is."""

    texts: list[str] = field(default_factory=list)
    at: int = -1

    def remember(self, text: str) -> None:
        if not self.texts or self.texts[self.at] != text:
            self.texts = [*self.texts[: self.at + 1], text][-MOST_STEPS:]
            self.at = len(self.texts) - 1

    def turn(self, by: int) -> str:
        self.at = min(max(self.at + by, 0), len(self.texts) - 1)
        return self.texts[self.at]

    @property
    def can(self) -> dict[str, bool]:
        return {"undo": self.at > 0, "redo": self.at < len(self.texts) - 1}


class _Texts:
    """Every text that is a design."""

    def __contains__(self, text: object) -> bool:
        return isinstance(text, str) and _is_design(text)


def _is_design(text: str) -> bool:
    try:
        _parsed(text)
    except DesignError:
        return False
    return True


@functools.lru_cache(maxsize=256)
def _parsed(text: str) -> Design:
    return designs.from_text(text)


def current() -> Design:
    """The design on the screen; the one that a link names, where it names one."""
    _follow_link()
    _rename_first()
    text = state.choice(NET, first(), allowed=_Texts(), read=_read, write=_write)
    design = _parsed(text)
    state.choice(TYPED, "", read=designs.unpack, write=_write_typed)
    shown = written(design)
    if shown.problem is None and shown.text == text:
        state.keep(TYPED, "")
    history().remember(shown.text if shown.problem else designs.to_text(design))  # as undo puts it back
    return design


def _rename_first() -> None:
    """What the page opened on, untouched, follows when the language changes."""
    everywhere = {_first(lang) for lang in LANGUAGES}
    if state.asked(NET, _read) in everywhere:
        state.keep(NET, first())
        history().texts = [first() if text in everywhere else text for text in history().texts]


def written(design: Design) -> Written:
    """The design's text as it was typed, where it was typed; and a text that is refused before any other: it is what one works on."""
    typed, text = str(st.session_state.get(TYPED, "")), designs.to_text(design)
    if typed:
        try:
            if _parsed(typed) == design:
                return Written(typed, designs.row_lines(typed))
        except DesignError as error:
            return Written(typed, designs.row_lines(text), error)
    return Written(text, designs.row_lines(text))


def refused() -> DesignError | None:
    """Why the text on the screen is none of a design; None where it is."""
    typed = str(st.session_state.get(TYPED, ""))
    try:
        _parsed(typed)
    except DesignError as error:
        return error
    return None


def _follow_link() -> None:
    """``?start=resnet20`` begins with a network of the catalogue, or a saved design; a damaged link is told about."""
    start, packed = st.query_params.get(START, ""), st.query_params.get(NET, "")
    old = st.query_params.get(OLD_NET, "")
    if start and not packed:
        begin(start)
    elif old and not packed and st.session_state.get(_OLD) != old:
        st.session_state[_OLD] = old
        try:
            use(designs.unpack(old))
            st.session_state.pop(LINE, None)
        except DesignError as error:
            st.session_state[_NOTE] = error
    elif packed and NET not in st.session_state:
        try:
            designs.from_text(designs.unpack(packed))
        except DesignError as error:
            st.session_state[_NOTE] = error


def begin(start: str) -> None:
    """Start from a network of the catalogue or a saved design; also for callbacks."""
    try:
        if designs.is_id(start):
            use(designs.load(start))
            st.session_state[_SAVED] = designs.resolve(start)
        elif start in inspection.starts():
            use(cached.design_start(start))
            st.session_state.pop(_SAVED, None)
    except ConvolabError as error:
        st.session_state[_NOTE] = error


def use(text: str, line: int = 0) -> None:
    """Put a text on the screen. Raises DesignError where it is none."""
    show(designs.from_text(text), line)


def show(design: Design, line: int | None = None) -> None:
    """Put a design on the screen, and perhaps another line. A refused text makes room for it; undo brings it back."""
    state.keep(NET, designs.to_text(design))
    if refused() is not None:
        state.keep(TYPED, "")
    if line is not None:
        state.keep(LINE, line)


def take(text: str) -> None:
    """Put a text on the screen as it was typed. Where it is refused it stays there, beside the design of the last one that was not."""
    state.keep(TYPED, text)
    if refused() is None:
        state.keep(NET, designs.to_text(_parsed(text)))


def take_typed() -> None:
    """What stands in the text field, and may not have been told yet; for callbacks."""
    typed = st.session_state.get(TEXT_FIELD)
    shown = st.session_state.get(FORM) == "text" and typed is not None and NET in st.session_state
    if shown and typed != written(_parsed(st.session_state[NET])).text:
        take(str(typed))


def on_screen() -> Design:
    """The design that the text on the screen describes; for callbacks.

    Raises:
        DesignError: the text is refused.
    """
    if refused() is not None:
        raise DesignError("the text on the screen cannot be read yet: mend it, or discard it", code="design_text_refused")
    return _parsed(st.session_state[NET])


def opened(text: str) -> None:
    """Put the text of a file on the screen, where it can be mended if it is refused; for callbacks."""
    take(text)
    state.keep(LINE, 0)
    st.session_state.pop(_SAVED, None)
    if refused() is not None:
        state.keep(FORM, "text")


def discard() -> None:
    """Let a refused text go; undo brings it back."""
    state.keep(TYPED, "")


def rename(design: Design, name: str) -> None:
    show(replace(design, name=designs.clean_name(name)))


def turn(by: int) -> None:
    """Undo (-1) or redo (1)."""
    text = history().turn(by)
    if _is_design(text):
        show(_parsed(text))
    else:
        state.keep(TYPED, text)


def history() -> History:
    found: History = st.session_state.setdefault(_HISTORY, History())
    return found


def note() -> ConvolabError | None:
    """What went wrong on the way here, once."""
    found: ConvolabError | None = st.session_state.pop(_NOTE, None)
    return found


def tell(error: ConvolabError) -> None:
    """Have something said in the next run."""
    st.session_state[_NOTE] = error


def line(design: Design) -> int:
    """The chosen line; -1 is the input."""
    return int(state.choice(LINE, 0, allowed=range(-1, max(len(design.rows), 1))))


def saved_id() -> str:
    """The saved design that this one was opened from or saved as; empty for none."""
    return str(st.session_state.get(_SAVED, ""))


def saved_as(design_id: str) -> None:
    st.session_state[_SAVED] = design_id


def _read(packed: str) -> str:
    return designs.to_text(designs.from_text(designs.unpack(packed)))


def _write(text: str) -> str:
    try:
        return designs.pack(text)
    except DesignError:
        return ""  # too long for an address: the session keeps it, and the page offers the file


def _write_typed(text: str) -> str:
    """Both texts share the length of one address."""
    packed = _write(text)
    return packed if len(packed) + len(_write(st.session_state.get(NET, ""))) <= designs.MOST_PACKED else ""
