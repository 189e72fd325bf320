"""Kernels that follow from a formula, sampled at pixel centres.

Angles are in degrees, counter-clockwise as seen on the screen: x grows to the right, y upwards (rows grow downwards).
All are written for convolution: applied with ``flip=True`` a direction means what it says.
"""

from __future__ import annotations

import math

import numpy as np

_MAX_RADIUS = 15  # 31×31, the largest kernel the lab draws


def _grid(radius: int) -> tuple[np.ndarray, np.ndarray]:
    """x to the right and y upwards, both (2r+1, 2r+1)."""
    steps = np.arange(-radius, radius + 1, dtype=np.float64)
    return np.meshgrid(steps, -steps)


def _radius(reach: float) -> int:
    return min(_MAX_RADIUS, max(1, math.ceil(reach)))


def _turn(angle: float) -> tuple[float, float]:
    """Cosine and sine, exact at the quarter turns, where a kernel should hold true zeros."""
    turn = math.radians(angle)
    return round(math.cos(turn), 15), round(math.sin(turn), 15)


def _normal(sigma: float, radius: int) -> np.ndarray:
    x, y = _grid(radius)
    bell = np.exp(-(x * x + y * y) / (2 * sigma * sigma))
    return bell / bell.sum()


def box(size: int) -> np.ndarray:
    return np.full((size, size), 1 / (size * size))


def gaussian(sigma: float, size: int) -> np.ndarray:
    """The normal density cut to ``size`` pixels, made to sum to one."""
    return _normal(sigma, size // 2)


def gaussian_derivative(sigma: float, angle: float) -> np.ndarray:
    """Slope of a Gaussian-blurred image in the direction ``angle``; exactly one on a ramp of one grey level a pixel."""
    radius = _radius(3 * sigma)
    x, y = _grid(radius)
    cos, sin = _turn(angle)
    along = x * cos + y * sin
    slope = -along * _normal(sigma, radius)
    return slope / -(slope * along).sum()


def laplacian_of_gaussian(sigma: float) -> np.ndarray:
    """Marr and Hildreth's operator with a positive centre, as the course writes its Laplacian; sums to zero."""
    radius = _radius(3 * sigma)
    x, y = _grid(radius)
    square = (x * x + y * y) / (2 * sigma * sigma)
    hat = (1 - square) * np.exp(-square)
    hat -= hat.mean()  # sampling and cutting leave a small sum behind, and a flat wall must give zero
    return hat / np.abs(hat).sum()


def difference_of_gaussians(sigma: float, ratio: float) -> np.ndarray:
    """Narrow minus wide Gaussian, both summing to one: what a centre-surround cell of the retina does."""
    radius = _radius(3 * sigma * ratio)
    return _normal(sigma, radius) - _normal(sigma * ratio, radius)


def unsharp(amount: float, sigma: float) -> np.ndarray:
    """The image plus ``amount`` times what a Gaussian blur took from it; sums to one."""
    radius = _radius(2 * sigma)
    sharp = -amount * _normal(sigma, radius)
    sharp[radius, radius] += 1 + amount
    return sharp


def disk(radius: float) -> np.ndarray:
    """A lens out of focus: a disc with soft rim (the share of each pixel inside it, on a grid of 16×16 points)."""
    reach = _radius(radius - 0.5)
    fine = (np.arange((2 * reach + 1) * 16) + 0.5) / 16 - reach - 0.5
    inside = (fine[:, None] ** 2 + fine[None, :] ** 2 <= radius * radius).astype(np.float64)
    share = inside.reshape(2 * reach + 1, 16, 2 * reach + 1, 16).mean(axis=(1, 3))
    return share / share.sum()


def motion(length: int, angle: float) -> np.ndarray:
    """The trace of a point that moves evenly over ``length`` pixels while the shutter is open; sums to one."""
    radius = length // 2
    cos, sin = _turn(angle)
    trace = np.zeros((2 * radius + 3, 2 * radius + 3))
    for step in np.arange(length) - (length - 1) / 2:
        row, col = radius + 1 - step * sin, radius + 1 + step * cos
        top, left = math.floor(row), math.floor(col)
        down, right = row - top, col - left
        trace[top : top + 2, left : left + 2] += np.outer([1 - down, down], [1 - right, right])
    return trace[1:-1, 1:-1] / length


def gabor(angle: float, wavelength: float, sigma: float, aspect: float, phase: float) -> np.ndarray:
    """A wave under a bell. ``angle`` is the direction in which the wave runs: 0 answers to upright stripes.

    ``aspect`` is the bell's width across the stripes over its length along them. The cosine keeps no answer to a flat
    wall (its mean under the bell is taken out), and the absolute weights sum to one.
    """
    radius = _radius(2 * sigma / min(1.0, aspect))
    x, y = _grid(radius)
    cos, sin = _turn(angle)
    across, along = x * cos + y * sin, y * cos - x * sin
    bell = np.exp(-(across**2 + (aspect * along) ** 2) / (2 * sigma * sigma))
    wave = bell * np.cos(2 * np.pi * across / wavelength + math.radians(phase))
    wave -= bell * (wave.sum() / bell.sum())
    return wave / np.abs(wave).sum()


def shift(right: int, down: int) -> np.ndarray:
    """A single one off the centre: convolution moves the image that way."""
    reach = max(abs(right), abs(down), 1)
    single = np.zeros((2 * reach + 1, 2 * reach + 1))
    single[reach + down, reach + right] = 1.0
    return single


def compass(first: tuple[float, ...], angle: int) -> np.ndarray:
    """A 3×3 mask whose ring of eight weights, named clockwise from the top left, turns by steps of 45°."""
    ring = np.roll(np.array(first, dtype=np.float64), -(angle // 45))
    mask = np.zeros((3, 3))
    mask[[0, 0, 0, 1, 2, 2, 2, 1], [0, 1, 2, 2, 2, 1, 0, 0]] = ring
    return mask
