"""Makes a checkpoint that the app ships, of a finished run: ``python -m cnn_core.training.checkpoint RUN_FOLDER RECIPE``.

Writes ``assets/checkpoints/<architecture>.safetensors`` and its card beside it. The accuracy on the card is measured here, on the whole
test split, with the weights as they were read back from the file.
"""

from __future__ import annotations

import argparse
import datetime
import hashlib
import json
import shutil
import sys
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file

from cnn_core import architectures
from cnn_core.errors import ConvolabError, TrainingError
from cnn_core.training import batches, files, metrics
from cnn_core.training.recipe import Recipe

FOLDER = Path(__file__).parents[2] / "assets" / "checkpoints"
FIRST = 1_000  # test images of the quick figure that the tests hold the checkpoint to


def write(run_dir: Path, recipe_id: str, folder: Path = FOLDER) -> dict[str, Any]:
    """Put a run's last weights and their card into ``folder``; gives the card.

    Raises:
        TrainingError: the run did not finish.
    """
    events = [json.loads(line) for line in (run_dir / "events.jsonl").read_text("utf-8").splitlines()]
    ends = [event for event in events if event["kind"] == "end" and event["state"] == "finished"]
    if not ends:
        raise TrainingError(f"{run_dir} holds no finished run", code="training_not_finished", run=str(run_dir))
    recipe = Recipe.from_json((run_dir / "recipe.json").read_text("utf-8"))
    network_facts = json.loads((run_dir / "network.json").read_text("utf-8"))
    source = run_dir / "weights" / "last.safetensors"
    network = architectures.build(recipe.architecture, weights=load_file(source), **network_facts["options"])
    data = batches.load(recipe, torch.device("cpu"))
    whole = metrics.score(network, data, data.test)
    first = batches.Split(data.test.images[:FIRST], data.test.labels[:FIRST], data.test.indices[:FIRST], data.test.source)
    card = {
        **{name: network_facts[name] for name in (
            "architecture", "options", "dataset", "input_shape", "num_classes", "mean", "std", "parameters", "device", "torch",
        )},
        "recipe": recipe_id,
        "settings": recipe.to_dict(),
        "seed": recipe.seed,
        "epochs": ends[-1]["epochs"],
        "test_accuracy": whole.accuracy,
        "test_accuracy_first_1000": metrics.score(network, data, first).accuracy,
        "test_images": len(data.test),
        "seconds": round(ends[-1]["elapsed_s"]),
        "date": datetime.datetime.fromtimestamp(ends[-1]["time"], datetime.UTC).date().isoformat(),
        "sha256": hashlib.sha256(source.read_bytes()).hexdigest(),
    }
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, folder / f"{recipe.architecture}.safetensors")
    files.write_json(folder / f"{recipe.architecture}.json", card)
    return card


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m cnn_core.training.checkpoint", description="Ship the weights of a finished run.")
    parser.add_argument("run", type=Path, help="the run's folder")
    parser.add_argument("recipe", help="id of the ready recipe it was made by")
    options = parser.parse_args()
    try:
        card = write(options.run, options.recipe)
    except ConvolabError as error:
        print(error, file=sys.stderr)
        return 2
    print(f"{card['architecture']}: test accuracy {card['test_accuracy']:.4f}, {card['parameters']} parameters")
    return 0


if __name__ == "__main__":
    sys.exit(main())
