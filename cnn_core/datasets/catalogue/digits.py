"""Scikit-learn's handwritten digits, read from the installed package: as they are, and in MNIST's form; always here."""

from __future__ import annotations

import gzip
import importlib.util
import zlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cnn_core.datasets.row import DATASETS, Arrays, DatasetRow, Made
from cnn_core.errors import DatasetError

SPLITS = {"train": 1_437, "test": 360}  # four fifths and one
SEED = 1998  # of the split; the year the digits were given to the UCI repository
LEVELS = 16  # black ink; 0 is paper
_NATIVE, _INK, _SIDE = 8, 20, 28  # px: MNIST's digits, too, fill 20×20 pixels in the middle of 28×28
_SOURCE = "Alpaydin & Kaynak (1998), doi:10.24432/C50P49, as shipped inside scikit-learn"


def _read() -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """All digits, (1797, 8, 8) with values 0 to 16, and what they are, (1797,), without importing scikit-learn."""
    spec = importlib.util.find_spec("sklearn")  # finds the folder without importing anything
    places = spec.submodule_search_locations if spec else None
    try:
        packed = Path(next(iter(places or ()), ""), "datasets", "data", "digits.csv.gz").read_bytes()
        lines = gzip.decompress(packed).decode("ascii").split()
        table = np.array([line.split(",") for line in lines], dtype=np.float64).astype(np.int64)
        return table[:, :-1].reshape(-1, _NATIVE, _NATIVE), table[:, -1]
    except (OSError, EOFError, zlib.error, ValueError, IndexError) as err:
        raise DatasetError(
            "the digits come with scikit-learn, which is not installed or not whole: install the packages of "
            "requirements.txt again",
            code="digits_not_installed",
        ) from err


def _split(split: str) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """A part of the digits in a fixed random order, the same with every version of NumPy."""
    values, labels = _read()
    order = np.argsort(np.random.PCG64(SEED).random_raw(len(labels)), kind="stable")
    chosen = order[: SPLITS["train"]] if split == "train" else order[SPLITS["train"] :]
    return values[chosen], labels[chosen]


def _as_they_are(split: str) -> Arrays:
    values, labels = _split(split)
    return ((values * 255 + LEVELS // 2) // LEVELS).astype(np.uint8)[..., None], labels


def _like_mnist(split: str) -> Arrays:
    """Enlarged to 20×20 pixels by linear interpolation, in whole numbers, with a frame of 4 pixels of paper."""
    values, labels = _split(split)
    weights = _interpolation(_NATIVE, _INK)  # tenths
    large = np.einsum("ij,njk,lk->nil", weights, values, weights)
    scale = 100 * LEVELS
    images = np.zeros((len(labels), _SIDE, _SIDE, 1), np.uint8)
    frame = (_SIDE - _INK) // 2
    images[:, frame:-frame, frame:-frame, 0] = (large * 255 + scale // 2) // scale
    return images, labels


def _interpolation(few: int, many: int) -> NDArray[np.int64]:
    """Linear interpolation from ``few`` to ``many`` values, pixels as areas, (many, few) in whole tenths.

    >>> _interpolation(8, 20)[:3, :3].tolist()
    [[10, 0, 0], [9, 1, 0], [5, 5, 0]]
    """
    weights = np.zeros((many, few), np.int64)
    for new in range(many):
        at = min(max((2 * new + 1) * few * 10 // (2 * many) - 5, 0), 10 * (few - 1))  # tenths of an old pixel
        old = min(at // 10, few - 2)
        weights[new, old], weights[new, old + 1] = 10 - (at - 10 * old), at - 10 * old
    return weights


DIGITS = DATASETS.add(DatasetRow(
    id="digits", title="Digits",
    about="1,797 real handwritten digits that come with scikit-learn, enlarged from 8×8 to 20×20 grey pixels and framed to "
          "28×28 as MNIST's are: every network for MNIST runs on them.",
    source=_SOURCE, class_names=tuple("0123456789"), image_shape=(_SIDE, _SIDE, 1), splits=SPLITS,
    made=Made(_like_mnist, {
        "train": "9836b1f9c4eb18eb30595b0af3f9efc39c8d4aaa11c3ad292b976cc400e44f8d",
        "test": "46ed4a740a58f695e322f38737add210d149ab7260d1ec81d2048c1e2718dd13",
    }),
))

DIGITS_8X8 = DATASETS.add(DatasetRow(
    id="digits_8x8", title="Digits 8×8",
    about="1,797 real handwritten digits of 8×8 pixels in 17 grey levels, as they come with scikit-learn: small enough to read "
          "every number.",
    source=_SOURCE, class_names=tuple("0123456789"), image_shape=(_NATIVE, _NATIVE, 1), splits=SPLITS,
    made=Made(_as_they_are, {
        "train": "dd65957a03bd8f4a3adf278f3d811f98201533d4d2c2f4ee043ef28eb753b3db",
        "test": "ab195ad3c40e49c557cf600d0d41a3a45e3cfc6f4792c22a3889624aa358f292",
    }),
))
