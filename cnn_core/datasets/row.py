"""What is known of a data set before any of it is here: its files, their checksums, where they can be had."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import prod
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from cnn_core.errors import DatasetError
from cnn_core.registry import Registry


@dataclass(frozen=True)
class Archive:
    """A file as its publisher offers it for download, with the checksum that is published of it."""

    name: str
    md5: str
    bytes_total: int
    sha256_prefix: str = ""  # in place of the MD5: weights bear the beginning of their SHA-256 in their names


@dataclass(frozen=True)
class Member:
    """A file of torchvision's layout, unpacked. ``split`` is empty for a file that carries no images."""

    name: str
    md5: str
    bytes_total: int | None = None  # None: known by its checksum alone
    split: str = ""

    @property
    def bytes_limit(self) -> int:
        return self.bytes_total if self.bytes_total is not None else 256_000_000


Arrays = tuple[NDArray[np.uint8], NDArray[np.int64]]  # images (N, H, W, C), labels (N,)


@dataclass(frozen=True)
class Made:
    """How a data set that nobody has to fetch is made on this machine, and what must come of it.

    ``sha256`` is, for every split, that of the images' bytes followed by the labels' (little-endian, eight bytes each).
    """

    make: Callable[[str], Arrays]  # of a split's name
    sha256: Mapping[str, str]


@dataclass(frozen=True)
class DatasetRow:
    """One data set.

    ``folder`` and the names of ``members`` are torchvision's layout below the data folder; ``mirrors`` are addresses to
    which an archive's name is appended, tried in order. All checksums are MD5, as the field publishes them; they
    guard against damage and mix-ups, and the reader that follows runs no code from the files. A data set that is ``made``
    here has none of these.
    """

    id: str
    title: str
    about: str
    source: str
    class_names: tuple[str, ...]
    image_shape: tuple[int, int, int]  # height, width, channels
    splits: Mapping[str, int]  # images in each
    folder: str = ""
    layout: Literal["cifar", "idx", "made"] = "made"
    members: tuple[Member, ...] = ()
    archives: tuple[Archive, ...] = ()
    mirrors: tuple[str, ...] = ()
    made: Made | None = None
    label_key: str = "labels"  # in CIFAR's batches

    @property
    def archive_bytes(self) -> int:
        return sum(archive.bytes_total for archive in self.archives)

    @property
    def array_bytes(self) -> int:
        """Of the images and labels (eight bytes each) as plain arrays."""
        return sum(self.splits.values()) * (prod(self.image_shape) + 8)

    def parts(self, split: str) -> tuple[Member, ...]:
        return tuple(member for member in self.members if member.split == split)


DATASETS: Registry[DatasetRow] = Registry("dataset")


def row_of(name: str | DatasetRow) -> DatasetRow:
    return name if isinstance(name, DatasetRow) else DATASETS[name]


def check_split(row: DatasetRow, split: str) -> None:
    """Refuse a split that a data set does not have, with a sentence that names those it has."""
    if split not in row.splits:
        raise DatasetError(
            f"{row.title} has no split {split!r}; it has: {', '.join(row.splits)}",
            code="dataset_no_split", title=row.title, split=split, splits=", ".join(row.splits),
        )
