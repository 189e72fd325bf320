"""An opened data set: arrays that lie on disk and are read as they are looked at."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cnn_core.errors import DatasetError


@dataclass(frozen=True, eq=False)
class Dataset:
    """One split of a data set.

    ``images`` are (N, H, W, C) uint8, memory-mapped and read-only; ``labels`` (N,) int64, indices into ``class_names``.
    """

    id: str
    title: str
    split: str
    images: NDArray[np.uint8]
    labels: NDArray[np.int64]
    class_names: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.labels)

    def indices_of(self, class_index: int) -> NDArray[np.int64]:
        """Where the images of a class are, in order.

        Raises:
            DatasetError: there is no class of this number.
        """
        if not 0 <= class_index < len(self.class_names):
            raise DatasetError(
                f"{self.title} has classes 0 to {len(self.class_names) - 1}, and no {class_index}",
                code="dataset_no_class", title=self.title, index=class_index, last=len(self.class_names) - 1,
            )
        return np.flatnonzero(self.labels == class_index).astype(np.int64)

    def draw(
        self, n: int, seed: int | np.random.Generator, class_index: int | None = None
    ) -> NDArray[np.int64]:
        """Indices of ``n`` different images in random order, the same for the same seed; all of them if ``n`` is more."""
        pool = np.arange(len(self), dtype=np.int64) if class_index is None else self.indices_of(class_index)
        rng = np.random.default_rng(seed)
        return rng.choice(pool, size=min(max(n, 0), len(pool)), replace=False)
