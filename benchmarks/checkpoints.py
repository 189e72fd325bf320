"""Every network of ``assets/checkpoints`` on all test images of its data set, beside what its card says.

The data sets are taken from ``CONVOLAB_TEST_DATA``, or ``../shared/data``, or the data folder.
"""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

TABLE = "Checkpoints of this project"
AT_ONCE = 250


def run() -> list[dict[str, Any]]:
    from cnn_core import weights
    from cnn_core.weights.offers import CHECKPOINTS

    root = _data()
    return [_row(weights.get_source(card.stem, "checkpoint"), root) for card in sorted(CHECKPOINTS.glob("*.json"))]


def _data() -> str | None:
    folders = (os.environ.get("CONVOLAB_TEST_DATA"), Path(__file__).parents[2] / "shared" / "data")
    return next((str(folder) for folder in folders if folder and Path(folder).is_dir()), None)


def _row(source: Any, root: str | None) -> dict[str, Any]:
    import numpy as np
    import torch

    from cnn_core import datasets, weights

    split, network, right = datasets.load(source.dataset, "test", root), weights.network(source), 0
    started = time.perf_counter()
    with torch.no_grad():
        for start in range(0, len(split), AT_ONCE):
            part = slice(start, start + AT_ONCE)
            logits = network(source.preprocessing.fit(np.array(split.images[part])))
            right += int((logits.argmax(1).numpy() == np.asarray(split.labels[part])).sum())
    return {
        "table": TABLE, "what": f"{source.architecture} on {len(split)} images of {source.dataset}: test accuracy [share]",
        "ours_s": time.perf_counter() - started, "peer": "its card", "peer_s": None, "ratio": right / len(split),
        "target": f"{source.card.test_accuracy:.4f}",
    }  # fmt: skip
