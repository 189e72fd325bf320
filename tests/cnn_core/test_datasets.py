"""Data sets: fetching from servers that misbehave, importing what somebody has, opening fast, and never running a file."""

from __future__ import annotations

import gzip
import hashlib
import io
import os
import pickle
import shutil
import struct
import subprocess
import sys
import tarfile
import threading
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cnn_core import datasets
from cnn_core.datasets import DATASETS, Progress, Status, arrays
from cnn_core.datasets.__main__ import main
from cnn_core.datasets.row import Archive, DatasetRow, Member
from cnn_core.errors import DatasetError, UnknownEntry

ROOT = Path(__file__).parents[2]
MADE = [row.id for row in DATASETS.values() if row.made]


def md5(content: bytes) -> str:
    return hashlib.md5(content).hexdigest()


def tar_gz(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return buffer.getvalue()


@dataclass(frozen=True)
class Toy:
    """A small data set in CIFAR's form: its row, its files and its arrays."""

    row: DatasetRow
    files: dict[str, bytes]
    archive: bytes
    images: np.ndarray
    labels: np.ndarray

    def lay_out(self, root: Path) -> Path:
        folder = root / self.row.folder
        folder.mkdir(parents=True)
        for name, content in self.files.items():
            (folder / name).write_bytes(content)
        return folder

    def check(self, root: Path) -> None:
        for split, part in (("train", slice(0, 60)), ("test", slice(60, None))):
            ds = datasets.load(self.row, split, root)
            np.testing.assert_array_equal(ds.images, self.images[part])
            np.testing.assert_array_equal(ds.labels, self.labels[part])


@pytest.fixture(scope="session")
def toy() -> Toy:
    rng = np.random.default_rng(3)
    images = rng.integers(0, 256, (80, 32, 32, 3), dtype=np.uint8)  # noise: it does not compress, so 240 KB travel
    labels = rng.integers(0, 2, 80)
    flat = images.transpose(0, 3, 1, 2).reshape(80, -1)
    parts = {"batch_1": slice(0, 30), "batch_2": slice(30, 60), "batch_t": slice(60, 80)}
    files = {
        name: pickle.dumps({"data": flat[part], "labels": labels[part].tolist()}, protocol=3)
        for name, part in parts.items()
    }
    archive = tar_gz({f"toy/{name}": content for name, content in files.items()})
    members = tuple(
        Member(name, md5(content), len(content), "test" if name == "batch_t" else "train")
        for name, content in files.items()
    )
    row = DatasetRow(
        id="toy", title="Toy", about="", source="", class_names=("cat", "dog"), image_shape=(32, 32, 3),
        splits={"train": 60, "test": 20}, folder="toy", layout="cifar", members=members,
        archives=(Archive("toy.tar.gz", md5(archive), len(archive)),), mirrors=("http://127.0.0.1:9/",),
    )
    return Toy(row, files, archive, images, labels)


@dataclass
class Server:
    """Answers each request for a file by the next word of ``script``; after the last, properly."""

    content: bytes
    script: list[str] = field(default_factory=list)
    asked: list[str | None] = field(default_factory=list)  # the Range headers
    address: str = ""
    release: threading.Event = field(default_factory=threading.Event)

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        self.asked.append(request.headers["Range"])
        word = self.script.pop(0) if self.script else "ok"
        start = int((request.headers["Range"] or "bytes=0-").removeprefix("bytes=").rstrip("-"))
        content = self.content
        if word.isdigit():
            request.send_response(int(word))
            request.send_header("Content-Length", "0")
            request.end_headers()
            return
        if word == "hang":
            self.release.wait(20)
            return
        if word == "garbage":
            content = bytes(len(content))
        if word == "portal":
            content, start = b"<html>please log in</html>", 0
        if word == "ignore-range":
            start = 0
        total = len(content)
        request.send_response(206 if start else 200)
        if start:
            request.send_header("Content-Range", f"bytes {start}-{total - 1}/{total}")
        request.send_header("Content-Length", str(total - start))
        request.end_headers()
        body = content[start:]
        request.wfile.write(body[: len(body) // 2] if word == "break" else body)


@pytest.fixture
def server(toy: Toy) -> Iterator[Server]:
    state = Server(toy.archive)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            state.answer(self)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    state.address = f"http://127.0.0.1:{http.server_port}/"
    thread = threading.Thread(target=http.serve_forever, daemon=True)
    thread.start()
    yield state
    state.release.set()
    http.shutdown()
    http.server_close()
    thread.join()


def fetch(toy: Toy, root: Path, *addresses: str, **options: Any) -> Path:
    return datasets.fetch(toy.row, root, sources=addresses, **{"timeout_s": 5.0, "retry_pause_s": 0.0} | options)


# ---- what is known of the data sets


def test_the_registry_agrees_with_torchvision() -> None:
    from torchvision import datasets as peers

    for id_, peer in (("cifar10", peers.CIFAR10), ("cifar100", peers.CIFAR100)):
        row = DATASETS[id_]
        assert (row.folder, row.archives[0].name, row.archives[0].md5) == (peer.base_folder, peer.filename, peer.tgz_md5)
        assert {(m.name, m.md5) for m in row.members} == {
            *map(tuple, peer.train_list), *map(tuple, peer.test_list), (peer.meta["filename"], peer.meta["md5"]),
        }
    for id_, idx in (("mnist", peers.MNIST), ("fashion_mnist", peers.FashionMNIST)):
        row = DATASETS[id_]
        assert row.folder == f"{idx.__name__}/raw"
        assert {(archive.name, archive.md5) for archive in row.archives} == set(idx.resources)
        assert set(idx.mirrors) <= set(row.mirrors)
    assert DATASETS["fashion_mnist"].class_names == tuple(peers.FashionMNIST.classes)


@pytest.mark.parametrize("row", DATASETS.values(), ids=DATASETS.ids())
def test_every_row_is_whole(row: DatasetRow) -> None:
    assert len(set(row.class_names)) == len(row.class_names)
    assert row.splits.keys() == {"train", "test"}
    if row.made:
        assert row.made.sha256.keys() == row.splits.keys() and not (row.members or row.archives or row.mirrors)
        return
    assert row.splits.keys() == {member.split for member in row.members} - {""}
    assert len(row.mirrors) > 1 and all(address.endswith("/") for address in row.mirrors)
    if row.layout == "idx":
        for member in row.members:
            height, width, _ = row.image_shape
            per_image = 1 if "labels" in member.name else height * width
            head = 8 if "labels" in member.name else 16
            assert member.bytes_total == head + row.splits[member.split] * per_image


@pytest.mark.parametrize("language", ["en", "es"])
def test_every_data_set_class_sample_and_error_has_its_words(language: str) -> None:
    from babel.messages.pofile import read_po

    from cnn_core.images import SAMPLES

    texts: dict[Any, Any] = {}
    for domain in ("datasets", "images", "errors"):
        with open(ROOT / "assets" / "locale" / language / "LC_MESSAGES" / f"{domain}.po", "rb") as file:
            texts |= {message.id: message.string for message in read_po(file)}
    wanted = {f"images.{id_}.title" for id_ in SAMPLES}
    for row in DATASETS.values():
        wanted |= {f"datasets.{row.id}.title", f"datasets.{row.id}.about"}
        wanted |= {f"datasets.class.{name.replace(' ', '_')}" for name in row.class_names}
    sources = [path for folder in ("images", "datasets") for path in (ROOT / "cnn_core" / folder).rglob("*.py")]
    for source in sources:
        wanted |= {f"errors.{code}" for code in source.read_text("utf-8").split('code="')[1:] for code in [code.split('"')[0]]}
    assert {id_ for id_ in wanted if not texts.get(id_)} == set()
    if language == "en":
        for row in DATASETS.values():
            assert texts[f"datasets.{row.id}.about"] == row.about


# ---- fetching


def test_fetch_makes_a_data_set_that_torchvision_would_read(toy: Toy, server: Server, tmp_path: Path) -> None:
    reports: list[Progress] = []
    folder = fetch(toy, tmp_path, server.address, on_progress=reports.append)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == toy.files
    toy.check(tmp_path)
    assert list(dict.fromkeys(p.stage for p in reports)) == [
        "downloading", "checking", "unpacking", "converting",
    ]
    loading = [p for p in reports if p.stage == "downloading"]
    assert loading[0].bytes_done == 0 and loading[-1].bytes_done == loading[-1].bytes_total == len(toy.archive)
    assert all(p.source == server.address + "toy.tar.gz" for p in loading)
    assert datasets.status(toy.row, tmp_path) is Status.PRESENT and datasets.partial_bytes(toy.row, tmp_path) == 0
    assert not list(tmp_path.rglob("*.part")) and not list(tmp_path.rglob("*.new"))
    fetch(toy, tmp_path, server.address)
    assert len(server.asked) == 1  # the second time there is nothing to do


def test_a_broken_connection_is_gone_on_with(toy: Toy, server: Server, tmp_path: Path) -> None:
    server.script = ["break", "break", "500", "break"]
    fetch(toy, tmp_path, server.address)
    toy.check(tmp_path)
    half = len(toy.archive) // 2
    assert server.asked[:2] == [None, f"bytes={half}-"] and len(server.asked) == 5
    assert server.asked[2] == server.asked[3] == f"bytes={half + (len(toy.archive) - half) // 2}-"


def test_a_stop_is_gone_on_with_by_the_next_process(toy: Toy, server: Server, tmp_path: Path) -> None:
    seen: list[int] = []

    def far_enough() -> bool:
        return bool(seen) and seen[-1] > 100_000

    with pytest.raises(DatasetError) as caught:
        fetch(toy, tmp_path, server.address, on_progress=lambda p: seen.append(p.bytes_done), should_stop=far_enough)
    assert caught.value.code == "fetch_cancelled"
    left = datasets.partial_bytes(toy.row, tmp_path)
    assert 0 < left <= len(toy.archive)
    assert datasets.status(toy.row, tmp_path) is Status.ABSENT  # never half
    fetch(toy, tmp_path, server.address)
    assert server.asked[1:] == ([f"bytes={left}-"] if left < len(toy.archive) else [])
    toy.check(tmp_path)


def test_what_on_progress_raises_passes_through(toy: Toy, server: Server, tmp_path: Path) -> None:
    def refuse(_: Progress) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fetch(toy, tmp_path, server.address, on_progress=refuse)
    fetch(toy, tmp_path, server.address)


def test_a_server_without_ranges_starts_over(toy: Toy, server: Server, tmp_path: Path) -> None:
    server.script = ["break", "ignore-range"]
    fetch(toy, tmp_path, server.address)
    toy.check(tmp_path)


def test_pieces_that_do_not_fit_are_thrown_away(toy: Toy, server: Server, tmp_path: Path) -> None:
    part = tmp_path / arrays.HIDDEN / "downloads" / "toy" / "toy.tar.gz.part"
    for left_over in (b"something else", bytes(len(toy.archive)), bytes(len(toy.archive) + 5)):
        shutil.rmtree(tmp_path, ignore_errors=True)
        part.parent.mkdir(parents=True)
        part.write_bytes(left_over)
        fetch(toy, tmp_path, server.address)
        toy.check(tmp_path)
    server.script = ["416"]
    shutil.rmtree(tmp_path)
    part.parent.mkdir(parents=True)
    part.write_bytes(b"something else")
    fetch(toy, tmp_path, server.address)
    toy.check(tmp_path)


def test_a_wrong_file_is_never_kept(toy: Toy, server: Server, tmp_path: Path) -> None:
    server.script = ["garbage"] * 9
    with pytest.raises(DatasetError) as caught:
        fetch(toy, tmp_path, server.address)
    assert caught.value.code == "download_corrupt"
    server.script = ["portal"]
    with pytest.raises(DatasetError) as caught:
        fetch(toy, tmp_path, server.address)
    assert caught.value.code == "download_failed" and "instead of" in str(caught.value)
    assert datasets.status(toy.row, tmp_path) is Status.ABSENT and datasets.partial_bytes(toy.row, tmp_path) == 0


def test_the_next_source_is_tried(toy: Toy, server: Server, tmp_path: Path) -> None:
    server.script = ["garbage", "404", "portal"]
    fetch(toy, tmp_path, "http://127.0.0.1:9/", *[server.address] * 4)
    assert len(server.asked) == 4
    toy.check(tmp_path)


def test_a_silent_server_is_given_up(toy: Toy, server: Server, tmp_path: Path) -> None:
    server.script = ["hang"] * 3
    with pytest.raises(DatasetError) as caught:
        fetch(toy, tmp_path, server.address, timeout_s=0.2)
    assert caught.value.code == "no_network" and len(server.asked) == 3


def test_no_network(toy: Toy, tmp_path: Path) -> None:
    with pytest.raises(DatasetError) as caught:
        fetch(toy, tmp_path, "http://127.0.0.1:9/", "http://127.0.0.1:9/other/")
    assert caught.value.code == "no_network" and caught.value.facts["title"] == "Toy"
    with pytest.raises(DatasetError) as caught:
        fetch(toy, tmp_path, f"file://{tmp_path}/")
    assert caught.value.code == "bad_source"


def test_two_threads_download_once(toy: Toy, server: Server, tmp_path: Path) -> None:
    failures: list[BaseException] = []

    def work() -> None:
        try:
            fetch(toy, tmp_path, server.address)
        except BaseException as err:
            failures.append(err)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures and len(server.asked) == 1
    toy.check(tmp_path)


def test_another_process_waits_for_the_first(toy: Toy, server: Server, tmp_path: Path) -> None:
    """The other process holds the lock; this one reports that it waits, and finds the work done."""
    code = (
        "import sys; from pathlib import Path; from cnn_core.datasets.files import locked\n"
        "with locked(Path(sys.argv[1])): print('held', flush=True); sys.stdin.readline()"
    )
    lock = tmp_path / arrays.HIDDEN / "toy.fetch.lock"
    lock.parent.mkdir()
    other = subprocess.Popen([sys.executable, "-c", code, str(lock)], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                             text=True, cwd=ROOT)
    assert other.stdin and other.stdout and other.stdout.readline() == "held\n"
    stages: list[str] = []

    def on_progress(p: Progress) -> None:
        if p.stage == "waiting" and not stages:
            toy.lay_out(tmp_path)  # what the other one does meanwhile
            other.communicate("\n")
        stages.append(p.stage)

    fetch(toy, tmp_path, server.address, on_progress=on_progress)
    assert stages[0] == "waiting" and "downloading" not in stages and server.asked == []
    assert other.returncode == 0
    toy.check(tmp_path)


def test_a_full_disk_is_told_before_and_during(
    toy: Toy, server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = shutil.disk_usage(tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=1000))
        with pytest.raises(DatasetError) as caught:
            fetch(toy, tmp_path, server.address)
        assert caught.value.code == "disk_too_small" and server.asked == []

    def full(fd: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(DatasetError) as caught:
            fetch(toy, tmp_path, server.address)
    assert caught.value.code == "disk_full"
    fetch(toy, tmp_path, server.address)
    toy.check(tmp_path)


def test_a_file_in_place_of_the_folder_is_named(toy: Toy, server: Server, tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("")
    folder = toy.lay_out(tmp_path / "source")
    for root in (tmp_path / "taken", tmp_path / "taken" / "below"):
        with pytest.raises(DatasetError) as caught:
            fetch(toy, root, server.address)
        assert (caught.value.code, caught.value.facts) == ("not_a_folder", {"path": str(tmp_path / "taken")})
        with pytest.raises(DatasetError) as caught:
            datasets.import_archive(toy.row, folder, root)
        assert caught.value.code == "not_a_folder"
    (tmp_path / "other" / arrays.HIDDEN).parent.mkdir()
    (tmp_path / "other" / arrays.HIDDEN).write_text("")
    with pytest.raises(DatasetError) as caught:
        fetch(toy, tmp_path / "other", server.address)
    assert caught.value.facts == {"path": str(tmp_path / "other" / arrays.HIDDEN)}


def test_damaged_files_are_fetched_again(toy: Toy, server: Server, tmp_path: Path) -> None:
    folder = toy.lay_out(tmp_path)
    content = bytearray(toy.files["batch_2"])
    content[-20] ^= 1
    (folder / "batch_2").write_bytes(content)  # the right size
    fetch(toy, tmp_path, server.address)
    (folder / "batch_1").write_bytes(b"short")
    assert datasets.status(toy.row, tmp_path) is Status.DAMAGED
    fetch(toy, tmp_path, server.address)
    toy.check(tmp_path)


def test_fetch_repairs_what_was_damaged_after_its_arrays_were_made(with_meta: Toy, server: Server, tmp_path: Path) -> None:
    """The file has its old size and time, so the arrays still count as its own; only reading it shows the damage."""
    server.content = with_meta.archive
    folder = with_meta.lay_out(tmp_path)
    with_meta.check(tmp_path)
    stages: list[str] = []
    fetch(with_meta, tmp_path, server.address, on_progress=lambda p: stages.append(p.stage))
    assert server.asked == [] and set(stages) == {"checking"}
    array = next((tmp_path / arrays.HIDDEN).glob("toy-*")) / "test_images.npy"
    array.write_bytes(array.read_bytes()[:-1] + b"?")
    fetch(with_meta, tmp_path, server.address)  # the arrays alone are made again from the files
    with_meta.check(tmp_path)
    assert server.asked == []
    for asked, name in enumerate(("batch_1", "toy.meta"), 1):
        times = (folder / name).stat()
        content = bytearray(with_meta.files[name])
        content[2] ^= 1
        (folder / name).write_bytes(content)
        os.utime(folder / name, ns=(times.st_atime_ns, times.st_mtime_ns))
        assert datasets.status(with_meta.row, tmp_path) is Status.PRESENT
        fetch(with_meta, tmp_path, server.address)
        assert len(server.asked) == asked
        assert datasets.verify(with_meta.row, tmp_path) == 4
        with_meta.check(tmp_path)
    (folder / "toy.meta").unlink()
    fetch(with_meta, tmp_path, server.address)
    assert len(server.asked) == 2, "a folder without its side file is used as it lies"


def test_a_check_that_is_stopped_downloads_nothing(toy: Toy, server: Server, tmp_path: Path) -> None:
    toy.lay_out(tmp_path)
    toy.check(tmp_path)
    with pytest.raises(DatasetError) as caught:
        fetch(toy, tmp_path, server.address, should_stop=lambda: True)
    assert caught.value.code == "fetch_cancelled" and server.asked == []


# ---- opening


def test_a_folder_in_torchvisions_layout_is_used_as_it_lies(toy: Toy, tmp_path: Path) -> None:
    assert datasets.status(toy.row, tmp_path) is Status.ABSENT
    with pytest.raises(DatasetError) as caught:
        datasets.load(toy.row, "test", tmp_path)
    assert caught.value.code == "dataset_absent"
    toy.lay_out(tmp_path)
    assert datasets.status(toy.row, tmp_path) is Status.IMPORTABLE
    toy.check(tmp_path)
    assert datasets.status(toy.row, tmp_path) is Status.PRESENT
    ds = datasets.load(toy.row, "train", tmp_path)
    assert isinstance(ds.images, np.memmap) and ds.images.dtype == np.uint8 and ds.labels.dtype == np.int64
    with pytest.raises(ValueError, match="read-only"):
        ds.images[0] = 0
    (tmp_path / "toy" / "batch_t").unlink()
    assert datasets.status(toy.row, tmp_path) is Status.DAMAGED
    with pytest.raises(DatasetError) as caught:
        datasets.load(toy.row, "test", tmp_path)
    assert caught.value.code == "dataset_damaged" and "batch_t" in caught.value.facts["files"]


def test_a_read_only_folder_keeps_its_arrays_in_the_cache(toy: Toy, tmp_path: Path) -> None:
    folder = toy.lay_out(tmp_path / "stick")
    for path in (*folder.iterdir(), folder, folder.parent):
        path.chmod(0o444 if path.is_file() else 0o555)
    before = sorted(tmp_path.joinpath("stick").rglob("*"))
    try:
        toy.check(tmp_path / "stick")
        with pytest.raises(DatasetError) as caught:
            datasets.import_archive(toy.row, folder, tmp_path / "stick")
        assert caught.value.code == "no_permission"
        assert sorted(tmp_path.joinpath("stick").rglob("*")) == before
        assert list(Path(os.environ["XDG_CACHE_HOME"], "convolab", "datasets").glob("toy-*/manifest.json"))
        assert datasets.status(toy.row, tmp_path / "stick") is Status.PRESENT
    finally:
        folder.parent.chmod(0o755)


def test_where_writing_fails_the_cache_is_used(toy: Toy, tmp_path: Path) -> None:
    toy.lay_out(tmp_path)
    (tmp_path / arrays.HIDDEN).write_text("a file where the folder should be")
    toy.check(tmp_path)
    assert list(Path(os.environ["XDG_CACHE_HOME"], "convolab", "datasets").glob("toy-*/manifest.json"))


def test_changed_files_are_never_answered_from_old_arrays(toy: Toy, tmp_path: Path) -> None:
    folder = toy.lay_out(tmp_path)
    opened = datasets.load(toy.row, "test", tmp_path)
    other = pickle.dumps({"data": np.zeros((20, 3072), np.uint8), "labels": [0] * 20}, protocol=3)
    members = tuple(replace(m, md5=md5(other), bytes_total=len(other)) if m.name == "batch_t" else m for m in toy.row.members)
    (folder / "batch_t").write_bytes(other)
    assert not datasets.load(replace(toy.row, members=members), "test", tmp_path).images.any()
    np.testing.assert_array_equal(opened.images, toy.images[60:])  # what is open stays valid
    assert len(list((tmp_path / arrays.HIDDEN).glob("toy-*"))) == 1


def test_arrays_that_were_cut_are_made_again(toy: Toy, tmp_path: Path) -> None:
    toy.lay_out(tmp_path)
    toy.check(tmp_path)
    for name, size in (("test_images.npy", 500), ("train_labels.npy", 0)):
        made = next((tmp_path / arrays.HIDDEN).glob("toy-*")) / name
        os.truncate(made, size)
        toy.check(tmp_path)


def test_verify_reads_every_byte(toy: Toy, tmp_path: Path) -> None:
    folder = toy.lay_out(tmp_path)
    assert datasets.verify(toy.row, tmp_path) == 3
    array = next((tmp_path / arrays.HIDDEN).glob("toy-*")) / "test_images.npy"
    content = bytearray(array.read_bytes())
    content[-1] ^= 1
    array.write_bytes(content)
    datasets.verify(toy.row, tmp_path)
    toy.check(tmp_path)  # made again
    times = (folder / "batch_1").stat()
    content = bytearray(toy.files["batch_1"])
    content[500] ^= 1
    (folder / "batch_1").write_bytes(content)
    os.utime(folder / "batch_1", ns=(times.st_atime_ns, times.st_mtime_ns))
    with pytest.raises(DatasetError) as caught:
        datasets.verify(toy.row, tmp_path)
    assert caught.value.code == "checksum_mismatch" and caught.value.facts["file"] == "batch_1"


# ---- the side file: torchvision's batches.meta, which holds no images


@pytest.fixture
def with_meta(toy: Toy) -> Toy:
    files = toy.files | {"toy.meta": b"names"}
    archive = tar_gz({f"toy/{name}": content for name, content in files.items()})
    row = replace(
        toy.row, members=(*toy.row.members, Member("toy.meta", md5(b"names"))),
        archives=(Archive("toy.tar.gz", md5(archive), len(archive)),),
    )
    return replace(toy, row=row, files=files, archive=archive)


@pytest.mark.parametrize("source", ["folder", "tar.gz"])
def test_a_damaged_side_file_is_not_taken_over(with_meta: Toy, tmp_path: Path, source: str) -> None:
    damaged = replace(with_meta, files=with_meta.files | {"toy.meta": b"nbmes"})
    path = tmp_path / source
    if source == "folder":
        damaged.lay_out(path)
    else:
        path.write_bytes(tar_gz(damaged.files))
    with pytest.raises(DatasetError) as caught:
        datasets.import_archive(with_meta.row, path, tmp_path / "root")
    assert caught.value.code == "checksum_mismatch" and caught.value.facts["file"] == "toy.meta"
    assert datasets.status(with_meta.row, tmp_path / "root") is Status.ABSENT
    if source == "folder":  # a right one below makes up for it
        (path / "again").mkdir()
        (path / "again" / "toy.meta").write_bytes(b"names")
        datasets.import_archive(with_meta.row, path, tmp_path / "root")
        assert (tmp_path / "root" / "toy" / "toy.meta").read_bytes() == b"names"


def test_a_folder_without_its_side_file_opens_and_verify_says_so(with_meta: Toy, tmp_path: Path) -> None:
    meta = with_meta.lay_out(tmp_path) / "toy.meta"
    assert datasets.verify(with_meta.row, tmp_path) == 4
    meta.unlink()
    with_meta.check(tmp_path)
    assert datasets.status(with_meta.row, tmp_path) is Status.PRESENT
    assert datasets.import_archive(with_meta.row, tmp_path / "toy", tmp_path / "copy") == ("toy",)
    for content, code in ((None, "dataset_side_file_missing"), (b"nbmes", "dataset_side_file_damaged")):
        if content:
            meta.write_bytes(content)
        with pytest.raises(DatasetError) as caught:
            datasets.verify(with_meta.row, tmp_path)
        assert caught.value.code == code and caught.value.facts["file"] == "toy.meta"
        with_meta.check(tmp_path)
    (tmp_path / "published.tar.gz").write_bytes(with_meta.archive)
    datasets.import_archive(with_meta.row, tmp_path / "published.tar.gz", tmp_path)
    assert datasets.verify(with_meta.row, tmp_path) == 4


class Marker:
    """Unpickling this makes a file: proof that a pickle ran."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self.path,)


def test_a_planted_pickle_never_runs(toy: Toy, tmp_path: Path) -> None:
    marker = tmp_path / "it ran"
    evil = pickle.dumps({"data": Marker(marker), "labels": []}, protocol=3)
    folder = toy.lay_out(tmp_path)
    (folder / "batch_t").write_bytes(evil)
    members = tuple(replace(m, bytes_total=len(evil)) if m.name == "batch_t" else m for m in toy.row.members)
    with pytest.raises(DatasetError) as caught:  # the right size, the wrong checksum
        datasets.load(replace(toy.row, members=members), "test", tmp_path)
    assert caught.value.code == "checksum_mismatch" and not marker.exists()
    members = tuple(replace(m, md5=md5(evil)) if m.name == "batch_t" else m for m in members)
    with pytest.raises(DatasetError) as caught:  # even with the right one: a collision can be made for MD5
        datasets.load(replace(toy.row, members=members), "test", tmp_path)
    assert caught.value.code == "dataset_unexpected" and not marker.exists()
    with pytest.raises(DatasetError):
        datasets.import_archive(toy.row, folder, tmp_path / "elsewhere")
    assert not marker.exists()
    pickle.loads(evil)
    assert marker.exists()  # the trap was real


@pytest.mark.parametrize("content", [
    {"data": np.zeros((20, 3072), np.uint8), "labels": [7] * 20},  # no such class
    {"data": np.zeros((20, 3072), np.uint8), "labels": [0] * 19},
    {"data": np.zeros((20, 3072), np.float32), "labels": [0] * 20},
    {"data": np.zeros((20, 100), np.uint8), "labels": [0] * 20},
    {"labels": [0] * 20},
    [1, 2, 3],
])
def test_content_that_is_not_what_it_should_be(toy: Toy, tmp_path: Path, content: object) -> None:
    other = pickle.dumps(content, protocol=3)
    members = tuple(replace(m, md5=md5(other), bytes_total=len(other)) if m.name == "batch_t" else m for m in toy.row.members)
    toy.lay_out(tmp_path)
    (tmp_path / "toy" / "batch_t").write_bytes(other)
    with pytest.raises(DatasetError) as caught:
        datasets.load(replace(toy.row, members=members), "test", tmp_path)
    assert caught.value.code == "dataset_unexpected"
    assert not list(tmp_path.rglob("*.new"))


def test_names_that_do_not_exist(toy: Toy, tmp_path: Path) -> None:
    with pytest.raises(UnknownEntry) as unknown:
        datasets.load("cifar")
    assert "cifar10" in str(unknown.value)
    with pytest.raises(DatasetError) as caught:
        datasets.load("cifar10", "validation", tmp_path)
    assert caught.value.code == "dataset_no_split"
    toy.lay_out(tmp_path)
    with pytest.raises(DatasetError) as caught:
        datasets.load(toy.row, "test", tmp_path).indices_of(2)
    assert caught.value.code == "dataset_no_class"


def test_drawing_is_repeatable_and_by_class(toy: Toy, tmp_path: Path) -> None:
    toy.lay_out(tmp_path)
    ds = datasets.load(toy.row, "train", tmp_path)
    np.testing.assert_array_equal(ds.indices_of(1), np.flatnonzero(toy.labels[:60] == 1))
    first = ds.draw(9, seed=4)
    np.testing.assert_array_equal(first, ds.draw(9, seed=4))
    assert len(set(first.tolist())) == 9 and (first != ds.draw(9, seed=5)).any()
    dogs = ds.draw(1000, seed=4, class_index=1)
    np.testing.assert_array_equal(np.sort(dogs), ds.indices_of(1))


def test_the_environment_is_read_at_every_call(toy: Toy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    toy.lay_out(tmp_path / "b")
    monkeypatch.setenv("CONVOLAB_DATA", str(tmp_path / "a"))
    assert datasets.status(toy.row) is Status.ABSENT
    monkeypatch.setenv("CONVOLAB_DATA", str(tmp_path / "b"))
    assert datasets.status(toy.row) is Status.IMPORTABLE
    monkeypatch.delenv("CONVOLAB_DATA")
    assert datasets.data_root() == Path("data")


# ---- importing


def idx(shape: tuple[int, ...], values: np.ndarray) -> bytes:
    return struct.pack(f">HBB{len(shape)}I", 0, 8, len(shape), *shape) + values.astype(np.uint8).tobytes()


@pytest.fixture
def digits() -> tuple[DatasetRow, dict[str, bytes]]:
    rng = np.random.default_rng(5)
    files = {}
    for stem, n in (("train", 6), ("t10k", 3)):
        files[f"{stem}-images"] = idx((n, 4, 5), rng.integers(0, 256, (n, 4, 5)))
        files[f"{stem}-labels"] = idx((n,), rng.integers(0, 10, n))
    row = replace(
        DATASETS["mnist"], id="toy_digits", title="Toy digits", image_shape=(4, 5, 1), splits={"train": 6, "test": 3},
        folder="ToyDigits/raw",
        members=tuple(
            Member(name, md5(content), len(content), "train" if name.startswith("train") else "test")
            for name, content in files.items()
        ),
    )
    return row, files


def test_import_from_every_kind_of_source(toy: Toy, tmp_path: Path) -> None:
    names = {f"some/where/{name}": content for name, content in toy.files.items()}
    (tmp_path / "as-published.tar.gz").write_bytes(toy.archive)
    (tmp_path / "packed-again.tar").write_bytes(gzip.decompress(tar_gz(names)))
    with zipfile.ZipFile(tmp_path / "some.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in names.items():
            archive.writestr(name, content)
    toy.lay_out(tmp_path / "folder")
    for source in ("as-published.tar.gz", "packed-again.tar", "some.zip", "folder", "folder/toy", "folder/toy/batch_1"):
        root = tmp_path / f"root of {source.replace('/', ' ')}"
        assert datasets.import_archive(toy.row, tmp_path / source, root) == ("toy",)
        toy.check(root)
        assert {path.name for path in (root / "toy").iterdir()} == toy.files.keys()
    assert datasets.import_archive(toy.row, tmp_path / "folder", tmp_path / "folder") == ("toy",)  # onto itself


def test_an_archive_in_the_data_folder_is_opened_without_a_fetch(toy: Toy, tmp_path: Path) -> None:
    (tmp_path / "toy.tar.gz").write_bytes(toy.archive)
    assert datasets.status(toy.row, tmp_path) is Status.IMPORTABLE
    toy.check(tmp_path)


def test_import_of_idx_files_packed_and_not(digits: tuple[DatasetRow, dict[str, bytes]], tmp_path: Path) -> None:
    row, files = digits
    stick = tmp_path / "stick"
    stick.mkdir()
    for i, (name, content) in enumerate(files.items()):
        path = stick / (f"{name}.gz" if i % 2 else name)
        path.write_bytes(gzip.compress(content) if i % 2 else content)
    assert datasets.import_archive(row, stick / "train-images", tmp_path / "root") == ("toy_digits",)
    ds = datasets.load(row, "test", tmp_path / "root")
    assert ds.images.shape == (3, 4, 5, 1)
    np.testing.assert_array_equal(ds.images[..., 0].tobytes(), files["t10k-images"][16:])
    np.testing.assert_array_equal(ds.labels, list(files["t10k-labels"][8:]))
    packed = tmp_path / "packed" / row.folder  # as torchvision leaves MNIST when only the archives are kept
    packed.mkdir(parents=True)
    for name, content in files.items():
        (packed / f"{name}.gz").write_bytes(gzip.compress(content))
    np.testing.assert_array_equal(datasets.load(row, "test", tmp_path / "packed").images, ds.images)


def test_the_data_set_is_known_by_its_checksums(
    toy: Toy, digits: tuple[DatasetRow, dict[str, bytes]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    row, files = digits
    twin = replace(row, id="twin", folder="Twin/raw", members=tuple(replace(m, md5="0" * 32) for m in row.members))  # same names
    for entry in (twin, toy.row, row):
        monkeypatch.setitem(DATASETS._entries, entry.id, entry)
    (tmp_path / "class.tar.gz").write_bytes(tar_gz({f"x/{n}": c for n, c in (files | toy.files).items()}))
    assert datasets.import_archive(None, tmp_path / "class.tar.gz", tmp_path / "root") == ("toy", "toy_digits")
    assert set(datasets.available(tmp_path / "root")) == {"toy", "toy_digits", *MADE}


def test_no_path_out_of_an_archive_is_followed(toy: Toy, tmp_path: Path) -> None:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for name in ("../../escaped", "/tmp/convolab-escaped", "../batch_1"):
            info = tarfile.TarInfo(name)
            info.size = 4
            archive.addfile(info, io.BytesIO(b"evil"))
        for kind, name in ((tarfile.SYMTYPE, "toy/batch_2"), (tarfile.LNKTYPE, "toy/batch_t"), (tarfile.FIFOTYPE, "batch_1")):
            link = tarfile.TarInfo(name)
            link.type, link.linkname = kind, "/etc/passwd"
            archive.addfile(link)
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "evil.tar.gz").write_bytes(buffer.getvalue())
    with zipfile.ZipFile(tmp_path / "in" / "evil.zip", "w") as archive_zip:
        archive_zip.writestr("../../batch_1", b"evil")
    for name in ("evil.tar.gz", "evil.zip"):
        with pytest.raises(DatasetError) as caught:
            datasets.import_archive(toy.row, tmp_path / "in" / name, tmp_path / "in" / "root")
        assert caught.value.code == "checksum_mismatch"
    assert sorted(path.name for path in tmp_path.rglob("*") if path.is_file()) == ["evil.tar.gz", "evil.zip"]
    assert not Path("/tmp/convolab-escaped").exists()


def test_an_archive_is_not_read_beyond_what_a_data_set_is(
    toy: Toy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from cnn_core.datasets import offers

    monkeypatch.setattr(offers, "MAX_UNPACKED_BYTES", 1_000_000)
    (tmp_path / "bomb.tar.gz").write_bytes(tar_gz({"filler": bytes(3_000_000)}))
    with pytest.raises(DatasetError) as caught:
        datasets.import_archive(toy.row, tmp_path / "bomb.tar.gz", tmp_path)
    assert caught.value.code == "archive_too_large"
    (tmp_path / "bomb.zip").write_bytes(b"")
    with zipfile.ZipFile(tmp_path / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("batch_1", bytes(5_000_000))
    with pytest.raises(DatasetError) as caught:
        datasets.import_archive(toy.row, tmp_path / "bomb.zip", tmp_path)
    assert caught.value.code == "checksum_mismatch"


def test_what_cannot_be_imported_is_explained(toy: Toy, tmp_path: Path) -> None:
    cut = toy.archive[: len(toy.archive) // 2]
    less = {name: content for name, content in toy.files.items() if name != "batch_2"}
    sources: dict[str, tuple[bytes, str]] = {
        "cut.tar.gz": (cut, "archive_broken"),
        "less.tar.gz": (tar_gz(less), "import_incomplete"),
        "wrong.tar.gz": (tar_gz(toy.files | {"batch_2": b"another"}), "checksum_mismatch"),
        "other.tar.gz": (tar_gz({"readme": b"hello"}), "import_nothing_found"),
        "notes.txt": (b"hello", "import_unknown_file"),
        "empty.zip": (b"", "import_unknown_file"),
        "broken.zip": (b"PK\x03\x04" + bytes(100), "archive_broken"),
        "header.tar": (b"x" * 257 + b"ustar" + b"x" * 300, "archive_broken"),
    }
    for name, (content, code) in sources.items():
        (tmp_path / name).write_bytes(content)
        with pytest.raises(DatasetError) as caught:
            datasets.import_archive(toy.row, tmp_path / name, tmp_path / "root")
        assert caught.value.code == code, name
        assert datasets.status(toy.row, tmp_path / "root") is Status.ABSENT, name
    with pytest.raises(DatasetError) as caught:
        datasets.import_archive(toy.row, tmp_path / "nowhere", tmp_path / "root")
    assert caught.value.code == "import_not_found"
    assert not [path for path in (tmp_path / "root").rglob("*") if path.is_file()]


# ---- the shell


def test_the_shell_commands(
    toy: Toy, server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(DATASETS._entries, "toy", toy.row)
    root = ["--root", str(tmp_path / "data")]
    server.script = ["break"]
    assert main(["fetch", "toy", "--source", server.address, *root]) == 0
    out, err = capsys.readouterr()
    assert "Toy is ready" in out and "downloading" in err and "MB" in err
    assert main(["verify", "toy", *root]) == 0
    assert "3 files and 80 images" in capsys.readouterr().out
    assert main(["list", *root]) == 0
    assert "present" in capsys.readouterr().out
    (tmp_path / "toy.tar.gz").write_bytes(toy.archive)
    assert main(["import", "auto", str(tmp_path / "toy.tar.gz"), "--root", str(tmp_path / "other")]) == 0
    toy.check(tmp_path / "other")
    for arguments in (
        ["import", "toy", str(tmp_path / "nowhere"), *root], ["verify", "mnist", *root],
        ["fetch", "mnist", "--source", "http://127.0.0.1:9/", *root],
    ):
        capsys.readouterr()
        assert main(arguments) == 1
        _, err = capsys.readouterr()
        last = err.strip().splitlines()[-1]
        assert last.endswith(".") and "Traceback" not in err
    with pytest.raises(SystemExit) as leaving:
        main(["fetch", "cifar", *root])
    assert leaving.value.code == 2


@pytest.mark.parametrize("address", ["notaurl", "file:///etc/"])
def test_what_the_user_wrote_keeps_its_letters(address: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fetch", "mnist", "--source", address, "--root", str(tmp_path)]) == 1
    assert capsys.readouterr().err == f"{address} is not a web address.\n"
    (tmp_path / "notes.txt").write_text("hello")
    assert main(["import", "auto", str(tmp_path / "notes.txt"), "--root", str(tmp_path)]) == 1
    assert capsys.readouterr().err.strip().splitlines()[-1].startswith("notes.txt is neither")
    assert main(["import", "auto", str(tmp_path / "nowhere"), "--root", str(tmp_path)]) == 1
    assert capsys.readouterr().err.startswith("There is nothing at")


@pytest.mark.parametrize("seconds", ["-1", "0", "nan", "inf", "soon"])
def test_a_time_limit_is_a_positive_number(seconds: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as leaving:
        main(["fetch", "mnist", f"--timeout={seconds}", "--source", "notaurl", "--root", str(tmp_path)])
    assert leaving.value.code == 2
    assert "invalid number of seconds" in capsys.readouterr().err


def test_progress_ends_at_its_total(
    with_meta: Toy, digits: tuple[DatasetRow, dict[str, bytes]], tmp_path: Path
) -> None:
    row, files = digits
    (tmp_path / "digits.tar").write_bytes(gzip.decompress(tar_gz(files)))
    (tmp_path / "toy.tar").write_bytes(gzip.decompress(with_meta.archive))
    for id_row, name in ((row, "digits.tar"), (with_meta.row, "toy.tar")):
        reports: list[Progress] = []
        datasets.import_archive(id_row, tmp_path / name, tmp_path / name.removesuffix(".tar"), reports.append)
        last = [p for p in reports if p.stage == "converting"][-1]
        assert last.bytes_done == last.bytes_total == id_row.array_bytes
        assert all(p.bytes_done <= p.bytes_total for p in reports)


def test_the_command_runs_as_a_module_without_torch() -> None:
    code = "import sys, cnn_core.datasets, cnn_core.images; sys.exit('torch' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)
    done = subprocess.run([sys.executable, "-m", "cnn_core.datasets", "verify", "mnist"], cwd=ROOT, capture_output=True,
                          text=True, check=False)
    assert done.returncode == 1 and done.stderr.count("\n") == 1 and "MNIST" in done.stderr


# ---- the real ones


def test_real_cifar10_equals_torchvisions(shared_data: Path) -> None:
    from torchvision.datasets import CIFAR10

    for split in ("train", "test"):
        ours, theirs = datasets.load("cifar10", split, shared_data), CIFAR10(shared_data, train=split == "train")
        np.testing.assert_array_equal(ours.images, theirs.data)
        np.testing.assert_array_equal(ours.labels, theirs.targets)
        assert list(ours.class_names) == theirs.classes
    assert not (shared_data / arrays.HIDDEN).exists()  # a read-only folder stays as it is


def test_real_mnist_equals_torchvisions(shared_data: Path) -> None:
    from torchvision.datasets import MNIST

    for split in ("train", "test"):
        ours, theirs = datasets.load("mnist", split, shared_data), MNIST(shared_data, train=split == "train")
        np.testing.assert_array_equal(ours.images[..., 0], theirs.data.numpy())
        np.testing.assert_array_equal(ours.labels, theirs.targets.numpy())
    assert set(datasets.available(shared_data)) >= {"cifar10", "mnist"}
