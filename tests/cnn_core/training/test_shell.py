"""Training from a shell: what it refuses, what it goes on with, how it ends."""

from __future__ import annotations

import errno
import subprocess
import sys
from pathlib import Path

import pytest

from cnn_core.training import Recipe
from cnn_core.training.__main__ import main
from tests.cnn_core.training.conftest import read_events
from tests.conftest import ROOT


@pytest.fixture(autouse=True)
def _signals(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cnn_core.training.__main__.signal.signal", lambda *_: None)


@pytest.fixture
def written(tiny: Recipe, tmp_path: Path) -> Path:
    path = tmp_path / "mine.json"
    path.write_text(tiny.replace(epochs=1).to_json(), "utf-8")
    return path


def contents(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_folder_with_a_run_is_refused_before_anything_is_drawn(
    written: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = tmp_path / "run"
    assert main([str(written), "--run", str(run)]) == 0
    before = contents(run)
    capsys.readouterr()
    assert main([str(written), "--run", str(run)]) == 2
    told = capsys.readouterr().err
    assert "--resume" in told and "another folder" in told and "epochs" not in told
    assert contents(run) == before


def test_resume_takes_the_run_s_own_recipe(written: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = tmp_path / "run"
    assert main([str(written), "--run", str(run)]) == 0
    assert main(["--resume", "--run", str(run)]) == 0
    capsys.readouterr()
    before = contents(run)
    assert main([str(written), "--resume", "--run", str(run), "--set", "lr=0.5", "flip=true"]) == 2
    told = capsys.readouterr().err
    assert "lr 0.003 → 0.5" in told and "flip false → true" in told and "momentum" not in told and "0/1" not in told
    assert contents(run) == before


@pytest.mark.parametrize("words", [["--resume"], ["--resume", "--run", "nowhere"], []])
def test_what_cannot_start_ends_with_2_and_makes_no_folder(
    words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(words) == 2
    told = capsys.readouterr().err
    assert told.count("\n") == 1 and not list(tmp_path.iterdir())


def test_a_full_disk_ends_with_3_and_the_queue_s_advice(
    written: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("cnn_core.training.saving.write_whole", full)
    assert main([str(written), "--run", str(tmp_path / "run")]) == 3
    assert "The disk is full. Delete old runs, then resume it." in capsys.readouterr().err
    assert read_events(tmp_path / "run")[-1]["state"] == "failed"


def test_a_reader_of_the_list_may_stop_reading() -> None:
    """``true`` reads nothing and has long ended when Python gets to the list."""
    done = subprocess.run(
        f"{sys.executable} -m cnn_core.training --list | true", shell=True, capture_output=True, text=True, cwd=ROOT, check=True,
    )
    assert done.stderr == ""
