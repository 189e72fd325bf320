"""Two languages through gettext: texts by id, one catalogue a domain, switched live.

``t("kernels.pick")`` is the message ``kernels.pick`` of ``assets/locale/<language>/LC_MESSAGES/kernels.po``. The ``.po`` files are
compiled in memory when they are first needed, so there is no build step and nothing binary in version control.
"""

from __future__ import annotations

import functools
import gettext
import io
import math
from contextvars import ContextVar
from pathlib import Path
from typing import Any

import streamlit as st
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal

from cnn_core.errors import ConvolabError, RecipeError, RecipeFaults
from pages.ui.plain import plain

ASSETS = Path(__file__).parents[2] / "assets"
LANGUAGES = {"en": "English", "es": "Español"}  # each by its own name, so that everybody finds hers


_SPOKEN: ContextVar[str] = ContextVar("spoken")  # of this run: asked at every text, and the session's state is slow to ask


def speak() -> None:
    """Settle the language at the start of a run: the one chosen, else the link's, else the browser's, else English."""
    _SPOKEN.set(_wanted())


def language() -> str:
    """The language of this run; what the session wants where none has been settled (a fragment's own run)."""
    return _SPOKEN.get(None) or _wanted()


def _wanted() -> str:
    chosen = st.session_state.get("lang") or st.query_params.get("lang")
    return chosen if chosen in LANGUAGES else browser_language()


def browser_language() -> str:
    wanted = (st.context.locale or "en").split("-")[0].lower()
    return wanted if wanted in LANGUAGES else "en"


def t(message_id: str, **values: Any) -> str:
    """The text of a message in the session's language, with ``{placeholders}`` filled in.

    An id that no catalogue holds is shown as it is; a test keeps that from happening.
    """
    text = _catalogue(language(), message_id.split(".", 1)[0]).gettext(message_id)
    return text.format(**values) if values else text


def tn(message_id: str, n: int, **values: Any) -> str:
    """The text of a message that counts: ``tn("pictures.count", 3)`` is "3 pictures"; ``{n}`` is the number."""
    text = _catalogue(language(), message_id.split(".", 1)[0]).ngettext(message_id, message_id, n)
    return text.format(n=number(n), **values)


def row_text(domain: str, row: Any, field: str) -> str:
    """A registry row's text: English stands in the row itself, other languages in ``<domain>.<id>.<field>``."""
    english = str(getattr(row, field))
    if language() == "en" or not english:
        return english
    message_id = f"{domain}.{row.id}.{field}"
    text = _catalogue(language(), domain).gettext(message_id)
    return english if text == message_id else text


def row_texts(domain: str, row: Any, field: str) -> frozenset[str]:
    """A registry row's text in every language."""
    english, message_id = str(getattr(row, field)), f"{domain}.{row.id}.{field}"
    found = {_catalogue(lang, domain).gettext(message_id) for lang in LANGUAGES}
    return frozenset({english} | found - {message_id})


def error_text(error: ConvolabError) -> str:
    """The sentence for an error in the session's language; its own English where the catalogue has none.

    The facts may come from an address or a file's name, and the sentence may be drawn as Markdown, so they are made plain.
    """
    message_id = f"errors.{error.code}"
    text = _catalogue(language(), "errors").gettext(message_id)
    if text == message_id:
        return plain(str(error))
    facts = {name: told(fact) for name, fact in error.facts.items()}
    if isinstance(error, RecipeError) and "field" in facts:
        facts["field"] = _field(str(facts["field"]))
    if isinstance(error, RecipeFaults):
        facts["told"] = " · ".join(map(error_text, error.faults))
    return text.format(**facts)


def _field(name: str) -> str:
    """A recipe's field as the page calls it, and as files and links do: "Learning rate (lr)"."""
    label = t(f"recipe_fields.{name}")
    return name if label in (name, f"recipe_fields.{name}") or label.casefold() == name else f"{label} ({name})"


def told(fact: Any) -> Any:
    """A fact as a sentence mentions it: text made plain, a number as the language writes it, anything else as it is."""
    if isinstance(fact, str):
        return plain(fact)
    return figure(fact) if isinstance(fact, (int, float)) and not isinstance(fact, bool) else fact


def figure(value: float, digits: int = 4) -> str:
    """A measured number to so many digits; a huge or a tiny one by its power of ten: "5.79·10⁸" ("5,79·10⁸" in Spanish)."""
    if isinstance(value, int) or value == 0:
        return number(value)
    if not math.isfinite(value):
        return "NaN" if math.isnan(value) else "∞" if value > 0 else "−∞"
    if 1e-4 <= abs(value) < 1e6:
        return number(value, max(digits - 1 - math.floor(math.log10(abs(value))), 0))
    mantissa, power = f"{value:.2e}".split("e")
    raised = str(int(power)).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))
    return f"10{raised}" if float(mantissa) == 1 else f"{number(float(mantissa))}·10{raised}"


def number(value: float, digits: int = 3) -> str:
    """A number as the user's language writes it: whole numbers whole, others to ``digits`` decimals at most."""
    if isinstance(value, float) and not value.is_integer():
        return format_decimal(value, format=f"#,##0.{'#' * digits}", locale=language())
    return format_decimal(value, format="#,##0", locale=language())


_PREFIXES = ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k"))  # of the SI, the same in every language


def compact(value: float, whole_below: float = 100_000) -> str:
    """Three digits and a prefix: 11,689,512 → "11.7 M" ("11,7 M" in Spanish); what is short enough stays whole."""
    if value < whole_below:
        return number(value)
    size, prefix = next((size, prefix) for size, prefix in _PREFIXES if value >= size * 0.9995)
    scaled = value / size
    digits = 2 if scaled < 9.995 else 1 if scaled < 99.95 else 0
    return f"{format_decimal(scaled, format='0.00'[: 2 + digits if digits else 1], locale=language())}\u202f{prefix}"


def compact_bytes(value: int) -> str:
    """``3,211,264`` → "3.21 MB", of a thousand thousands each."""
    text = compact(value, whole_below=1_000)
    return f"{text}B" if value >= 1_000 else f"{text}\u202fB"


@functools.cache
def texts(lang: str, prefix: str, names: tuple[str, ...]) -> dict[str, str]:
    """The texts ``<prefix>.<name>`` of a language, by name, with their placeholders: for options and components, which ask often."""
    catalogue = _catalogue(lang, prefix.split(".", 1)[0])
    return {name: catalogue.gettext(f"{prefix}.{name}") for name in names}


@functools.cache
def _catalogue(lang: str, domain: str) -> gettext.NullTranslations:
    path = ASSETS / "locale" / lang / "LC_MESSAGES" / f"{domain}.po"
    if not path.is_file():
        return gettext.NullTranslations()
    compiled = io.BytesIO()
    with path.open("rb") as file:
        write_mo(compiled, read_po(file, locale=lang))
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)
