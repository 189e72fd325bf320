from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
import torch

from cnn_core import architectures, designs, inspection
from cnn_core.errors import ArchitectureError, DesignError, UnknownEntry
from cnn_core.inspection import code

NET = "input 1x8x8\nconv 4 3x3\nrelu\nflatten\nlinear 10\n"


def test_a_saved_design_is_an_architecture() -> None:
    id_ = designs.save('Mi "<b>red</b>" $x$', NET)
    assert id_ == "design:mi-b-red-b-x.1" and architectures.designed() == (id_,) and id_ not in architectures.ids()
    row = architectures.get(id_)
    assert row.params == 40 + 1450 and row.num_classes == 10 and row.input_shape == (1, 8, 8)
    assert not set("<>$") & set(row.title) and "red" in row.title
    network = architectures.build(id_, num_classes=3, in_channels=3, image_size=12, seed=1)
    assert row.options_for((3, 12, 12)) == {"in_channels": 3, "image_size": 12}
    assert network(torch.zeros(1, 3, 12, 12)).shape == (1, 3)
    assert architectures.get("design:mi-b-red-b-x").id == id_
    assert inspection.trace(inspection.build_meta(architectures.build, id_), row.input_shape).params == row.params
    namespace: dict[str, torch.nn.Module] = {}
    exec(architectures.code(id_), namespace)
    assert sum(p.numel() for p in namespace["network"].parameters()) == row.params
    trace = inspection.trace(network, (3, 12, 12))
    exec(code.source(row, {"num_classes": 3, "in_channels": 3, "image_size": 12}, trace), namespace)
    assert sum(p.numel() for p in namespace["model"].parameters()) == sum(p.numel() for p in network.parameters())


def test_versions_never_change() -> None:
    first = designs.save("net", NET)
    assert designs.save("net", NET, onto=first) == first
    second = designs.save("net", NET.replace("conv 4", "conv 5"), onto=first)
    assert (first, second) == ("design:net.1", "design:net.2")
    assert architectures.get(first).params != architectures.get(second).params
    assert designs.ids() == (second,) and designs.resolve("design:net") == second


def test_somebody_elses_name_is_not_overwritten() -> None:
    first = designs.save("net", NET)
    other = designs.save("Net", NET.replace("conv 4", "conv 6"))
    assert other == "design:net-2.1" and designs.load(first).splitlines()[2] == "conv 4 3x3"


def test_forgotten_designs_leave_the_list_and_stay_readable() -> None:
    first = designs.save("net", NET)
    designs.forget(first)
    assert designs.ids() == () and architectures.get(first).params == 1490
    assert designs.save("net", NET, onto=first) == "design:net.2"
    with pytest.raises(UnknownEntry):
        designs.forget("design:none")


def test_drafts_are_kept_but_are_no_architectures() -> None:
    broken = designs.save("broken", "input 1x8x8\nconv 4 9x9")
    headless = designs.save("headless", "input 1x8x8\nconv 4 3x3")
    assert designs.ids() == (broken, headless) and architectures.designed() == ()
    with pytest.raises(ArchitectureError, match="classes"):
        architectures.get(headless)
    for id_ in ("design:none", "design:none.1", "design:../../etc/passwd", "design:", "design:x.0"):
        with pytest.raises(UnknownEntry):
            architectures.get(id_)


def test_sessions_that_save_at_once_get_a_version_each() -> None:
    first = designs.save("net", NET)
    texts = [NET.replace("conv 4", f"conv {n}") for n in range(5, 13)]
    with ThreadPoolExecutor(8) as pool:
        ids = list(pool.map(lambda text: designs.save("net", text, onto=first), texts))
    assert len(set(ids)) == len(texts)
    assert all(f"conv {n} " in designs.load(id_) for n, id_ in zip(range(5, 13), ids, strict=True))
    assert not [path for path in designs.home().iterdir() if path.name.startswith(".part")]


def test_files_that_are_no_designs_do_no_harm() -> None:
    designs.home().mkdir(parents=True)
    (designs.home() / "odd.1.txt").write_bytes(b"\xff\xfe")
    (designs.home() / "README").write_text("hello")
    (designs.home() / "wrong.3.txt").write_text("print('hello')")
    assert designs.ids() == ("design:odd.1", "design:wrong.3") and architectures.designed() == ()
    with pytest.raises(DesignError):
        designs.load("design:odd.1")
