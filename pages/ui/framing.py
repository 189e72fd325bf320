"""What of a photograph the pages work on: all of it or a square of it, and at how many pixels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cnn_core import images
from pages.ui import state

SIDES = (28, 32, 64, 128, 224, 512, 0)  # px; 0 is the original's own size
USUAL_SIDE = 512  # px: large enough for a projector, small enough for a kernel to answer while a slider moves


@dataclass(frozen=True)
class Framing:
    """A crop and a size.

    Args:
        square: cut out the largest square; otherwise the picture stays whole.
        at: where the square lies along the longer side, 0 (left or top) to 100 (right or bottom).
        side: pixels of the result: the square's side, or the longest that the longer side may be; 0 leaves them alone.
    """

    square: bool = False
    at: int = 50
    side: int = USUAL_SIDE

    @property
    def suffix(self) -> str:
        """What sets the framed picture's id apart from another framing's."""
        return f"~{'s' if self.square else 'w'}{self.side}" + (f"at{self.at}" if self.square else "")

    def box(self, height: int, width: int) -> images.CropBox:
        """The part of a picture that is used, in its own pixels."""
        if not self.square:
            return images.CropBox(0, 0, width, height)
        # `at` moves the square's free way, not its centre: at 0 and 100 it touches the edges.
        side, where = min(height, width), self.at / 100
        free = max(height, width) - side
        centre = (where * free + side / 2) / max(height, width)
        return images.CropBox.square(width, height, (centre, 0.5) if width >= height else (0.5, centre))

    def apply(self, image: np.ndarray) -> np.ndarray:
        """(H, W, 3) uint8 to the framed (H', W', 3); a square is enlarged where it has fewer pixels, a whole picture never."""
        part = self.box(*image.shape[:2]).cut(image)
        if not self.side:
            return part
        return images.resize(part, self.side, self.side) if self.square else images.fit_within(part, self.side)


def current() -> Framing:
    """The framing the user chose, from the URL's ``crop``, ``at`` and ``side``; ready to be drawn by ``choose``'s widgets."""
    return Framing(
        square=state.choice("crop", False),
        at=state.choice("at", 50, allowed=range(101)),
        side=state.choice("side", USUAL_SIDE, allowed=SIDES),
    )
