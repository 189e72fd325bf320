"""A weight file of one's own: its tensors as a table, and the networks of the catalogue that they fit. Nobody's Python is run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from cnn_core import architectures
from cnn_core.errors import ConvolabError
from cnn_core.weights import WeightFile
from pages.architectures.choose import title, use_own
from pages.architectures.words import shape_text
from pages.ui import cached, errors, in_our_words, state
from pages.ui.i18n import compact, compact_bytes, language, number, t, texts, tn

if TYPE_CHECKING:
    from cnn_core.inspection import Fit

MOST_MB = 200
COLUMNS = ("name", "shape", "dtype", "params", "low", "mean", "high", "deviation")
NUMBERS = ("low", "mean", "high", "deviation")
HEIGHT = 430  # pixels: what is left of a laptop's screen, scrolled inside
SAVE = """torch.save(model.state_dict(), "weights.pt")

safetensors.torch.save_file(model.state_dict(), "weights.safetensors")"""


def draw_file() -> None:
    """The uploader, and below it what the file holds; before there is one, how to save one."""
    uploaded = in_our_words.file_uploader(
        t("file.upload"), key="weight_file", max_upload_size=MOST_MB, label_visibility="collapsed",
        limit=t("file.upload.limit", most=MOST_MB), help=t("file.upload.help", most=MOST_MB),
    )  # fmt: skip
    if uploaded is None:
        st.caption(t("file.how"))
        st.code(SAVE, language="python")
        return
    try:
        with st.spinner(t("file.reading")):
            opened, found = cached.weight_file(uploaded.file_id, uploaded.getvalue())
    except ConvolabError as error:
        errors.show(error)
        return
    _totals(opened)
    _fits(found)
    _tensors(opened)


def _totals(opened: WeightFile) -> None:
    words = [
        t(f"file.format.{opened.format}"), tn("file.tensors", len(opened.tensors)),
        t("file.numbers", numbers=compact(opened.params), whole=number(opened.params)), compact_bytes(opened.bytes_total),
    ]  # fmt: skip
    if opened.nested:
        words.append(t("file.nested", key=" / ".join(opened.nested)))
    st.markdown(" · ".join(words))


def _fits(found: tuple[Fit, ...]) -> None:
    """The networks, each a button that leads to it with the file's own numbers of classes and channels."""
    if not found:
        st.info(t("file.fits.none"), icon=":material/help:")
        return
    st.markdown(tn("file.fits", len(found)))
    with st.container(horizontal=True, key="file-fits"):
        for fit in found:
            st.button(_label(fit), key=f"fit-{fit.id}", icon=":material/account_tree:", on_click=_open, args=(fit,), help=_doubt(fit))


def _label(fit: Fit) -> str:
    name = title(architectures.get(fit.id))
    changed = [t(f"file.fits.{option}", value=number(value)) for option, value in fit.options]
    return f"{name} ({', '.join(changed)})" if changed else name


def _doubt(fit: Fit) -> str | None:
    return None if fit.named else t("file.fits.renamed")


def _open(fit: Fit) -> None:
    state.keep("arch", fit.id)
    use_own()
    for option, name in (("num_classes", "classes"), ("in_channels", "channels")):
        if option in dict(fit.options):
            state.keep(name, str(dict(fit.options)[option]))
    state.keep("arch_view", "table")


def _tensors(opened: WeightFile) -> None:
    names = texts(language(), "file.column", COLUMNS)
    cells = {
        names["name"]: [row.name for row in opened.tensors],
        names["shape"]: [shape_text(row.shape, batch=True) for row in opened.tensors],
        names["dtype"]: [row.dtype for row in opened.tensors],
        names["params"]: [row.params for row in opened.tensors],
        **{names[field]: [getattr(row, field) for row in opened.tensors] for field in NUMBERS},
    }
    looks = {names[field]: st.column_config.NumberColumn(format="%.4g") for field in NUMBERS}
    looks[names["params"]] = st.column_config.NumberColumn(format="localized")
    st.dataframe(cells, column_config=looks, hide_index=True, width="stretch", height=HEIGHT)
