"""The blocks page: one card at a time, each with a live example, its formula with numbers, its cost and its code."""

from __future__ import annotations

import importlib
from pathlib import Path

import streamlit as st

from cnn_core.blocks import CARDS
from pages.blocks import frame
from pages.ui import cached, state
from pages.ui.i18n import row_text, t


def draw() -> None:
    chosen = state.choice("card", CARDS.ids()[0], allowed=CARDS)
    st.title(t("blocks.title"), anchor=False)
    st.segmented_control(
        t("blocks.card"), CARDS.ids(), format_func=lambda card_id: row_text("blocks", CARDS[card_id], "title"), key="card", required=True,
        label_visibility="collapsed", width="content", wrap=True,
    )  # fmt: skip
    card = CARDS[chosen]
    frame.idea(card)
    controls, stage = st.columns([27, 73], gap="medium")
    if not cached.torch_is_here():  # the cards import it, which in the first seconds of a server has to be waited for
        with stage, st.spinner(t("blocks.loading")):
            cached.wait_for_torch()
    shown = importlib.import_module(f"pages.blocks.cards.{card.id}").draw(controls, stage)
    if shown is not None:
        frame.code(shown)


st.html(Path(__file__).parent / "layout.css")
with st.container(key="blocks-page"):
    draw()
