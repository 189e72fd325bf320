"""Weights: what a file of them holds. Nobody's Python is run to find out."""

from __future__ import annotations

from cnn_core.weights.files import TensorRow as TensorRow
from cnn_core.weights.files import WeightFile as WeightFile
from cnn_core.weights.files import open_weights as open_weights
from cnn_core.weights.files import read_tensors as read_tensors
