"""What every card has: its idea and paper, formula, the question how many parameters, what it costs, and code that runs."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from typing import Any

import streamlit as st

from cnn_core.blocks import Card
from cnn_core.blocks.snippets import Code
from pages.ui import state
from pages.ui.i18n import compact, number, row_text, t

LINKS = ((r"arXiv:(\d{4}\.\d{4,5})", "https://arxiv.org/abs/"),)
TITLES = {"pytorch": "PyTorch", "keras": "Keras"}
Priced = tuple[str, Any]  # what a row of the table is called, and its cnn_core.blocks.costs.Cost


def idea(card: Card) -> None:
    """The two sentences, and the paper behind them."""
    paper = row_text("blocks", card, "paper")
    for pattern, address in LINKS:
        paper = re.sub(pattern, lambda hit, address=address: f"[{hit[0]}]({address}{hit[1]})", paper)  # type: ignore[misc]
    with st.container(key="blocks-idea"):
        st.markdown(f"{row_text('blocks', card, 'idea')}  \n:gray[:small[{paper}]]")


def formula(symbols: str, numbers: str = "", result: str = "", note: str = "") -> None:
    """A formula in letters, and the same with the numbers on the screen; plain text, escaped here.

    In ``symbols``, ``^{…}`` is set above the line and ``_{…}`` below.
    """
    letters = re.sub(r"_\{(.*?)\}", r"<sub>\1</sub>", re.sub(r"\^\{(.*?)\}", r"<sup>\1</sup>", html.escape(symbols)))
    parts = [f"<span class='symbols'>{letters}</span>"]
    if numbers:
        shown = f" = <b>{html.escape(result)}</b>" if result else ""
        parts.append(f"<span class='numbers'>{html.escape(numbers)}{shown}</span>")
    if note:
        parts.append(f"<span class='note'>{html.escape(note)}</span>")
    st.html(f"<div class='blocks-formula'>{''.join(parts)}</div>")


def parameters(card_id: str, question: str, answer: int, working: str, rows: Sequence[Priced]) -> bool:
    """Ask how many parameters there are before saying it; then say it, with the working, and what everything costs.

    Args:
        question: what is counted.
        answer: as the network on the screen counts it.
        working: where the number comes from, in numbers.
        rows: the costs beside each other.

    Returns:
        Whether it has been told; what gives the answer away stays hidden until then.
    """
    told = state.choice(f"told_{card_id}", False)
    with st.container(key="blocks-parameters", border=True):
        st.markdown(f"**{t('blocks.question')}** {question}")
        if told:
            _verdict(card_id, answer, working)
        else:
            with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
                st.text_input(
                    t("blocks.guess"), key=f"guess_{card_id}", label_visibility="collapsed", placeholder=t("blocks.guess"),
                    on_change=_tell, args=(card_id,), width=130,
                )  # fmt: skip
                st.button(t("blocks.tell"), key=f"tell_{card_id}", on_click=_tell, args=(card_id,), type="primary")
        st.html(_table(rows, told))
    return bool(told)


def _tell(card_id: str) -> None:
    st.session_state[f"guessed_{card_id}"] = st.session_state.get(f"guess_{card_id}", "")
    state.keep(f"told_{card_id}", True)


def _ask_again(card_id: str) -> None:
    st.session_state.pop(f"guessed_{card_id}", None)
    state.keep(f"told_{card_id}", False)


def _verdict(card_id: str, answer: int, working: str) -> None:
    guess = read_count(st.session_state.get(f"guessed_{card_id}", ""))
    verdict = "" if guess is None else t("blocks.right") if guess == answer else t("blocks.wrong", guess=number(guess))
    equation = f"{working} = {number(answer)}" if working else number(answer)
    st.html(f"<div class='blocks-answer'><b>{html.escape(equation)}</b> <span>{html.escape(verdict)}</span></div>")
    st.button(t("blocks.again"), key=f"again_{card_id}", on_click=_ask_again, args=(card_id,), type="tertiary")


def read_count(text: str) -> int | None:
    """A count as somebody types it, with whatever separates its thousands; None where it is not one.

    >>> read_count("14,592"), read_count("14.592"), read_count("many")
    (14592, 14592, None)
    """
    digits = re.sub(r"[\s.,'\u202f]", "", text)
    return int(digits) if re.fullmatch(r"[0-9]{1,15}", digits) else None


def _table(rows: Sequence[Priced], told: bool) -> str:
    head = "".join(f"<th scope='col'>{html.escape(t(f'blocks.cost.{name}'))}</th>" for name in ("params", "macs"))
    lines = "".join(
        f"<tr><th scope='row'>{html.escape(name)}<small>{'×'.join(map(str, cost.output_shape))}</small></th>"
        + "".join(_cell(value, told) for value in (cost.params, cost.macs)) + "</tr>"
        for name, cost in rows
    )  # fmt: skip
    return f"<table class='blocks-costs'><thead><tr><th></th>{head}</tr></thead><tbody>{lines}</tbody></table>"


def _cell(value: int, told: bool) -> str:
    return f"<td title='{number(value)}'>{compact(value)}</td>" if told else "<td>?</td>"


def code(shown: Code) -> None:
    """What is on the screen as code, with its numbers, in every framework in which they come out the same."""
    with st.expander(t("blocks.code"), icon=":material/code:"):
        state.choice("blocks_code", "pytorch", allowed=shown.frameworks)
        st.segmented_control(
            t("blocks.code"), shown.frameworks, format_func=TITLES.__getitem__, key="blocks_code", required=True,
            label_visibility="collapsed",
        )  # fmt: skip
        if len(shown.frameworks) < len(TITLES):
            st.caption(t("blocks.code.draws"))
        st.code(shown.write(st.session_state["blocks_code"]), language="python")
