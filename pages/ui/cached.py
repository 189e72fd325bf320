"""The only home of ``st.cache_*``: what is derived is kept here, bounded, keyed by everything it depends on."""

from __future__ import annotations

import gc
import importlib
import os
import threading
from collections.abc import Callable, Hashable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, replace
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np
import streamlit as st

from cnn_core import architectures, datasets, designs, images, inspection, kernels, weights
from cnn_core.errors import ConvolabError, TraceError
from cnn_core.jobs import JobQueue, runs_root
from pages.ui.downloads import Downloads
from pages.ui.estimates import Estimates
from pages.ui.framing import Framing
from pages.ui.keeping import Keep, give_back
from pages.ui.own_pictures import OwnPictures
from pages.ui.own_weights import OwnWeightFiles

if TYPE_CHECKING:
    from torch import Tensor, nn

    from cnn_core.training import Check, Recipe

HEAVY = ("torch", "torchvision.models", "cnn_core.inspection.tracing", "cnn_core.architectures.building")
_importing = threading.Lock()  # Python's own import locks, one a module, can meet crosswise in two threads
_torch_is_here = threading.Event()


@st.cache_resource
def warm_up() -> None:
    """Once per server: take what is imported out of the garbage collector's sight.

    Streamlit runs a full collection after script runs; over everything that is imported it costs more than the script.
    """
    gc.collect()
    gc.freeze()


@st.cache_resource
def load_torch() -> None:
    """Once per server, when a first page has been drawn: import torch in the background, before somebody waits for it.

    ``CONVOLAB_WARM_UP=0`` leaves the import to the first page that needs it.
    """
    if os.environ.get("CONVOLAB_WARM_UP") != "0":
        threading.Thread(target=wait_for_torch, name="load-torch", daemon=True).start()


def torch_is_here() -> bool:
    """Whether ``traced`` answers without importing torch first, which takes seconds."""
    return _torch_is_here.is_set()


def wait_for_torch() -> None:
    """Import torch, or wait for the thread that does."""
    with _importing:
        if not _torch_is_here.is_set():
            for name in HEAVY:
                importlib.import_module(name)
            gc.collect()
            gc.freeze()
            _torch_is_here.set()


@st.cache_resource
def own_pictures() -> OwnPictures:
    """The server's store of pictures that people brought; bounded by itself."""
    return OwnPictures()


@st.cache_resource
def own_weights() -> OwnWeightFiles:
    """The server's store of weight files that people brought; bounded by itself."""
    return OwnWeightFiles()


@st.cache_resource
def downloads() -> Downloads:
    """The data sets on their way to this server."""
    return Downloads()


def dataset(name: str, split: str) -> datasets.Dataset:
    """One split of a data set, memory-mapped and shared by all sessions.

    Raises:
        DatasetError: it is not in the data folder, or damaged.
    """
    return _dataset(name, split, str(datasets.data_root()), datasets.version(name))


@st.cache_resource
def dataset_failures() -> dict[tuple[str, str], tuple[float, ConvolabError]]:
    """Data sets that could not be opened, by name and folder: when (``time.monotonic``) and why. One for each, at most."""
    return {}


@st.cache_resource(max_entries=16, show_spinner=False)
def _dataset(name: str, split: str, root: str, version: str) -> datasets.Dataset:
    return datasets.load(name, split, root)


@st.cache_resource(max_entries=48, show_spinner=False)
def framed(picture_id: str, framing: Framing, _image: np.ndarray) -> np.ndarray:
    """A picture cropped and resized, (H, W, 3) uint8, read-only; the id names the pixels."""
    result = framing.apply(_image)
    result.flags.writeable = False
    return result


@st.cache_resource(max_entries=1_000, show_spinner=False)
def thumbnail(picture_id: str, side: int, _image: np.ndarray) -> np.ndarray:
    """The middle square of a picture at ``side`` pixels, (side, side, 3) uint8; the id names the pixels."""
    return images.resize(images.square_crop(_image), side, side)


@st.cache_resource(max_entries=48)
def grey(picture_id: str, _image: np.ndarray) -> np.ndarray:
    """A picture in whole grey values of 0 to 255, (H, W) uint8, read-only; the id names the pixels."""
    result = np.rint(images.to_grey(_image) * 255).astype(np.uint8)
    result.flags.writeable = False
    return result


@st.cache_resource(max_entries=24)
def equalized(made_from: tuple[object, ...], _response: np.ndarray) -> np.ndarray:
    """A response equalised as in the course, read-only; ``made_from`` names picture, kernel and settings."""
    result = kernels.equalize(_response)
    result.flags.writeable = False
    return result


TABLE_SIDE = 160  # px: a picture under the whole table is a small one


@st.cache_resource(max_entries=8)
def kernel_table(picture_id: str, flip: bool, _grey: np.ndarray) -> tuple[np.ndarray, ...]:
    """A grey picture, at most TABLE_SIDE pixels long, under every kernel of the table: (h, w) float32 each."""
    small = images.fit_within(_grey, TABLE_SIDE)
    return tuple(
        kernels.apply(small, kernel.weights, flip=flip, padding="same", border="replicate").astype(np.float32)
        for kernel in kernels.KERNELS.values()
    )


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


@st.cache_resource(max_entries=16, show_spinner=False)
def weight_file(upload_id: str, _data: bytes) -> tuple[weights.WeightFile, tuple[inspection.Fit, ...]]:
    """The table of an uploaded weight file and the networks it fits; its numbers themselves are not kept.

    Raises:
        WeightsError: it cannot be read, or wants to run something.
    """
    wait_for_torch()
    opened = weights.open_weights(_data)
    return opened, inspection.fits(opened.shapes)


# Networks with weights, and what they made of pictures -------------------------------------------------------------------

NETWORK_BYTES = 1_200_000_000  # of weights in memory: two VGG-16, or fifty EfficientNets
NETWORK_IDLE_S = 900.0
ACTIVATION_BYTES = 200_000_000
PASS_BYTES = 125_000_000  # of one picture's activations: all of VGG-16's at 224×224
PASSES = 2  # forward passes at once: more would share the same cores, and take each its memory


@st.cache_resource(show_spinner=False)
def _networks() -> Keep[nn.Module]:
    return Keep(NETWORK_BYTES, NETWORK_IDLE_S, give_back)


@st.cache_resource(show_spinner=False)
def _activations() -> Keep[Any]:
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

    return _networks().get_or_make(_weights_key(source), make)


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
        kept, wanted = _activations(), list(dict.fromkeys(paths))
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


# Training jobs ------------------------------------------------------------------------------------------------------------


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


# Designs ------------------------------------------------------------------------------------------------------------------


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
