"""Weights: where they come from, what a file of them holds, and networks with them inside. Nobody's Python is run to find out.

>>> from cnn_core import weights
>>> [source.id for source in weights.sources("resnet18")]
['torchvision:IMAGENET1K_V1', 'random:0']
>>> weights.get_source("tf_efficientnet_lite0", "embedded").class_names[967]
'espresso'

Listing what there is imports no torch and asks no network.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from cnn_core.weights.brought import from_file as from_file
from cnn_core.weights.brought import lenders as lenders
from cnn_core.weights.files import TensorRow as TensorRow
from cnn_core.weights.files import WeightFile as WeightFile
from cnn_core.weights.files import open_weights as open_weights
from cnn_core.weights.files import read_tensors as read_tensors
from cnn_core.weights.judging import refuse_run_state as refuse_run_state
from cnn_core.weights.offers import best_source as best_source
from cnn_core.weights.offers import get_source as get_source
from cnn_core.weights.offers import sources as sources
from cnn_core.weights.preprocessing import Prepared as Prepared
from cnn_core.weights.preprocessing import Preprocessing as Preprocessing
from cnn_core.weights.source import Card as Card
from cnn_core.weights.source import WeightSource as WeightSource

if TYPE_CHECKING:
    from cnn_core.weights.fetching import fetch as fetch
    from cnn_core.weights.fetching import partial_bytes as partial_bytes
    from cnn_core.weights.loading import network as network
    from cnn_core.weights.loading import network_from_tensors as network_from_tensors

_HOMES = {"fetch": "fetching", "partial_bytes": "fetching", "network": "loading", "network_from_tensors": "loading"}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
