"""Data sets that are made on this machine: drawn shapes, and the digits that come with scikit-learn."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from numpy.typing import NDArray
from scipy import ndimage

from cnn_core import datasets, images, kernels
from cnn_core.datasets import DATASETS, DatasetRow, Status, arrays, drawing
from cnn_core.datasets.__main__ import main
from cnn_core.datasets.catalogue import digits
from cnn_core.errors import DatasetError
from tests.conftest import ROOT

MADE = [row for row in DATASETS.values() if row.made]
each = pytest.mark.parametrize("row", MADE, ids=[row.id for row in MADE])


@each
def test_is_here_without_a_fetch_and_kept_as_arrays(row: DatasetRow, tmp_path: Path) -> None:
    assert datasets.status(row, tmp_path) is Status.IMPORTABLE
    assert row.id in datasets.available(tmp_path)
    for split, n in row.splits.items():
        opened = datasets.load(row.id, split, tmp_path)
        assert opened.images.shape == (n, *row.image_shape) and opened.images.dtype == np.uint8
        assert isinstance(opened.images, np.memmap) and not opened.images.flags.writeable
        assert np.all(np.bincount(opened.labels) > n / 16) and len(np.bincount(opened.labels)) == 10
    assert datasets.status(row, tmp_path) is Status.PRESENT
    assert len(list((tmp_path / arrays.HIDDEN).glob(f"{row.id}-here-*"))) == 1
    assert not list(tmp_path.rglob("*.new"))


@each
def test_same_bytes_on_every_machine(row: DatasetRow) -> None:
    """The checksums in the rows were computed once; the drawing must come to them wherever this test runs."""
    assert row.made
    for split in row.splits:
        made, labels = row.made.make(split)
        assert arrays.arrays_sha256(made, labels) == row.made.sha256[split]


def test_train_and_test_share_no_picture() -> None:
    for row in MADE:
        seen = [{image.tobytes() for image in datasets.load(row.id, split).images} for split in ("train", "test")]
        assert [len(one) for one in seen] == [row.splits["train"], row.splits["test"]] and not seen[0] & seen[1]


def test_fetch_and_verify_have_little_to_do(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = ["--root", str(tmp_path)]
    assert main(["fetch", "digits", *root]) == 0
    assert datasets.status("digits", tmp_path) is Status.PRESENT
    assert main(["verify", "digits", *root]) == 0
    assert "4 files and 1,797 images are right" in capsys.readouterr().out
    array = next((tmp_path / arrays.HIDDEN).glob("digits-here-*")) / "test_images.npy"
    content = bytearray(array.read_bytes())
    content[-1] ^= 1
    array.write_bytes(content)
    assert datasets.load("digits", "test", tmp_path).images[-1, -1, -1] == 1
    assert datasets.verify("digits", tmp_path) == 4
    assert datasets.load("digits", "test", tmp_path).images[-1, -1, -1] == 0


def test_nothing_to_import(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(DatasetError) as caught:
            datasets.import_archive("shapes", path, tmp_path)
        assert caught.value.code == "import_not_needed"


def test_opens_where_nothing_can_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file" / "cache"))
    opened = datasets.load("digits_8x8", "test", tmp_path / "file")
    assert opened.images.shape == (360, 8, 8, 1) and not opened.images.flags.writeable
    np.testing.assert_array_equal(opened.images, datasets.load("digits_8x8", "test", tmp_path).images)


def test_what_comes_out_differently_is_refused(tmp_path: Path) -> None:
    row = DATASETS["digits_8x8"]
    assert row.made
    wrong = replace(row, made=replace(row.made, sha256={"train": row.made.sha256["train"], "test": "0" * 64}))
    with pytest.raises(DatasetError) as caught:
        datasets.load(wrong, "test", tmp_path)
    assert caught.value.code == "dataset_made_differently"
    assert datasets.status(wrong, tmp_path) is Status.IMPORTABLE  # nothing half stays


def test_made_without_torch_or_scikit_learn() -> None:
    code = (
        "import sys; from cnn_core import datasets; [datasets.load(n, 'test') for n in ('shapes', 'digits')]\n"
        "sys.exit(' '.join({'torch', 'sklearn'} & sys.modules.keys()) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, env=dict(os.environ))
    assert done.returncode == 0, done.stderr


# ---- digits


def test_digits_are_scikit_learns() -> None:
    from sklearn.datasets import load_digits

    theirs = load_digits()
    known = {image.tobytes(): label for image, label in zip(theirs.images.astype(np.uint8), theirs.target, strict=True)}
    for split in ("train", "test"):
        ours = datasets.load("digits_8x8", split)
        grey = ours.images[..., 0].astype(np.int64)
        levels = np.rint(grey * 16 / 255).astype(np.uint8)
        assert np.abs(levels * (255 / 16) - grey).max() <= 0.5
        assert [known[image.tobytes()] for image in levels] == ours.labels.tolist()


def test_digits_like_mnist_are_the_same_ones_interpolated() -> None:
    for split in ("train", "test"):
        small, large = datasets.load("digits_8x8", split), datasets.load("digits", split)
        np.testing.assert_array_equal(small.labels, large.labels)
        assert not np.delete(large.images, np.s_[4:24], axis=1).any()
        assert not np.delete(large.images, np.s_[4:24], axis=2).any()
        at = np.clip((np.arange(20) + 0.5) * 8 / 20 - 0.5, 0, 7)
        for i in range(12):
            expected = ndimage.map_coordinates(small.images[i, ..., 0].astype(float), np.meshgrid(at, at, indexing="ij"), order=1)
            assert np.abs(large.images[i, 4:24, 4:24, 0] - expected).max() <= 1  # the levels were rounded once more there


def test_missing_or_broken_package_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "sklearn"
    (package / "datasets" / "data").mkdir(parents=True)
    (package / "__init__.py").write_text("")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "sklearn", raising=False)
    for content in (None, b"", b"\x1f\x8b\x08 broken"):
        if content is not None:
            (package / "datasets" / "data" / "digits.csv.gz").write_bytes(content)
        with pytest.raises(DatasetError) as caught:
            digits._read()
        assert caught.value.code == "digits_not_installed"


# ---- shapes


@settings(max_examples=10)
@given(n=some.integers(0, 700), seed=some.integers(0, 2**40))
def test_any_seed_draws_balanced_classes(n: int, seed: int) -> None:
    drawn, labels = drawing.draw(n, seed)
    assert drawn.shape == (n, 32, 32, 3) and drawn.dtype == np.uint8 and labels.dtype == np.int64
    counts = np.bincount(labels, minlength=10)
    assert len(counts) == 10 and np.ptp(counts) <= (n % 10 != 0)
    again, labels_again = drawing.draw(n, seed)
    assert drawn.tobytes() == again.tobytes() and labels.tobytes() == labels_again.tobytes()
    if n > 1:
        assert drawn.tobytes() != drawing.draw(n, seed + 1)[0].tobytes()


def test_no_direction_hangs_on_the_last_bit_of_a_cosine() -> None:
    """The tables are rounded from floating point: no value may lie so near to a half that machines could differ."""
    exact = 1024 * np.cos(np.radians(np.arange(360)))
    halves = np.abs(exact - np.floor(exact) - 0.5)
    assert halves.min() > 1e-4
    np.testing.assert_array_equal(drawing._COS, np.rint(exact))
    np.testing.assert_array_equal(drawing._SIN, np.roll(drawing._COS, 90))


@pytest.fixture(scope="module")
def drawn() -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    return drawing.draw(1000, seed=7)


def test_line_kernels_tell_the_four_directions_apart(drawn: tuple[NDArray[np.uint8], NDArray[np.int64]]) -> None:
    """No training: the kernel of the table that answers most is the name of the stripes."""
    table = ("prewitt_y", "prewitt_x", "diagonal_falling", "diagonal_rising")
    right = total = 0
    for image, label in zip(*drawn, strict=True):
        if label < 4:
            grey = kernels.apply(images.to_grey(image), kernels.KERNELS["gaussian"].weights)
            energy = [float((kernels.apply(grey, kernels.KERNELS[id_].weights) ** 2).mean()) for id_ in table]
            norm = [float((kernels.KERNELS[id_].weights ** 2).sum()) for id_ in table]
            right += int(np.argmax(np.divide(energy, norm)) == label)
            total += 1
    assert total == 400 and right / total > 0.95


def test_directions_by_the_structure_tensor(drawn: tuple[NDArray[np.uint8], NDArray[np.int64]]) -> None:
    """The direction across the stripes, measured with SciPy's gradients: y down, so a falling stripe lies across −45°."""
    grey = ndimage.gaussian_filter(drawn[0].mean(axis=3), (0, 1, 1))
    dy, dx = np.gradient(grey, axis=(1, 2))
    angle = np.degrees(np.arctan2(2 * (dx * dy).sum((1, 2)), (dx**2 - dy**2).sum((1, 2)))) / 2
    for label, across in enumerate((90, 0, -45, 45)):
        off = (angle[drawn[1] == label] - across + 90) % 180 - 90
        assert np.mean(np.abs(off) < 15) > 0.95


def test_figures_have_the_form_of_their_name() -> None:
    """Without colour and noise: a disc is round and full, a ring has one hole, an edge cuts the picture in two."""
    seen: dict[str, list[NDArray[np.bool_]]] = {name: [] for name in drawing.CLASS_NAMES}
    raw = drawing._Raw(3)
    figures = drawing._Figures.draw(raw, 200)
    labels = np.arange(200) % 10
    for label, cover in zip(labels, drawing._cover(labels, figures), strict=True):
        seen[drawing.CLASS_NAMES[label]].append(cover > 32)
    count: Callable[[NDArray[np.bool_]], int] = lambda mask: ndimage.label(mask)[1]  # noqa: E731
    for disc in seen["disc"]:
        area, (y, x) = disc.sum(), ndimage.center_of_mass(disc)
        far = np.hypot(*(np.argwhere(disc) - (y, x)).T).max()
        assert count(disc) == count(~disc) == 1 and area / (np.pi * far**2) > 0.75
    assert all(count(ring) == 1 and count(~ring) == 2 for ring in seen["ring"])
    assert all(count(edge) == count(~edge) == 1 for edge in seen["edge"])
    assert all(count(board) > 4 for board in seen["checkerboard"])
    for cross in seen["cross"]:
        filled = ndimage.binary_fill_holes(cross)
        assert count(cross) == 1 and (filled == cross).all()
        y, x = (round(at) for at in ndimage.center_of_mass(cross))
        assert cross[y, x]
    for triangle in seen["triangle"]:
        far = np.hypot(*(np.argwhere(triangle) - ndimage.center_of_mass(triangle)).T).max()
        assert ndimage.label(triangle, np.ones((3, 3)))[1] == 1 and triangle.sum() / (np.pi * far**2) < 0.62  # of an equilateral one 0.41


def test_a_linear_classifier_does_not_see_them() -> None:
    """Ridge regression on all pixels stays far below what a network reaches: form is not in any single pixel."""
    (x, y), (x_test, y_test) = drawing.draw(3000, 11), drawing.draw(1000, 12)
    flat, flat_test = (a.reshape(len(a), -1).astype(np.float32) / 255 - 0.5 for a in (x, x_test))
    gram = flat @ flat.T + 300 * np.eye(len(flat), dtype=np.float32)
    scores = flat_test @ (flat.T @ np.linalg.solve(gram, np.eye(10, dtype=np.float32)[y]))
    assert (scores.argmax(1) == y_test).mean() < 0.4
