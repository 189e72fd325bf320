"""From a response to what a page draws: equalised, signed, counted, or two of them as gradient."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from cnn_core.errors import KernelError


class SignedRange(NamedTuple):
    """Least and greatest value, and the greatest magnitude: the ends of a colour map with zero in the middle."""

    low: float
    high: float
    limit: float


class Histogram(NamedTuple):
    """``counts`` (bins,) int64 between neighbours of ``edges`` (bins + 1,) float64."""

    counts: np.ndarray
    edges: np.ndarray


def equalize(response: Any, clip_limit: float = 0.03) -> np.ndarray:
    """What the course does before it shows an edge map.

    ``skimage.exposure.equalize_adapthist(response / max|response|, clip_limit=clip_limit)``, to the bit. That function
    takes only what lies between 0 and 1: **negative answers come out black**, so of an edge only one side is seen.

    Beyond the course: a response of zeros stays black (the course's formula divides zero by zero), and a response in
    colour is equalised channel by channel, all divided by the same maximum (scikit-image would go through HSV, which
    has no meaning for signed values).

    Args:
        response: (H, W) or (H, W, C), finite.

    Returns:
        The same shape, float64, in 0…1.

    Raises:
        KernelError: the response is empty or not finite.

    References:
        Zuiderveld (1994), "Contrast limited adaptive histogram equalization", Graphics Gems IV.
    """
    from skimage.exposure import equalize_adapthist  # brings half of scikit-image along

    values = _finite(response)
    if values.ndim not in (2, 3):
        raise KernelError(
            f"a response has the shape (height, width) or (height, width, channels), not {values.shape}",
            code="response_shape",
            shape=str(values.shape),
        )
    limit = np.abs(values).max()
    if limit == 0:
        return np.zeros_like(values)
    values = values / limit
    if values.ndim == 2:
        return equalize_adapthist(values, clip_limit=clip_limit)
    return np.stack(
        [
            equalize_adapthist(np.ascontiguousarray(values[..., channel]), clip_limit=clip_limit)
            for channel in range(values.shape[2])
        ],
        axis=2,
    )


def signed_range(response: Any) -> SignedRange:
    """True range of a response.

    Raises:
        KernelError: the response is empty or not finite.

    >>> signed_range([[-2.0, 1.0]])
    SignedRange(low=-2.0, high=1.0, limit=2.0)
    """
    values = _finite(response)
    low, high = float(values.min()), float(values.max())
    return SignedRange(low, high, max(-low, high))


def histogram(response: Any, bins: int = 64) -> Histogram:
    """How often each value occurs, over the response's own range (half a unit either side where it is constant).

    Raises:
        KernelError: the response is empty or not finite.
    """
    counts, edges = np.histogram(_finite(response), bins=bins)
    return Histogram(counts, edges)


def magnitude_and_direction(gx: Any, gy: Any) -> tuple[np.ndarray, np.ndarray]:
    """Length and direction of the gradient, from its two components.

    Args:
        gx: positive where it gets brighter to the right, as from ``sobel_x`` under ``apply``.
        gy: positive where it gets brighter downwards, as from ``sobel_y``; the same shape.

    Returns:
        The magnitude, and the direction in which it gets brighter: degrees in [0, 360), counter-clockwise from the
        right as seen on the screen; 0 where the magnitude is 0.

    >>> magnitude_and_direction([[3.0, 0.0]], [[0.0, 2.0]])
    (array([[3., 2.]]), array([[  0., 270.]]))
    """
    right, down = np.asarray(gx, dtype=np.float64), np.asarray(gy, dtype=np.float64)
    if right.shape != down.shape:
        raise KernelError(
            f"both responses must have the same shape; these have {right.shape} and {down.shape}",
            code="response_shapes_differ",
            first=str(right.shape),
            second=str(down.shape),
        )
    magnitude = np.hypot(right, down)
    direction = np.degrees(np.arctan2(-down, right)) % 360.0
    direction[(magnitude == 0) | (direction == 360.0)] = 0.0  # a tiny negative angle rounds to 360 itself
    return magnitude, direction


def _finite(response: Any) -> np.ndarray:
    values = np.asarray(response, dtype=np.float64)
    if values.size == 0 or not np.isfinite(values).all():
        raise KernelError("the response is empty or holds values that are not finite", code="response_not_finite")
    return values
