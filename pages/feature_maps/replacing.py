"""What a network makes of a picture with a hand-made kernel in one filter's place: every layer behind it, and the prediction."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cnn_core import inspection
from cnn_core.kernels import KERNELS
from pages.feature_maps import stacks
from pages.feature_maps.convolutions import Convolution
from pages.feature_maps.scene import Scene
from pages.feature_maps.stops import stops
from pages.ui import cached

ALL = -1  # all input channels alike


@dataclass(frozen=True)
class Change:
    """One layer behind the filter.

    Attributes:
        index: of its record.
        title: of its stop.
        channel: whose map changed most.
        before, after: that map, (h, w).
        share: size of the whole layer's change, as a share of the layer's own size.
    """

    index: int
    title: str
    channel: int
    before: np.ndarray
    after: np.ndarray
    share: float


@dataclass(frozen=True)
class Replaced:
    """The network with the kernel in it."""

    filter: np.ndarray  # (I, kh, kw)
    logits: np.ndarray
    changes: tuple[Change, ...]


def replaced(scene: Scene, layer: Convolution, filter_: int, kernel: str, channel: int, bias: bool) -> Replaced:
    """The network with a kernel of the table for a filter, on the scene's picture; the scene's own network stays as it is.

    Args:
        channel: the input channel that gets the kernel, or ``ALL``.
        bias: whether the filter's bias stays.
    """
    def compute() -> tuple[Replaced, int]:
        path = layer.record.module
        network = inspection.with_filter_replaced(
            scene.network(), path, filter_, KERNELS[kernel].weights, channel=None if channel == ALL else channel, keep_bias=bias
        )
        behind = _behind(scene, layer)
        before = scene.activations(*behind).maps
        changes: dict[str, Change] = {}
        logits: list[np.ndarray] = []

        def see(address: str, output: object) -> None:
            values = output[0].numpy()  # type: ignore[index]
            if address:
                changes[address] = _change(scene, behind[address], before[address], values)
            else:
                logits.append(values.copy())

        inspection.stream(network, scene.batch(), [*behind, ""], see)
        weight = network.get_submodule(path).weight.detach().numpy()[filter_].copy()
        made = Replaced(weight, logits[0], tuple(changes[address] for address in behind))
        return made, sum(change.before.nbytes + change.after.nbytes for change in made.changes) + weight.nbytes

    made: Replaced = cached.explored(("put", scene.made_from, layer.record.module, filter_, kernel, channel, bias), compute)
    return made


def _behind(scene: Scene, layer: Convolution) -> dict[str, tuple[int, str]]:
    """The convolution itself and the stops behind it that have maps: address → index of the record, title."""
    if scene.found.graph is None:
        return {}
    places = cached.graph_part(("stops", scene.found.trace), lambda: stops(scene.trace, scene.found.graph))
    wanted = {inspection.address(layer.record): (layer.record.index, layer.record.path)}
    for place in places:
        record = place.record(scene.trace, "output")
        if record.index > layer.record.index and len(record.output_shape) >= 3:
            wanted.setdefault(inspection.address(record), (record.index, place.block or scene.trace.layers[place.first].path))
    return wanted


def _change(scene: Scene, at: tuple[int, str], before: np.ndarray, after: np.ndarray) -> Change:
    index, title = at
    record = scene.trace.layers[index]
    old, new = (stacks.stack(values, record, scene.input_size).maps for values in (before, after))
    moved = np.abs(new - old).reshape(len(old), -1).mean(axis=1)
    channel = int(moved.argmax())
    size = float(np.linalg.norm(before))
    share = float(np.linalg.norm(after - before)) / size if size else 0.0
    return Change(index, title, channel, old[channel].copy(), new[channel].copy(), share)
