"""Architectures traced, what is drawn and measured of them, and their published figures."""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from dataclasses import dataclass
from typing import Any

import streamlit as st

from cnn_core import architectures, inspection
from cnn_core.errors import ConvolabError
from pages.ui.cached.torch_loading import wait_for_torch


@dataclass(frozen=True)
class Traced:
    """What tracing an architecture gave.

    Attributes:
        trace: all of it, the part up to the layer that failed, or None where the network could not even be built.
        graph: of that trace.
        error: why it is not whole.
    """

    trace: inspection.Trace | None
    graph: inspection.Graph | None
    error: ConvolabError | None = None


def traced(arch_id: str, input_shape: tuple[int, int, int] | None = None, **options: float | None) -> Traced:
    """An architecture of the catalogue, built for pictures of a shape and traced; shared by all sessions.

    Args:
        input_shape: (C, H, W); the architecture's own where it is left out.
        options: ``num_classes``, ``width``, …; those that follow from the shape need not be said. None is the architecture's own.
    """
    given = tuple(sorted((name, value) for name, value in options.items() if value is not None))
    return _traced(arch_id, input_shape or architectures.get(arch_id).input_shape, given)


def trace(arch_id: str, input_shape: tuple[int, int, int] | None = None, **options: float | None) -> inspection.Trace:
    """The trace alone; arguments as for ``traced``.

    Raises:
        ArchitectureError: the architecture cannot be built with these options.
        TraceError: it cannot be run on that shape; ``error.trace`` holds the records up to the failing layer.
    """
    found = traced(arch_id, input_shape, **options)
    if found.trace is None or found.error is not None:
        raise copy(found.error)  # type: ignore[misc]  # a copy for each session: raising adds its traceback
    return found.trace


@st.cache_resource(max_entries=200, show_spinner=False)
def _traced(arch_id: str, input_shape: tuple[int, int, int], options: tuple[tuple[str, float], ...]) -> Traced:
    wait_for_torch()
    row = architectures.get(arch_id)
    try:
        network = inspection.build_meta(architectures.build, arch_id, **{**row.options_for(input_shape), **dict(options)})
        whole = inspection.trace(network, input_shape)
    except ConvolabError as error:
        partial = error.facts.get("trace")
        return Traced(partial, partial and inspection.graph(partial), copy(error))  # a copy holds no frame, so no network
    return Traced(whole, inspection.graph(whole))


@st.cache_resource(max_entries=96, show_spinner=False)
def graph_part(made_from: tuple[object, ...], _make: Callable[[], Any]) -> Any:
    """A graph, its first view, or a drawing of it; ``made_from`` names the trace and the open blocks."""
    return _make()


@st.cache_resource(max_entries=512, show_spinner=False)
def measured(made_from: tuple[object, ...], _measure: Callable[[], Any]) -> Any:
    """What a building block's experiment gave; ``made_from`` names the experiment and all its settings."""
    return _measure()


@st.cache_resource(max_entries=1, show_spinner=False)
def published() -> tuple[architectures.Published, ...]:
    """Every weight set that torchvision publishes figures of, in the order of the catalogue; read without a network."""
    wait_for_torch()
    return tuple(row for arch_id in architectures.ids() for row in architectures.published(arch_id))
