"""Drawing small pictures of stripes, an edge, a checkerboard, discs, rings, crosses and triangles from a seed.

Everything that decides a pixel is whole-number arithmetic on the raw output of PCG64, whose stream NumPy keeps fixed (NEP
19), so a seed gives the same bytes on every machine and with every NumPy. Lengths are in sixteenths of a pixel, directions
are whole degrees, and the edge of a figure is smoothed over one pixel.

Drawn here for this project; the idea of oriented gratings as the simplest stimuli is Hubel & Wiesel's (1962),
doi:10.1113/jphysiol.1962.sp006837.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

SIDE = 32  # px
CLASS_NAMES = (
    "horizontal stripes", "vertical stripes", "falling stripes", "rising stripes", "edge", "checkerboard", "disc", "ring",
    "cross", "triangle",
)
Ints = NDArray[np.int32]

_PX = 16  # units of length in a pixel
_FULL = 64  # a pixel that is all figure
_ONE = 1024  # the cosine of 0°
_CHUNK = 256  # pictures at a time: they stay in the processor's cache
_COS = np.array([round(_ONE * math.cos(math.radians(d))) for d in range(360)], np.int32)
_SIN = np.array([round(_ONE * math.sin(math.radians(d))) for d in range(360)], np.int32)


class _Raw:
    """Whole numbers out of PCG64's raw stream."""

    def __init__(self, seed: int) -> None:
        self._bits = np.random.PCG64(seed)

    def integers(self, low: int, high: int, shape: tuple[int, ...]) -> Ints:
        """``low`` to ``high``, both included; uneven by less than one part in ten million."""
        raw = self._bits.random_raw(math.prod(shape)) >> np.uint64(32)
        return (low + ((raw * np.uint64(high - low + 1)) >> np.uint64(32)).astype(np.int32)).reshape(shape)

    def bytes(self, n: int) -> NDArray[np.uint8]:
        raw = self._bits.random_raw(-(-n // 8))
        return raw.astype("<u8", copy=False).view(np.uint8)[:n]

    def order(self, n: int) -> NDArray[np.int64]:
        return np.argsort(self._bits.random_raw(n), kind="stable")


@dataclass(frozen=True)
class _Figures:
    """What is drawn in each of n pictures: every array is (n, 1, 1), lengths in sixteenths of a pixel."""

    x: Ints  # centre
    y: Ints
    turn: Ints  # 0 to 359 degrees
    lean: Ints  # −9 to 9 degrees, of what has a direction
    size: Ints  # 0 to 255, within what each class allows
    width: Ints  # 0 to 255
    phase: Ints  # 0 to 1023

    @classmethod
    def draw(cls, raw: _Raw, n: int) -> _Figures:
        middle, span = SIDE * _PX // 2, 5 * _PX
        ranges = ((middle - span, middle + span),) * 2 + ((0, 359), (-9, 9), (0, 255), (0, 255), (0, 1023))
        return cls(*(raw.integers(low, high, (n, 1, 1)) for low, high in ranges))

    def take(self, chosen: NDArray[np.int64]) -> _Figures:
        return _Figures(*(getattr(self, field.name)[chosen] for field in fields(self)))

    def between(self, low: float, high: float, part: str = "size") -> Ints:
        """A length from ``low`` to ``high`` pixels, as ``size`` or ``width`` says."""
        first = round(low * _PX)
        return first + (getattr(self, part) * (round(high * _PX) - first) >> 8)

    def along(self, degrees: Ints) -> Ints:
        """How far every pixel lies from the centre in a direction (0° to the right, 90° down), (n, SIDE, SIDE)."""
        at = np.arange(SIDE, dtype=np.int32) * _PX + _PX // 2
        degrees = degrees % 360
        return ((at - self.x) * _COS[degrees] + (at[:, None] - self.y) * _SIN[degrees]) // _ONE


def _stripes(across: int) -> Callable[[_Figures], Ints]:
    def inside(f: _Figures) -> Ints:
        return _wave(f.along(across + f.lean) + f.phase, f.between(3.5, 9))

    return inside


def _wave(u: Ints, period: Ints) -> Ints:
    """Distance into the nearest dark band of a pattern that is half dark, negative outside."""
    return period // 4 - np.abs(u % period - period // 2)


def _edge(f: _Figures) -> Ints:
    return f.along(f.turn)


def _checkerboard(f: _Figures) -> Ints:
    period = f.between(6, 13)
    a, b = _wave(f.along(f.lean) + f.phase, period), _wave(f.along(90 + f.lean) + f.phase * 5, period)
    return np.sign(a) * np.sign(b) * np.minimum(np.abs(a), np.abs(b))


def _disc(f: _Figures) -> Ints:
    return _within(f, f.between(4.5, 10))


def _ring(f: _Figures) -> Ints:
    outer = f.between(5.5, 11)
    return np.minimum(_within(f, outer), -_within(f, outer - f.between(2, 3.2, "width")))


def _within(f: _Figures, radius: Ints) -> Ints:
    """Distance into a circle, exact at its line: (r² − ρ²) / 2r."""
    squared = f.along(np.zeros_like(f.turn)) ** 2 + f.along(np.full_like(f.turn, 90)) ** 2
    return (radius * radius - squared) // (2 * radius)


def _cross(f: _Figures) -> Ints:
    u, v = np.abs(f.along(f.turn)), np.abs(f.along(f.turn + 90))
    length, half = f.between(6, 11), f.between(1.2, 2.2, "width")
    return np.maximum(np.minimum(half - u, length - v), np.minimum(half - v, length - u))


def _triangle(f: _Figures) -> Ints:
    inner = f.between(3.2, 6)  # radius of the circle that touches its three sides
    sides = [inner - f.along(f.turn + third) for third in (0, 120, 240)]
    return np.minimum(np.minimum(sides[0], sides[1]), sides[2])


# In the order of CLASS_NAMES. A falling stripe runs from the upper left to the lower right.
_INSIDE: tuple[Callable[[_Figures], Ints], ...] = (
    _stripes(90), _stripes(0), _stripes(315), _stripes(45), _edge, _checkerboard, _disc, _ring, _cross, _triangle,
)


def draw(n: int, seed: int) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """``n`` pictures (n, 32, 32, 3) uint8 and their classes (n,) int64, as many of each class as ``n`` allows.

    Position, size, direction, colours, contrast, which of figure and ground is the lighter, a ramp of light over the
    ground and noise are all by chance: only the form tells the class.

    >>> images, labels = draw(20, seed=1)
    >>> images.shape, np.bincount(labels).tolist()
    ((20, 32, 32, 3), [2, 2, 2, 2, 2, 2, 2, 2, 2, 2])
    """
    raw = _Raw(seed)
    labels = (np.arange(n, dtype=np.int64) % len(CLASS_NAMES))[raw.order(n)]
    figures = _Figures.draw(raw, n)
    ground, figure = _colours(raw, n)
    ramps = raw.integers(-36, 36, (2, n, 1, 1))
    grain = raw.integers(2, 30, (n, 1, 1, 1)).astype(np.int16)
    images = np.empty((n, SIDE, SIDE, 3), np.uint8)
    for start in range(0, n, _CHUNK):
        part = slice(start, min(start + _CHUNK, n))
        cover = _cover(labels[part], figures.take(np.arange(part.start, part.stop)))
        pixels = (cover[..., None] * (figure[part] - ground[part])) // _FULL  # at most 64 · 255: fits 16 bits
        pixels += ground[part]
        pixels += _ramp(ramps[:, part])[..., None]
        pixels += _noise(raw, pixels.shape, grain[part])
        images[part] = np.clip(pixels, 0, 255)
    return images, labels


def _cover(labels: NDArray[np.int64], figures: _Figures) -> NDArray[np.int16]:
    """How much of each pixel is figure, 0 to 64."""
    cover = np.empty((len(labels), SIDE, SIDE), np.int16)
    for number, inside in enumerate(_INSIDE):
        chosen = np.flatnonzero(labels == number)
        depth = inside(figures.take(chosen))
        cover[chosen] = np.clip(depth * (_FULL // _PX) + _FULL // 2, 0, _FULL)
    return cover


def _colours(raw: _Raw, n: int) -> tuple[NDArray[np.int16], NDArray[np.int16]]:
    """Colours of ground and figure, (n, 1, 1, 3) each: a difference in lightness that can be seen, and any tint."""
    light = raw.integers(30, 225, (n, 1, 1, 1))
    contrast = raw.integers(34, 105, (n, 1, 1, 1)) * (2 * raw.integers(0, 1, (n, 1, 1, 1)) - 1)
    contrast = np.where((light + contrast < 20) | (light + contrast > 235), -contrast, contrast)
    tints = raw.integers(-32, 32, (2, n, 1, 1, 3))
    return (light + tints[0]).astype(np.int16), (light + contrast + tints[1]).astype(np.int16)


def _ramp(slopes: Ints) -> NDArray[np.int16]:
    """Light that falls off across the picture: ``slopes`` (2, n, 1, 1) is how much from side to side, and down."""
    at = np.arange(SIDE, dtype=np.int32) - SIDE // 2
    return ((slopes[0] * at + slopes[1] * at[:, None]) // SIDE).astype(np.int16)


def _noise(raw: _Raw, shape: tuple[int, ...], grain: NDArray[np.int16]) -> NDArray[np.int16]:
    """A sum of two even chances, centred, with a standard deviation of about 0.8 · ``grain``."""
    pairs = raw.bytes(2 * math.prod(shape)).reshape(2, *shape)
    noise = pairs[0].astype(np.int16)
    noise += pairs[1]
    noise -= 255
    noise *= grain  # at most 255 · 30
    return noise >> 7
