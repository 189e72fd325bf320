"""The convolutions of a network: their filters as arrays, and what each answers to the picture."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cnn_core.inspection import LayerRecord
from cnn_core.inspection.records import INPUT
from pages.feature_maps.scene import Scene
from pages.ui import cached
from pages.ui.components.pixel_maps import Panel
from pages.ui.i18n import number, t

RGB = ("R", "G", "B")
GREY = "·"


@dataclass(frozen=True)
class Convolution:
    """One layer of filters.

    Attributes:
        record: its first run.
        weights: (O, I, kh, kw) float32, the network's own: read, never written.
        bias: (O,), or None.
    """

    record: LayerRecord
    weights: np.ndarray
    bias: np.ndarray | None

    @property
    def sees_picture(self) -> bool:
        """Whether its filters stand over the picture's own channels."""
        return self.record.inputs == (INPUT,)

    @property
    def in_color(self) -> bool:
        return self.sees_picture and self.weights.shape[1] == len(RGB)

    @property
    def point(self) -> bool:
        """1×1: it mixes channels, and has no pattern."""
        return self.weights.shape[2:] == (1, 1)

    def input_name(self, channel: int) -> str:
        """"G" of a picture, else the channel's number; of a depthwise filter nothing, as it has but one."""
        if self.in_color:
            return RGB[channel]
        return GREY if self.weights.shape[1] == 1 else number(channel)

    def slice(self, filter_: int, channel: int | None) -> np.ndarray:
        """(kh, kw) of one input channel, or the mean over all."""
        return self.weights[filter_].mean(axis=0) if channel is None else self.weights[filter_, channel]


def records(scene: Scene) -> dict[str, LayerRecord]:
    """The two-dimensional convolutions by path, in the order of execution; of one that runs twice, its first run."""
    found = cached.graph_part(("convolutions", scene.made_from[:3]), lambda: tuple(_records(scene)))
    return {record.module: record for record in found}


def _records(scene: Scene) -> list[LayerRecord]:
    from torch import nn

    modules = dict(scene.network().named_modules())
    return [
        record for record in scene.trace.layers
        if record.kind == "conv" and record.call == 1 and isinstance(modules.get(record.module), nn.Conv2d)
    ]  # fmt: skip


def opened(scene: Scene, record: LayerRecord) -> Convolution:
    layer = scene.network().get_submodule(record.module)
    bias = getattr(layer, "bias", None)
    return Convolution(record, layer.weight.detach().numpy(), None if bias is None else bias.detach().numpy())


def key(scene: Scene, record: LayerRecord) -> tuple[str, ...]:
    """Names the filters, whatever the picture."""
    return *scene.made_from[:3], record.module


def response_panel(record: LayerRecord, values: np.ndarray, caption: str, alt: str, *, limits: tuple[float, float] | None = None) -> Panel:
    """A map in its place on the picture."""
    seen = record.receptive_field
    if seen is None or len(seen.jump) != 2:
        return Panel(values, caption, alt, limits=limits, exact=False)
    origin = (float(seen.start[0]) + (seen.size[0] - 1) / 2, float(seen.start[1]) + (seen.size[1] - 1) / 2)
    return Panel(
        values, caption, alt, limits=limits, origin=origin, step=(float(seen.jump[0]), float(seen.jump[1])),
        reach=(float(seen.size[0]), float(seen.size[1])), exact=False,
    )  # fmt: skip


def picture_panel(scene: Scene) -> Panel:
    return Panel(scene.input_rgb, t("feature_filters.picture"), t("feature_filters.picture.alt", title=scene.picture.title), kind="rgb")
