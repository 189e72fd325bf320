"""Which layers Grad-CAM can look at, and which one it looks at unless told."""

from __future__ import annotations

from math import log
from typing import TYPE_CHECKING

from cnn_core.errors import InspectionError
from cnn_core.inspection.arranging import Size, grid
from cnn_core.inspection.records import LayerRecord, Trace

if TYPE_CHECKING:
    from torch import nn

KINDS = frozenset({"conv", "norm", "activation", "add", "multiply", "concat", "reshape"})
"""What makes or joins maps. Poolings and dropouts only pass on what a layer before them found, with less detail."""

MOST_STRETCHED = log(2)  # 3×2 maps of a square picture are rounding; 64×49 are windows and the values in them


def grad_cam_layers(trace: Trace) -> tuple[str, ...]:
    """Every layer with maps larger than one pixel, in the order of execution, by the name `capture` takes."""
    return tuple(_address(record) for record in _candidates(trace))


def default_grad_cam_layer(network: Trace | nn.Module, input_shape: tuple[int, ...] | None = None) -> str:
    """The last layer whose output still has rows and columns: its features are the richest that still have a place.

    In networks that average one map a class (NiN, All-CNN, SqueezeNet) these are the class maps themselves, and Grad-CAM is the class's
    own map. In a transformer with a class token the last block's tokens have no gradient; there it is what goes into the last attention.

    Args:
        network: its trace, or the network itself; then ``input_shape`` (C, H, W) is needed.

    Raises:
        InspectionError: the network has no such layer (``no_grad_cam_layer``).
    """
    trace = network if isinstance(network, Trace) else _traced(network, input_shape)
    candidates = _candidates(trace)
    if any(len(record.output_shape) == 3 for record in candidates[-1:]):
        attended = {source for record in trace.layers if record.kind == "attention" for source in record.inputs}
        candidates = [record for record in candidates if record.index in attended] or candidates
    if not candidates:
        raise InspectionError("Grad-CAM needs a layer whose output has rows and columns; this network has none",
                              code="no_grad_cam_layer")  # fmt: skip
    return _address(candidates[-1])


def _candidates(trace: Trace) -> list[LayerRecord]:
    rank = len(trace.input_shape)
    if rank != 4:
        return []
    size = (trace.input_shape[2], trace.input_shape[3])
    ranks = {3, 4} if any(record.kind == "attention" for record in trace.layers) else {4}
    return [record for record in trace.layers if record.kind in KINDS and _has_maps(record, size, ranks)]


def _has_maps(record: LayerRecord, size: Size, ranks: set[int]) -> bool:
    """Whether it has maps of the picture's proportions: windows and lists of vectors are no maps."""
    if len(record.output_shapes) != 1 or len(record.output_shape) not in ranks or record.output_shape[0] != 1:
        return False
    found = grid(record.output_shape, size)
    return found is not None and found != (1, 1) and abs(log(found[0] / found[1]) - log(size[0] / size[1])) < MOST_STRETCHED


def _address(record: LayerRecord) -> str:
    return record.path if record.call == 1 else f"{record.path}@{record.call}"


def _traced(network: nn.Module, input_shape: tuple[int, ...] | None) -> Trace:
    from cnn_core.inspection.tracing import trace
    from cnn_core.inspection.twins import twin

    if input_shape is None:
        raise InspectionError("the size of the picture is needed: pass input_shape=(C, H, W), or a trace",
                              code="no_input_shape")  # fmt: skip
    return trace(twin(network), input_shape)
