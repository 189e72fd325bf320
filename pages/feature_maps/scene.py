"""What is on the screen: a picture, a network with weights, a layer; what every view is drawn from."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from cnn_core import inspection
from cnn_core.inspection import LayerRecord, Trace
from cnn_core.weights import Prepared, Preprocessing, WeightSource
from pages.feature_maps import words
from pages.ui import cached
from pages.ui.picture import Picture

if TYPE_CHECKING:
    from torch import Tensor, nn


@dataclass(frozen=True)
class Scene:
    """One picture in one network.

    Attributes:
        source: the network, its weights and what it does to a picture before it looks.
        found: its trace and graph at its input shape; whole.
        layer: id of the chosen node or block of the graph.
        record: the chosen layer; of a block, its last one.
        invert: whether dark becomes light before the network looks; for networks that read white digits on black.
        beside: how many pictures are looked at together, and share the memory for layers that may be asked for next.
    """

    picture: Picture
    source: WeightSource
    found: cached.Traced
    layer: str
    record: LayerRecord
    invert: bool = False
    beside: int = 1

    @property
    def made_from(self) -> tuple[str, ...]:
        """Names the numbers of every layer: what caches key on."""
        source = self.source
        return source.architecture, source.id, source.fingerprint, self.picture.id, "inverted" if self.invert else ""

    @property
    def preprocessing(self) -> Preprocessing:
        """The weight set's own, with what the user knows of the picture."""
        return replace(self.source.preprocessing, invert=self.invert)

    @property
    def trace(self) -> Trace:
        if self.found.trace is None:
            raise ValueError("a scene is made of a whole trace")
        return self.found.trace

    @property
    def input_size(self) -> tuple[int, int]:
        return self.source.input_shape[1], self.source.input_shape[2]

    @property
    def prepared(self) -> Prepared:
        """The picture resized, cropped and normalised."""
        return self.activations().prepared

    @property
    def input_rgb(self) -> np.ndarray:
        """What the network sees before it is normalised, (H, W, 3) uint8."""
        seen = self.prepared.cropped
        return np.repeat(seen, 3, axis=2) if seen.shape[2] == 1 else seen

    def batch(self) -> Tensor:
        """(1, C, H, W)"""
        return self.prepared.tensor

    def network(self) -> nn.Module:
        """Shared by all sessions: never altered."""
        return cached.network(self.source)

    def values(self, record: LayerRecord) -> np.ndarray:
        """A layer's output without the batch; computed once for all layers of a picture."""
        address = inspection.address(record)
        return self.activations(address).maps[address]

    def logits(self) -> np.ndarray:
        """(K,)"""
        return self.activations().logits

    def activations(self, *addresses: str) -> cached.Activations:
        """Outputs of some layers, by their addresses."""
        return cached.activations(self.source, self.picture.id, self.picture.image, addresses, self.preprocessing, self.beside)

    def class_name(self, index: int) -> str:
        return words.class_name(self.source, index)

    def at(self, record: LayerRecord) -> Scene:
        """The same, looked at in another layer."""
        return replace(self, record=record)
