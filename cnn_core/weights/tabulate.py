"""Writes ``torchvision.json`` and ``imagenet_classes.txt``: ``python -m cnn_core.weights.tabulate``, after torchvision was upgraded.

Importing torchvision takes seconds, and the pages list its weights before anybody opens them. A test holds the files to torchvision.
"""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
TABLE, CLASSES = HERE / "torchvision.json", HERE / "imagenet_classes.txt"


def table() -> dict[str, list[dict[str, Any]]]:
    """Every weight set of a whole classifier by architecture, oldest first, as torchvision publishes it."""
    from torchvision import models

    from cnn_core import architectures

    rows: dict[str, list[dict[str, Any]]] = {}
    for arch_id in architectures.ids():
        if architectures.get(arch_id).builder == "zoo_build:torchvision":
            rows[arch_id] = [_row(entry) for entry in models.get_model_weights(arch_id) if _whole(entry)]
    return rows


def _whole(entry: Any) -> bool:
    """VGG-16's set of features alone has no classifier, so no accuracy either."""
    return not math.isnan(entry.meta["_metrics"]["ImageNet-1K"]["acc@1"])


def _row(entry: Any) -> dict[str, Any]:
    transforms = entry.transforms()
    accuracy = entry.meta["_metrics"]["ImageNet-1K"]
    base, _, file = entry.url.rpartition("/")
    return {
        "name": entry.name, "base": base, "file": file, "mebibytes": entry.meta["_file_size"], "top1": accuracy["acc@1"],
        "resize": transforms.resize_size[0], "crop": transforms.crop_size[0], "interpolation": transforms.interpolation.value,
        "mean": list(transforms.mean), "std": list(transforms.std),
    }  # fmt: skip


def class_names() -> list[str]:
    from torchvision import models

    return list(models.ResNet18_Weights.DEFAULT.meta["categories"])


def write() -> None:
    lines = [
        f' "{arch_id}": [\n' + ",\n".join("  " + json.dumps(row) for row in rows) + "]" for arch_id, rows in table().items()
    ]
    TABLE.write_text("{\n" + ",\n".join(lines) + "\n}\n", "utf-8")
    CLASSES.write_text("\n".join(class_names()) + "\n", "utf-8")


if __name__ == "__main__":
    write()
