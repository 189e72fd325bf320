"""Builds the rows of ``zoo.py`` and ``zoo_small.py`` out of torchvision and timm, with any number of classes and channels."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch import nn

from cnn_core.errors import ArchitectureError


def torchvision(
    name: str, num_classes: int, in_channels: int, arguments: Mapping[str, Any], **options: Any
) -> nn.Module:
    """torchvision's network of that name; ``arguments`` are fixed ones of its own, ``options`` go by torchvision's names."""
    from torchvision import models

    renamed = {"width": "width_mult"}
    extra = {renamed.get(option, option): value for option, value in options.items()}
    network = models.get_model(name, weights=None, num_classes=num_classes, **arguments, **extra)
    take_channels(network, in_channels)
    return network


def timm(name: str, num_classes: int, in_channels: int) -> nn.Module:
    import timm as library

    network: nn.Module = library.create_model(name, pretrained=False, num_classes=num_classes, in_chans=in_channels)
    return network


def small(
    name: str, num_classes: int, in_channels: int, arguments: Mapping[str, Any],
    whole: tuple[str, ...], dropped: tuple[str, ...], **options: Any,
) -> nn.Module:
    """torchvision's network with a stem for small pictures.

    Args:
        whole: paths of convolutions that no longer halve the size: stride 1, and 3×3 where they were larger.
        dropped: paths of poolings that are left out.
    """
    network = torchvision(name, num_classes, in_channels, arguments, **options)
    for path in whole:
        conv = network.get_submodule(path)
        if not isinstance(conv, nn.Conv2d):
            raise ArchitectureError(
                f"{path} of {name} is no convolution", code="not_a_convolution", architecture=name, layer=path,
            )
        network.set_submodule(path, like(conv, kernel_size=min(conv.kernel_size[0], 3), stride=1))
    for path in dropped:
        network.set_submodule(path, nn.Identity())
    return network


def take_channels(network: nn.Module, in_channels: int) -> None:
    """Let the first convolution, which is the one that sees the picture, take pictures of ``in_channels`` channels."""
    path, conv = next((path, layer) for path, layer in network.named_modules() if isinstance(layer, nn.Conv2d))
    if conv.in_channels != in_channels:
        network.set_submodule(path, like(conv, in_channels=in_channels))


def like(conv: nn.Conv2d, **changes: Any) -> nn.Conv2d:
    """A new convolution with the settings of another but for some, and padding that suits its kernel where that changed."""
    settings: dict[str, Any] = {
        "in_channels": conv.in_channels, "out_channels": conv.out_channels, "kernel_size": conv.kernel_size[0],
        "stride": conv.stride, "padding": conv.padding, "dilation": conv.dilation, "groups": conv.groups,
        "bias": conv.bias is not None, "padding_mode": conv.padding_mode,
    }
    if "kernel_size" in changes:
        settings["padding"] = changes["kernel_size"] // 2
    return nn.Conv2d(**{**settings, **changes})
