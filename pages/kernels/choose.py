"""Choosing a kernel, shaping it and writing one's own: the upper half of the column of controls."""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np
import streamlit as st

from cnn_core import kernels
from cnn_core.errors import ConvolabError, KernelError
from cnn_core.kernels import KERNELS, Kernel, Parameter
from pages.ui import state
from pages.ui.components.kernel_editor import Edit, kernel_editor
from pages.ui.i18n import error_text, language, row_text, t

CUSTOM = "custom"
# A blurred or sharpened picture is a picture; anything else is a map of signed answers.
PICTURE_GROUPS = ("blur", "sharpen", "other")
_COMPLAINT = "kernels_complaint"  # in session_state: why the last edit could not be done
_PASTED = "kernels_pasted"


@dataclass(frozen=True)
class ChosenKernel:
    """The kernel on the screen: its weights, (kh, kw) float64, and the row of the table that it is or was made from."""

    weights: np.ndarray
    row: Kernel
    custom: bool

    @property
    def title(self) -> str:
        return t("kernels.custom") if self.custom else kernel_title(self.row)

    @property
    def compact(self) -> str:
        """Names exactly these weights: what caches key on."""
        return kernels.to_compact(self.weights)

    @property
    def makes_a_picture(self) -> bool:
        """Whether the response is a picture in its own right: blurred, sharpened, moved."""
        return natural_view(self.row) == "picture" and not self.custom


def kernel_title(row: Kernel) -> str:
    return row_text("kernel_table", row, "title")


def choose_kernel() -> ChosenKernel:
    """Draw select, sliders, editor, and paste and copy; the kernel they make."""
    chosen = state.choice("kernel", "horizontal", allowed=(*KERNELS, CUSTOM))
    st.selectbox(
        t("kernels.pick"), (*KERNELS, CUSTOM), format_func=kernel_labels(language()).__getitem__, key="kernel", on_change=_picked,
    )  # fmt: skip
    custom = chosen == CUSTOM
    row = KERNELS[state.choice("base", "horizontal", allowed=KERNELS)] if custom else KERNELS[chosen]
    weights = _custom_weights(row) if custom else row.make(**_sliders(row))
    kernel = ChosenKernel(weights, row, custom)
    kernel_editor(weights, key="kernel_editor", max_side=kernels.MAX_SIDE, on_edit=functools.partial(_edited, row.id))
    if complaint := st.session_state.pop(_COMPLAINT, None):
        st.error(error_text(complaint))
    if custom:
        st.caption(t("kernels.based_on", title=kernel_title(row)))
    else:
        st.caption(f"{row_text('kernel_table', row, 'answers_to')}  \n*{row_text('kernel_table', row, 'source')}*")
    _paste_and_copy(weights)
    return kernel


@functools.cache
def kernel_labels(lang: str) -> dict[str, str]:
    """What the select shows; its group stands in front, so that typing "blur" finds all of them."""
    groups = {group: t(f"kernel_table.group.{group}") for group in kernels.GROUPS}
    return {row.id: f"{kernel_title(row)} · {groups[row.group]}" for row in KERNELS.values()} | {CUSTOM: t("kernels.custom")}


def natural_view(row: Kernel) -> str:
    """How a response is best shown before anybody chose."""
    return "picture" if row.group in PICTURE_GROUPS else "signed"


def use_custom(weights: np.ndarray, base: str) -> None:
    """Make these weights the kernel of the session; for callbacks. Where the editor takes no such weights, it says so."""
    text = kernels.to_compact(weights)
    try:
        kernels.from_compact(text, max_side=max(weights.shape))
    except KernelError as error:  # normalised or multiplied, they grew too large
        st.session_state[_COMPLAINT] = error
        return
    state.keep("kernel", CUSTOM)
    state.keep("base", base)
    state.keep("w", text)


def use_preset(kernel_id: str) -> None:
    """Make a kernel of the table the one of the session; for callbacks and before its select is drawn."""
    state.keep("kernel", kernel_id)
    state.keep("show", natural_view(KERNELS[kernel_id]))


def _picked() -> None:
    chosen = st.session_state["kernel"]
    if chosen != CUSTOM:
        use_preset(chosen)


def _custom_weights(base: Kernel) -> np.ndarray:
    text = state.choice("w", "", read=_check_compact)
    weights = kernels.from_compact(text) if text else base.weights
    return weights if max(weights.shape) <= kernels.MAX_SIDE else KERNELS["horizontal"].weights


def _check_compact(text: str) -> str:
    try:
        kernels.from_compact(text)
    except KernelError as error:
        raise ValueError(text) from error
    return text


def _sliders(row: Kernel) -> dict[str, float]:
    """The parameters of a kernel that follows from a formula, two sliders in a row."""
    values: dict[str, float] = {}
    for index, parameter in enumerate(row.parameters):
        if index % 2 == 0:
            columns = st.columns(2, gap="small")
        cast = int if parameter.whole else float
        name = f"{row.id}_{parameter.id}"
        value = state.choice(name, cast(parameter.default), read=functools.partial(_from_link, parameter))
        unit = parameter.unit.replace("%", "%%")
        columns[index % 2].slider(
            t(f"kernel_table.parameter.{parameter.id}"), cast(parameter.low), cast(parameter.high), step=cast(parameter.step),
            key=name, format=f"%{'d' if parameter.whole else 'g'}{'' if unit == '°' else ' '}{unit}",
        )  # fmt: skip
        values[parameter.id] = parameter.check(value)
    return values


def _from_link(parameter: Parameter, text: str) -> float:
    return parameter.check(float(text))


def _edited(base: str, edit: Edit) -> None:
    """What a change in the editor does; a preset that is edited becomes custom, and reset brings the preset back."""
    try:
        if edit.operation == "reset":
            use_preset(base)
        elif edit.operation == "resize":
            use_custom(kernels.resize_grid(edit.weights, edit.rows, edit.cols), base)
        elif edit.operation is not None:
            use_custom(getattr(kernels, edit.operation)(edit.weights), base)
        else:
            use_custom(edit.weights, base)
    except ConvolabError as error:
        st.session_state[_COMPLAINT] = error


def _paste_and_copy(weights: np.ndarray) -> None:
    look = {"on_change": "rerun", "width": "stretch"}  # what stands behind a button is only made when it is opened
    with st.container(horizontal=True, gap="small"):
        with st.popover(t("kernels.paste"), icon=":material/content_paste:", key="kernels-paste", **look) as paste:
            if paste.open:
                example = kernels.to_text(KERNELS["sobel_x"].weights)
                with st.form("kernels-paste-form", border=False):  # a form hears Ctrl+Enter
                    st.text_area(t("kernels.paste.label"), key=_PASTED, height=150, placeholder=example, help=t("kernels.paste.help"))
                    st.form_submit_button(t("kernels.paste.use"), on_click=_use_pasted, type="primary", key="kernels_use_pasted")
        with st.popover(t("kernels.copy"), icon=":material/content_copy:", key="kernels-copy", **look) as copy:
            if copy.open:
                for title, text, code in (
                    (t("kernels.copy.numbers"), kernels.to_text(weights), None),
                    ("NumPy", kernels.to_numpy(weights), "python"),
                    ("PyTorch", kernels.to_torch(weights), "python"),
                ):
                    st.caption(title)
                    st.code(text, language=code)


def _use_pasted() -> None:
    base = st.session_state["kernel"]
    try:
        use_custom(kernels.parse(st.session_state.get(_PASTED, "")), "horizontal" if base == CUSTOM else base)
    except ConvolabError as error:
        st.session_state[_COMPLAINT] = error
