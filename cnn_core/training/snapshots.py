"""What the screen shows of an epoch: first-layer filters, maps and prediction of the pinned picture. Imports torch."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from cnn_core.training.batches import Data
from cnn_core.training.files import write_arrays
from cnn_core.training.metrics import logits_of

LAYERS = 4      # rows of maps beside a curve: more would not be looked at
CHANNELS = 24   # of each
SIDE = 64       # px: larger maps are thinned out
FILTERS = 96    # AlexNet's first layer; wider ones are cut


def write(run_dir: Path, epoch: int, network: nn.Module, data: Data, pinned: int) -> None:
    """``epochs/<number>.npz``: see the run's files in ``cnn_core.training``."""
    index = min(pinned, len(data.validation) - 1)
    picture = data.validation.images[index : index + 1]
    maps, logits = _watched(network, data.normalised(picture))
    arrays = {f"maps/{name}": _small(tensor) for name, tensor in maps.items()}
    arrays["probabilities"] = logits.float().softmax(1)[0].cpu().numpy()
    arrays["pinned"] = picture[0].permute(1, 2, 0).cpu().numpy()
    arrays["label"] = data.validation.labels[index].cpu().numpy()
    first = next((m for m in network.modules() if isinstance(m, nn.Conv2d)), None)
    if first is not None:
        arrays["filters"] = first.weight.detach()[:FILTERS].float().cpu().numpy().astype(np.float16)
    write_arrays(run_dir / "epochs" / f"{epoch:04d}.npz", arrays)


def _small(tensor: Tensor) -> np.ndarray:
    step = -(-max(tensor.shape[1:]) // SIDE)
    return tensor[:CHANNELS, ::step, ::step].float().cpu().numpy().astype(np.float16)


def _watched(network: nn.Module, batch: Tensor) -> tuple[dict[str, Tensor], Tensor]:
    """Maps of a few convolutions, evenly through the network, and the logits; the network is left as it was."""
    convolutions = [(name, m) for name, m in network.named_modules() if isinstance(m, nn.Conv2d)]
    places = sorted({round(i * (len(convolutions) - 1) / max(LAYERS - 1, 1)) for i in range(LAYERS)}) if convolutions else []
    maps: dict[str, Tensor] = {}

    def keep(name: str):  # type: ignore[no-untyped-def]  # a hook of torch's
        def hook(_module: nn.Module, _inputs: object, output: Tensor) -> None:
            maps[name] = output[0].detach().clone()  # an in-place activation may follow
        return hook

    handles = [convolutions[place][1].register_forward_hook(keep(convolutions[place][0])) for place in places]
    modes = [(module, module.training) for module in network.modules()]
    network.eval()
    try:
        with torch.inference_mode():
            logits = logits_of(network(batch))
    finally:
        for handle in handles:
            handle.remove()
        for module, mode in modes:
            module.training = mode
    return maps, logits
