"""Chains of layers: sizes, parameters, MACs and receptive fields row by row; as text for a link; as PyTorch code."""

from __future__ import annotations

from cnn_core.chains.chain import Chain, Row
from cnn_core.chains.layer import Layer
from cnn_core.chains.layers import (
    KINDS,
    Activation,
    AvgPool,
    BatchNorm,
    Conv,
    Dropout,
    Flatten,
    GlobalPool,
    Linear,
    MaxPool,
    Transposed,
)
from cnn_core.chains.presets import PRESETS, Preset
from cnn_core.chains.pytorch import to_pytorch
from cnn_core.chains.text import MOST_LAYERS, MOST_PIXELS, from_text, to_text

__all__ = [
    "KINDS",
    "MOST_LAYERS",
    "MOST_PIXELS",
    "PRESETS",
    "Activation",
    "AvgPool",
    "BatchNorm",
    "Chain",
    "Conv",
    "Dropout",
    "Flatten",
    "GlobalPool",
    "Layer",
    "Linear",
    "MaxPool",
    "Preset",
    "Row",
    "Transposed",
    "from_text",
    "to_pytorch",
    "to_text",
]
