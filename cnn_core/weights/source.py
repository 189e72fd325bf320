"""Where weights can come from, as facts: nothing here opens a network or imports torch."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from cnn_core.weights.preprocessing import Preprocessing

Kind = Literal["checkpoint", "embedded", "torchvision", "run", "random", "file"]


@dataclass(frozen=True)
class Card:
    """How this project trained a network, and what it then scored.

    Attributes:
        settings: every field of the recipe.
        test_accuracy: share of the data set's test split, without test-time augmentation.
        test_accuracy_first_1000: of its first 1,000 images alone, where the card says it.
        sha256: of the file of weights.
    """

    architecture: str
    dataset: str
    recipe: str
    settings: Mapping[str, Any] = field(hash=False)
    seed: int
    epochs: int
    parameters: int
    test_accuracy: float
    test_images: int
    seconds: float
    device: str
    date: datetime.date
    sha256: str
    test_accuracy_first_1000: float | None = None


@dataclass(frozen=True)
class WeightSource:
    """A set of weights for an architecture.

    Attributes:
        id: "checkpoint", "embedded", "torchvision:IMAGENET1K_V1", "run:<job>", "run:<job>@best", "random:<seed>"; of a file
            that somebody brought, what the caller calls it.
        title: the weight set's or the job's own name; empty where the kind says it all.
        options: what ``architectures.build`` takes for these weights.
        class_names: English names by index; empty where the classes have none (random weights).
        dataset: what it was trained on: "imagenet", or a name of ``cnn_core.datasets``; empty for random weights.
        bytes: of the file, to download or on disk; of a download rounded as torchvision publishes it.
        is_here: whether ``network`` can open it now.
        fingerprint: changes when the numbers do; for keys of caches.
        top1: ImageNet accuracy in percent as its publisher states it, one centre crop.
        path: of the file, where there is one.
    """

    id: str
    kind: Kind
    architecture: str
    input_shape: tuple[int, int, int]
    num_classes: int
    preprocessing: Preprocessing
    title: str = ""
    options: Mapping[str, Any] = field(default_factory=dict, hash=False)
    class_names: tuple[str, ...] = field(default=(), repr=False)
    dataset: str = ""
    bytes: int = 0
    is_here: bool = True
    fingerprint: str = ""
    top1: float | None = None
    card: Card | None = None
    path: Path | None = None

    @property
    def trained(self) -> bool:
        return self.kind != "random"
