"""The code of what a card shows, with its numbers in it: PyTorch and Keras, short enough to read, and it runs as it stands.

A writer is the function of a view's name in ``pytorch`` and in ``keras``. Its text builds what the view has on the screen, prints
the answer of the example, and defines and prints ``params``: the weights that are learned, one number, or one for each row of the
card's table. Nothing here imports torch or Keras.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from types import ModuleType
from typing import Any, Literal

from cnn_core.blocks.snippets import keras, pytorch

Framework = Literal["pytorch", "keras"]
FRAMEWORKS: dict[Framework, ModuleType] = {"pytorch": pytorch, "keras": keras}


@dataclass(frozen=True)
class Code:
    """What a card shows, as its code needs to know it.

    Attributes:
        view: the name of the writers.
        numbers: their arguments.
        draws: whether the answers hang on random numbers of PyTorch; then no other framework can print the same.
    """

    view: str
    numbers: dict[str, Any] = field(default_factory=dict)
    draws: bool = False

    @property
    def frameworks(self) -> tuple[Framework, ...]:
        """Those in which the same numbers come out."""
        return tuple(name for name, writers in FRAMEWORKS.items() if hasattr(writers, self.view) and not (self.draws and name != "pytorch"))

    def write(self, framework: Framework) -> str:
        """The text.

        >>> Code("dropout", {"p": 0.2}).write("pytorch").splitlines()[3]
        'block = nn.Dropout2d(p=0.2)'
        """
        text: str = getattr(FRAMEWORKS[framework], self.view)(**self.numbers)
        return text
