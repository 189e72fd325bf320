"""What the fields of a recipe may be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal, get_args

Initialisation = Literal["torch", "glorot", "he"]
Filters = Literal["learned", "hand_made", "hand_made_fixed", "whitening"]
Tuned = Literal["all", "last", "last_blocks"]
Normalisation = Literal["dataset", "unit", "imagenet"]
Optimiser = Literal["sgd", "adam", "adamw", "rmsprop"]
Schedule = Literal["constant", "linear", "cosine", "one_cycle", "step"]
Precision = Literal["auto", "float32", "bfloat16", "float16"]
Device = str  # "auto", "cpu", "cuda", "cuda:1", "mps"


@dataclass(frozen=True)
class Augmentation:
    """What is done to a training image at random before the network sees it.

    Attributes:
        flip: mirror half of the images left to right.
        translate: shift by up to so many pixels each way; what comes in is the image's own mirrored border.
        cutout: side of a square that is blanked (DeVries & Taylor 2017), in pixels.
        zoom: cut out a part of between 1 − ``zoom`` and 1 of the side, and stretch it to the whole.
        colour: change brightness and contrast by up to this share.
    """

    flip: bool = False
    translate: int = 0
    cutout: int = 0
    zoom: float = 0.0
    colour: float = 0.0


CHOICES: Mapping[str, tuple[str, ...]] = MappingProxyType({
    "initialisation": get_args(Initialisation),
    "first_filters": get_args(Filters),
    "tuned": get_args(Tuned),
    "normalisation": get_args(Normalisation),
    "optimiser": get_args(Optimiser),
    "schedule": get_args(Schedule),
    "precision": get_args(Precision),
})

LIMITS: Mapping[str, tuple[float, float]] = MappingProxyType({
    "train_images": (0, 10_000_000),
    "validation_images": (0, 1_000_000),
    "input_size": (0, 512),
    "lr": (0, 1e12),  # absurd rates are a lesson of their own; the job then says what became of the loss
    "momentum": (0, 0.9999),
    "weight_decay": (0, 10),
    "label_smoothing": (0, 0.9),
    "warmup": (0, 1),
    "final_lr": (0, 1),
    "gradient_clip": (0, 1e6),
    "averaging": (0, 0.99999),
    "batch": (1, 65_536),
    "epochs": (1, 10_000),
    "budget_s": (0, 7 * 86_400),
    "seed": (0, 2**31 - 1),
    "pinned": (0, 10_000_000),
    "translate": (0, 64),
    "cutout": (0, 256),
    "zoom": (0, 0.95),
    "colour": (0, 1),
})
