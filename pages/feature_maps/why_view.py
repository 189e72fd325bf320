"""Why this class: four ways to ask, each with what it means and what it does not."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from cnn_core import inspection
from cnn_core.errors import ConvolabError
from pages.feature_maps import prediction
from pages.feature_maps.headline import percent, short
from pages.feature_maps.progress import Bar
from pages.feature_maps.scene import Scene
from pages.ui import cached, errors, state
from pages.ui.components.map_grid import MapTiles, map_grid
from pages.ui.i18n import language, number, t, texts

if TYPE_CHECKING:
    from cnn_core.inspection import Attribution

METHODS = ("grad_cam", "saliency", "integrated_gradients", "occlusion")
MOST_S = 60.0  # a method that takes longer comes back with what it has
STRONG = 0.995  # of the values lie below the colours' end, so that the many weak ones are seen


def draw(scene: Scene) -> None:
    left, right = st.columns([1, 2.6], gap="medium")
    with left.container(key="fm-why-class"):
        target = prediction.choose_class(scene)
    with right.container(key="fm-why"):
        method = state.choice("method", METHODS[0], allowed=METHODS)
        labels = texts(language(), "why", tuple(f"{name}.title" for name in METHODS))
        with st.container(horizontal=True, vertical_alignment="bottom", key="fm-methods"):
            st.segmented_control(
                t("feature_maps.method"), METHODS, format_func=lambda name: labels[f"{name}.title"], key="method", required=True,
                label_visibility="collapsed", width="content",
            )  # fmt: skip
            path = _choose_layer(scene) if method == "grad_cam" else ""
        try:
            found = _attribution(scene, method, target, path)
        except ConvolabError as error:
            errors.show(error)
            return
        _show(scene, found, labels[f"{method}.title"])
    with left:
        st.markdown(f"**{t('feature_maps.means')}** {t(f'why.{method}.means')}")
        st.markdown(f"**{t('feature_maps.means_not')}** {t(f'why.{method}.not')}")


def _choose_layer(scene: Scene) -> str:
    """Draw the select of layers that Grad-CAM can look at."""
    paths = inspection.grad_cam_layers(scene.trace)
    default = inspection.default_grad_cam_layer(scene.trace)
    path = str(state.choice("cam_layer", default, allowed=paths))
    st.selectbox(t("feature_maps.cam_layer"), paths, key="cam_layer", help=t("feature_maps.cam_layer.help", layer=default), width=220)
    return path


def _attribution(scene: Scene, method: str, target: int, path: str) -> Attribution:
    run: dict[str, Callable[..., Attribution]] = {
        "grad_cam": lambda told: inspection.grad_cam(scene.network(), scene.batch(), target, path),
        "saliency": lambda told: inspection.saliency(scene.network(), scene.batch(), target),
        "integrated_gradients": lambda told: inspection.integrated_gradients(
            scene.network(), scene.batch(), target, seconds=MOST_S, on_progress=told
        ),
        "occlusion": lambda told: inspection.occlusion(scene.network(), scene.batch(), target, seconds=MOST_S, on_progress=told),
    }

    def compute() -> tuple[Attribution, int]:
        with Bar(t(f"why.{method}.title"), on_stop=_back) as bar:
            result = run[method](bar.tell)
        return result, result.map.nbytes

    found: Attribution = cached.explored(("why", scene.made_from, method, target, path), compute)
    return found


def _back() -> None:
    state.keep("method", METHODS[0])


def _show(scene: Scene, found: Attribution, title: str) -> None:
    """The heat over the picture, and what it adds up to."""
    values = found.map
    end = float(np.quantile(np.abs(values), STRONG)) or float(np.abs(values).max()) or 1.0
    limits = np.array([[-end if found.signed else 0.0, end]])
    tiles = MapTiles(
        values[None], [title], limits, "signed" if found.signed else "magnitude", {}, np.zeros(1, bool), scene.input_rgb,
        scene.input_size, alone=True, blend=55,
    )  # fmt: skip
    version = repr((scene.made_from, found.method, found.target, found.path))
    map_grid(tiles, version=version, title=title, key="fm-heat")
    notes = []
    if (most := float(np.abs(values).max())) > end:
        notes.append(t("feature_maps.cut", share=percent(STRONG), end=short(end), most=short(most)))
    if not found.complete:
        notes.append(t("feature_maps.incomplete", seconds=number(MOST_S)))
    if found.gap is not None:
        notes.append(t("feature_maps.gap", gap=number(found.gap, 4)))
    if notes:
        st.caption(" ".join(notes))
