"""What torchvision publishes of its trained weights, read from torchvision itself. Imports torchvision."""

from __future__ import annotations

import math
from dataclasses import dataclass

from cnn_core.architectures.catalogue import Architecture


@dataclass(frozen=True)
class Published:
    """One weight set of an architecture.

    Attributes:
        weights: torchvision's name of the set, ``"IMAGENET1K_V1"``.
        top1, top5: accuracy on ImageNet's 50,000 validation pictures, one centre crop, in percent.
        macs: multiply-accumulates for one picture of ``input_size``, as published: rounded to a million.
        params: as published; of the whole network.
        input_size: side of the square picture.
        source: where torchvision says how the weights were trained.
        url: where the file is.
    """

    architecture: str
    weights: str
    top1: float
    top5: float
    macs: int
    params: int
    input_size: int
    source: str
    url: str


def of(row: Architecture) -> tuple[Published, ...]:
    """The published weight sets of an architecture, oldest first; none for those that torchvision has no weights for."""
    if row.builder != "zoo_build:torchvision":
        return ()
    from torchvision import models

    found = []
    for entry in models.get_model_weights(row.id):
        accuracy = entry.meta["_metrics"]["ImageNet-1K"]
        if math.isnan(accuracy["acc@1"]):  # VGG-16's set of features alone has no classifier to measure
            continue
        found.append(Published(
            architecture=row.id, weights=entry.name, top1=accuracy["acc@1"], top5=accuracy["acc@5"],
            macs=round(entry.meta["_ops"] * 1000) * 1_000_000, params=entry.meta["num_params"],
            input_size=entry.transforms.keywords["crop_size"], source=entry.meta["recipe"], url=entry.url,
        ))
    return tuple(found)
