"""One's own pictures as a data set: a folder or a zip with a folder of pictures for each class.

Every picture goes through ``cnn_core.images.load_image``, is cut to its middle square and resized. What is no picture is
left out and told by name; what remains is divided into "train" and "test", class by class.
"""

from __future__ import annotations

import hashlib
import os
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from cnn_core import images
from cnn_core.datasets import gathering
from cnn_core.datasets.gathering import Found, Gathered, Skipped, gather_folder, gather_zip, in_order
from cnn_core.datasets.own_store import OwnSet, check_name, digests, own_name, save
from cnn_core.datasets.row import Arrays
from cnn_core.errors import ConvolabError, DatasetError

SIDE = 224  # px, what networks trained on ImageNet see
MIN_SIDE, MAX_SIDE = 8, 512
TEST_SHARE = 0.25
MAX_CLASSES = 100
MAX_PICTURES = 10_000
MAX_ARRAY_BYTES = 400_000_000  # 2,657 pictures of 224×224
MAX_TOLD = 1_000  # files left out whose names are kept


@dataclass(frozen=True)
class OwnProgress:
    """``done`` of ``total`` files have been looked at; the last one was ``file``."""

    done: int
    total: int
    file: str


@dataclass(frozen=True)
class _Picture:
    found: Found
    pixels: NDArray[np.uint8]


def from_folder(
    path: str | os.PathLike[str],
    name: str | None = None,
    *,
    title: str = "",
    side: int = SIDE,
    test_share: float = TEST_SHARE,
    seed: int = 0,
    root: str | os.PathLike[str] | None = None,
    replace: bool = False,
    on_progress: Callable[[OwnProgress], object] | None = None,
) -> OwnSet:
    """Make a data set of a folder that holds a folder of pictures for each class; ``load("own:" + name)`` opens it.

    Folders around all classes are passed over; below a class, pictures may lie in further folders. A collection that comes
    divided (``train``, ``val`` or ``test``, each with the classes) stays so.

    Args:
        name: of small letters, digits, ``-`` and ``_``; made of ``title``, or of the folder's name, where it is left out.
        side: of the square pictures, in pixels.
        test_share: of each class, rounded, at least one picture; the rest is for training.
        seed: of the division.
        replace: another collection of the same name.
        on_progress: told after every file; what it raises ends the work with nothing kept, and passes through.

    Raises:
        DatasetError: nothing there; fewer than two classes, or than two pictures in one; too much; no place to write; the
            name is taken. The fact ``skipped`` holds how many files were left out until then.
    """
    folder = Path(path).expanduser()
    title = title or (folder.resolve().name if name is None else name)
    settings = _Settings(own_name(title) if name is None else name, title, side, test_share, seed, root, replace)
    settings.check()
    return _make(settings, gather_folder(folder), on_progress)


def from_zip(
    data: bytes,
    name: str | None = None,
    *,
    title: str = "",
    side: int = SIDE,
    test_share: float = TEST_SHARE,
    seed: int = 0,
    root: str | os.PathLike[str] | None = None,
    replace: bool = False,
    on_progress: Callable[[OwnProgress], object] | None = None,
) -> OwnSet:
    """Make a data set of a zip; all else as for ``from_folder``. Nothing of the zip but pixels reaches the disk."""
    settings = _Settings(own_name(title) if name is None else name, title or name or own_name(""), side, test_share, seed, root, replace)
    settings.check()
    return _make(settings, gather_zip(data), on_progress)


@dataclass(frozen=True)
class _Settings:
    name: str
    title: str
    side: int
    test_share: float
    seed: int
    root: str | os.PathLike[str] | None
    replace: bool

    def check(self) -> None:
        check_name(self.name, self.root, self.replace)
        if not MIN_SIDE <= self.side <= MAX_SIDE:
            raise DatasetError(
                f"pictures of {self.side} pixels a side cannot be made: choose {MIN_SIDE} to {MAX_SIDE}",
                code="own_bad_side", side=self.side, low=MIN_SIDE, high=MAX_SIDE,
            )
        if not 0 < self.test_share < 1:
            raise DatasetError(
                f"a share of {self.test_share} for the test is not between 0 and 1: choose 0.25, for example",
                code="own_bad_share", share=self.test_share,
            )
        if not 0 <= self.seed < 2**63:
            raise DatasetError(f"{self.seed} cannot be a seed: choose 0 or more", code="own_bad_seed", seed=self.seed)


def _make(settings: _Settings, gathered: Gathered, on_progress: Callable[[OwnProgress], object] | None) -> OwnSet:
    pictures, skipped = _decode(gathered, settings.side, on_progress)
    class_names = _check_classes(pictures, skipped)
    arrays: dict[str, Arrays] = {}
    files: dict[str, tuple[str, ...]] = {}
    counts: dict[str, tuple[int, ...]] = {}
    for split, chosen in _divide(pictures, class_names, settings).items():
        labels = np.array([class_names.index(p.found.class_name) for p in chosen], np.int64)
        arrays[split] = np.stack([p.pixels for p in chosen]), labels
        files[split] = tuple(p.found.file for p in chosen)
        counts[split] = tuple(np.bincount(labels, minlength=len(class_names)).tolist())
    own = OwnSet(
        settings.name, gathering.class_name(settings.title) or settings.name, class_names, settings.side, settings.seed, counts,
        files, tuple(skipped[:MAX_TOLD]), digests(arrays), datetime.now(UTC).isoformat(timespec="seconds"),
    )
    return save(own, arrays, settings.root, settings.replace)


def _decode(
    gathered: Gathered, side: int, on_progress: Callable[[OwnProgress], object] | None
) -> tuple[list[_Picture], list[Skipped]]:
    """All pictures as squares, and the files that are none, are broken, or show what another one shows."""
    pictures: list[_Picture] = []
    skipped = list(gathered.skipped)
    seen: dict[bytes, str] = {}
    limit = min(MAX_PICTURES, MAX_ARRAY_BYTES // (3 * side * side))
    bytes_read = 0
    for done, found in enumerate(gathered.found, 1):
        try:
            data = found.read()
            bytes_read += len(data)
            _check_bytes(bytes_read)
            pixels = images.resize(images.square_crop(images.load_image(data)), side, side)
            digest = hashlib.blake2b(pixels.data).digest()
            if digest in seen:  # in both parts it would be recognised and not understood
                raise DatasetError(f"it is the same picture as {seen[digest]}", code="own_twin", twin=seen[digest])
            seen[digest] = found.file
            pictures.append(_Picture(found, pixels))
        except ConvolabError as err:
            if err.code == "own_unpacks_too_large":
                raise
            skipped.append(Skipped.because(found.file, err))
        if len(pictures) > limit:
            raise DatasetError(
                f"there are more than {limit} pictures: take fewer, or make them smaller than {side} pixels",
                code="own_too_many_pictures", limit=limit, side=side,
            )
        if on_progress:
            on_progress(OwnProgress(done, len(gathered.found), found.file))
    return pictures, skipped


def _check_bytes(bytes_read: int) -> None:
    limit = gathering.MAX_READ_BYTES
    if bytes_read > limit:
        raise DatasetError(
            f"the pictures are more than {limit // 10**6} MB together: take fewer, or save them smaller",
            code="own_unpacks_too_large", limit_mb=limit // 10**6,
        )


def _check_classes(pictures: Sequence[_Picture], skipped: Sequence[Skipped]) -> tuple[str, ...]:
    """The classes in order; refused where nothing can be learned from them."""
    count = Counter(p.found.class_name for p in pictures)
    names = tuple(in_order(tuple(count)))
    if not names:
        first = f" ({skipped[0].file}: {skipped[0].message})" if skipped else ""
        raise DatasetError(
            f"there is no picture that can be used there{first}: put pictures of each class into a folder of its own",
            code="own_nothing", skipped=len(skipped), file=skipped[0].file if skipped else "–",
        )
    if len(names) == 1:
        raise DatasetError(
            f"there is only one class, {names[0]!r}: add a folder of pictures of something else, to tell them apart",
            code="own_one_class", class_name=names[0], skipped=len(skipped),
        )
    if len(names) > MAX_CLASSES:
        raise DatasetError(
            f"there are {len(names)} classes, and at most {MAX_CLASSES} are taken", code="own_too_many_classes",
            count=len(names), limit=MAX_CLASSES,
        )
    scarce = next((name for name in names if count[name] < 2), None)
    if scarce:
        raise DatasetError(
            f"the class {scarce!r} has only one picture that can be used: add more, one to learn from and one to test with "
            f"at the least",
            code="own_one_picture", class_name=scarce, skipped=len(skipped),
        )
    return names


def _divide(
    pictures: Sequence[_Picture], class_names: Sequence[str], settings: _Settings
) -> dict[Literal["train", "test"], list[_Picture]]:
    """As the collection came divided, where both parts show every class; else a share of every class by chance."""
    given = {(p.found.class_name, p.found.split) for p in pictures}
    if given == {(name, split) for name in class_names for split in ("train", "test")}:
        return {
            "train": [p for p in pictures if p.found.split == "train"], "test": [p for p in pictures if p.found.split == "test"],
        }
    shuffled = np.argsort(np.random.PCG64(settings.seed).random_raw(len(pictures)), kind="stable")
    tested: set[int] = set()
    for name in class_names:
        members = [int(i) for i in shuffled if pictures[i].found.class_name == name]
        n = min(max(1, round(len(members) * settings.test_share)), len(members) - 1)
        tested.update(members[:n])
    return {
        "train": [p for i, p in enumerate(pictures) if i not in tested], "test": [pictures[i] for i in sorted(tested)],
    }
