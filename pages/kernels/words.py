"""What the views say in words and numbers, and the panel all of them begin with."""

from __future__ import annotations

import functools

import numpy as np
import streamlit as st

from cnn_core import kernels
from pages.kernels.choose import ChosenKernel
from pages.kernels.settings import Settings
from pages.ui.components.pixel_maps import Panel
from pages.ui.i18n import language, number, t
from pages.ui.picture import Picture


def input_panel(picture: Picture, source: np.ndarray) -> Panel:
    """The picture as the kernel meets it: grey values from 0 to 255, or red, green and blue."""
    alt = t("kernels.alt.input", title=picture.title)
    if source.ndim == 3:
        return Panel(source, t("kernels.input.rgb"), alt, kind="rgb")
    return Panel(source, t("kernels.input.grey"), alt, scale="grey", limits=(0, 255))


def response_panel(response: np.ndarray, caption: str, kernel: ChosenKernel, settings: Settings) -> Panel:
    """A response in its place on the picture, with the window it was computed from."""
    shape = kernel.weights.shape
    return Panel(
        response, caption, t("kernels.alt.response", kernel=kernel.title, shown=caption), origin=settings.origin(shape),
        step=(settings.stride, settings.stride), reach=settings.span(shape),
    )  # fmt: skip


def size_line(shape: tuple[int, ...], kernel_shape: tuple[int, ...], settings: Settings, response: np.ndarray) -> None:
    """One line: which operation this is, how large its answer is and why, and from where to where it goes."""
    operation = t("kernels.says.convolution" if settings.flip else "kernels.says.correlation")
    span, pads = settings.span(kernel_shape), settings.pads(kernel_shape)
    rows = size_formula(shape[0], pads.top, pads.bottom, span[0], settings.stride, response.shape[0])
    cols = size_formula(shape[1], pads.left, pads.right, span[1], settings.stride, response.shape[1])
    size = f"`o = {rows}`" if rows == cols else f"`{t('kernels.rows')} {rows}` `{t('kernels.cols')} {cols}`"
    if settings.dilation > 1:
        wide = kernel_shape[0]
        size += " " + t("kernels.dilated", formula=f"`k = {settings.dilation}·({wide} − 1) + 1 = {span[0]}`")
    low, high = (_rounded(float(value)) for value in (response.min(), response.max()))
    st.markdown(f"{operation} {size} · {t('kernels.range', low=f'`{low}`', high=f'`{high}`')}")


def size_formula(n: int, before: int, after: int, span: int, stride: int, out: int) -> str:
    """o = ⌊(i + 2p − k)/s⌋ + 1 with its numbers.

    >>> size_formula(32, 0, 0, 3, 1, 30)
    '⌊(32 + 2·0 − 3)/1⌋ + 1 = 30'
    """
    padding = f"2·{before}" if before == after else f"{before} + {after}"
    return f"⌊({n} + {padding} − {span})/{stride}⌋ + 1 = {out}"


def _rounded(value: float) -> str:
    """To a tenth, or to a thousandth where the value is small."""
    return number(round(value, 1 if abs(value) >= 10 else 3) + 0.0).replace("-", "−")  # + 0.0: no minus before a zero


def explanation(kernel: ChosenKernel) -> None:
    """The rest, behind "more": what follows from the weights, and the course's question."""
    with st.expander(t("kernels.more")):
        st.markdown(_facts(language(), kernel.compact))


@functools.lru_cache(maxsize=256)
def _facts(lang: str, compact: str) -> str:
    weights = kernels.from_compact(compact, max_side=99)
    return "\n\n".join((_sum_fact(weights), _rank_fact(weights), t("kernels.who_chooses")))


def _sum_fact(weights: np.ndarray) -> str:
    total = float(weights.sum())
    if abs(total) < 1e-9:
        return t("kernels.fact.sum_zero")
    return t("kernels.fact.sum_one") if abs(total - 1) < 1e-9 else t("kernels.fact.sum_other", sum=number(total))


def _rank_fact(weights: np.ndarray) -> str:
    parts = kernels.separable(weights)
    if parts is None:
        return t("kernels.fact.not_separable", rank=int(np.linalg.matrix_rank(weights)))
    column, row = ("(" + "; ".join(number(float(value)) for value in part) + ")" for part in parts)
    return t("kernels.fact.separable", column=column, row=row, both=weights.size, apart=sum(weights.shape))
