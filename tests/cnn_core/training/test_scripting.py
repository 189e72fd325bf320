"""A run as a script: on the same data it takes the very same steps as the loop here."""

from __future__ import annotations

import io
import json
import re
import runpy
import sys
import zipfile
from contextlib import nullcontext
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from cnn_core.training import Recipe, train
from cnn_core.training.scripting import bundle, script

_FEW = Recipe("lenet5_keras", "digits", train_images=64, validation_images=100, batch=32, epochs=2, device="cpu")
RECIPES = {
    "everything": _FEW.replace(
        optimiser="adamw", lr=0.003, schedule="one_cycle", warmup=0.3, label_smoothing=0.1, gradient_clip=1.0, averaging=0.9,
        weight_decay=0.01, flip=True, translate=2, zoom=0.2, cutout=4, colour=0.2, initialisation="glorot",
    ),
    "filters": _FEW.replace(first_filters="hand_made_fixed", architecture="mnist_cnn", nesterov=True, schedule="step", epochs=1),
}  # fmt: skip


@pytest.mark.parametrize("name", RECIPES)
def test_the_script_takes_the_same_steps_as_the_loop(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    recipe = RECIPES[name]
    # the script has none, and AdamW makes large what they round otherwise, in gradients near zero
    monkeypatch.setattr("cnn_core.training.loop.Shortcuts", lambda network: nullcontext())
    result = train(recipe, tmp_path / "run")
    facts = json.loads((tmp_path / "run" / "network.json").read_text("utf-8"))
    file_name, content = bundle(recipe, facts)
    assert file_name == "train.zip"
    zipfile.ZipFile(io.BytesIO(content)).extractall(tmp_path)
    monkeypatch.setattr(sys, "argv", ["train.py", "--save", str(tmp_path / "weights.pt")])
    runpy.run_path(str(tmp_path / "train.py"), run_name="__main__")
    said = capsys.readouterr().out
    accuracies = [float(text) for text in re.findall(r"validation accuracy ([\d.]+)", said)]
    assert len(accuracies) == recipe.epochs
    assert accuracies[-1] == pytest.approx(result.validation_accuracy, abs=6e-5)
    assert float(re.findall(r"test accuracy ([\d.]+)", said)[0]) == pytest.approx(result.test_accuracy, abs=6e-5)
    own, its = load_file(tmp_path / "run/weights/last.safetensors"), torch.load(tmp_path / "weights.pt", weights_only=True)
    for tensor, other in zip(own.values(), (its[key] for key in own), strict=True):
        assert torch.allclose(tensor, other, atol=1e-6)


def test_a_public_data_set_needs_no_second_file_and_no_convolab() -> None:
    recipe = Recipe("resnet20", "cifar10")
    facts = {"options": {"num_classes": 10}, "class_names": ["a"] * 10, "mean": [0.5] * 3, "std": [0.25] * 3}
    text = script(recipe, facts)
    compile(text, "train.py", "exec")
    assert "from torchvision.datasets import CIFAR10" in text
    assert "cnn_core" not in text
