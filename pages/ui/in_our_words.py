"""Widgets whose own words are English whatever the language is, with ours in their place."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import streamlit as st

from pages.ui.i18n import number, t

# Of an uploader; each text stands alone in its element.
_BUTTON = '[data-testid="stFileUploaderDropzone"] [data-testid="stMarkdownContainer"] p'
_LIMIT = '[data-testid="stFileUploaderDropzoneInstructions"] span'
# Why a file or a number is refused: at the end of the document, not in its field.
_REFUSAL = ':is([data-testid="stTooltipErrorContent"] p, [data-testid="stTooltipErrorContent"]:not(:has(p)))'


def replace(places: Mapping[str, str]) -> None:
    """Put texts in place of those in the elements that CSS selectors name."""
    rules = (
        f"{place} {{ font-size: 0; }} {place} > * {{ display: none; }} "
        f"{place}::after {{ content: {json.dumps(words, ensure_ascii=False)}; font-size: 0.9rem; }}"
        for place, words in places.items()
    )
    st.html(f"<style>{''.join(rules)}</style>")


def file_uploader(label: str, *, key: str, limit: str | None = None, button: str = "", **more: Any) -> Any:
    """``st.file_uploader``.

    Args:
        limit: what may be uploaded, and how large, beside the button; left out, the endings and the server's limit; "" for nothing.
        button: on the button, where it is not "Choose a file".
    """
    if limit is None:
        endings = ", ".join(f".{ending}" for ending in more.get("type", ()))
        limit = t("app.upload.limit", endings=endings, most=number(st.get_option("server.maxUploadSize")))
    place = f".st-key-{key} "
    refused = f"body:has({place}[data-testid=stFileChip][aria-invalid=true]) {_REFUSAL}"
    replace({place + _BUTTON: button or t("app.upload"), place + _LIMIT: limit, refused: t("app.upload.refused")})
    return st.file_uploader(label, key=key, **more)


def number_input(label: str, low: int, high: int, *, key: str, **more: Any) -> Any:
    """``st.number_input`` between two whole numbers."""
    told = t("app.outside", low=number(low), high=number(high))
    replace({f"body:has(.st-key-{key} [aria-invalid=true]) {_REFUSAL}": told})
    return st.number_input(label, low, high, key=key, **more)
