"""Looking inside a network: shapes and cost of every layer, its graph, its arithmetic, without computing anything.

Names are imported on demand, so ``from cnn_core import inspection`` costs nothing until something is traced. Each row
of ``_HOMES`` says in which module a public name lives. A module never bears the name of what it exports: importing
``inspection.trace`` as a module would hide the function of that name.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cnn_core.inspection.capturing import address as address
    from cnn_core.inspection.capturing import capture as capture
    from cnn_core.inspection.capturing import stream as stream
    from cnn_core.inspection.explaining import Explanation as Explanation
    from cnn_core.inspection.explaining import explain as explain
    from cnn_core.inspection.fields import ReceptiveField as ReceptiveField
    from cnn_core.inspection.fitting import Fit as Fit
    from cnn_core.inspection.fitting import fits as fits
    from cnn_core.inspection.graphs import Graph as Graph
    from cnn_core.inspection.graphs import collapse as collapse
    from cnn_core.inspection.graphs import graph as graph
    from cnn_core.inspection.graphs import opening as opening
    from cnn_core.inspection.meta import build_meta as build_meta
    from cnn_core.inspection.placing import layout as layout
    from cnn_core.inspection.records import BlockRecord as BlockRecord
    from cnn_core.inspection.records import LayerRecord as LayerRecord
    from cnn_core.inspection.records import Trace as Trace
    from cnn_core.inspection.tracing import trace as trace
    from cnn_core.inspection.twins import twin as twin

_HOMES = {
    "BlockRecord": "records", "LayerRecord": "records", "Trace": "records",
    "ReceptiveField": "fields",
    "trace": "tracing",
    "build_meta": "meta",
    "Graph": "graphs", "collapse": "graphs", "graph": "graphs", "opening": "graphs",
    "layout": "placing",
    "twin": "twins",
    "address": "capturing", "capture": "capturing", "stream": "capturing",
    "Fit": "fitting", "fits": "fitting",
    "Explanation": "explaining", "explain": "explaining",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *_HOMES])
