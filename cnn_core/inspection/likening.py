"""Which learned filters are like which hand-made kernels: the cosine of the angle between them, over sign, shift and channel.

A cosine of 1 means the same pattern but for its strength, −1 its negative, 0 nothing in common; neither strength nor bias counts.
Four decisions:

- **Turned.** The table's kernels are written for convolution, which turns a kernel by half a turn before it multiplies; torch does not
  turn its filters. So a filter is held against the turned kernel: where the cosine is near 1, filter and kernel answer alike.
- **Shifted.** Where one is smaller it is slid inside the other, zeros around it, and the best place counts. Nothing is cut off or
  resized: a 3×3 filter that is the middle of a 5×5 blur gets the share of the blur that it holds, and no more.
- **On one channel, or on all alike.** A filter is held, over all its channels, against the kernel on one channel (zeros on the others)
  and against the kernel on every channel (what it would be on a grey picture); the larger cosine counts.
- **Not centred.** A filter's mean is part of what it does (it answers to brightness), so by default it stays. ``centred`` takes the
  mean off the filter before it is held against a kernel whose weights sum to zero; then only its contrast counts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from cnn_core.inspection.filters import as_filters, check_filter
from cnn_core.kernels import KERNELS, as_weights

SILENT = 1e-9
"""A kernel whose weights sum to less than this share of their sizes is silent on even brightness."""


@dataclass(frozen=True)
class Match:
    """One filter and one kernel at their best.

    Attributes:
        cosine: between −1 and 1; negative where the filter is the kernel's negative.
        shift: (rows, columns) by which the smaller lies from the larger one's top left corner.
        channel: the input channel on which they are alike; None for all channels alike (the kernel on a grey picture).
    """

    filter: int
    kernel: str
    cosine: float
    shift: tuple[int, int]
    channel: int | None


@dataclass(frozen=True)
class Likeness:
    """Every filter against every kernel.

    Attributes:
        table: (filters, kernels) the cosine that is largest by size.
    """

    kernel_ids: tuple[str, ...]
    table: np.ndarray
    shifts: np.ndarray
    channels: np.ndarray

    def match(self, filter: int, kernel: str) -> Match:
        check_filter(filter, len(self.table))
        at = filter, self.kernel_ids.index(kernel)
        channel = int(self.channels[at])
        return Match(filter, kernel, float(self.table[at]), (int(self.shifts[at][0]), int(self.shifts[at][1])),
                     None if channel < 0 else channel)  # fmt: skip

    def of_filter(self, filter: int, n: int = 3) -> tuple[Match, ...]:
        """The kernels that this filter is most like, best first."""
        check_filter(filter, len(self.table))
        order = np.argsort(-np.abs(self.table[filter]), kind="stable")[:n]
        return tuple(self.match(filter, self.kernel_ids[at]) for at in order)

    def of_kernel(self, kernel: str, n: int = 3) -> tuple[Match, ...]:
        """The filters that are most like this kernel, best first."""
        order = np.argsort(-np.abs(self.table[:, self.kernel_ids.index(kernel)]), kind="stable")[:n]
        return tuple(self.match(int(at), kernel) for at in order)


def likeness(weights: Any, kernels: Mapping[str, Any] | None = None, *, centred: bool = False) -> Likeness:
    """The best cosine of each filter with each kernel.

    Args:
        weights: (O, I, kh, kw), array or tensor, as torch holds them.
        kernels: (kh, kw) weights by name, written for convolution; by default the whole table at its defaults.
        centred: leave a filter's mean out where the kernel is silent on even brightness.

    >>> found = likeness(np.array([[[[-1.0, 0, 1], [-1, 0, 1], [-1, 0, 1]]]]), {"vertical": [[1, 0, -1]] * 3})
    >>> found.of_filter(0)
    (Match(filter=0, kernel='vertical', cosine=1.0..., shift=(0, 0), channel=0),)
    """
    filters = as_filters(weights)
    chosen = {row.id: row.weights for row in KERNELS.values()} if kernels is None else {
        name: as_weights(kernel) for name, kernel in kernels.items()}  # fmt: skip
    shape = (len(filters), len(chosen))
    table, shifts, channels = np.zeros(shape), np.zeros((*shape, 2), int), np.full(shape, -1)
    for column, kernel in enumerate(chosen.values()):
        turned = kernel[::-1, ::-1]
        silent = abs(kernel.sum()) <= SILENT * np.abs(kernel).sum()
        compared = filters - filters.mean(axis=(2, 3), keepdims=True) if centred and silent else filters
        norms = np.linalg.norm(compared, axis=(2, 3))  # (O, I)
        size = float(np.linalg.norm(turned))
        for shift, products in _slid(compared, turned):
            best, channel = _best(products, norms, size)
            better = np.abs(best) > np.abs(table[:, column]) + 1e-12
            table[better, column], channels[better, column] = best[better], channel[better]
            shifts[better, column] = shift
    return Likeness(tuple(chosen), table, shifts, channels)


def _best(products: np.ndarray, norms: np.ndarray, size: float) -> tuple[np.ndarray, np.ndarray]:
    """The larger (by size) of the best single channel and all channels alike: (O,) cosines and channels, −1 for all."""
    whole = np.linalg.norm(norms, axis=1, keepdims=True) * size  # of the filter over all its channels
    shares = np.divide(products, whole, out=np.zeros_like(products), where=whole > 0)
    channel = np.abs(shares).argmax(axis=1)
    best = shares[np.arange(len(products)), channel]
    if products.shape[1] > 1:
        together = shares.sum(axis=1) / np.sqrt(products.shape[1])
        larger = np.abs(together) > np.abs(best)
        best, channel = np.where(larger, together, best), np.where(larger, -1, channel)
    return best, channel


def _slid(filters: np.ndarray, kernel: np.ndarray) -> Iterator[tuple[tuple[int, int], np.ndarray]]:
    """(shift, (O, I) sums of products) for every place of the smaller inside the larger, on each axis by itself."""
    (fh, fw), (kh, kw) = filters.shape[2:], kernel.shape
    for down in range(abs(fh - kh) + 1):
        for right in range(abs(fw - kw) + 1):
            rows = slice(down, down + min(fh, kh))
            columns = slice(right, right + min(fw, kw))
            under = filters[:, :, rows if fh > kh else slice(None), columns if fw > kw else slice(None)]
            over = kernel[rows if kh > fh else slice(None), columns if kw > fw else slice(None)]
            yield (down, right), np.einsum("oihw,hw->oi", under, over)
