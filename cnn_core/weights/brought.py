"""A weight file that somebody brought, as weights of a network of the catalogue: what the file does not say is taken from others.

A file of tensors says neither how pictures were made fit for it nor what its classes are called: another set of weights of the
same network lends both, and which one is the user's to choose.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cnn_core import architectures
from cnn_core.errors import WeightsError
from cnn_core.weights.offers import sources
from cnn_core.weights.source import WeightSource

FREE = ("num_classes", "in_channels")  # of a network's options: what a file may have of its own and still be prepared for like another


def lenders(arch_id: str, options: Mapping[str, Any] | None) -> tuple[WeightSource, ...]:
    """The sets of weights that pictures can be prepared like, the nearest to the file first; the last are random, and always there.

    Args:
        options: what the network has to be built with for the file; None where the file does not fit it.

    Raises:
        WeightsError: the file's network sees pictures of another number of channels than grey or RGB ones have.
    """
    row = architectures.get(arch_id)
    own = dict(options or {})
    channels, classes = own.get("in_channels", row.input_shape[0]), own.get("num_classes", row.num_classes)
    if channels not in (1, 3):
        raise WeightsError(
            f"the network of this file sees {channels} channels; pictures here have one (grey) or three (RGB)",
            code="weights_file_channels", channels=channels,
        )  # fmt: skip
    alike = [source for source in sources(arch_id) if source.input_shape[0] == channels and _rest(source.options) >= _rest(own)]
    alike.sort(key=lambda source: (not source.trained, source.num_classes != classes))
    if alike and not alike[-1].trained:
        return tuple(alike)
    return (*alike, _plain(arch_id, channels))


def from_file(arch_id: str, path: Path, lender: WeightSource, *, id: str, title: str, options: Mapping[str, Any] | None) -> WeightSource:
    """The weights in a file, pictures prepared like ``lender``'s; its classes' names too, where they are as many.

    Args:
        options: as for ``lenders``; with None the network is built like the lender's, and ``network`` names the first tensor that
            does not fit.
    """
    row = architectures.get(arch_id)
    own = {**lender.options, **options} if options is not None else dict(lender.options)
    classes = int(own.get("num_classes", row.num_classes))
    info = path.stat()
    return dataclasses.replace(
        lender, id=id, kind="file", title=title, num_classes=classes, options=own, is_here=True, path=path, bytes=info.st_size,
        class_names=lender.class_names if classes == lender.num_classes else (), top1=None, card=None,
        fingerprint=f"{info.st_mtime_ns}-{info.st_size}-{lender.id}",
    )  # fmt: skip


def _rest(options: Mapping[str, Any]) -> set[tuple[str, Any]]:
    return {item for item in options.items() if item[0] not in FREE}


def _plain(arch_id: str, channels: int) -> WeightSource:
    """As random weights are prepared for, with another number of channels."""
    usual = next(source for source in reversed(sources(arch_id)) if source.kind == "random")
    if usual.input_shape[0] == channels:
        return usual
    # lenders let only 1 and 3 through
    steps = dataclasses.replace(usual.preprocessing, channels=channels, mean=(0.5,) * channels, std=(0.5,) * channels)  # type: ignore[arg-type]
    shape = (channels, *usual.input_shape[1:])
    return dataclasses.replace(usual, input_shape=shape, preprocessing=steps, options={**usual.options, "in_channels": channels})
