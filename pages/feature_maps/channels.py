"""The channels of the layer that is looked at, and those that are switched off."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pages.ui import state

MOST_OFF = 512


@dataclass(frozen=True)
class Channels:
    """What a part of the view is drawn from.

    Attributes:
        address: of the layer, as ``inspection`` names it.
        count: of its channels.
        maps: (count, h, w).
        channel: the one that is asked about.
    """

    address: str
    count: int
    maps: np.ndarray
    channel: int


class _Lists:
    """Lists of channels of a layer."""

    def __init__(self, count: int) -> None:
        self._count = count

    def __contains__(self, value: object) -> bool:
        return isinstance(value, list) and len(value) <= MOST_OFF and all(isinstance(n, int) and 0 <= n < self._count for n in value)


def switched_off(chosen: Channels) -> list[int]:
    off: list[int] = state.choice("off", [], allowed=_Lists(chosen.count), read=_read, write=_write)
    return off


def _read(text: str) -> list[int]:
    return list(dict.fromkeys(map(int, text.split(",")))) if text else []


def _write(channels: list[int]) -> str:
    return ",".join(map(str, channels))
