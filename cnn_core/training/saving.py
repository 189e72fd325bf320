"""The weights a run keeps, and the state it resumes from: safetensors files, whole or absent, no pickle. Imports torch."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor, nn

from cnn_core.errors import TrainingError
from cnn_core.training.files import write_whole

STATE = "resume.safetensors"
Tensors = dict[str, Tensor]


def save_weights(path: Path, tensors: Mapping[str, Tensor]) -> None:
    """Each tensor by its name in ``state_dict()``, on the CPU, in the layout every reader knows."""
    whole = {name: tensor.detach().cpu().contiguous().clone() for name, tensor in tensors.items()}
    write_whole(path, lambda file: file.write(save(whole)))


def optimiser_tensors(optimiser: torch.optim.Optimizer) -> Tensors:
    state = optimiser.state_dict()["state"]
    return {
        f"{index}.{name}": value if isinstance(value, Tensor) else torch.tensor(value)
        for index, entry in state.items() for name, value in entry.items() if value is not None
    }


def restore_optimiser(optimiser: torch.optim.Optimizer, tensors: Mapping[str, Tensor]) -> None:
    parameters = [parameter for group in optimiser.param_groups for parameter in group["params"]]
    state: dict[int, dict[str, Tensor]] = {}
    for key, tensor in tensors.items():
        index, _, name = key.partition(".")
        parameter = parameters[int(index)]
        if tensor.shape == parameter.shape and tensor.ndim:
            # in the parameter's own memory layout: the fused optimisers walk both in the order of memory
            tensor = torch.empty_like(parameter, dtype=tensor.dtype, requires_grad=False).copy_(tensor)
        state.setdefault(int(index), {})[name] = tensor
    optimiser.load_state_dict({"state": state, "param_groups": optimiser.state_dict()["param_groups"]})


def random_tensors(generator: torch.Generator) -> Tensors:
    """Where torch's random numbers stand: its own (dropout draws from them) and those of the augmentation."""
    found = {"generator": generator.get_state(), "cpu": torch.get_rng_state()}
    if generator.device.type == "cuda":
        found["cuda"] = torch.cuda.get_rng_state(generator.device)
    return found


def restore_random(tensors: Mapping[str, Tensor], generator: torch.Generator) -> None:
    generator.set_state(tensors["generator"].cpu())
    torch.set_rng_state(tensors["cpu"].cpu())
    if "cuda" in tensors and generator.device.type == "cuda":
        torch.cuda.set_rng_state(tensors["cuda"].cpu(), generator.device)


def save_state(run_dir: Path, groups: Mapping[str, Mapping[str, Tensor]], position: Mapping[str, Any]) -> None:
    """Everything a run goes on from, in one file, so that its parts always belong together."""
    tensors = {
        f"{group}/{name}": tensor.detach().cpu().contiguous().clone()
        for group, named in groups.items() for name, tensor in named.items()
    }
    blob = save(tensors, metadata={"position": json.dumps(position)})
    write_whole(run_dir / STATE, lambda file: file.write(blob))


def load_state(run_dir: Path) -> tuple[dict[str, Tensors], dict[str, Any]]:
    """What ``save_state`` wrote.

    Raises:
        TrainingError: there is none, or it is cut or damaged.
    """
    groups: dict[str, Tensors] = {}
    try:
        with safe_open(run_dir / STATE, framework="pt") as file:
            position: dict[str, Any] = json.loads((file.metadata() or {})["position"])
            for key in file.keys():  # noqa: SIM118 - not a dict
                group, _, name = key.partition("/")
                groups.setdefault(group, {})[name] = file.get_tensor(key)
    except FileNotFoundError:
        raise TrainingError(
            "this run has no saved state to go on from: start it anew", code="training_nothing_to_resume",
        ) from None
    except (SafetensorError, OSError, KeyError, ValueError) as error:
        raise TrainingError(
            "the saved state of this run is cut or damaged, and cannot be gone on from: start it anew",
            code="training_state_damaged", reason=type(error).__name__,
        ) from None
    return groups, position


def restore_network(network: nn.Module, tensors: Mapping[str, Tensor]) -> None:
    """Raises TrainingError where the tensors are another network's."""
    try:
        network.load_state_dict(dict(tensors))
    except RuntimeError:
        raise TrainingError(
            "the saved state of this run belongs to another network: start the run anew", code="training_state_foreign",
        ) from None
