"""A data set that is not here: what it is, how large, and the two ways to get it."""

from __future__ import annotations

import streamlit as st

from cnn_core import datasets
from cnn_core.datasets import DATASETS, DatasetRow, Progress, Status
from pages.ui import cached, errors, picture_sources
from pages.ui.downloads import Download
from pages.ui.i18n import number, row_text, t

_MB = 1e6


def show(dataset_id: str) -> None:
    row = DATASETS[dataset_id]
    st.subheader(row_text("datasets", row, "title"), anchor=False)
    st.write(row_text("datasets", row, "about"))
    if datasets.status(row) is Status.DAMAGED:
        st.warning(t("pictures.damaged", dataset=row.title), icon=":material/warning:")
    latest = cached.downloads().get(dataset_id)
    if latest and not latest.ended.is_set():
        _watch(dataset_id)
        return
    trouble = (latest.error if latest else None) or picture_sources.failure(dataset_id)
    if trouble:
        errors.show(trouble)
    if row.archives:
        _offer_download(row)
        _offer_import(row)


def _offer_download(row: DatasetRow) -> None:
    left_over = datasets.partial_bytes(row)
    if left_over:
        label = t("pictures.resume", size=_megabytes(row.archive_bytes - left_over))
    else:
        label = t("pictures.download", size=_megabytes(row.archive_bytes))
    st.button(label, key="download", icon=":material/download:", type="primary", on_click=_start, args=(row.id,))
    st.caption(t("pictures.download_about", disk=_megabytes(2 * row.array_bytes), folder=datasets.data_root().resolve()))


def _offer_import(row: DatasetRow) -> None:
    with st.form("import", border=True):
        st.markdown(t("pictures.import_about", dataset=row.title, files=", ".join(f"`{a.name}`" for a in row.archives)))
        st.text_input(t("pictures.import_path"), key="import-path", placeholder=f"/media/usb/{row.archives[0].name}")
        st.form_submit_button(t("pictures.import"), icon=":material/drive_folder_upload:", on_click=_start_import, args=(row.id,))


def _start(dataset_id: str) -> None:
    cached.downloads().start(dataset_id)


def _start_import(dataset_id: str) -> None:
    path = st.session_state["import-path"].strip()
    if path:
        cached.downloads().start(dataset_id, from_path=path)


@st.fragment(run_every=0.5)
def _watch(dataset_id: str) -> None:
    """The bar of a download under way; runs by itself, and the whole page once when it has ended."""
    latest = cached.downloads().get(dataset_id)
    if latest is None or latest.ended.is_set():
        st.rerun()
    st.progress(latest.progress.fraction if latest.progress else 0.0, text=_words(latest))
    st.button(t("pictures.cancel"), key="cancel", icon=":material/stop:", on_click=latest.stop.set)
    st.caption(t("pictures.goes_on"))


def _words(latest: Download) -> str:
    """What is being done, how much of it, and how long it will take."""
    progress: Progress | None = latest.progress
    if latest.stop.is_set():
        return t("pictures.stage.stopping")
    if progress is None:
        return t("pictures.stage.waiting")
    words = [t(f"pictures.stage.{progress.stage}")]
    if progress.bytes_total:
        words.append(t("pictures.bytes", done=_megabytes(progress.bytes_done), total=_megabytes(progress.bytes_total)))
    if progress.seconds_left is not None:
        words.append(t("pictures.time_left", time=_time(progress.seconds_left)))
    return " · ".join(words)


def _time(seconds: float) -> str:
    if seconds < 60:
        return t("pictures.seconds", n=number(max(1, round(seconds))))
    return t("pictures.minutes", n=number(round(seconds / 60)), seconds=number(round(seconds) % 60))


def _megabytes(n: int) -> str:
    return t("pictures.megabytes", n=number(round(n / _MB, 1) if n < 10 * _MB else round(n / _MB)))
