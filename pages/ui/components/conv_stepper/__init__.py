"""The step view: a magnifier over a picture, the kernel on it, every product and the sum, drawn in the browser.

Hovering, dragging, playing and stepping never ask the server. The scripts, in the order a reader wants them:
``arithmetic.js`` (one output value at a time), ``sizes.js`` (how large each grid is), ``cells.js`` (a grid on a canvas),
``scenes.js`` (what each grid shows), ``numbers.js`` and ``words.js`` (numbers, the equation, the sentence), ``parts.js``
(elements), ``hands.js`` (pointer and keyboard), ``motion.js`` (playing), ``component.js`` (state, life and the entry point).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from cnn_core.arithmetic import conv_output_size
from pages.ui import theme
from pages.ui.components import register
from pages.ui.components.packing import pack
from pages.ui.i18n import t

# Every text of the view; the ids of the catalogue are "stepper." and these.
LABELS: tuple[str, ...] = (
    "controls", "start", "back", "play", "pause", "forward", "space", "speed", "window", "smaller", "larger",
    "channels", "channel_all", "channel_r", "channel_g", "channel_b", "convolution", "convolution_how", "correlation",
    "correlation_how", "stride", "dilation", "picture", "place", "input", "kernel", "kernel_turned", "kernel_short",
    "given", "products", "patches", "sum", "output", "output_at", "equation", "hint", "note_weight", "note_pixel",
    "note_padding", "from_zeros", "from_reflect", "from_replicate", "from_wrap", "alt_navigator", "alt_input",
    "alt_kernel", "alt_given", "alt_patch", "alt_products", "alt_output",
)  # fmt: skip
BORDERS = ("zeros", "reflect", "replicate", "wrap")

# What the browser fills in: handed to t() as themselves, so that they are still placeholders when they get there.
_PLACEHOLDERS = {
    name: "{" + name + "}" for name in ("row", "col", "rows", "cols", "weight", "value", "product", "count", "how")
}


@dataclass(frozen=True)
class Stepped:
    """What the reader chose in the view, for the page to keep in the URL.

    Attributes:
        region: (row, column) of the picture under the window's upper left cell, negative inside the padding; None until moved.
        pixel: (row, column) of the output pixel clicked or stepped to, over the whole output; None until chosen.
    """

    region: tuple[int, int] | None
    pixel: tuple[int, int] | None


def default_labels() -> dict[str, str]:
    """Every text of the view in the session's language, from the catalogue ``stepper``."""
    return {name: t(f"stepper.{name}", **_PLACEHOLDERS) for name in LABELS}


def conv_stepper(
    image: np.ndarray,
    weights: np.ndarray,
    *,
    flip: bool,
    padding: tuple[int, int] | tuple[int, int, int, int],
    border: str,
    stride: tuple[int, int],
    dilation: tuple[int, int],
    labels: Mapping[str, str],
    language: str,
    key: str,
    white: float | None = None,
    region: tuple[int, int] | None = None,
    pixel: tuple[int, int] | None = None,
    present: bool = False,
) -> Stepped:
    """Mounts the step view.

    Args:
        image: (H, W) grey or (H, W, 3) RGB, uint8 or float. Its numbers are shown and multiplied as they are; a byte is sent
            for each where they are whole and in 0…255, four (float32) otherwise, so a page should shrink very large photographs.
        weights: (kh, kw), as the user typed them.
        flip: True for a convolution (the kernel meets the pixels turned by 180°), False for a cross-correlation.
        padding: (vertical, horizontal), or (top, bottom, left, right), in pixels.
        border: what the padding holds: "zeros", "reflect" (the edge not repeated), "replicate" or "wrap", as in torch.
        stride: (vertical, horizontal), in pixels.
        dilation: (vertical, horizontal), in pixels.
        labels: a text for each of LABELS; ``default_labels()`` makes them.
        language: "en" or "es", for the numbers.
        key: the widget's key; the window's place and size, the channel and the speed stay while the key does.
        white: the value drawn as white; 255 unless told, or 1 for a float image that stays within 0…1.
        region: where to put the window; taken when it differs from the last call's. None: where the picture has most contrast.
        pixel: which output pixel to select, in the same way; the window goes there, unless ``region`` says otherwise.
        present: for a projector: taller grids.

    Raises:
        GeometryError: the dilated kernel is longer than the padded image.
        ValueError: an array of another shape, an unknown border, a label that is missing.
    """
    values = _image(image)
    if white is None:
        white = 1.0 if np.issubdtype(image.dtype, np.floating) and values.max(initial=0) <= 1 else 255.0
    top, bottom, left, right = padding if len(padding) == 4 else (padding[0], padding[0], padding[1], padding[1])
    if weights.ndim != 2 or border not in BORDERS:
        raise ValueError(
            f"weights of shape {weights.shape} with border {border!r}: give (kh, kw) weights and one of {BORDERS}"
        )
    if missing := set(LABELS) - set(labels):
        raise ValueError(f"labels without {sorted(missing)}: default_labels() has them all")
    conv_output_size(values.shape[0] + top + bottom, weights.shape[0], stride[0], dilation=dilation[0])
    conv_output_size(values.shape[1] + left + right, weights.shape[1], stride[1], dilation=dilation[1])
    meta = {
        "flip": flip, "padding": (top, bottom, left, right), "border": border, "stride": stride, "dilation": dilation,
        "labels": dict(labels), "language": language, "white": white, "region": region, "pixel": pixel, "present": present,
    }  # fmt: skip
    blob = pack(
        meta, image=values, weights=weights.astype(np.float64),
        signed_colors=theme.scale("signed"), weight_colors=theme.scale("weights"),
    )  # fmt: skip
    mount = register("conv_stepper", Path(__file__).parent)
    result = mount(data=blob, key=key, on_region_change=_nothing, on_pixel_change=_nothing)
    return Stepped(region=_position(result.get("region")), pixel=_position(result.get("pixel")))


def _image(image: np.ndarray) -> np.ndarray:
    """The image as the browser gets it: uint8 where that loses nothing, else float32."""
    if image.size == 0 or not (image.ndim == 2 or (image.ndim == 3 and image.shape[2] == 3)):
        raise ValueError(f"an image of shape {image.shape}: give (H, W) or (H, W, 3)")
    if image.dtype == np.uint8:
        return image
    values = image.astype(np.float64)
    bytes_lose_nothing = 1 < values.max() <= 255 and values.min() >= 0 and np.array_equal(values, np.round(values))
    return values.astype(np.uint8 if bytes_lose_nothing else np.float32)


def _position(value: object) -> tuple[int, int] | None:
    return (int(value[0]), int(value[1])) if isinstance(value, list | tuple) and len(value) == 2 else None


def _nothing() -> None:
    """A state needs a callback to be kept; the page reads the result instead."""
