"""Training jobs: the queue, what recipes come to, and what is drawn of a run."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from copy import copy
from typing import TYPE_CHECKING, Any

import streamlit as st

from cnn_core import datasets
from cnn_core.errors import ConvolabError
from cnn_core.jobs import JobQueue, runs_root
from pages.ui.cached.torch_loading import wait_for_torch
from pages.ui.estimates import Estimates

if TYPE_CHECKING:
    from cnn_core.training import Check, Recipe


def jobs() -> JobQueue:
    """The queue of this server's runs folder: one for all sessions.

    Raises:
        JobError: the folder cannot be used.
    """
    return _jobs(str(runs_root()))


@st.cache_resource(max_entries=2, show_spinner=False)
def _jobs(root: str) -> JobQueue:
    return JobQueue(root)


@st.cache_resource
def estimates() -> Estimates:
    """How fast recipes run on this machine, as far as it was measured."""
    return Estimates()


def checked(recipe: Recipe) -> Check:
    """What a recipe comes to; imports torch.

    Raises:
        ConvolabError: it cannot be trained; the sentence says why.
    """
    found = _checked(recipe.to_json(), str(datasets.data_root()), datasets.version(recipe.dataset))
    if isinstance(found, ConvolabError):
        raise copy(found)
    return found


@st.cache_resource(max_entries=300, ttl=600, show_spinner=False)
def _checked(recipe_json: str, root: str, version: str) -> Check | ConvolabError:
    wait_for_torch()
    from cnn_core import training

    try:
        return training.check(training.Recipe.from_json(recipe_json))
    except ConvolabError as error:
        return copy(error)


@st.cache_resource(max_entries=64, show_spinner=False)
def drawn(made_from: tuple[Hashable, ...], _make: Callable[[], bytes]) -> bytes:
    """What a component gets of a run, the same for all who watch it; ``made_from`` names the run, its version and the language."""
    return _make()


@st.cache_resource(max_entries=24, show_spinner=False)
def of_run(made_from: tuple[Hashable, ...], _make: Callable[[], Any]) -> Any:
    """Something worked out from a run's weights (which pictures it takes for what); ``made_from`` names them."""
    return _make()
