"""Networks with their weights, and what they made of pictures."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np
import streamlit as st

from cnn_core import inspection, weights
from pages.ui.cached.torch_loading import wait_for_torch
from pages.ui.cached.traces import traced
from pages.ui.keeping import Keep, give_back
from pages.ui.own_weights import OwnWeightFiles

if TYPE_CHECKING:
    from torch import Tensor, nn

NETWORK_BYTES = 1_200_000_000  # of weights in memory: two VGG-16, or fifty EfficientNets
NETWORK_IDLE_S = 900.0
ACTIVATION_BYTES = 200_000_000
PASS_BYTES = 125_000_000  # of one picture's activations: all of VGG-16's at 224×224
PASSES = 2  # forward passes at once: more would share the same cores, and take each its memory


@st.cache_resource
def own_weights() -> OwnWeightFiles:
    """The server's store of weight files that people brought; bounded by itself."""
    return OwnWeightFiles()


@st.cache_resource(max_entries=16, show_spinner=False)
def weight_file(upload_id: str, _data: bytes) -> tuple[weights.WeightFile, tuple[inspection.Fit, ...]]:
    """The table of an uploaded weight file and the networks it fits; its numbers themselves are not kept.

    Raises:
        WeightsError: it cannot be read, or wants to run something.
    """
    wait_for_torch()
    opened = weights.open_weights(_data)
    return opened, inspection.fits(opened.shapes)


@st.cache_resource(show_spinner=False)
def kept_networks() -> Keep[nn.Module]:
    """The networks in memory, one copy each; the longest unused go first."""
    return Keep(NETWORK_BYTES, NETWORK_IDLE_S, give_back)


@st.cache_resource(show_spinner=False)
def kept_activations() -> Keep[Any]:
    """What passes gave: by picture and network, and by layer of these."""
    return Keep(ACTIVATION_BYTES, NETWORK_IDLE_S)


@st.cache_resource(show_spinner=False)
def _turns() -> tuple[threading.Semaphore, Keep[threading.Lock]]:
    """Who may run a network now; and a lock for each picture in each network, so that one pass serves all who ask for it."""
    return threading.Semaphore(PASSES), Keep(1_000)


def network(source: weights.WeightSource) -> nn.Module:
    """A network with its weights: one copy for all sessions, so put no hook on it (``inspection`` works on twins), and train it nowhere.

    Raises:
        WeightsError: the weights are not here, damaged, or another network's.
    """
    wait_for_torch()

    def make() -> tuple[nn.Module, int]:
        made = weights.network(source)
        return made, sum(tensor.numel() * tensor.element_size() for tensor in made.state_dict().values())

    return kept_networks().get_or_make(_weights_key(source), make)


def _weights_key(source: weights.WeightSource) -> tuple[Hashable, ...]:
    return (source.architecture, source.id, source.fingerprint, tuple(sorted(source.options.items())))


@dataclass(frozen=True)
class Activations:
    """What a network made of one picture.

    Attributes:
        prepared: the picture on its way in.
        maps: outputs by layer, without the batch: (C, H, W), (C,), …; float32 as they were computed, read-only. Where a network
            cuts the picture into windows, (windows, tokens, C).
        logits: (K,) float32, read-only.
    """

    prepared: weights.Prepared
    maps: Mapping[str, np.ndarray]
    logits: np.ndarray


def activations(
    source: weights.WeightSource, picture_id: str, image: np.ndarray, paths: Sequence[str],
    preprocessing: weights.Preprocessing | None = None, beside: int = 1,
) -> Activations:
    """The outputs of some layers, named as ``inspection.capture`` names them, and the prediction; shared by all sessions.

    The first pass of a picture through a network keeps what fits of the other layers too, nearest first, so that the next one is
    looked up and not computed. All that is kept is bounded by ``ACTIVATION_BYTES``.

    Args:
        picture_id: names the pixels of ``image``, (H, W, 3) uint8.
        preprocessing: in place of the weight set's own (inverted, for example).
        beside: how many pictures are asked for together: each keeps that part of what one alone would.

    Raises:
        WeightsError, InspectionError, TraceError: as ``network`` and ``inspection.capture``.
    """
    preprocessing = preprocessing or source.preprocessing
    key = (_weights_key(source), picture_id, preprocessing)
    turns, locks = _turns()
    with locks.get_or_make(key, lambda: (threading.Lock(), 1)):
        kept, wanted = kept_activations(), list(dict.fromkeys(paths))
        begun = kept.get(key)
        maps = {path: found for path in wanted if (found := kept.get((key, path))) is not None}
        missing = [path for path in wanted if path not in maps]
        if begun is None or missing:
            shared = network(source)
            prepared = begun[0] if begun else preprocessing.apply(image)
            others = _nearby(source, missing, PASS_BYTES // beside) if begun is None else ()

            def keep(path: str, output: Tensor) -> None:
                # Windows of attention stand where the batch was: they are all of this picture.
                array = _read_only(output[0] if len(output) == len(prepared.tensor) else output)
                kept.put((key, path), array, array.nbytes)
                if path in missing:
                    maps[path] = array

            with turns:
                output = inspection.stream(shared, prepared.tensor, [*missing, *others, *([] if begun else [""])], keep)
            if begun is None:
                begun = (prepared, _read_only(output[0]))  # type: ignore[index]  # it ran to the end
                kept.put(key, begun, sum(part.nbytes for part in (prepared.resized, prepared.cropped, prepared.tensor, begun[1])))
            give_back(collect=False)
    return Activations(begun[0], {path: maps[path] for path in wanted}, begun[1])


def _read_only(output: Tensor) -> np.ndarray:
    array = output.float().clone().numpy()
    array.flags.writeable = False
    return array


def _nearby(source: weights.WeightSource, wanted: Sequence[str], most_bytes: int) -> tuple[str, ...]:
    """Other layers of the network, the nearest to the wanted ones first, as many as fit into ``most_bytes``."""
    found = traced(source.architecture, source.input_shape, **source.options).trace
    if found is None:
        return ()
    place = {inspection.address(layer): layer.index for layer in found.layers}
    centre = place.get(wanted[0], 0) if wanted else 0
    left, chosen = most_bytes, []
    for layer in sorted(found.layers, key=lambda layer: abs(layer.index - centre)):
        left -= 4 * prod(layer.output_shape)
        if left < 0:
            break
        chosen.append(inspection.address(layer))
    return tuple(path for path in chosen if path not in wanted)


EXPLORED_BYTES = 60_000_000


@st.cache_resource(show_spinner=False)
def exploration() -> Keep[Any]:
    """What was found out about networks with pictures, shared by all sessions."""
    return Keep(EXPLORED_BYTES, NETWORK_IDLE_S)


def explored(made_from: tuple[Hashable, ...], make: Callable[[], tuple[Any, int]]) -> Any:
    """What was found out about a network with a picture; ``make`` gives it and its size in bytes, and may draw while it is at it.

    Not one of ``st.cache_*``, which would record what is drawn and draw it again.
    """
    return exploration().get_or_make(made_from, make)
