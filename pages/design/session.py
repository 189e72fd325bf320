"""The design on the screen: text and chosen line are in the URL (``net``, compressed, and ``line``), what came before in the session."""

from __future__ import annotations

import functools
from dataclasses import dataclass, field, replace

import streamlit as st

from cnn_core import designs, inspection
from cnn_core.designs import Design
from cnn_core.errors import ConvolabError, DesignError
from pages.ui import cached, state

NET, LINE, START = "net", "line", "start"
_HISTORY, _NOTE, _SAVED = "_design_history", "_design_note", "_design_saved"
MOST_STEPS = 200  # that can be undone

FIRST = """name A small residual network
input 3x32x32
conv 32 3x3 pad 1
relu
maxpool 2
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
maxpool 2
gap
flatten
linear 10
"""
"""What the page opens on: one block of each sort, small enough to be seen whole."""


@dataclass
class History:
    """Texts in the order in which they were on the screen, and which of them is."""

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
    text = state.choice(NET, FIRST, allowed=_Texts(), read=_read, write=_write)
    history().remember(text)
    return _parsed(text)


def _follow_link() -> None:
    """``?start=resnet20`` begins with a network of the catalogue, or a saved design; a damaged link is told about."""
    start = st.query_params.get(START, "")
    if start and NET not in st.query_params:
        begin(start)
    elif (packed := st.query_params.get(NET)) and NET not in st.session_state:
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
    state.keep(NET, designs.to_text(designs.from_text(text)))
    state.keep(LINE, line)


def show(design: Design, line: int | None = None) -> None:
    """Put a design on the screen, and perhaps another line."""
    state.keep(NET, designs.to_text(design))
    if line is not None:
        state.keep(LINE, line)


def rename(design: Design, name: str) -> None:
    show(replace(design, name=designs.clean_name(name)))


def turn(by: int) -> None:
    """Undo (-1) or redo (1)."""
    state.keep(NET, history().turn(by))


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
