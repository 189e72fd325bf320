"""Why a network cannot be run on an input, said in a sentence with a remedy, and as a code that pages translate."""

from __future__ import annotations

from typing import Any

from cnn_core.errors import TraceError
from cnn_core.inspection.records import Trace
from cnn_core.inspection.tables import shape_text

MESSAGES = {
    "trace_bad_input": "An input shape is one to six whole numbers of at least 1, such as 3×224×224; got {shape}.",
    "trace_rank": "The layer {layer} ({type}) needs an input of {expected} dimensions, batch included, and gets "
                  "{input_shape}: give the input shape as channels, height, width, or flatten before a dense layer.",
    "trace_channels": "The layer {layer} ({type}) expects {expected} channels and gets {got} (its input is "
                      "{input_shape}): give it an input of {expected} channels, or build it with {got} input channels.",
    "trace_features": "The layer {layer} ({type}) expects {expected} features and gets {got} (its input is "
                      "{input_shape}): change the input size of the network, build the layer with {got} features, or "
                      "put an adaptive average pooling before the flattening.",
    "trace_out_of_pixels": "The picture runs out of pixels at the layer {layer} ({type}): a window of {window} does not "
                           "fit into {input_shape} with padding {padding}. Use a larger input, or a variant of the "
                           "network made for small pictures.",
    "trace_join": "The layer {layer} ({type}) joins {left} with {right}, which do not fit: make the branches end in the "
                  "same size (padding, stride, or a 1×1 convolution on the shortcut).",
    "trace_reshape": "The layer {layer} ({type}) cannot arrange {input_shape} as it was told ({reason}): the input size "
                     "is not the one the network was written for.",
    "trace_refused": "The layer {layer} ({type}) refuses the input {input_shape}: {reason}. Use the input size the "
                     "network was written for.",
    "trace_data_dependent": "The layer {layer} ({type}) asks for the value of a number that a trace does not compute: "
                            "only networks whose path does not depend on the pixels can be traced.",
    "trace_too_large": "The layer {layer} ({type}) would make a tensor too large to count, from {input_shape}: use a "
                       "smaller input or fewer channels.",
    "trace_uninitialised": "The layer {layer} ({type}) has not been given its size yet (a lazy layer): run the network "
                           "once on real data before tracing it.",
    "trace_failed": "The layer {layer} ({type}) stopped on the input {input_shape}: {reason}.",
}


class Misfit(Exception):
    """Raised by the rule of one operation; the tracer adds where it happened and makes a `TraceError` of it."""

    def __init__(self, code: str, **facts: Any) -> None:
        super().__init__(code)
        self.code = code
        self.facts = facts


def trace_error(code: str, partial: Trace | None = None, **facts: Any) -> TraceError:
    """The error for ``code``, with the records up to the failing layer under ``.trace``."""
    return TraceError(MESSAGES[code].format(**facts), code=code, trace=partial, **facts)


def diagnose(error: Exception, kind: str) -> tuple[str, dict[str, Any]]:
    """Code and facts for what torch, or the network itself, raised.

    torch has no error classes for these conditions, so what its sentences say decides; anything unknown keeps torch's
    own words as the reason.
    """
    if isinstance(error, Misfit):
        return error.code, error.facts
    reason = (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(".! ") or type(error).__name__
    facts = {"reason": reason[:300]}
    words = reason.lower()
    if isinstance(error, AssertionError):
        return "trace_refused", facts
    if "overflow" in words or isinstance(error, OverflowError | MemoryError):
        return "trace_too_large", facts
    if "meta tensor" in words or "data-dependent" in words or "aten::_local_scalar_dense" in words:
        return "trace_data_dependent", facts
    if kind in ("reshape", "flatten", "split", "slice"):
        return "trace_reshape", facts
    return "trace_failed", facts


def shapes_text(shapes: tuple[tuple[int, ...], ...]) -> str:
    """
    >>> shapes_text(((1, 64, 8, 8), (1, 32, 8, 8)))
    '1×64×8×8 + 1×32×8×8'
    """
    return " + ".join(map(shape_text, shapes))
