"""The house rules that a machine can hold: who may import whom, and what is never imported."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT

# Inside cnn_core a module may import from its own layer's package and from lower layers only (design: "Imports run one way").
LAYERS = (
    {"errors", "registry", "arithmetic", "windows", "chains", "pooling"},
    {"images", "kernels", "datasets", "architectures", "weights", "designs"},
    {"inspection", "training", "blocks"},
    {"jobs"},
)
STRANGERS = ({"inspection", "training"},)  # of one layer, and yet they do not know each other
LIGHT = (
    "errors",
    "registry",
    "arithmetic",
    "chains",
    "pooling",
    "images",
    "kernels",
    "datasets",
    "architectures",
    "designs",
    "inspection",
    "weights",
    "jobs",
)


def sources(folder: str) -> list[Path]:
    return sorted((ROOT / folder).rglob("*.py"))


def imported(path: Path) -> set[str]:
    """Every dotted module name that a file imports, wherever in the file, ``from a import b`` as ``a.b``."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def layer(module: str) -> int:
    return next(i for i, names in enumerate(LAYERS) if module in names)


@pytest.mark.parametrize("path", sources("cnn_core"), ids=lambda path: str(path.relative_to(ROOT)))
def test_core_imports_run_one_way(path: Path) -> None:
    names = imported(path)
    assert not {name for name in names if name.split(".")[0] in ("streamlit", "pages", "app", "benchmarks", "tests")}
    parts = path.relative_to(ROOT / "cnn_core").with_suffix("").parts
    if parts[0] == "__init__":
        return
    for name in names:
        if not name.startswith("cnn_core."):
            continue
        other = name.split(".")[1]
        if other == parts[0]:
            continue
        assert layer(other) <= layer(parts[0]), f"{path.name} imports {name} from a higher layer"
        assert not any({other, parts[0]} <= pair for pair in STRANGERS)
        if other == "training":
            shell_reads = parts == ("jobs", "__main__")  # recipes, as the training's own shell does
            assert shell_reads or parts[:2] == ("jobs", "worker"), "only jobs.worker imports the training loop"


@pytest.mark.parametrize("path", sources("pages"), ids=lambda path: str(path.relative_to(ROOT)))
def test_pages_import_the_core_and_each_other_only_through_ui(path: Path) -> None:
    parts = path.relative_to(ROOT / "pages").parts
    for name in imported(path):
        top = name.split(".")
        assert top[0] not in ("app", "tests", "benchmarks")
        if top[0] == "pages" and len(top) > 1:
            assert top[1] in ("ui", parts[0]), f"{path} imports {name}: what pages share belongs to pages.ui"
        if path.parent.name != "cached":
            assert not name.startswith("streamlit.cache")


def test_only_cached_caches() -> None:
    users = [path for path in [*sources("pages"), ROOT / "app.py"] if "@st.cache_" in path.read_text("utf-8")]
    assert {str(path.parent.relative_to(ROOT)) for path in users} == {"pages/ui/cached"}


def test_first_page_does_not_wait_for_torch() -> None:
    modules = ", ".join(f"cnn_core.{name}" for name in LIGHT)
    code = (
        f"import sys, {modules}; sys.exit(' '.join({'torch', 'torchvision', 'timm'} & sys.modules.keys()) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt", "requirements-gpu.txt", "constraints.txt"])
def test_every_dependency_is_pinned_exactly(name: str) -> None:
    lines = [line for line in (ROOT / name).read_text("utf-8").splitlines() if line and not line.startswith("#")]
    assert lines and all("==" in line for line in lines)
