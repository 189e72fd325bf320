"""Data sets: what is known of them, fetching, importing, and opening them as memory-mapped arrays.

>>> [row.id for row in DATASETS.values()]
['cifar10', 'cifar100', 'digits', 'digits_8x8', 'fashion_mnist', 'mnist', 'shapes']
"""

from __future__ import annotations

import cnn_core.datasets.catalogue  # noqa: F401  (fills the registry)
from cnn_core.datasets.archive import import_archive
from cnn_core.datasets.dataset import Dataset
from cnn_core.datasets.download import fetch, partial_bytes
from cnn_core.datasets.progress import Progress
from cnn_core.datasets.row import DATASETS, DatasetRow
from cnn_core.datasets.store import Status, available, data_root, load, status, verify

import_ = import_archive

__all__ = [
    "DATASETS", "Dataset", "DatasetRow", "Progress", "Status", "available", "data_root", "fetch", "import_",
    "import_archive", "load", "partial_bytes", "status", "verify",
]
