"""A run to take along: weights, figures, recipe, ONNX, and a script that needs no Convolab."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from types import ModuleType
from typing import Any

import streamlit as st

from cnn_core import datasets, inspection, weights
from cnn_core.errors import ConvolabError
from cnn_core.jobs import Job
from cnn_core.training import Recipe
from cnn_core.training.adapting import differing
from pages.training import manage, words
from pages.ui import cached, errors, state
from pages.ui.devices import device_name
from pages.ui.i18n import compact_bytes, number, t

_ONNX = "_onnx_made"
TORCHVISION = ("mnist", "fashion_mnist", "cifar10", "cifar100")  # what the script can fetch for itself


def draw(job: Job) -> None:
    left, right = st.columns([1, 1.2], gap="medium")
    with left:
        files(job)
    with right:
        recipe_of(job)


def files(job: Job) -> None:
    name, facts = file_name(job), manage.facts(job)
    events = lambda: cached.jobs().events(job.id)[0]  # noqa: E731
    folder = job.run_dir / "weights"
    st.markdown(f"**{t('training.files.weights')}**")
    with st.container(horizontal=True):
        for which in ("best", "last"):
            path = folder / f"{which}.safetensors"
            if path.is_file():
                label = t(f"training.files.{which}", size=compact_bytes(path.stat().st_size))
                _button(label, which, path.read_bytes, f"{name}-{which}.safetensors", "application/octet-stream")
        if not any(folder.glob("*.safetensors")):
            st.caption(t("training.files.no_weights"))
    if any(folder.glob("*.safetensors")):
        _onnx(job, name)
        link = {**state.link_parameters(), "net": str(job.recipe.get("architecture", "")), "weights": f"run:{job.id}"}
        st.page_link("pages/feature_maps/page.py", label=t("training.to_maps"), icon=":material/grid_view:", query_params=link)
    st.markdown(f"**{t('training.files.figures')}**")
    with st.container(horizontal=True):
        _button(t("training.files.csv"), "csv", lambda: _exporting().csv_of(events()), f"{name}.csv", "text/csv")
        _button(
            t("training.files.tensorboard"), "tensorboard", lambda: _exporting().tensorboard_of(events())[1],
            f"events.out.tfevents.{round(job.created)}.{name}", "application/octet-stream",
        )  # fmt: skip
    st.markdown(f"**{t('training.files.recipe')}**")
    problem: ConvolabError | None = None
    with st.container(horizontal=True):
        _button("JSON", "json", lambda: job.recipe_json, f"{name}.json", "application/json")
        try:
            recipe = Recipe.from_json(job.recipe_json)
            _button("TOML", "toml", recipe.to_toml, f"{name}.toml", "application/toml")
            if facts:
                _script_button(job, recipe, facts, name)
        except ConvolabError as error:  # what it was made with is not here any more
            problem = error
    if problem is not None:
        errors.show(problem)
    st.caption(t("training.files.script.about"))


def _script_button(job: Job, recipe: Recipe, facts: Mapping[str, Any], name: str) -> None:
    """Raises ConvolabError where something that would lie beside the script is not here."""
    single = recipe.dataset in TORCHVISION and not recipe.weights
    if recipe.dataset not in TORCHVISION and facts.get("dataset_version", "") != datasets.version(recipe.dataset):
        cached.wait_for_torch()
        from cnn_core.training.facts import check_same_data

        check_same_data(facts)
    if recipe.weights:
        weights.get_source(recipe.architecture, recipe.weights)
    end, kind = ("py", "text/x-python") if single else ("zip", "application/zip")
    _button(t("training.files.script"), "script", lambda: _script(job, recipe), f"{name}.{end}", kind)


def file_name(job: Job) -> str:
    word = re.sub(r"[^a-z0-9]+", "-", (job.name or str(job.recipe.get("architecture", ""))).lower()).strip("-")[:40]
    return f"{word or 'run'}-{job.id}"


def _button(label: str, key: str, make: Callable[[], str | bytes], name: str, kind: str) -> None:
    """Its content is made when it is clicked."""
    st.download_button(label, make, name, kind, key=f"tr-file-{key}", on_click="ignore", icon=":material/download:")


def _exporting() -> ModuleType:
    """Imported when somebody wants a file."""
    from cnn_core.training import exporting

    return exporting


def _script(job: Job, recipe: Recipe) -> bytes:
    cached.wait_for_torch()
    from cnn_core.training import scripting

    facts = manage.facts(job)
    network = ""
    if recipe.architecture.startswith("design:"):
        trace = cached.trace(recipe.architecture, tuple(facts["input_shape"]), num_classes=facts["num_classes"])
        title = inspection.code.class_name(recipe.architecture.removeprefix("design:"))
        network = f"{inspection.code.write(trace, 'pytorch', 'class', title)}\n\nnetwork = {title}()\n"
    return scripting.bundle(recipe, facts, network)[1]


def _onnx(job: Job, name: str) -> None:
    """In two steps: it takes seconds, and may be refused."""
    made = st.session_state.get(_ONNX, ("", b""))
    if made[0] == job.id:
        st.download_button(
            t("training.files.onnx.save", size=compact_bytes(len(made[1]))), made[1], f"{name}.onnx", "application/octet-stream",
            key="tr-onnx-save", on_click="ignore", icon=":material/download:",
        )  # fmt: skip
        return
    if st.button(t("training.files.onnx"), key="tr-onnx", icon=":material/schema:"):
        try:
            with st.spinner(t("training.files.onnx.making")):
                source = weights.get_source(str(job.recipe["architecture"]), f"run:{job.id}")
                data = _exporting().onnx_of(inspection.twin(cached.network(source)), source.input_shape)
        except ConvolabError as error:
            errors.show(error)
            return
        st.session_state[_ONNX] = (job.id, data)
        st.rerun()


def recipe_of(job: Job) -> None:
    """What the run was made with: what differs from the defaults, and where it departs from a ready recipe."""
    try:
        recipe = Recipe.from_json(job.recipe_json)
    except ConvolabError as error:
        errors.show(error)
        return
    facts = manage.facts(job)
    plain = differing(recipe, Recipe(recipe.architecture, recipe.dataset))
    lines = [(words.field_label(name), words.field_value(name, value)) for name, value in plain.items()]
    shown = [(words.field_label(name), words.field_value(name, getattr(recipe, name))) for name in ("architecture", "dataset")]
    if facts:
        shown += [
            (t("training.cost.parameters"), number(facts.get("parameters", 0))),
            (t("training.facts.device"), device_name(str(facts.get("device", "")))),
            (t("training.facts.precision"), str(facts.get("precision", ""))), ("torch", str(facts.get("torch", ""))),
        ]  # fmt: skip
    st.markdown(f"**{t('training.facts')}**")
    st.dataframe(
        {t("training.facts.what"): [one for one, _ in (*shown, *lines)], t("training.facts.value"): [two for _, two in (*shown, *lines)]},
        hide_index=True, width="stretch", height=min(430, 38 + 35 * len((*shown, *lines))),
    )  # fmt: skip
    moments = (f"{t(f'jobs.state.{change.state}')} {words.moment(change.time)}" for change in job.history)
    st.caption(" → ".join(moments))
    row = words.ready(recipe.name)
    if row is not None:
        other = differing(recipe, row.recipe)
        text = words.facts_of(other) if other else t("training.facts.as_written")
        st.caption(t("training.facts.against", title=words.recipe_title(row.id), what=text))
