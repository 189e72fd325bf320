"""One layer: its numbers, the formula with them put in, and the window that slides."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from cnn_core.arithmetic import extent, full_padding, half_padding, same_padding
from cnn_core.errors import GeometryError
from cnn_core.windows import Kind, Window
from pages.arithmetic.numbers import Chip, Field, numbers
from pages.arithmetic.sliding_window import Axis, Sentence, axis, sliding_window
from pages.ui import state
from pages.ui.i18n import error_text, t, tn

KINDS: tuple[Kind, ...] = ("conv", "pool", "transposed")
# name in the URL → (default, largest, the formula's letter); the sizes a projector shows and a hand-held device computes.
NUMBERS = {"i": (32, 512), "k": (3, 64), "s": (1, 64), "p": (0, 64), "d": (1, 32), "a": (0, 63)}
USED: dict[Kind, str] = {"conv": "ikspd", "pool": "ikspd", "transposed": "ikspda"}
MOST_TYPED = 999_999  # a link with a number beyond its limit is told so up to here, which is what fits the field
REFUSED = {  # the numbers that a refusal is about
    "kernel_too_long": "ikpd", "padding_over_half": "kp", "output_padding_too_large": "sda", "cropped_away": "p",
    "bad_size": "i", "bad_kernel": "k", "bad_stride": "s", "bad_dilation": "d",
}  # fmt: skip


@dataclass(frozen=True)
class Example:
    """Numbers to start from; those left out are at their default."""

    id: str
    op: Kind
    values: dict[str, int]


EXAMPLES = (
    Example("valid", "conv", {}),
    Example("padded", "conv", {"p": 1}),
    Example("strided", "conv", {"p": 1, "s": 2}),
    Example("max_pool", "pool", {"p": 1, "s": 2}),
    Example("dilated", "conv", {"i": 16, "d": 2}),
    Example("upsample", "transposed", {"i": 8, "k": 4, "s": 2, "p": 1}),
)


def draw() -> None:
    """The view: a column of numbers, and beside it the sentence and the picture."""
    op = state.choice("op", "conv", allowed=KINDS)
    values = {name: state.choice(name, default, allowed=range(MOST_TYPED + 1)) for name, (default, _) in NUMBERS.items()}
    same = state.choice("same", False)
    ceil = state.choice("ceil", False)
    dims = state.choice("dims", "2", allowed=("1", "2"))
    with st.container(horizontal=True, gap="small", key="arithmetic-examples"):
        for example in EXAMPLES:
            st.button(
                t(f"arithmetic.example.{example.id}"), key=f"example-{example.id}", on_click=_open, args=(example,)
            )
    side, main = st.columns([31, 69], gap="medium")
    beyond = [name for name in USED[op] if values[name] > NUMBERS[name][1]]
    window, shown, refusal = _work_out(op, values, same and op == "conv", ceil, drawn=not beyond)
    with side:
        st.segmented_control(
            t("arithmetic.op"), KINDS, format_func=lambda kind: t(f"arithmetic.op.{kind}"), key="op", required=True,
            label_visibility="collapsed", width="stretch",
        )  # fmt: skip
        numbers(_fields(op, values, window, refusal, beyond), _chips(op, values, same), chips_label=t("arithmetic.jargon"),
                key="layer-numbers", on_change=_choose)  # fmt: skip
        if op == "pool":
            st.toggle(t("arithmetic.ceil"), key="ceil", help=t("arithmetic.ceil.help"))
    with main:
        sliding_window(window, shown, _sentence(window, values, refusal, beyond), dims=dims, key="layer-picture",
                       on_dims=lambda chosen: state.keep("dims", chosen))  # fmt: skip


def _work_out(
    op: Kind, v: dict[str, int], same: bool, ceil: bool, drawn: bool
) -> tuple[Window, Axis | None, GeometryError | None]:
    padding = (v["p"], v["p"])
    refusal = None
    try:
        if same:
            padding = same_padding(v["i"], v["k"], v["s"], v["d"])
        window = Window(op, v["k"], v["s"], padding, v["d"], v["a"] if op == "transposed" else 0, op == "pool" and ceil)
        return window, axis(window, v["i"]) if drawn else None, None
    except GeometryError as error:
        refusal = error
    return (
        Window(op, v["k"], v["s"], padding, v["d"], v["a"] if op == "transposed" else 0, op == "pool" and ceil),
        None,
        refusal,
    )


def _fields(
    op: Kind, values: dict[str, int], window: Window, refusal: GeometryError | None, beyond: Sequence[str]
) -> list[Field]:
    blamed = beyond or (REFUSED.get(refusal.code, "") if refusal else "")
    before, after = window.padding
    uneven = f"{before}+{after}" if before != after else ""
    return [
        Field(
            name, name, t(f"arithmetic.number.{name}"), before if name == "p" else values[name], NUMBERS[name][1],
            shown=uneven if name == "p" else "", bad=name in blamed,
        )
        for name in USED[op]
    ]  # fmt: skip


def _chips(op: Kind, v: dict[str, int], same: bool) -> list[Chip]:
    """The names that paddings go by, as far as the kernel and the operation allow them."""
    if op == "transposed" or not (v["k"] and v["d"]):
        return []
    half, full = half_padding(v["k"], v["d"]), full_padding(v["k"], v["d"])
    chips = [("valid", {"p": 0, "same": 0}, v["p"] == 0 and not same)]
    if op == "conv":
        keeps = bool(v["i"] and v["s"]) and same_padding(v["i"], v["k"], v["s"], v["d"]) == (v["p"], v["p"])
        chips.append(("same", {"same": 1}, same or keeps))
        chips.append(("half", {"p": half, "same": 0}, v["p"] == half and not same))
        chips.append(("full", {"p": full, "same": 0}, v["p"] == full and not same))
    else:
        chips.append(("half", {"p": v["k"] // 2, "same": 0}, v["p"] == v["k"] // 2))
    return [Chip(name, name, t(f"arithmetic.jargon.{name}"), chosen, active) for name, chosen, active in chips]


def _sentence(
    window: Window, values: dict[str, int], refusal: GeometryError | None, beyond: Sequence[str]
) -> Sentence:
    n = values["i"]
    if beyond:
        limits = (
            t("arithmetic.numbers.whole", name=t(f"arithmetic.number.{name}"), most=NUMBERS[name][1]) for name in beyond
        )
        return Sentence(window.symbols(), window.expression(n), "", " ".join(limits))
    if refusal:
        return Sentence(window.symbols(), window.expression(n), "", error_text(refusal))
    formula, result = window.formula(n).rsplit(" = ", 1)
    notes = [note for note in (_derivation(window, n), _unseen(window, n), _dropped(window, n)) if note]
    return Sentence(window.symbols(), formula, result, notes=tuple(notes))


def _derivation(window: Window, n: int) -> str:
    """How "same" padding follows from the kernel, or, beyond stride 1, from TensorFlow's rule; what stride 2 does to a size."""
    if window.kind == "transposed":
        border = full_padding(window.kernel, window.dilation) - window.padding[0]
        return tn("arithmetic.transposed.note", window.stride - 1, border=border)
    if window.kind == "pool":
        return t("arithmetic.pool.note")
    before, after = same_padding(n, window.kernel, window.stride, window.dilation)
    facts = {
        "k": window.kernel,
        "s": window.stride,
        "d": window.dilation,
        "before": before,
        "after": after,
        "total": before + after,
    }
    if window.stride > 1:
        return t("arithmetic.same.strided", o=-(-n // window.stride), i=n, **facts)
    if before == after:
        return t("arithmetic.same.odd" if window.dilation == 1 else "arithmetic.same.dilated", p=before, **facts)
    return t("arithmetic.same.even", **facts)


def _unseen(window: Window, n: int) -> str:
    unseen = window.unseen(n)
    if not unseen:
        return ""
    if window.kind != "transposed" and unseen[0] > max(window.taps(window.output_size(n) - 1)):
        span = n + sum(window.padding) - extent(window.kernel, window.dilation)
        return tn("arithmetic.unseen.edge", len(unseen), span=span, s=window.stride)
    return tn("arithmetic.unseen.between", len(unseen))


def _dropped(window: Window, n: int) -> str:
    return t("arithmetic.ceil.dropped") if window.drops_last(n) else ""


def _choose(chosen: dict[str, int]) -> None:
    """What was typed or pressed: a padding typed by hand ends "same"."""
    if "p" in chosen:
        state.keep("same", False)
    for name, value in chosen.items():
        state.keep(name, bool(value) if name == "same" else value)


def _open(example: Example) -> None:
    state.keep("op", example.op)
    _choose({name: example.values.get(name, default) for name, (default, _) in NUMBERS.items()})
