"""One's own pictures as a data set: every form they come in, hostile zips, and refusals that say what to do."""

from __future__ import annotations

import io
import json
import os
import struct
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from PIL import Image

from cnn_core import datasets, images
from cnn_core.datasets import OwnProgress, OwnSet, gathering, own, own_store
from cnn_core.datasets.__main__ import main
from cnn_core.errors import DatasetError
from tests.conftest import ROOT


def picture(seed: int, height: int = 12, width: int = 16, kind: str = "PNG") -> bytes:
    pixels = np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, kind)
    return file.getvalue()


def two_classes(n: int = 8) -> dict[str, bytes]:
    return {f"{name}/{i}.png": picture(100 * c + i) for c, name in enumerate(("cats", "dogs")) for i in range(n)}


def zipped(files: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def laid_out(files: dict[str, bytes], folder: Path) -> Path:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return folder


def refused(call: Callable[..., OwnSet], *args: Any, **options: Any) -> DatasetError:
    with pytest.raises(DatasetError) as caught:
        call(*args, **options)
    assert not list((datasets.data_root() / "own").glob("*")), "nothing is left behind"
    return caught.value


def codes(made: OwnSet) -> dict[str, str]:
    return {one.file: one.code for one in made.skipped}


# ---- what comes of them


@pytest.mark.parametrize("source", ["folder", "zip"])
def test_pictures_become_a_data_set_that_opens_by_name(source: str, tmp_path: Path) -> None:
    files = two_classes()
    if source == "folder":
        made = datasets.from_folder(laid_out(files, tmp_path / "in"), "pets", side=8)
    else:
        made = datasets.from_zip(zipped(files), "pets", side=8)
    assert made.id == "own:pets" and made.class_names == ("cats", "dogs") and not made.skipped
    assert made.counts == {"train": (6, 6), "test": (2, 2)}
    assert datasets.own_sets() == (made,) and datasets.own_set("pets") == datasets.own_set("own:pets") == made
    seen: list[str] = []
    for split in ("train", "test"):
        opened = datasets.load("own:pets", split)
        assert opened.images.shape == (sum(made.counts[split]), 8, 8, 3) and opened.images.dtype == np.uint8
        assert isinstance(opened.images, np.memmap) and not opened.images.flags.writeable
        assert opened.labels.dtype == np.int64 and opened.class_names == made.class_names
        for pixels, label, file in zip(opened.images, opened.labels, made.files[split], strict=True):
            np.testing.assert_array_equal(pixels, images.resize(images.load_image(files[file])[:, 2:14], 8, 8))
            assert file.split("/")[0] == made.class_names[label]
        seen += made.files[split]
    assert sorted(seen) == sorted(files)
    row = datasets.describe("own:pets")
    assert (row.image_shape, row.splits, row.class_names) == ((8, 8, 3), {"train": 12, "test": 4}, ("cats", "dogs"))


def test_another_process_opens_it() -> None:
    datasets.from_zip(zipped(two_classes()), "pets", side=8)
    code = "from cnn_core import datasets; print(len(datasets.load('own:pets', 'train')))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, env=dict(os.environ))
    assert done.stdout == "12\n", done.stderr


def test_the_division_is_the_seeds() -> None:
    data = zipped(two_classes(20))
    made = [datasets.from_zip(data, f"s{i}", side=8, seed=seed) for i, seed in enumerate((5, 5, 6))]
    assert made[0].files == made[1].files != made[2].files
    assert made[0].sha256 == made[1].sha256 != made[2].sha256


@settings(max_examples=25)
@given(
    sizes=some.lists(some.integers(2, 30), min_size=2, max_size=6), share=some.floats(0.01, 0.99), seed=some.integers(0, 99),
    given_split=some.booleans(),
)  # fmt: skip
def test_every_class_is_in_both_parts(sizes: list[int], share: float, seed: int, given_split: bool) -> None:
    names = [f"c{i}" for i in range(len(sizes))]
    came = ("train", "test") if given_split else ("", "")
    pictures = [
        own._Picture(gathering.Found(f"{name}/{i}", (), bytes, name, came[i % 2]), np.empty(0, np.uint8))
        for name, n in zip(names, sizes, strict=True) for i in range(n)
    ]  # fmt: skip
    parts = own._divide(pictures, names, own._Settings("n", "n", 8, share, seed, None, False))
    assert sorted(p.found.file for part in parts.values() for p in part) == sorted(p.found.file for p in pictures)
    for name, n in zip(names, sizes, strict=True):
        tested = sum(p.found.class_name == name for p in parts["test"])
        assert tested == (n // 2 if given_split else min(max(1, round(n * share)), n - 1))


def test_folders_around_the_classes_and_below_them() -> None:
    files = {f"my pets/2026/{name}": content for name, content in two_classes(4).items()}
    files |= {"my pets/2026/cats/summer/night/x.png": picture(7), "my pets/2026/README.md": b"# Pets"}
    made = datasets.from_zip(zipped(files), "pets", side=8)
    assert made.class_names == ("cats", "dogs") and sum(made.row.splits.values()) == 9
    assert codes(made) == {"my pets/2026/README.md": "own_loose"}


def test_a_collection_that_comes_divided_stays_so() -> None:
    files = {f"data/{part}/{name}": content for part, start in (("train", 0), ("val", 4))
             for name, content in list(two_classes().items())[start : start + 12]}
    files = {name: picture(i) for i, name in enumerate(files)}
    made = datasets.from_zip(zipped(files), "pets", side=8)
    assert made.class_names == ("cats", "dogs")
    assert all(file.startswith("data/train/") for file in made.files["train"])
    assert all(file.startswith("data/val/") for file in made.files["test"])
    assert sum(map(len, made.files.values())) == len(files)


def test_a_division_that_lacks_a_class_is_made_anew() -> None:
    files = {f"train/{name}": data for name, data in two_classes().items()} | {"val/cats/x.png": picture(901)}
    made = datasets.from_zip(zipped(files), "pets", side=8)
    assert made.class_names == ("cats", "dogs") and made.counts == {"train": (7, 6), "test": (2, 2)}


def test_class_names_in_the_order_people_expect() -> None:
    names = ("10", "9", "Zebra", "árbol", "avión")
    files = {f"{name}/{i}.png": picture(10 * c + i) for c, name in enumerate(names) for i in range(2)}
    assert datasets.from_zip(zipped(files), "x", side=8).class_names == ("9", "10", "avión", "Zebra", "árbol")


def test_what_operating_systems_leave_is_no_news() -> None:
    left = ("__MACOSX/cats/._0.png", "cats/.DS_Store", "cats/Thumbs.db", "dogs/desktop.ini", "cats/._1.png", ".git/x.png")
    made = datasets.from_zip(zipped(two_classes() | dict.fromkeys(left, b"junk")), "pets", side=8)
    assert not made.skipped and made.class_names == ("cats", "dogs")


def test_bad_pictures_are_told_by_name_and_the_others_go_on(tmp_path: Path) -> None:
    files = two_classes() | {
        "cats/notes.txt": b"meow", "cats/empty.jpg": b"", "dogs/cut.png": picture(5)[:150], "dogs/film.mp4": bytes(500),
        "dogs/again.png": picture(0), "loose.png": picture(55), "cats/fine.bmp": picture(56, kind="BMP"),
        "dogs/fine.jpeg": picture(57, kind="JPEG"),
    }  # fmt: skip
    expected = {
        "cats/notes.txt": "image_not_an_image", "cats/empty.jpg": "image_empty", "dogs/cut.png": "image_truncated",
        "dogs/film.mp4": "image_not_an_image", "dogs/again.png": "own_twin", "loose.png": "own_loose",
    }  # fmt: skip
    for i, made in enumerate((
        datasets.from_zip(zipped(files), "a", side=8), datasets.from_folder(laid_out(files, tmp_path), "b", side=8),
    )):  # fmt: skip
        assert codes(made) == expected, i
        assert sum(made.row.splits.values()) == 18
        assert datasets.own_set(made.name) == made
        twin = next(one for one in made.skipped if one.code == "own_twin")
        assert twin.error.facts == {"twin": "cats/0.png"} and "cats/0.png" in str(twin.error)


def test_progress_is_told_and_may_stop_it() -> None:
    seen: list[OwnProgress] = []
    datasets.from_zip(zipped(two_classes()), "pets", side=8, on_progress=seen.append)
    assert [(p.done, p.total) for p in seen] == [(i, 16) for i in range(1, 17)] and seen[0].file == "cats/0.png"
    datasets.remove_own("pets")

    def stop(progress: OwnProgress) -> None:
        if progress.done == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        datasets.from_zip(zipped(two_classes()), "pets", side=8, on_progress=stop)
    assert not datasets.own_sets()


# ---- refusals


def test_too_little_to_learn_from(tmp_path: Path) -> None:
    cases: dict[str, dict[str, bytes]] = {
        "own_nothing": {"cats/a.txt": b"x", "dogs/b.png": b""},
        "own_one_class": {f"cats/{i}.png": picture(i) for i in range(5)},
        "own_one_picture": {"cats/0.png": picture(0), "dogs/1.png": picture(1), "dogs/2.png": picture(2)},
    }
    for code, files in cases.items():
        assert refused(datasets.from_zip, zipped(files), "x").code == code
        assert refused(datasets.from_folder, laid_out(files, tmp_path / code), "x").code == code
    assert refused(datasets.from_zip, zipped({"1.png": picture(1), "2.png": picture(2)}), "x").facts["skipped"] == 2
    assert refused(datasets.from_zip, zipped({}), "x").code == "own_nothing"
    assert refused(datasets.from_zip, zipped({"cats/1.png": picture(1)}), "x").facts["class_name"] == "cats"
    (tmp_path / "empty").mkdir()
    assert refused(datasets.from_folder, tmp_path / "empty", "x").code == "own_nothing"
    assert refused(datasets.from_folder, tmp_path / "nowhere", "x").code == "import_not_found"
    (tmp_path / "file").write_text("")
    assert refused(datasets.from_folder, tmp_path / "file", "x").code == "own_not_a_folder"


@pytest.mark.parametrize(("options", "code"), [
    ({"side": 7}, "own_bad_side"), ({"side": 513}, "own_bad_side"), ({"test_share": 0.0}, "own_bad_share"),
    ({"test_share": 1.0}, "own_bad_share"), ({"test_share": float("nan")}, "own_bad_share"), ({"seed": -1}, "own_bad_seed"),
    ({"name": "../up"}, "own_bad_name"), ({"name": "Ñ"}, "own_bad_name"), ({"name": "a" * 41}, "own_bad_name"),
    ({"name": ".hidden"}, "own_bad_name"),
])  # fmt: skip
def test_settings_that_make_no_sense(options: dict[str, Any], code: str) -> None:
    assert refused(datasets.from_zip, zipped(two_classes()), **{"name": "x"} | options).code == code


def test_bounds(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    data = zipped(two_classes())
    folder = laid_out(two_classes(), tmp_path)
    for module, name, value, code in (
        (own, "MAX_PICTURES", 15, "own_too_many_pictures"), (own, "MAX_ARRAY_BYTES", 15 * 192, "own_too_many_pictures"),
        (own, "MAX_CLASSES", 1, "own_too_many_classes"), (gathering, "MAX_ENTRIES", 15, "own_too_many_files"),
        (gathering, "MAX_READ_BYTES", 5_000, "own_unpacks_too_large"), (own_store, "MAX_TOTAL_BYTES", 999, "own_no_room"),
        (own_store, "MAX_SETS", 0, "own_no_room"),
    ):  # fmt: skip
        with monkeypatch.context() as patch:
            patch.setattr(module, name, value)
            assert refused(datasets.from_zip, data, "x", side=8).code == code
            assert refused(datasets.from_folder, folder, "x", side=8).code == code
    monkeypatch.setattr(gathering, "MAX_ZIP_BYTES", len(data) - 1)
    assert refused(datasets.from_zip, data, "x").code == "own_zip_too_large"


# ---- hostile zips


def test_no_name_in_a_zip_leads_out_of_it(tmp_path: Path) -> None:
    evil = ("../../cats/1.png", "/etc/cats/2.png", "C:\\cats\\3.png", "cats/../../../4.png", "..\\..\\cats\\5.png")
    made = datasets.from_zip(zipped(two_classes() | {name: picture(i + 50) for i, name in enumerate(evil)}), "pets", side=8)
    assert set(codes(made).values()) == {"own_unsafe_path"} and len(made.skipped) == len(evil)
    written = [path.name for path in datasets.data_root().rglob("*") if path.is_file()]
    assert sorted(written) == ["own.json", "own.lock", "test_images.npy", "test_labels.npy", "train_images.npy", "train_labels.npy"]


def test_separators_of_windows_are_folders() -> None:
    made = datasets.from_zip(zipped({name.replace("/", "\\"): data for name, data in two_classes().items()}), "pets", side=8)
    assert made.class_names == ("cats", "dogs") and not made.skipped


@pytest.mark.parametrize("encoding", ["utf-8", "cp437"])
def test_names_that_were_zipped_without_saying_how(encoding: str) -> None:
    """A zip whose names are UTF-8, or of the old code page, without the flag that would tell which."""
    data = zipped({f"{name}/{i}.png": picture(10 * c + i) for c, name in enumerate(("nn@nn", "zebras")) for i in range(3)})
    name = "ñandú" if encoding == "cp437" else "ñan"
    raw = name.encode(encoding)
    assert len(raw) == 5 or encoding == "utf-8"
    raw = raw.ljust(5, b"_")
    made = datasets.from_zip(data.replace(b"nn@nn", raw), "x", side=8)
    assert made.class_names == (("zebras", "ñandú") if encoding == "cp437" else ("zebras", "ñan_"))


def test_links_are_not_followed(tmp_path: Path) -> None:
    buffer = io.BytesIO(zipped(two_classes()))
    with zipfile.ZipFile(buffer, "a") as archive:
        link = zipfile.ZipInfo("cats/passwd.png")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "/etc/passwd")
    assert codes(datasets.from_zip(buffer.getvalue(), "a", side=8)) == {"cats/passwd.png": "own_link"}
    secret = laid_out({"birds/1.png": picture(91), "birds/2.png": picture(92)}, tmp_path / "secret")
    folder = laid_out(two_classes(), tmp_path / "in")
    (folder / "cats" / "link.png").symlink_to(secret / "birds" / "1.png")
    (folder / "birds").symlink_to(secret / "birds")
    (folder / "round").symlink_to(folder)
    os.mkfifo(folder / "cats" / "pipe.png")
    made = datasets.from_folder(folder, "b", side=8)
    assert codes(made) == dict.fromkeys(("birds", "round", "cats/link.png", "cats/pipe.png"), "own_link")
    assert made.class_names == ("cats", "dogs")


def test_bombs_are_not_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gathering, "MAX_FILE_BYTES", 100_000)
    bomb = bytes(5_000_000)
    made = datasets.from_zip(zipped(two_classes() | {"cats/bomb.png": bomb}), "a", side=8)
    assert codes(made) == {"cats/bomb.png": "own_file_too_large"}
    liar = bytearray(zipped(two_classes() | {"cats/bomb.png": bomb}))  # announces 1,000 bytes
    assert liar.count(struct.pack("<I", len(bomb))) == 2
    made = datasets.from_zip(bytes(liar.replace(struct.pack("<I", len(bomb)), struct.pack("<I", 1_000))), "b", side=8)
    assert codes(made) == {"cats/bomb.png": "own_file_unreadable"}
    for method in (zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA):  # zipfile unpacks these without a bound
        buffer = io.BytesIO(zipped(two_classes()))
        with zipfile.ZipFile(buffer, "a", method) as archive:
            archive.writestr("cats/bomb.png", bytes(50_000))
        made = datasets.from_zip(buffer.getvalue(), f"m{method}", side=8)
        assert codes(made) == {"cats/bomb.png": "own_zip_method"}


def test_a_directory_of_millions_is_not_read() -> None:
    entry = b"PK\x01\x02" + bytes(42)
    n = gathering.MAX_ENTRIES + 1
    end = b"PK\x05\x06" + struct.pack("<HHHHIIH", 0, 0, n, n, n * len(entry), 0, 0)
    assert refused(datasets.from_zip, entry * n + end, "x").code == "own_too_many_files"


def test_a_locked_or_damaged_member_is_told() -> None:
    data = bytearray(zipped(two_classes(), zipfile.ZIP_STORED))
    at = data.index(b"cats/3.png") + len(b"cats/3.png") + 60
    data[at] ^= 255  # its checksum is wrong now
    central = data.index(b"PK\x01\x02")
    data[data.index(b"cats/4.png") - 30 + 6] |= 1
    where = data.index(b"cats/4.png", central)
    data[where - 46 + 8] |= 1  # encrypted, says the directory
    made = datasets.from_zip(bytes(data), "x", side=8)
    assert codes(made) == {"cats/3.png": "own_file_unreadable", "cats/4.png": "own_zip_locked"}


@settings(max_examples=40)
@given(cut=some.integers(0, 10**6), at=some.integers(0, 10**6), byte=some.integers(0, 255))
def test_no_damage_does_more_than_a_refusal(cut: int, at: int, byte: int) -> None:
    data = bytearray(zipped(two_classes(3)))
    data[at % len(data)] = byte
    for content in (bytes(data), bytes(data[: cut % len(data)])):
        try:
            made = datasets.from_zip(content, "x", side=8, replace=True)
            assert datasets.load(made.id, "train").images.shape[0] > 1
        except DatasetError as err:
            assert err.code.startswith("own_")


# ---- keeping them


def test_a_name_is_taken_until_it_is_deleted_or_replaced() -> None:
    first = datasets.from_zip(zipped(two_classes()), "pets", side=8)
    opened = datasets.load("own:pets", "train")
    before = np.array(opened.images)
    other = zipped({name: picture(i + 500) for i, name in enumerate(two_classes())})
    with pytest.raises(DatasetError) as caught:
        datasets.from_zip(other, "pets", side=8)
    assert caught.value.code == "own_exists" and datasets.own_set("pets") == first
    second = datasets.from_zip(other, "pets", side=8, replace=True)
    assert datasets.own_sets() == (second,) and second.sha256 != first.sha256
    np.testing.assert_array_equal(opened.images, before)  # what is open stays valid
    datasets.remove_own("own:pets")
    assert not datasets.own_sets() and not list((datasets.data_root() / "own").iterdir())
    for call in (datasets.load, datasets.own_set, datasets.describe, datasets.remove_own):
        with pytest.raises(DatasetError) as caught:
            call("own:pets")
        assert caught.value.code == "own_absent"


@pytest.mark.parametrize("name", ["own:", "own:../own/pets", "own:.", "own:pets/", "own:PETS", "own:a b", "own:\0"])
def test_no_name_leads_elsewhere(name: str) -> None:
    datasets.from_zip(zipped(two_classes()), "pets", side=8)
    for call in (datasets.load, datasets.remove_own):
        with pytest.raises(DatasetError) as caught:
            call(name)
        assert caught.value.code == "own_absent"
    assert len(datasets.own_sets()) == 1


def test_splits_it_does_not_have() -> None:
    datasets.from_zip(zipped(two_classes()), "pets", side=8)
    with pytest.raises(DatasetError) as caught:
        datasets.load("own:pets", "valid")
    assert (caught.value.code, caught.value.facts["splits"]) == ("dataset_no_split", "train, test")


def test_damage_on_the_disk_is_told_and_can_be_deleted() -> None:
    def cut(path: Path) -> None:
        os.truncate(path, 100)

    def other_labels(path: Path) -> None:
        np.save(path, np.full(12, 1))

    def less(path: Path) -> None:
        path.write_text(json.dumps({"version": 1, "name": "pets"}))

    def edited(path: Path) -> None:
        path.write_text(json.dumps(json.loads(path.read_text()) | {"side": "large"}))

    def another_form(path: Path) -> None:
        path.write_text("[1]")

    damages: list[tuple[str, Callable[[Path], None]]] = [
        ("train_images.npy", Path.unlink), ("train_images.npy", cut), ("train_labels.npy", other_labels), ("own.json", cut),
        ("own.json", less), ("own.json", edited), ("own.json", another_form),
    ]
    for file, damage in damages:
        datasets.from_zip(zipped(two_classes()), "pets", side=8)
        damage(datasets.data_root() / "own" / "pets" / file)
        with pytest.raises(DatasetError) as caught:
            datasets.load("own:pets", "train")
        assert caught.value.code == "own_damaged"
        assert len(datasets.own_sets()) == (file != "own.json")
        datasets.remove_own("pets")
    assert not list((datasets.data_root() / "own").iterdir())


def test_a_full_disk_leaves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(fd: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    assert refused(datasets.from_zip, zipped(two_classes()), "pets", side=8).code == "disk_full"


def test_what_a_killed_process_left_is_swept(monkeypatch: pytest.MonkeyPatch) -> None:
    left = datasets.data_root() / "own" / ".pets.01234567.new"
    left.mkdir(parents=True)
    datasets.from_zip(zipped(two_classes()), "pets", side=8)
    assert left.exists(), "somebody may be writing it at this moment"
    os.utime(left, (0, 0))
    datasets.from_zip(zipped(two_classes()), "pets", side=8, replace=True)
    assert [path.name for path in left.parent.iterdir()] == ["pets"]


@given(some.text(max_size=80))
def test_every_title_gives_a_name(title: str) -> None:
    name = datasets.own_name(title)
    assert own_store._NAME.fullmatch(name)
    own_store.check_name(name, None, False)


def test_title_and_name_of_a_folder(tmp_path: Path) -> None:
    folder = laid_out(two_classes(), tmp_path / "Mis mascotas")
    made = datasets.from_folder(folder, side=8)
    assert (made.name, made.title) == ("mis-mascotas", "Mis mascotas")
    assert datasets.from_folder(folder, title="Ñ\n<b>", side=8).title == "Ñ <b>"


def test_file_names_that_are_no_text(tmp_path: Path) -> None:
    folder = laid_out(two_classes(), tmp_path / "in")
    os.rename(folder / "cats" / "0.png", os.fsencode(folder / "cats") + b"/\xff\x1b.png")
    os.rename(folder / "dogs" / "0.png", os.fsencode(folder / "dogs") + b"/\xfe.txt")
    made = datasets.from_folder(folder, "x", side=8)
    assert "cats/��.png" in made.files["train"] + made.files["test"] and datasets.own_set("x") == made


def test_the_shell(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = laid_out(two_classes() | {"cats/notes.txt": b"x"}, tmp_path / "in")
    (tmp_path / "in.zip").write_bytes(zipped(two_classes()))
    assert main(["own", "pets", str(folder), "--side", "8"]) == 0
    out, err = capsys.readouterr()
    assert out == "own:pets is ready, train+test: cats 6+2, dogs 6+2\n" and err.startswith("left out cats/notes.txt: this is not")
    assert main(["own", "", str(folder)]) == 1 and "cannot be a name" in capsys.readouterr().err
    assert main(["own", "pets", str(tmp_path / "in.zip")]) == 1
    assert "already" in capsys.readouterr().err
    assert main(["own", "pets", str(tmp_path / "in.zip"), "--replace"]) == 0
    assert main(["list"]) == 0
    assert "own:pets       pets            2 classes, 16 pictures" in capsys.readouterr().out
    assert main(["remove", "pets"]) == 0 and main(["remove", "pets"]) == 1


def test_the_version_tells_a_collection_from_the_next_one_of_its_name(tmp_path: Path) -> None:
    assert datasets.version("mnist") == ""
    assert datasets.version("own:pets", tmp_path) == "own_absent"
    datasets.from_zip(zipped(two_classes()), "pets", side=8, root=tmp_path)
    first = datasets.version("own:pets", tmp_path)
    datasets.from_zip(zipped(two_classes(5)), "pets", side=8, root=tmp_path, replace=True)
    assert first and datasets.version("own:pets", tmp_path) != first
    datasets.from_zip(zipped(two_classes()), "pets", side=8, root=tmp_path, replace=True)
    assert datasets.version("own:pets", tmp_path) == first
