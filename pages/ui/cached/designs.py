"""People's own designs, worked out and traced."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import streamlit as st

from cnn_core import architectures, designs, inspection
from cnn_core.errors import TraceError
from pages.ui.cached.torch_loading import wait_for_torch
from pages.ui.cached.traces import trace


@dataclass(frozen=True)
class Designed:
    """What is known of a design.

    Attributes:
        trace: of its network, or of the part up to the first line that does not fit.
        graph: of that trace.
        rows: the line that each module of the network was made from, by the module's path.
    """

    checked: designs.Checked
    trace: inspection.Trace
    graph: inspection.Graph
    rows: Mapping[str, int]


def designed(design: designs.Design) -> Designed:
    """A design worked out and traced, as far as it goes; shared by all sessions."""
    unnamed = replace(design, name="")
    found = _designed(designs.to_text(unnamed), unnamed)
    return replace(found, checked=replace(found.checked, design=design))


@st.cache_resource(max_entries=300, show_spinner=False)
def _designed(text: str, _design: designs.Design) -> Designed:
    wait_for_torch()
    from cnn_core.designs import modules

    checked = designs.check(_design)
    network = inspection.build_meta(modules.assemble, checked)
    try:
        trace = inspection.trace(network, checked.design.input_shape)
    except TraceError as error:
        trace = error.trace
    return Designed(checked, trace, inspection.graph(trace), network.rows)


@st.cache_resource(max_entries=64, show_spinner=False)
def design_start(arch_id: str) -> str:
    """A network of the catalogue as the text of a design.

    Raises:
        DesignError: it cannot be said in one.
    """
    row = architectures.get(arch_id)
    return designs.to_text(inspection.to_design(trace(arch_id), row.title))
