"""What the user chose, kept through page changes and written into the URL, so that a link reproduces the screen.

Streamlit's own ``bind="query-params"`` drops every parameter when the page changes, and a widget forgets its value with its
page. Here each choice is kept by name in the session, and the URL is the picture of those the current page uses:

    kernel = state.choice("kernel", default="horizontal", allowed=KERNELS.ids())
    st.selectbox(t("kernels.pick"), KERNELS.ids(), key="kernel")

The router runs every page inside ``page(…)``.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Container, Iterator
from dataclasses import dataclass
from typing import Any

import streamlit as st
from streamlit.runtime.scriptrunner import RerunException, StopException, get_script_run_ctx

_KEPT = "_kept"  # name → value as of the last run that used it
_WRITTEN = "_written"  # (page, parameters) last put into the URL
_DRAWN = "_drawn"  # the names that were widgets in the last run
_PAGE = "_page"
_USED = "_used"  # name → Parameter, of this run
_NAMES = "_names"  # page → the names that its last run used
_STALE_S = 4.0  # a click that left the browser before our last URL reached it still carries the older one; seconds on a busy server


@dataclass(frozen=True)
class Parameter:
    """How one choice looks in the URL; a choice at its default is left out, unless it is ``always`` written."""

    default: Any
    write: Callable[[Any], str]
    always: bool = False


@contextlib.contextmanager
def page(topic: str) -> Iterator[None]:
    """Around the run of one page: reads the URL before, keeps the choices and writes the URL after.

    A run that a newer click cuts short has not drawn all its widgets; what it did not reach counts as still there.
    """
    drawn_before = st.session_state.get(_DRAWN, frozenset())
    _begin(topic)
    try:
        yield
    except RerunException:
        _finish(drawn_before)
        raise
    except StopException:
        _finish()
        raise
    _finish()


def _begin(page: str) -> None:
    """Start a run of ``page``: after a link or a step back or forward the URL decides."""
    st.session_state[_USED] = {}
    kept = st.session_state.setdefault(_KEPT, {})
    written_page, written, written_at = st.session_state.get(_WRITTEN, (page, {}, 0.0))
    url = st.query_params.to_dict()
    forget: set[str] = set()
    context = get_script_run_ctx()
    if context and context.is_history_navigation:  # the step's URL says all: what it leaves out was at its default
        forget = url.keys() | st.session_state.get(_NAMES, {}).get(page, frozenset())
    elif written_page != page and url != written:
        forget = set(url)
    elif url != written and time.monotonic() - written_at > _STALE_S and not _touched(kept):
        forget = url.keys() | written.keys()
    for name in forget:
        kept.pop(name, None)
        st.session_state.pop(name, None)
    st.session_state[_PAGE] = page
    if written_page != page:  # a run cut short may never write: coming back from it is not a step through the history
        st.session_state[_WRITTEN] = (page, url, time.monotonic())


def choice(
    name: str,
    default: Any,
    *,
    allowed: Container[Any] | None = None,
    read: Callable[[str], Any] | None = None,
    write: Callable[[Any], str] | None = None,
    always: bool = False,
) -> Any:
    """The value of one choice, ready to be the ``key`` of a widget (which must not be given a default of its own).

    In order: what the session holds, what it kept from an earlier visit, the URL, the default; the first that is allowed.

    Args:
        name: the widget's key and the URL's parameter; the same name on two pages is the same choice.
        default: the value that the URL leaves out.
        allowed: the values that may be chosen; anything else counts as absent.
        read: from the URL's text to a value, raising ``ValueError`` on nonsense; guessed from ``default`` if left out.
        write: from a value to the URL's text; likewise guessed.
        always: write it into the URL even at its default, because another server may have another default.
    """
    st.session_state[_USED][name] = Parameter(default, write or _writer(default), always)
    kept = st.session_state[_KEPT]
    value = next((v for v in _candidates(name, kept, read or _reader(default)) if _is_allowed(v, allowed)), default)
    # Streamlit tells the browser a value only if it was set in the run that draws the widget anew; setting it while the
    # widget stays would undo what the user typed in the meantime.
    if name not in st.session_state.get(_DRAWN, ()) or st.session_state.get(name) != value:
        st.session_state[name] = value
    return value


def asked(name: str, read: Callable[[str], Any] = str) -> Any:
    """What the session or the URL asks for, allowed or not; None where neither says anything."""
    return next(iter(_candidates(name, st.session_state.get(_KEPT, {}), read)), None)


def keep(name: str, value: Any) -> None:
    """Set a choice from a callback or before its widget is drawn."""
    st.session_state[name] = value


def was_drawn(name: str) -> bool:
    """Whether the widget of that key was on the screen in the last run."""
    return name in st.session_state.get(_DRAWN, ())


def _finish(drawn_before: frozenset[str] = frozenset()) -> None:
    """End a run: keep what the page used and write it into the URL."""
    used: dict[str, Parameter] = st.session_state[_USED]
    kept = st.session_state[_KEPT]
    url = {}
    for name, parameter in used.items():
        value = st.session_state.get(name, kept.get(name, parameter.default))
        kept[name] = value
        if parameter.always or value != parameter.default:
            url[name] = parameter.write(value)
    st.session_state.setdefault(_NAMES, {})[st.session_state[_PAGE]] = frozenset(used)
    context = get_script_run_ctx()
    drawn = context.shared.widget_user_keys_this_run.snapshot() if context else frozenset()
    st.session_state[_DRAWN] = drawn | drawn_before
    changed = st.query_params.to_dict() != url
    written_at = time.monotonic() if changed else st.session_state.get(_WRITTEN, ("", {}, 0.0))[2]
    st.session_state[_WRITTEN] = (st.session_state[_PAGE], url, written_at)
    if changed:
        st.query_params.from_dict(url)  # last: a newer click may cut the run short here


def link_parameters() -> dict[str, str]:
    """What a link to another page carries along, so that presentation mode and language outlive the click."""
    used: dict[str, Parameter] = st.session_state[_USED]
    kept = {name: st.session_state.get(name) for name in ("lang", "present") if name in used}
    return {name: used[name].write(value) for name, value in kept.items() if value != used[name].default}


def _touched(kept: dict[str, Any]) -> bool:
    """Whether a widget changed since the last run: then this run is a click, not a step through the browser's history."""
    return any(name in st.session_state and st.session_state[name] != value for name, value in kept.items())


def _candidates(name: str, kept: dict[str, Any], read: Callable[[str], Any]) -> list[Any]:
    found = [source[name] for source in (st.session_state, kept) if name in source]
    if name in st.query_params:
        with contextlib.suppress(ValueError):  # nonsense in a link is as good as nothing: the default is shown
            found.append(read(st.query_params[name]))
    return found


def _is_allowed(value: Any, allowed: Container[Any] | None) -> bool:
    return value is not None and (allowed is None or value in allowed)


def _reader(default: Any) -> Callable[[str], Any]:
    if isinstance(default, bool):
        return _read_bool
    return type(default) if isinstance(default, (int, float)) else str


def _read_bool(text: str) -> bool:
    return bool(("0", "1").index(text))


def _writer(default: Any) -> Callable[[Any], str]:
    return (lambda value: str(int(value))) if isinstance(default, bool) else str
