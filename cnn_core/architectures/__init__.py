"""The architectures: a catalogue to read at once, and networks to build when they are wanted.

>>> from cnn_core import architectures
>>> architectures.get("lenet5").params
61706
>>> architectures.get("resnet18").paper
'He et al. (2016), CVPR, arXiv:1512.03385'

Reading the catalogue does not import torch; ``build`` does. The networks written here stand in one file a family, each row beside
its code; those of torchvision and timm are rows of ``zoo.py``. A new one is a new file or a new row, and is
found without anything else being edited.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from cnn_core.architectures.catalogue import Architecture, Family, Option
from cnn_core.registry import Registry

PREFIX = "design:"  # of the ids of saved designs

if TYPE_CHECKING:
    from torch import Tensor, nn

    from cnn_core.architectures.figures import Published

__all__ = ["Architecture", "Family", "Option", "build", "code", "designed", "families", "get", "ids", "published"]


def ids() -> tuple[str, ...]:
    """Every architecture's id, from the oldest family to the newest, a family's members together."""
    return _catalogue()[1].ids()


def designed() -> tuple[str, ...]:
    """The ids of the classifiers that were saved on the design page, read anew at each call: ``design:my-net.2``."""
    from cnn_core.architectures import own_designs

    return own_designs.ids()


def get(id: str) -> Architecture:
    """The facts of one architecture, of the catalogue or saved on the design page (``design:my-net.2``).

    Raises:
        UnknownEntry: there is none of that id; the message names the nearest one (code ``unknown_architecture``).
        DesignError, ArchitectureError: the design is a draft.
    """
    if id.startswith(PREFIX):
        from cnn_core.architectures import own_designs

        return own_designs.row(id)
    return _catalogue()[1][id]


def families() -> Registry[Family]:
    """The families by id, from the oldest to the newest: a timeline of what each one brought."""
    return _catalogue()[0]


def build(
    id: str,
    *,
    num_classes: int | None = None,
    in_channels: int | None = None,
    weights: Mapping[str, Tensor] | None = None,
    seed: int | None = None,
    **options: int | float | None,
) -> nn.Module:
    """A network of the catalogue, in eval mode.

    Args:
        num_classes: outputs, where they are not to be those of ``get(id).num_classes``.
        in_channels: channels of the picture, where they are not to be those of ``get(id).input_shape``.
        weights: every tensor of the network by name, as ``state_dict()`` gives them; None initialises at random.
        seed: makes the random weights the same each time, and leaves torch's own generator as it was. None draws from
            torch's own generator, as any code of torch does.
        options: others of ``get(id).options``: ``width`` multiplies the channels, ``image_size`` is the side of the (square)
            picture that a network with a fixed linear layer is made for. None stands for the default.

    Raises:
        UnknownEntry: no such architecture.
        ArchitectureError: an option that the architecture does not have, or a value it cannot be built with.
        WeightsError: the weights are not this network's; the message names the first tensor that differs.
    """
    from cnn_core.architectures import building

    values: dict[str, Any] = {"num_classes": num_classes, "in_channels": in_channels, **options}
    return building.build(get(id), values, weights=weights, seed=seed)


def code(id: str, **options: int | float | None) -> str:
    """PyTorch source that builds the network ``network``, runnable as it stands, without this project.

    Args:
        options: as ``build`` takes them.

    >>> from cnn_core import architectures
    >>> print(architectures.code("resnet18", num_classes=10))
    from torchvision import models
    <BLANKLINE>
    network = models.resnet18(num_classes=10)
    <BLANKLINE>
    network.eval()
    <BLANKLINE>
    """
    from cnn_core.architectures.listing import listing

    return listing(get(id), options)


def published(id: str) -> tuple[Published, ...]:
    """What torchvision publishes of its weight sets for this architecture: accuracy, cost, source. Imports torchvision."""
    from cnn_core.architectures import figures

    return figures.of(get(id))


@functools.cache
def _catalogue() -> tuple[Registry[Family], Registry[Architecture]]:
    from cnn_core.architectures import declared, zoo, zoo_small

    family_rows, own = declared.read_package(__name__)
    families: Registry[Family] = Registry("family")
    for family in sorted([*family_rows, *zoo.FAMILIES], key=lambda row: row.year):
        families.add(family)
    by_id = dict(families)
    rows = [*(row.row(by_id) for row in own), *zoo.rows(by_id), *zoo_small.rows(by_id)]
    order = {family_id: place for place, family_id in enumerate(families)}
    architectures: Registry[Architecture] = Registry("architecture")
    for row in sorted(rows, key=lambda row: order[row.family.id]):
        architectures.add(row)
    return families, architectures
