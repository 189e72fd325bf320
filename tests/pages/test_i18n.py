"""Every visible string exists in English and in Spanish, with the same placeholders, and none stands in the code."""

from __future__ import annotations

import ast
import re
import string
from collections.abc import Sequence
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

from tests.conftest import ROOT

LOCALE = ROOT / "assets" / "locale"
SOURCES = [ROOT / "app.py", *sorted((ROOT / "pages").rglob("*.py"))]
DOMAINS = sorted({path.stem for path in LOCALE.rglob("*.po")})
TRANSLATORS = {"t", "tn"}

# Streamlit calls whose text the user reads, and the arguments that hold it.
SHOWN_CALLS = {
    "title", "header", "subheader", "write", "markdown", "caption", "text", "info", "warning", "error", "success", "toast",
    "button", "link_button", "download_button", "selectbox", "multiselect", "radio", "segmented_control", "pills", "slider",
    "select_slider", "number_input", "text_input", "text_area", "toggle", "checkbox", "file_uploader", "camera_input",
    "expander", "popover", "tabs", "metric", "spinner", "status", "progress", "page_link", "dialog", "exception", "badge",
    "color_picker", "date_input", "feedback", "form_submit_button", "menu_button",
}  # fmt: skip
SHOWN_KEYWORDS = {
    "label",
    "help",
    "placeholder",
    "caption",
    "title",
    "text",
    "alt",
    "body",
    "name",
    "xaxis_title",
    "yaxis_title",
}
# Paths, icons, colour directives, code, markup, and the words that are the same in every language.
NOT_PROSE = r"\S*/\S*|:material/\w+:|:\w+\[|`[^`]*`|<[^>]*>|&\w+;|\b(px|MB|KB|ms|RGB|PyTorch|NumPy|CSV|Markdown|SVG|PNG)\b"


def catalogue(lang: str, domain: str) -> Catalog:
    path = LOCALE / lang / "LC_MESSAGES" / f"{domain}.po"
    with path.open("rb") as file:
        return read_po(file, locale=lang)


def texts(message_string: str | Sequence[str] | None) -> tuple[str, ...]:
    return (message_string,) if isinstance(message_string, str) else tuple(message_string or ())


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def message_ids(lang: str, domain: str) -> dict[str, tuple[str, ...]]:
    def key(message_id: str | Sequence[str]) -> str:
        return message_id if isinstance(message_id, str) else message_id[0]

    return {key(m.id): texts(m.string) for m in catalogue(lang, domain) if m.id}


def ids_in_code() -> dict[str, str]:
    """Every literal id given to ``t`` or ``tn``, with where it stands."""
    found = {}
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in TRANSLATORS:
                first = node.args[0]
                if isinstance(first, ast.Constant):
                    found[str(first.value)] = f"{path.relative_to(ROOT)}:{node.lineno}"
    return found


@pytest.mark.parametrize("domain", DOMAINS)
def test_both_languages_say_everything(domain: str) -> None:
    # A row's English stands in the row itself, so the English catalogue may hold less, never more.
    has_english = (LOCALE / "en" / "LC_MESSAGES" / f"{domain}.po").exists()
    english, spanish = message_ids("en", domain) if has_english else {}, message_ids("es", domain)
    assert not english.keys() - spanish.keys(), "without Spanish"
    for message_id, spoken in spanish.items():
        assert all(spoken), f"{message_id} is empty"
        if message_id in english:
            assert all(english[message_id]), f"{message_id} is empty"
            wanted = {name for text in english[message_id] for name in placeholders(text)}
            assert wanted == {name for text in spoken for name in placeholders(text)}, message_id


@pytest.mark.parametrize("domain", DOMAINS)
@pytest.mark.parametrize("lang", ["en", "es"])
def test_no_catalogue_says_a_thing_twice_or_leaves_it_fuzzy(lang: str, domain: str) -> None:
    path = LOCALE / lang / "LC_MESSAGES" / f"{domain}.po"
    if not path.exists():
        assert lang == "en"
        return
    ids = re.findall(r'^msgid "(.+)"$', path.read_text("utf-8"), flags=re.MULTILINE)
    assert len(ids) == len(set(ids)), sorted({i for i in ids if ids.count(i) > 1})
    assert not any(message.fuzzy for message in catalogue(lang, domain) if message.id)


@pytest.mark.parametrize("message_id", sorted(ids_in_code()))
def test_every_id_in_the_code_has_a_text(message_id: str) -> None:
    domain = message_id.split(".", 1)[0]
    for lang in ("en", "es"):
        assert message_id in message_ids(lang, domain), f"{ids_in_code()[message_id]} asks for it; {lang} has none"


def is_prose(node: ast.expr) -> bool:
    """A literal (or the fixed part of an f-string) with a word in it; icons, ids in backquotes and signs are not prose."""
    if isinstance(node, ast.JoinedStr):
        return any(is_prose(part) for part in node.values if isinstance(part, ast.Constant))
    if not (isinstance(node, ast.Constant) and isinstance(node.value, str)):
        return False
    text = re.sub(NOT_PROSE, "", node.value)
    return re.search(r"[^\W\d_]{2,}", text) is not None


def literal_prose(path: Path) -> list[str]:
    found = []
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in SHOWN_CALLS):
            continue
        shown = [*node.args[:1], *(word.value for word in node.keywords if word.arg in SHOWN_KEYWORDS)]
        found += [f"{path.name}:{node.lineno}: {ast.unparse(value)}" for value in shown if is_prose(value)]
    return found


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_text_stands_in_the_code(path: Path) -> None:
    assert not literal_prose(path)


def test_the_search_for_text_in_code_finds_it(tmp_path: Path) -> None:
    page = tmp_path / "page.py"
    page.write_text(
        'st.title("Hello")\nst.button(t("a.b"), help=f"Press {x} now")\nst.write("42 %", ":material/add:")\n'
    )
    assert len(literal_prose(page)) == 2


def error_codes() -> set[str]:
    codes = set()
    for path in (ROOT / "cnn_core").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.keyword) and node.arg == "code" and isinstance(node.value, ast.Constant):
                codes.add(str(node.value.value))
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Registry":
                codes.add("unknown_" + ast.literal_eval(node.args[0]).replace(" ", "_"))
    return codes


@pytest.mark.parametrize("code", sorted(error_codes()))
@pytest.mark.parametrize("lang", ["en", "es"])
def test_every_error_code_has_a_sentence(lang: str, code: str) -> None:
    assert f"errors.{code}" in message_ids(lang, "errors")
