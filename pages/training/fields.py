"""The controls of a recipe's fields: a few in front, all the others behind "more"."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields as fields_of
from functools import partial
from typing import Any

import streamlit as st

from cnn_core import architectures, weights
from cnn_core.errors import ConvolabError
from cnn_core.training import Augmentation, Recipe
from cnn_core.training.fields import CHOICES
from pages.training import words
from pages.training.draft import Draft, change, here
from pages.ui.i18n import t

FRONT = ("dataset", "architecture", "epochs", "batch", "lr", "budget_s")
SECTIONS = {
    "network": ("weights", "tuned", "initialisation", "first_filters", "input_size"),
    "data": ("train_images", "validation_images", "normalisation", "flip", "translate", "zoom", "cutout", "colour"),
    "descent": ("optimiser", "momentum", "nesterov", "weight_decay", "label_smoothing", "gradient_clip", "averaging"),
    "schedule": ("schedule", "warmup", "final_lr"),
    "machine": ("device", "precision", "channels_last", "compile", "deterministic", "seed", "pinned", "name"),
}
DEVICES = ("auto", "cpu", "cuda", "mps")
STEPS = {"momentum": 0.05, "label_smoothing": 0.05, "warmup": 0.05, "final_lr": 0.05, "zoom": 0.05, "colour": 0.05, "budget_s": 30.0,
         "averaging": 0.001, "weight_decay": 1e-4, "gradient_clip": 0.5}  # fmt: skip
_KINDS = {field.name: type(field.default) for owner in (Recipe, Augmentation) for field in fields_of(owner)}


def front(draft: Draft) -> None:
    """What most people change."""
    sets, networks = st.columns(2, gap="small")
    with sets:
        _select(draft, "dataset", _with(here(), draft.values["dataset"]), words.dataset_title)
    with networks:
        offered = (*architectures.designed(), *architectures.ids())
        _select(draft, "architecture", _with(offered, draft.values["architecture"]), words.architecture_title)
    for column, name in zip(st.columns(4, gap="small"), FRONT[2:], strict=True):
        with column:
            field(draft, name)


def more(draft: Draft) -> None:
    """Every other field, in five sections."""
    with st.expander(t("training.more"), key="tr-more", on_change="rerun") as opened:
        if not opened.open:
            return
        for section, names in SECTIONS.items():
            options = tuple(f"options.{name}" for name in _options(draft)) if section == "network" else ()
            st.markdown(f"**{t(f'training.section.{section}')}**")
            every = (*names, *options)
            for start in range(0, len(every), 4):
                for column, name in zip(st.columns(4, gap="small", vertical_alignment="bottom"), every[start : start + 4], strict=False):
                    with column:
                        field(draft, name)


def field(draft: Draft, name: str) -> None:
    """The control that fits a field's type."""
    value = draft.values.get(name)
    if name == "weights":
        _select(draft, name, _with(("", *_sources(draft)), value), _weights_label)
    elif name == "device":
        _select(draft, name, _with(DEVICES, value))
    elif name in CHOICES:
        _select(draft, name, CHOICES[name])
    elif name == "name":
        _name(draft)
    elif isinstance(value, bool):
        _widget(draft, name, st.toggle)
    elif name.startswith("options."):
        _option(draft, name)
    # Numbers without limits: where one is out of range the recipe's check says so, in the reader's language, and nothing starts.
    # Streamlit's own limits would leave what was typed on the screen and go on with the number before it.
    elif _KINDS.get(name) is int:
        _widget(draft, name, st.number_input, step=1)
    else:
        size = float(draft.base.lr) if name == "lr" else 0.0
        _widget(draft, name, st.number_input, step=STEPS.get(name, size / 10 or 0.01), format="%g")


def _name(draft: Draft) -> None:
    """A ready recipe's title stands there in the reader's language, and stays that recipe's for readers of another one."""
    shown = words.name_of(str(draft.values["name"]))
    if st.session_state.get("tr-name") != shown:
        st.session_state["tr-name"] = shown
    own = draft.base.name
    st.text_input(words.field_label("name"), key="tr-name", help=_help("name"), max_chars=80, on_change=_named, args=(own,))


def _named(own: str) -> None:
    typed = st.session_state["tr-name"]
    change("name", own if typed == words.name_of(own) else typed, own)


def _option(draft: Draft, name: str) -> None:
    option = architectures.get(draft.base.architecture).option(name.removeprefix("options."))
    own = draft.values.get(name, option.default)
    kind = type(option.default)
    _widget(draft, name, st.number_input, own=own, step=kind(1) if kind is int else 0.05, **({} if kind is int else {"format": "%g"}))


def _options(draft: Draft) -> list[str]:
    """The network's own options that do not follow from the data."""
    try:
        row = architectures.get(draft.base.architecture)
    except ConvolabError:
        return []
    return [option.name for option in row.options if option.name not in ("num_classes", "in_channels", "image_size")]


def _sources(draft: Draft) -> list[str]:
    """Weights to start from that are here."""
    try:
        return [source.id for source in weights.sources(draft.base.architecture) if source.trained and source.is_here]
    except ConvolabError:
        return []


def _weights_label(source_id: str) -> str:
    kind, _, rest = source_id.partition(":")
    return t("training.weights.none") if not kind else t(f"training.weights.{kind}", which=rest)


def _with(offered: Sequence[str], value: Any) -> tuple[str, ...]:
    """A value of a file or a link stays in the list, even where it is not here: then the check says what is missing."""
    return tuple(offered) if value in offered else (str(value), *offered)


def _select(draft: Draft, name: str, options: Sequence[str], label: Any = None) -> None:
    _widget(draft, name, st.selectbox, options=options, format_func=label or partial(words.choice_label, name))


def _widget(draft: Draft, name: str, kind: Any, *, own: Any = None, **settings: Any) -> None:
    """Draw a widget that shows the draft's value, and writes what is typed back into it."""
    key = f"tr-{name}"
    value = draft.values.get(name, own)
    if isinstance(settings.get("step"), float):
        value = float(value)
    if st.session_state.get(key) != value or type(st.session_state.get(key)) is not type(value):
        st.session_state[key] = value
    base = own if name.startswith("options.") else _base(draft, name)
    kind(words.field_label(name), key=key, help=_help(name), on_change=_changed, args=(name, base), **settings)


def _help(name: str) -> str | None:
    return None if name.startswith("options.") else t(f"recipe_fields.{name}.help")


def _base(draft: Draft, name: str) -> Any:
    if name in ("dataset", "architecture"):
        return getattr(draft.written, name)
    owner = draft.base if hasattr(draft.base, name) else draft.base.augmentation
    return getattr(owner, name)


def _changed(name: str, own: Any) -> None:
    change(name, st.session_state[f"tr-{name}"], own)
