"""Data sets: what is known of them, fetching, importing or making them, and opening them as memory-mapped arrays.

>>> [row.id for row in DATASETS.values()]
['cifar10', 'cifar100', 'digits', 'digits_8x8', 'fashion_mnist', 'mnist', 'shapes']
"""

from __future__ import annotations

import cnn_core.datasets.catalogue  # noqa: F401  (fills the registry)
from cnn_core.datasets.archive import import_archive
from cnn_core.datasets.dataset import Dataset
from cnn_core.datasets.download import fetch, partial_bytes
from cnn_core.datasets.gathering import Skipped
from cnn_core.datasets.own import OwnProgress, from_folder, from_zip
from cnn_core.datasets.own_store import OwnSet, own_name, own_set, own_sets, remove_own, version
from cnn_core.datasets.progress import Progress
from cnn_core.datasets.row import DATASETS, DatasetRow
from cnn_core.datasets.store import Status, available, data_root, describe, load, status, verify

import_ = import_archive

__all__ = [
    "DATASETS", "Dataset", "DatasetRow", "OwnProgress", "OwnSet", "Progress", "Skipped", "Status", "available", "data_root",
    "describe", "fetch", "from_folder", "from_zip", "import_", "import_archive", "load", "own_name", "own_set", "own_sets",
    "partial_bytes", "remove_own", "status", "verify", "version",
]
