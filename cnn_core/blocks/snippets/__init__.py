"""The code of each card, with its numbers in it: PyTorch and Keras, short enough to read, and it runs as it stands.

Every text defines ``params``, the number of weights that are learned, and prints it. Nothing here imports torch or Keras.
A card's writer is the function of its id in ``pytorch`` and in ``keras``.
"""

from __future__ import annotations

from types import ModuleType
from typing import Any, Literal

from cnn_core.blocks.snippets import keras, pytorch

Framework = Literal["pytorch", "keras"]
FRAMEWORKS: dict[Framework, ModuleType] = {"pytorch": pytorch, "keras": keras}


def write(card: str, framework: Framework, **numbers: Any) -> str:
    """The code of a card in one framework; numbers left out are the course's or the paper's.

    >>> write("dropout", "pytorch", p=0.2).splitlines()[3]
    'block = nn.Dropout2d(p=0.2)'
    """
    text: str = getattr(FRAMEWORKS[framework], card)(**numbers)
    return text
