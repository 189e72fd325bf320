"""A weight file of one's own for the network on the screen: brought, found again by its id in the URL, refused where it does not fit."""

from __future__ import annotations

import re

import streamlit as st

from cnn_core import architectures, inspection, weights
from cnn_core.errors import ConvolabError
from cnn_core.weights import WeightSource
from pages.feature_maps import fetching, words
from pages.ui import cached, in_our_words, picture_sources, state
from pages.ui.i18n import error_text, number, t, tn
from pages.ui.own_pictures import harmless
from pages.ui.own_weights import OwnWeights

OWN = "file"  # among the ids of weights: the one that is still to be brought
MOST_MB = 200
LENDER = "prepared_like"
MOST_FITS = 6
SAVE = """torch.save(network.state_dict(), "weights.pt")

safetensors.torch.save_file(network.state_dict(), "weights.safetensors")"""
_ID = re.compile(r"file(:[0-9a-f]{20})?")
_ROUND = "_fm_file_round"  # counts what was taken in: a new uploader each time, so that no file stays in memory
_REFUSED = "_fm_file_refused"  # the sentence about a file that could not be read
_BROUGHT = "_fm_file_brought"  # the id of a file that has just come, until the select of weights is drawn


def is_file(weights_id: str) -> bool:
    return _ID.fullmatch(weights_id) is not None


def kept(weights_id: str) -> OwnWeights | None:
    """The file of an id; None where it is not on this server, or no longer."""
    return cached.own_weights().get(weights_id.partition(":")[2])


def take_over() -> None:
    """Before the select of weights is drawn: a file that has just come is the choice."""
    if _BROUGHT in st.session_state:
        state.keep("weights", st.session_state.pop(_BROUGHT))
    if st.session_state.get("weights") != OWN:
        st.session_state.pop(_REFUSED, None)


def labels(chosen: str) -> dict[str, str]:
    """What the select of weights says of one's own files, and of the one that a link names; the way to bring another last."""
    mine = {file.id: file.title for file in cached.own_weights().gallery(picture_sources.gallery())}
    if is_file(chosen) and chosen != OWN and chosen not in mine:
        file = kept(chosen)
        mine[chosen] = file.title if file else t("feature_file.gone.label")
    return mine | {OWN: t("feature_file.own")}


def source(arch_id: str, chosen: str) -> WeightSource | None:
    """The weights in a file, prepared for like the others that the user chose; None where there is no such file.

    Raises:
        WeightsError: no picture fits its network.
    """
    file = kept(chosen)
    if file is None:
        return None
    lenders = weights.lenders(arch_id, _options(arch_id, file))
    ids = [lender.id for lender in lenders]
    like = state.choice(LENDER, ids[0], allowed=ids, always=True)
    return weights.from_file(
        arch_id, file.path, lenders[ids.index(like)], id=file.id, title=file.title, options=_options(arch_id, file)
    )  # fmt: skip


def _options(arch_id: str, file: OwnWeights) -> dict[str, object] | None:
    """What the network has to be built with for the file; None where it does not fit."""
    cached.wait_for_torch()

    def find() -> dict[str, object] | None:
        return inspection.options_for(arch_id, file.shapes, [dict(other.options) for other in weights.sources(arch_id)])

    found: dict[str, object] | None = cached.graph_part(("file-options", arch_id, architectures.get(arch_id).params, file.digest), find)
    return found


def choose_lender(shown: WeightSource) -> None:
    """Draw the select of the weights that pictures are prepared like; a file of tensors does not say it."""
    file = kept(shown.id) if shown.kind == "file" else None
    if file is None:
        return
    lenders = {lender.id: lender for lender in weights.lenders(shown.architecture, _options(shown.architecture, file))}
    st.selectbox(
        t("feature_file.like"), tuple(lenders), key=LENDER, help=t("feature_file.like.help"),
        format_func=lambda id_: words.weights_label(lenders[id_]) if lenders[id_].trained else t("feature_file.like.usual"),
    )  # fmt: skip


def draw_facts(shown: WeightSource) -> None:
    """What the file itself says."""
    file = kept(shown.id) if shown.kind == "file" else None
    if file is not None:
        st.write(f"{t(f'file.format.{file.format}')} · {tn('file.tensors', len(file.shapes))}")
        st.caption(t("feature_file.classes", classes=number(shown.num_classes), prepare=t("feature_maps.prepare")))


def show_fits(shown: WeightSource) -> None:
    """After a refusal: the networks that the file does fit, each a click away."""
    file = kept(shown.id) if shown.kind == "file" else None
    if file is None:
        return
    found = [fit.id for fit in cached.graph_part(("file-fits", file.digest), lambda: inspection.fits(file.shapes)) if fit.named]
    if found:
        st.markdown(t("feature_file.fits"))
        with st.container(horizontal=True, key="fm-file-fits"):
            for arch_id in found[:MOST_FITS]:
                st.button(
                    words.network_title(arch_id), key=f"fm-fit-{arch_id}", icon=":material/account_tree:", on_click=_open,
                    args=(arch_id, file.id),
                )  # fmt: skip
    else:
        st.markdown(t("feature_file.fits.none"))


def _open(arch_id: str, weights_id: str) -> None:
    for name, value in (("net", arch_id), ("weights", weights_id), ("channel_at", -1), ("maps_page", 1)):
        state.keep(name, value)


def draw(arch_id: str) -> None:
    """The uploader, in place of the views; what could not be read is said here, and what is at hand meanwhile."""
    st.subheader(t("feature_file.title", net=words.network_title(arch_id)), anchor=False)
    if st.session_state.get("weights") != OWN:
        st.info(t("feature_file.gone"), icon=":material/info:")
    turn = st.session_state.setdefault(_ROUND, 0)
    uploaded = in_our_words.file_uploader(
        t("file.upload"), key=f"fm-file-{turn}", max_upload_size=MOST_MB, label_visibility="collapsed",
        limit=t("file.upload.limit", most=MOST_MB), help=t("file.upload.help", most=MOST_MB),
    )  # fmt: skip
    if uploaded is not None:
        _take_in(uploaded.name, uploaded.getvalue())
        st.session_state[_ROUND] = turn + 1
        st.rerun()
    if refused := st.session_state.get(_REFUSED, ""):
        st.error(refused, icon=":material/error:")
    st.caption(t("feature_file.how"))
    st.code(SAVE, language="python")
    fetching.others(arch_id)


def _take_in(name: str, data: bytes) -> None:
    st.session_state[_REFUSED] = ""
    try:
        with st.spinner(t("file.reading")):
            cached.wait_for_torch()
            st.session_state[_BROUGHT] = cached.own_weights().add(picture_sources.gallery(), name, data).id
    except ConvolabError as error:
        st.session_state[_REFUSED] = t("feature_file.refused", name=harmless(name, ending=True), why=error_text(error))
