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

_LOOP = '''

# Training ----------------------------------------------------------------------------------------------------------------


class Data:
    """Images (N, C, H, W) uint8 and labels (N,) on the device."""

    def __init__(self, images: np.ndarray, labels: np.ndarray, device: torch.device) -> None:
        images = sized(images, recipe.input_size) if recipe.input_size else images
        self.images = torch.from_numpy(np.ascontiguousarray(images)).permute(0, 3, 1, 2).contiguous().to(device)
        self.labels = torch.from_numpy(labels.astype(np.int64)).to(device)
        self.train = self  # under the name that some functions know it by

    def __len__(self) -> int:
        return len(self.labels)

    def normalised(self, batch: Tensor) -> Tensor:
        shape = (1, -1, 1, 1)
        scale = torch.tensor([1 / (255 * s) for s in STD], device=batch.device).view(shape)
        shift = torch.tensor([-m / s for m, s in zip(MEAN, STD)], device=batch.device).view(shape)
        return torch.addcmul(shift, batch.float(), scale)


def sized(pixels: np.ndarray, side: int) -> np.ndarray:
    """(N, H, W, C) at another size: zeros around a little smaller picture, resampling otherwise."""
    wider = (side - pixels.shape[1], side - pixels.shape[2])
    if all(0 <= extra <= PADDED_AT_MOST for extra in wider):
        edges = [(extra // 2, extra - extra // 2) for extra in wider]
        return np.pad(pixels, ((0, 0), *edges, (0, 0)))
    tensor = torch.from_numpy(np.ascontiguousarray(pixels)).permute(0, 3, 1, 2).float()
    small = F.interpolate(tensor, (side, side), mode="bilinear", antialias=True, align_corners=False)
    return small.round().clamp(0, 255).to(torch.uint8).permute(0, 2, 3, 1).numpy()


def accuracy(network: nn.Module, data: Data) -> float:
    network.eval()
    right = 0
    with torch.inference_mode():
        for start in range(0, len(data), 500):
            logits = logits_of(network(data.normalised(data.images[start : start + 500])))
            right += int((logits.argmax(1) == data.labels[start : start + 500]).sum())
    return right / len(data)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--steps", type=int, default=0, help="end after so many steps")
    parser.add_argument("--data", default="data", help="folder of the data set")
    parser.add_argument("--save", default="weights.pt", help="file for the weights")
    options = parser.parse_args()
    device = torch.device(recipe.device if recipe.device != "auto" else "cuda" if torch.cuda.is_available() else "cpu")
    mixed = device.type == "cuda" and recipe.precision in ("auto", "bfloat16")
    images, labels = load("train", options.data)
    order = np.random.default_rng(SPLIT_SEED).permutation(len(images))
    held = recipe.validation_images
    chosen = np.sort(order[held : held + recipe.train_images] if recipe.train_images else order[held:])
    train, test = Data(images[chosen], labels[chosen], device), Data(*load("test", options.data), device)
    aside = np.sort(order[:held])
    validation = Data(images[aside], labels[aside], device) if held else test

    torch.manual_seed(recipe.seed)
    _initialise(network, recipe)
    new = start_from(network)
    _first_filters(network, recipe, train)
    _freeze(network, recipe, new)
    network.train().to(device)
    if recipe.channels_last:
        network.to(memory_format=torch.channels_last)
    descent = optimiser(network, recipe, device)
    generator = torch.Generator(device).manual_seed(recipe.seed)
    mean = {name: value.detach().clone() for name, value in network.state_dict().items()} if recipe.averaging else {}
    steps_epoch = steps_in_epoch(len(train), recipe.batch)
    total, step, began = steps_epoch * recipe.epochs, 0, time.monotonic()

    for epoch in range(recipe.epochs):
        network.train()
        keep_frozen_still(network)
        order = torch.randperm(len(train), generator=torch.Generator().manual_seed(recipe.seed * 100_003 + epoch)).to(device)
        for index in range(steps_epoch):
            batch = order[index * recipe.batch : (index + 1) * recipe.batch]
            inputs = train.normalised(altered(train.images[batch], recipe.augmentation, generator))
            if recipe.channels_last:
                inputs = inputs.contiguous(memory_format=torch.channels_last)
            spent = time.monotonic() - began
            way = (step + 0.5) / total
            lr = rate(recipe, max(way, spent / recipe.budget_s) if recipe.budget_s else way)
            for group in descent.param_groups:
                group["lr"] = lr
            with torch.autocast(device.type, torch.bfloat16, enabled=mixed):
                output = network(inputs)
                heads = [output] if isinstance(output, Tensor) else [head for head in output if head is not None]
                losses = [F.cross_entropy(h.float(), train.labels[batch], label_smoothing=recipe.label_smoothing) for h in heads]
                loss = losses[0] + AUXILIARY * sum(losses[1:], torch.zeros_like(losses[0]))
            descent.zero_grad(set_to_none=True)
            loss.backward()
            if recipe.gradient_clip:
                nn.utils.clip_grad_norm_(network.parameters(), recipe.gradient_clip)
            descent.step()
            step += 1
            if mean:
                weight = min(recipe.averaging, (1 + step) / (10 + step))
                with torch.no_grad():
                    for name, value in network.state_dict().items():
                        mean[name].lerp_(value, 1 - weight) if value.is_floating_point() else mean[name].copy_(value)
            if step == options.steps or (recipe.budget_s and spent >= recipe.budget_s):
                break
        ended = step == options.steps or index + 1 < steps_epoch
        own = {name: value.clone() for name, value in network.state_dict().items()}
        network.load_state_dict(mean or own)
        print(f"epoch {epoch + 1}: loss {loss.item():.6f}, validation accuracy {accuracy(network, validation):.4f}", flush=True)
        if ended or epoch + 1 == recipe.epochs:
            break
        network.load_state_dict(own)
    print(f"test accuracy {accuracy(network, test):.4f} after {time.monotonic() - began:.1f} s")
    torch.save(network.state_dict(), options.save)


if __name__ == "__main__":
    main()
'''

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
        networks.first_convolution, networks._first_filters, networks.hand_made, networks._placed, networks.whitening, networks._freeze,
        networks.keep_frozen_still,
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
        DatasetError, WeightsError: what would lie beside it is not here any more.
    """
    text = script(recipe, facts, network)
    beside: dict[str, bytes] = {}
    if recipe.dataset not in TORCHVISION:
        arrays: dict[str, np.ndarray] = {}
        for split in ("train", "test"):
            data = datasets.load(recipe.dataset, split, root)
            arrays |= {f"{split}_images": np.asarray(data.images), f"{split}_labels": np.asarray(data.labels)}
        blob = io.BytesIO()
        np.savez_compressed(blob, **arrays)
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
