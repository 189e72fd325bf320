"""Looking inside a network: shapes and cost of every layer, its graph, its arithmetic, without computing anything.

Names are imported on demand, so ``from cnn_core import inspection`` costs nothing until something is traced. Each row
of ``_HOMES`` says in which module a public name lives. A module never bears the name of what it exports: importing
``inspection.trace`` as a module would hide the function of that name.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cnn_core.inspection.attributing import Attribution as Attribution
    from cnn_core.inspection.attributing import grad_cam as grad_cam
    from cnn_core.inspection.attributing import integrated_gradients as integrated_gradients
    from cnn_core.inspection.attributing import occlusion as occlusion
    from cnn_core.inspection.attributing import saliency as saliency
    from cnn_core.inspection.capturing import address as address
    from cnn_core.inspection.capturing import capture as capture
    from cnn_core.inspection.capturing import stream as stream
    from cnn_core.inspection.designing import starts as starts
    from cnn_core.inspection.designing import to_design as to_design
    from cnn_core.inspection.driving import Driving as Driving
    from cnn_core.inspection.driving import Hit as Hit
    from cnn_core.inspection.driving import driving_images as driving_images
    from cnn_core.inspection.exciting import Excited as Excited
    from cnn_core.inspection.exciting import excite as excite
    from cnn_core.inspection.explaining import Explanation as Explanation
    from cnn_core.inspection.explaining import explain as explain
    from cnn_core.inspection.fields import ReceptiveField as ReceptiveField
    from cnn_core.inspection.filters import filter_images as filter_images
    from cnn_core.inspection.filters import filter_norms as filter_norms
    from cnn_core.inspection.filters import filter_slices as filter_slices
    from cnn_core.inspection.filters import first_convolution as first_convolution
    from cnn_core.inspection.fitting import Fit as Fit
    from cnn_core.inspection.fitting import fits as fits
    from cnn_core.inspection.fitting import options_for as options_for
    from cnn_core.inspection.graphs import Graph as Graph
    from cnn_core.inspection.graphs import collapse as collapse
    from cnn_core.inspection.graphs import graph as graph
    from cnn_core.inspection.graphs import opening as opening
    from cnn_core.inspection.likening import Likeness as Likeness
    from cnn_core.inspection.likening import Match as Match
    from cnn_core.inspection.likening import likeness as likeness
    from cnn_core.inspection.mappable import default_grad_cam_layer as default_grad_cam_layer
    from cnn_core.inspection.mappable import grad_cam_layers as grad_cam_layers
    from cnn_core.inspection.meta import build_meta as build_meta
    from cnn_core.inspection.placing import layout as layout
    from cnn_core.inspection.prediction import Guess as Guess
    from cnn_core.inspection.prediction import top_k as top_k
    from cnn_core.inspection.records import BlockRecord as BlockRecord
    from cnn_core.inspection.records import LayerRecord as LayerRecord
    from cnn_core.inspection.records import Trace as Trace
    from cnn_core.inspection.replacing import with_filter_replaced as with_filter_replaced
    from cnn_core.inspection.switching import ChannelImportance as ChannelImportance
    from cnn_core.inspection.switching import channel_importance as channel_importance
    from cnn_core.inspection.switching import with_channels_off as with_channels_off
    from cnn_core.inspection.tracing import trace as trace
    from cnn_core.inspection.twins import twin as twin
    from cnn_core.inspection.worked import FormulaStep as FormulaStep
    from cnn_core.inspection.worked import WorkedValue as WorkedValue
    from cnn_core.inspection.working import can_work_out as can_work_out
    from cnn_core.inspection.working import work_out as work_out
    from cnn_core.inspection.working import work_out_layer as work_out_layer

_HOMES = {
    "BlockRecord": "records", "LayerRecord": "records", "Trace": "records",
    "ReceptiveField": "fields",
    "trace": "tracing",
    "build_meta": "meta",
    "Graph": "graphs", "collapse": "graphs", "graph": "graphs", "opening": "graphs",
    "layout": "placing",
    "twin": "twins",
    "address": "capturing", "capture": "capturing", "stream": "capturing",
    "starts": "designing", "to_design": "designing",
    "Fit": "fitting", "fits": "fitting", "options_for": "fitting",
    "Explanation": "explaining", "explain": "explaining",
    "FormulaStep": "worked", "WorkedValue": "worked",
    "can_work_out": "working", "work_out": "working", "work_out_layer": "working",
    "Attribution": "attributing", "grad_cam": "attributing", "integrated_gradients": "attributing",
    "occlusion": "attributing", "saliency": "attributing",
    "default_grad_cam_layer": "mappable", "grad_cam_layers": "mappable",
    "ChannelImportance": "switching", "channel_importance": "switching", "with_channels_off": "switching",
    "Excited": "exciting", "excite": "exciting",
    "filter_images": "filters", "filter_norms": "filters", "filter_slices": "filters", "first_convolution": "filters",
    "Likeness": "likening", "Match": "likening", "likeness": "likening",
    "with_filter_replaced": "replacing",
    "Driving": "driving", "Hit": "driving", "driving_images": "driving",
    "Guess": "prediction", "top_k": "prediction",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *_HOMES])
