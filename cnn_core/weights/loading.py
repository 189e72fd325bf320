"""A network with its weights in it, ready to be looked into. Imports torch; runs nobody's pickled code."""

from __future__ import annotations

import hashlib
import re
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cnn_core import architectures
from cnn_core.datasets.files import sha256_of
from cnn_core.errors import WeightsError
from cnn_core.weights.files import load_torch, read_tensors
from cnn_core.weights.judging import judge
from cnn_core.weights.source import WeightSource

if TYPE_CHECKING:
    from torch import Tensor, nn

PREFIXES = ("module.", "_orig_mod.")  # what torch's wrappers for several devices and for compiling put before every name


def network(source: WeightSource) -> nn.Module:
    """The network with these weights: in eval mode, nothing in place, no gradients.

    Raises:
        WeightsError: the file is not here, is damaged, or holds another network's tensors; the message names the first of them.
    """
    if source.kind == "random":
        seed = int(source.id.partition(":")[2])
        return still(architectures.build(source.architecture, seed=seed, **source.options))
    tensors = _READERS[source.kind](source)
    return network_from_tensors(source.architecture, tensors, source.options)


def network_from_tensors(arch_id: str, tensors: Mapping[str, Tensor], options: Mapping[str, Any] | None = None) -> nn.Module:
    """A network of the catalogue with tensors by name put into it, in the state of ``network``.

    Args:
        tensors: as ``read_tensors`` gives them; a prefix that torch's wrappers put before all names is dropped.
        options: as ``architectures.build`` takes them, where the weights are not for the network's usual classes and channels.

    Raises:
        WeightsError: a tensor is missing, too many, or has another shape; one is no tensor, of another kind of number, or holds values
            that are no numbers. The first one is named.
    """
    if not isinstance(tensors, Mapping):
        raise WeightsError(
            f"weights must be tensors by name, as state_dict() gives them, not {type(tensors).__name__}",
            code="weights_not_a_mapping", architecture=arch_id, found=type(tensors).__name__,
        )  # fmt: skip
    tensors = _plainly_named(tensors)
    judge(arch_id, tensors, options or {})
    return still(architectures.build(arch_id, weights=tensors, **(options or {})))


def _plainly_named(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    named = {str(name): tensor for name, tensor in tensors.items()}
    for prefix in PREFIXES:
        if named and all(name.startswith(prefix) for name in named):
            named = {name.removeprefix(prefix): tensor for name, tensor in named.items()}
    return named


def still(network: nn.Module) -> nn.Module:
    """The same network in eval mode, with nothing in place and without gradients."""
    for module in network.modules():
        if getattr(module, "inplace", False) is True:
            module.inplace = False
    return network.eval().requires_grad_(False)


# From files -------------------------------------------------------------------------------------------------------------


def _checkpoint(source: WeightSource) -> dict[str, Tensor]:
    data = _bytes(source)
    if source.card and hashlib.sha256(data).hexdigest() != source.card.sha256:
        raise damaged(source.path or Path())
    return _safetensors(data)


def _run(source: WeightSource) -> dict[str, Tensor]:
    return _safetensors(_bytes(source))


def _safetensors(data: bytes) -> dict[str, Tensor]:
    """Of the one format that this project writes; a torch file in its place is somebody else's."""
    if data[:1] in (b"P", b"\x80"):
        raise WeightsError("this is neither a safetensors nor a torch file", code="weight_file_unknown")
    return read_tensors(data)[1]


def _bytes(source: WeightSource) -> bytes:
    try:
        return (source.path or Path()).read_bytes()
    except OSError as error:
        raise not_here(source) from error


def _embedded(source: WeightSource) -> dict[str, Tensor]:
    """The package's file has its own names for the tensors; their order is the network's."""
    import torch

    found = list(_torch_file(source).values())
    with torch.device("meta"):
        own = architectures.build(source.architecture).state_dict()
    for (name, expected), tensor in zip(own.items(), found, strict=False):
        if tuple(tensor.shape) != tuple(expected.shape):
            raise WeightsError(
                f"the tensor {name!r} has the shape {tuple(tensor.shape)}, and {source.architecture} as it is built needs "
                f"{tuple(expected.shape)}",
                code="weights_wrong_shape", architecture=source.architecture, tensor=name, found=tuple(tensor.shape),
                expected=tuple(expected.shape),
            )  # fmt: skip
    return dict(zip(own, found, strict=False))


def _torchvision(source: WeightSource) -> dict[str, Tensor]:
    return _renamed(source, _torch_file(source))


def _file(source: WeightSource) -> dict[str, Tensor]:
    """Of either format, under the names of this catalogue or of torchvision's files."""
    return _renamed(source, read_tensors(_bytes(source))[1])


def _renamed(source: WeightSource, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    if source.architecture == "googlenet":  # the auxiliary classifiers, which the catalogue's network leaves out
        return {name: tensor for name, tensor in tensors.items() if not name.startswith(("aux1.", "aux2."))}
    if source.architecture.startswith("densenet"):  # saved when its layers were called norm.1 and conv.2
        return {re.sub(r"(denselayer\d+\.(?:norm|conv))\.([12]\.)", r"\1\2", name): tensor for name, tensor in tensors.items()}
    return tensors


def _torch_file(source: WeightSource) -> dict[str, Tensor]:
    path = source.path
    if path is None or not path.is_file():
        raise not_here(source)
    if not sha256_of(path).startswith(source.fingerprint):
        raise damaged(path)
    tensors, _ = load_torch(path, mapped=zipfile.is_zipfile(path))
    return tensors


_READERS = {"checkpoint": _checkpoint, "run": _run, "embedded": _embedded, "torchvision": _torchvision, "file": _file}


# Refusals ---------------------------------------------------------------------------------------------------------------


def not_here(source: WeightSource) -> WeightsError:
    title = architectures.get(source.architecture).title
    if source.kind == "torchvision":
        return WeightsError(
            f"the weights {source.title} of {title} are not on this machine: download them ({source.bytes / 1e6:.0f} MB), or choose others",
            code="weights_not_downloaded", weights=source.title, title=title, megabytes=round(source.bytes / 1e6),
        )  # fmt: skip
    return WeightsError(
        f"the file of the weights {source.id!r} of {title} is gone: choose other weights",
        code="weights_gone", weights=source.id, title=title,
    )  # fmt: skip


def damaged(path: Path) -> WeightsError:
    return WeightsError(
        f"the file {path.name} is not what it should be (its checksum is wrong): remove it and get it again",
        code="weights_checksum", file=path.name,
    )  # fmt: skip
