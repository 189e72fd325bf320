"""A run as one Python file that trains the same network without this project: torch, and torchvision for public data sets.

The file is made of this project's own functions, taken as they stand, around a short loop; on the same machine it takes the same
steps. What it cannot fetch for itself (drawn data, one's own pictures, weights to start from) is one file beside it.
"""

from __future__ import annotations

import inspect
import io
import json
import re
import zipfile
from collections.abc import Callable, Mapping
from importlib import resources
from typing import Any

import numpy as np

from cnn_core import architectures, datasets, kernels
from cnn_core.training.recipe import Recipe

_EXAMPLE = re.compile(r"\n\n    >>> .*?(?=\n    \"\"\")", re.DOTALL)  # in a docstring: it would import this project
TORCHVISION = {"mnist": "MNIST", "fashion_mnist": "FashionMNIST", "cifar10": "CIFAR10", "cifar100": "CIFAR100"}
DATA_FILE, START_FILE = "data.npz", "start.safetensors"

_HEAD = '''"""Trains {title} on {dataset}, as it was trained in Convolab. Needs {needs}.

    python train.py [--steps N] [--data FOLDER] [--save FILE]
"""

from __future__ import annotations

import argparse
import math
import time
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

# What was chosen ---------------------------------------------------------------------------------------------------------

recipe = SimpleNamespace(**{recipe})
recipe.augmentation = SimpleNamespace(**{augmentation})
CLASSES = {classes}
MEAN, STD = {mean}, {std}  # of values in 0 to 1, one a channel


class RecipeError(ValueError):
    def __init__(self, text: str, **facts: Any) -> None:
        super().__init__(text)

'''

_NETWORK = '''

# The network -------------------------------------------------------------------------------------------------------------


torch.manual_seed(recipe.seed)

'''

# The last part of every script: data, the loop, the command line.
_LOOP = resources.files("cnn_core.training").joinpath("script_loop.txt").read_text("utf-8")

_START = '''
def start_from(network: nn.Module) -> set[str]:
    """Copy the weights that fit from the file beside this one; gives the names of those that start anew."""
    from pathlib import Path

    from safetensors.torch import load_file

    given, own = load_file(Path(__file__).with_name("{file}")), network.state_dict()
    fitting = {{name: tensor for name, tensor in given.items() if name in own and own[name].shape == tensor.shape}}
    network.load_state_dict(fitting, strict=False)
    return {{name for name in own if name not in fitting}}
'''

_NO_START = '''
def start_from(network: nn.Module) -> set[str]:
    """Nothing: the network starts from random weights."""
    return set()
'''

_PUBLIC = '''
def load(split: str, folder: str) -> tuple[np.ndarray, np.ndarray]:
    """Images (N, H, W, C) uint8 and labels; fetched the first time."""
    from torchvision.datasets import {name}

    found = {name}(folder, train=split == "train", download=True)
    images = np.asarray(found.data)
    return images if images.ndim == 4 else images[..., None], np.asarray(found.targets)
'''

_BESIDE = '''
def load(split: str, folder: str) -> tuple[np.ndarray, np.ndarray]:
    """Images (N, H, W, C) uint8 and labels, of the file beside this one."""
    from pathlib import Path

    with np.load(Path(__file__).with_name("{file}")) as file:
        return file[f"{{split}}_images"], file[f"{{split}}_labels"]
'''


def script(recipe: Recipe, facts: Mapping[str, Any], network: str = "") -> str:
    """The file's text. Imports torch.

    Args:
        facts: the run's ``network.json``.
        network: code that makes ``network``, where the catalogue's own would need this project (a design of one's own).
    """
    from cnn_core.training import batches, loop, metrics, networks, optimising

    apart = ("format", "name", "augmentation", "options", "architecture", "dataset")
    values = {name: value for name, value in recipe.to_dict().items() if name not in apart}
    needs = ["torch"] + ["torchvision"] * (recipe.dataset in TORCHVISION) + ["safetensors"] * bool(recipe.weights)
    code = network or architectures.code(recipe.architecture, **facts["options"])
    known = {name: kernels.KERNELS[name].weights.tolist() for name in networks.HAND_MADE if name in kernels.KERNELS}
    hand_made = recipe.first_filters in ("hand_made", "hand_made_fixed")
    functions: list[Callable[..., Any]] = [
        batches.altered, batches._shifted, batches._mirrored, batches._zoomed, batches._blanked, batches.steps_in_epoch,
        optimising.optimiser, optimising.rate, optimising._fall, metrics.logits_of, networks.weighted, networks._initialise,
        networks.first_convolution, networks._first_filters, networks.hand_made, networks._placed, networks.whitening,
        networks._check_whitening, networks._freeze, networks.keep_frozen_still,
    ]  # fmt: skip
    constants = {
        "SPLIT_SEED": batches.SPLIT_SEED, "PADDED_AT_MOST": batches.PADDED_AT_MOST, "AUXILIARY": loop.AUXILIARY,
        "STEPS_DOWN": optimising.STEPS_DOWN, "WHITENING_IMAGES": networks.WHITENING_IMAGES, "WHITENING_FLOOR": networks.WHITENING_FLOOR,
        "HAND_MADE": tuple(known) if hand_made else (),
    }  # fmt: skip
    table = json.dumps(known if hand_made else {})
    parts = [
        _HEAD.format(
            title=architectures.get(recipe.architecture).title, dataset=datasets.describe(recipe.dataset).title, needs=" and ".join(needs),
            recipe=values, augmentation=dict(recipe.to_dict()["augmentation"]), classes=tuple(facts["class_names"]),
            mean=tuple(facts["mean"]), std=tuple(facts["std"]),
        ),
        _NETWORK, _without_future(code), _NO_START if not recipe.weights else _START.format(file=START_FILE),
        "\n".join(f"{name} = {value!r}" for name, value in constants.items()),
        f"kernels = SimpleNamespace(KERNELS={{k: SimpleNamespace(weights=np.array(v)) for k, v in {table}.items()}})\n",
        *(f"\n{_EXAMPLE.sub('', inspect.getsource(function))}" for function in functions),
        _PUBLIC.format(name=TORCHVISION[recipe.dataset]) if recipe.dataset in TORCHVISION else _BESIDE.format(file=DATA_FILE),
        _LOOP,
    ]  # fmt: skip
    return "\n".join(parts)


def bundle(recipe: Recipe, facts: Mapping[str, Any], network: str = "", root: str | None = None) -> tuple[str, bytes]:
    """File name and content: ``train.py``, or a zip of it and of what it cannot fetch for itself.

    Raises:
        DatasetError, WeightsError: what would lie beside it is not here any more, or is another one.
    """
    from cnn_core.training.facts import check_same_data

    text = script(recipe, facts, network)
    beside: dict[str, bytes] = {}
    if recipe.dataset not in TORCHVISION:
        check_same_data(facts, root)
        arrays: dict[str, np.ndarray] = {}
        for split in ("train", "test"):
            data = datasets.load(recipe.dataset, split, root)
            arrays |= {f"{split}_images": np.asarray(data.images), f"{split}_labels": np.asarray(data.labels)}
        blob = io.BytesIO()
        np.savez_compressed(blob, **arrays)  # type: ignore[arg-type]  # numpy types the arrays' names as its own options
        beside[DATA_FILE] = blob.getvalue()
    if recipe.weights:
        from safetensors.torch import save

        from cnn_core import weights

        given = weights.network(weights.get_source(recipe.architecture, recipe.weights)).state_dict()
        beside[START_FILE] = save({name: tensor.contiguous().clone() for name, tensor in given.items()})
    if not beside:
        return "train.py", text.encode()
    zipped = io.BytesIO()
    with zipfile.ZipFile(zipped, "w", zipfile.ZIP_STORED) as file:
        file.writestr("train.py", text)
        for name, content in beside.items():
            file.writestr(name, content)
    return "train.zip", zipped.getvalue()


def _without_future(code: str) -> str:
    return "\n".join(line for line in code.splitlines() if not line.startswith("from __future__"))
