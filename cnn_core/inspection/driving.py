"""The pictures of a data set that drive one channel most, and the patch of each that did it."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

from cnn_core.errors import InspectionError
from cnn_core.inspection.arranging import through_maps
from cnn_core.inspection.fields import ReceptiveField
from cnn_core.inspection.touching import Progress, Reached, Touched, check_channel, not_apart, require, split_address
from cnn_core.inspection.tracing import trace
from cnn_core.inspection.twins import twin

Preprocess = Callable[[np.ndarray], torch.Tensor]
"""From pictures (n, H, W[, C]) uint8 to what the network takes, (n, C, h, w)."""


@dataclass(frozen=True)
class Hit:
    """One picture, and where in it the channel answered most.

    Attributes:
        index: which picture of the data set.
        position: (row, column) of the maximum in the channel's map; (0, 0) in a layer without maps.
        window: first and last row, first and last column that this value sees of the network's input, cut at its borders.
        patch: (h, w[, C]) uint8, that window cut from the picture (scaled where the network sees the picture at another size).
    """

    index: int
    activation: float
    position: tuple[int, int]
    window: tuple[tuple[int, int], tuple[int, int]]
    patch: np.ndarray


@dataclass(frozen=True)
class Driving:
    """The best pictures so far, best first; ``complete`` where all have been looked at."""

    path: str
    channel: int
    hits: tuple[Hit, ...]
    scanned: int
    complete: bool


def driving_images(
    model: nn.Module, images: np.ndarray, preprocess: Preprocess, path: str, channel: int, *, k: int = 9, batch_size: int = 64,
    seconds: float | None = None, stop: Callable[[], bool] | None = None, on_progress: Progress | None = None,
) -> Driving:
    """Scan pictures for those whose map of a channel has the largest value.

    Args:
        images: (N, H, W) or (N, H, W, C) uint8, memory-mapped or not; read a batch at a time.
        path: the layer, as `capture` names it. The network runs no further.
        seconds, stop: end early, with the best of those scanned.

    Raises:
        InspectionError: no such layer or channel, or no pictures (``no_pictures``).
    """
    require(k=k, batch_size=batch_size)
    if not len(images):
        raise InspectionError("there are no pictures to look through", code="no_pictures")
    first = preprocess(images[:1])
    size = (int(first.shape[-2]), int(first.shape[-1]))
    scan = _Scan(path, channel, size)
    network = Touched(model, {path: scan}, first)
    field = _field(model, path, tuple(first.shape[1:]))
    best: list[tuple[float, int, tuple[int, int]]] = []
    scanned = 0
    ends = None if seconds is None else time.perf_counter() + seconds
    with torch.no_grad():
        while scanned < len(images):
            if scanned and ((ends is not None and time.perf_counter() > ends) or (stop is not None and stop())):
                break
            part = images[scanned : scanned + batch_size]
            best += [(value, scanned + i, place) for i, (value, place) in enumerate(scan.run(network, preprocess(part)))]
            best = sorted(best, key=lambda entry: (-entry[0], entry[1]))[:k]
            scanned += len(part)
            if on_progress is not None:
                on_progress(scanned, len(images))
    hits = tuple(_hit(images[index], index, value, place, field, size) for value, index, place in best)
    return Driving(path, channel, hits, scanned, scanned == len(images))


class _Scan:
    """Reads the largest value of one channel, and its place, from each picture of a batch."""

    def __init__(self, path: str, channel: int, size: tuple[int, int]) -> None:
        self.path, self.channel, self.size = path, channel, size
        self.found: list[tuple[float, tuple[int, int]]] = []

    def __call__(self, output: torch.Tensor) -> torch.Tensor:
        through_maps(output, self.size, self._take)
        raise Reached

    def _take(self, maps: torch.Tensor) -> torch.Tensor:
        check_channel(self.path, self.channel, maps.shape[1])
        plane = maps[:, self.channel].flatten(1)
        values, places = plane.max(1)
        self.found = [(float(value), (int(at) // maps.shape[3], int(at) % maps.shape[3]))
                      for value, at in zip(values, places, strict=True)]  # fmt: skip
        return maps

    def run(self, network: Touched, batch: torch.Tensor) -> list[tuple[float, tuple[int, int]]]:
        with suppress(Reached):
            network(batch)
        if len(self.found) != len(batch):
            raise not_apart()
        return self.found


def _field(model: nn.Module, path: str, input_shape: tuple[int, ...]) -> ReceptiveField | None:
    name, call = split_address(path)
    traced = trace(twin(model), input_shape)
    for layer in traced.layers:
        if (layer.path, layer.call) == (name, call):
            return layer.receptive_field
    for block in traced.blocks:  # what a block answers with is what its last layer does
        if (block.path, block.call) == (name, call):
            return traced.layers[block.stop - 1].receptive_field
    return None


def _hit(
    image: np.ndarray, index: int, value: float, place: tuple[int, int], field: ReceptiveField | None, size: tuple[int, int]
) -> Hit:
    window = ((0, size[0] - 1), (0, size[1] - 1)) if field is None else field.window(place, size)
    (top, bottom), (left, right) = window
    down, across = image.shape[0] / size[0], image.shape[1] / size[1]
    patch = image[int(top * down) : max(int((bottom + 1) * down), int(top * down) + 1),
                  int(left * across) : max(int((right + 1) * across), int(left * across) + 1)]  # fmt: skip
    return Hit(index, value, place, ((top, bottom), (left, right)), np.array(patch))
