"""Sentences of the page."""

from __future__ import annotations

from copy import copy
from typing import Any

from cnn_core.errors import ConvolabError
from pages.ui.i18n import error_text, number, t


def sentence(error: ConvolabError) -> str:
    """What is wrong, in the session's language and with its numbers written as that language does; a text's error with its place."""
    shown = copy(error)
    shown.facts = {name: _written(fact) for name, fact in error.facts.items()}
    if "field" in shown.facts:  # its word was not typed: it is called what the list calls it
        shown.facts["option"] = t(f"design.field.{shown.facts['field']}")
    text = error_text(shown)
    if "line" in error.facts:
        return t("design.text.place", line=error.facts["line"], column=error.facts["column"], reason=text)
    return text


def _written(fact: Any) -> Any:
    return number(fact) if type(fact) in (int, float) else fact
