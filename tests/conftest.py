"""What every test may use."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

ROOT = Path(__file__).parents[1]

os.environ.setdefault("CONVOLAB_WARM_UP", "0")  # pages that need torch import it; the others are tested without it

# Two shared cores make a first example slow (imports, caches); a deadline would test the machine, not the code.
settings.register_profile(
    "convolab", deadline=None, max_examples=50, suppress_health_check=[HealthCheck.too_slow], print_blob=True
)
settings.load_profile("convolab")


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The real CIFAR-10 and MNIST in torchvision's layout, read-only: ``CONVOLAB_TEST_DATA`` or ``../shared/data``."""
    folder = Path(os.environ.get("CONVOLAB_TEST_DATA", ROOT.parent / "shared" / "data"))
    if not (folder / "cifar-10-batches-py").is_dir():
        pytest.skip(
            f"the real data sets are not at {folder}: set CONVOLAB_TEST_DATA to a folder in torchvision's layout"
        )
    return folder


@pytest.fixture(autouse=True)
def _private_folders(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test reads or writes the data sets and jobs of whoever runs it."""
    home = tmp_path_factory.mktemp("convolab")
    monkeypatch.setenv("CONVOLAB_DATA", str(home / "data"))
    monkeypatch.setenv("CONVOLAB_RUNS", str(home / "runs"))
    monkeypatch.setenv("CONVOLAB_DESIGNS", str(home / "designs"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(home / "cache"))
