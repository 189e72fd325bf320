"""The picture of the session: the one every page looks at, named in the URL by ``pic``."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cnn_core import images
from pages.ui import state


@dataclass(frozen=True)
class Picture:
    """A picture with a name.

    ``id`` names its content (``sample-astronaut``, ``cifar10-test-7``, ``own-<digest>``) and is what caches key on; ``image`` is (H, W, 3) uint8.
    """

    id: str
    title: str
    image: np.ndarray


def current_picture() -> Picture:
    """The picture the user chose, or the first sample photograph."""
    samples = images.samples()
    name = state.choice("pic", "sample-astronaut", allowed=[f"sample-{name}" for name in samples])
    return Picture(name, name.removeprefix("sample-"), samples[name.removeprefix("sample-")])
