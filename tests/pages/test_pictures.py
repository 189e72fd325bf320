"""The picture of the session: its links, its framing, one's own pictures, and data sets that are here or not."""

from __future__ import annotations

import io
import re
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some
from PIL import Image
from streamlit.testing.v1 import AppTest

from cnn_core import datasets, images
from cnn_core.datasets import DATASETS, Progress
from cnn_core.datasets.row import Arrays, Made
from cnn_core.errors import DatasetError, ImageError
from pages.ui import cached, own_pictures
from pages.ui.downloads import Downloads
from pages.ui.framing import SIDES, Framing
from pages.ui.own_pictures import OwnPictures, harmless
from pages.ui.picture_sources import check_id
from tests.conftest import ROOT


def open_app(**query: str) -> AppTest:
    """The pictures page, as a link opens it."""
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60).run()
    for name, value in query.items():
        app.query_params[name] = value
    return app.switch_page("pages/pictures/page.py").run()


def png(height: int, width: int, seed: int = 0) -> bytes:
    pixels = np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


def upload(app: AppTest, *files: tuple[str, bytes]) -> AppTest:
    return app.file_uploader[0].set_value([(name, data, "image/png") for name, data in files]).run()


def title(app: AppTest) -> str:
    """What the page calls the picture of the session."""
    return app.subheader[-1].value


@pytest.fixture
def real_data(shared_data: Path, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The real data sets as the app's own, their arrays made once for all of these tests."""
    monkeypatch.setenv("CONVOLAB_DATA", str(shared_data))
    cache = tmp_path_factory.getbasetemp() / "pictures-arrays"
    monkeypatch.setenv("XDG_CACHE_HOME", str(cache))
    return shared_data


# The picture of a link


def test_link_opens_a_sample() -> None:
    app = open_app(pic="sample-coffee")
    assert title(app) == "Cup of coffee"
    assert app.query_params["pic"] == "sample-coffee"


@pytest.mark.parametrize("pic", ["sample-nothing", "own-0123456789abcdef0123", "cifar10-test-7", "nodata-test-7"])
def test_link_to_a_picture_that_is_not_here_says_so_and_shows_a_sample(pic: str) -> None:
    app = open_app(pic=pic)
    assert not app.exception and not app.error
    assert len(app.info) == 1
    assert title(app) == "Astronaut"
    assert app.query_params["pic"] == pic, "the link stays what it is: the picture may come"


@pytest.mark.parametrize("pic", ["", "frog", "../../etc/passwd", "sample-", "cifar10-test--1", "cifar10-valid-3", "own-<b>"])
def test_nonsense_in_a_link_is_nothing(pic: str) -> None:
    with pytest.raises(ValueError):
        check_id(pic)
    app = open_app(pic=pic)
    assert not app.exception and not app.info
    assert title(app) == "Astronaut"


def test_every_page_has_the_picture() -> None:
    app = open_app(pic="sample-chelsea", side="64", crop="1")
    app.switch_page("pages/kernels/page.py").run()
    assert app.query_params["pic"] == "sample-chelsea"
    assert app.query_params["side"] == "64" and app.query_params["crop"] == "1"


def test_link_into_a_data_set(real_data: Path) -> None:
    app = open_app(pic="cifar10-test-0", lang="es")
    assert title(app) == "gato · CIFAR-10, prueba 0"  # the first test image is a cat
    assert app.session_state["set"] == "cifar10"
    assert app.number_input("number").value == 0
    assert open_app(pic="cifar10-test-10000").info


def test_data_set_gives_its_frog_first(real_data: Path) -> None:
    app = open_app()
    assert title(app) == "frog · CIFAR-10, test 29"
    labels = datasets.load("cifar10", "test").labels
    assert DATASETS["cifar10"].class_names[labels[29]] == "frog"


@pytest.mark.parametrize(("pic", "lang", "expected"), [
    ("shapes-test-4", "en", "checkerboard · Shapes, test 4"), ("shapes-train-0", "es", " · Formas, entrenamiento 0"),
    ("digits-test-3", "es", "7 · Dígitos, prueba 3"), ("digits_8x8-test-3", "en", "7 · Digits 8×8, test 3"),
])  # fmt: skip
def test_made_data_sets_are_here_without_a_fetch(pic: str, lang: str, expected: str) -> None:
    app = open_app(pic=pic, lang=lang)
    assert title(app).endswith(expected)
    assert app.session_state["set"] == pic.split("-")[0]
    assert not app.info and not app.exception and app.selectbox("class").value == -1


def test_photographs_tell_of_the_data_sets_that_can_be_fetched() -> None:
    captions = [caption.value for caption in open_app().caption]
    assert any("CIFAR-10, CIFAR-100, Fashion-MNIST, MNIST" in caption for caption in captions)
    assert not any("Shapes" in caption for caption in captions)


def test_made_data_set_that_cannot_be_made_says_why_and_offers_no_download(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(split: str) -> Arrays:
        raise DatasetError("the digits come with scikit-learn", code="digits_not_installed")

    monkeypatch.setitem(DATASETS._entries, "digits", replace(DATASETS["digits"], made=Made(missing, {"train": "", "test": ""})))
    app = open_app(set="digits", lang="es")
    assert [error.value.startswith("Los dígitos vienen con scikit-learn") for error in app.error] == [True]
    assert not app.exception and not [button for button in app.button if button.key in ("download", "import")]


def test_looking_up_a_number(real_data: Path) -> None:
    app = open_app(pic="mnist-test-0")
    assert title(app) == "7 · MNIST, test 0"
    app.number_input("number").set_value(1).run()
    assert title(app) == "2 · MNIST, test 1"
    app.selectbox("split").set_value("train").run()
    assert app.number_input("number").value is None, "the picture is from the other part"
    assert app.number_input("number").max == 59_999


def test_seed_is_in_the_link(real_data: Path) -> None:
    app = open_app(pic="cifar10-test-0")
    app.button("draw").click().run()
    assert app.query_params["seed"] == str(app.session_state["seed"]) != "0"


def test_paging_in_order_through_one_class(real_data: Path) -> None:
    app = open_app(pic="cifar10-test-0", order="in_order", **{"class": "6"})
    assert [caption.value for caption in app.caption] == ["1–96 of 1,000"]
    assert app.button("previous").disabled
    app.button("next").click().run()
    assert [caption.value for caption in app.caption] == ["97–192 of 1,000"]
    frogs = np.flatnonzero(datasets.load("cifar10", "test").labels == 6)
    assert app.session_state["first"] == frogs[96]


# Framing


@given(
    height=some.integers(1, 90), width=some.integers(1, 90), side=some.sampled_from(SIDES), square=some.booleans(),
    at=some.integers(0, 100),
)  # fmt: skip
def test_framing_keeps_its_promises(height: int, width: int, side: int, square: bool, at: int) -> None:
    framing = Framing(square, at, side)
    result = framing.apply(np.zeros((height, width, 3), np.uint8))
    box = framing.box(height, width)
    assert 0 <= box.left <= width - box.width and 0 <= box.top <= height - box.height
    if square:
        assert result.shape == ((side or min(height, width),) * 2 + (3,))
        assert box.width == box.height == min(height, width)
    else:
        assert max(result.shape[:2]) == (min(max(height, width), side) if side else max(height, width))


@pytest.mark.parametrize(("at", "left"), [(0, 0), (50, 25), (100, 50)])
def test_crop_moves_from_edge_to_edge(at: int, left: int) -> None:
    assert Framing(True, at).box(100, 150).left == left
    assert Framing(True, at).box(150, 100).top == left


# One's own pictures


def test_upload_several_and_one_that_is_none() -> None:
    app = open_app()
    app = upload(app, ("one.png", png(30, 40)), ("broken.png", png(30, 40)[:200]), ("three.png", png(20, 20, 3)))
    assert not app.exception
    assert len(app.error) == 1 and "broken.png" in app.error[0].value
    assert title(app) == "one"
    assert app.query_params["pic"].startswith("own-")
    app.button("remove-one").click().run()
    assert title(app) == "three"
    app.button("remove-all").click().run()
    assert title(app) == "Astronaut"
    assert not [button for button in app.button if button.key == "remove-one"]


def test_own_picture_outlives_a_change_of_page_and_a_refresh() -> None:
    app = upload(open_app(), ("mine.png", png(30, 40, 7)))
    pic = app.query_params["pic"]
    app.switch_page("pages/kernels/page.py").run()
    assert app.query_params["pic"] == pic
    fresh = open_app(pic=pic)  # a new session, as after a refresh
    assert title(fresh) == "mine" and not fresh.info


@pytest.mark.parametrize("name", ["", ".png", "a" * 300 + ".png", "<script>alert(1)</script>.png", "**b** $x$ :red[r].png", "\x00\n.png"])
def test_odd_names(name: str) -> None:
    app = upload(open_app(), (name, png(8, 8)))
    assert not app.exception
    assert not set("<>*$[]`\\:|&") & set(title(app))
    assert 0 < len(title(app)) <= own_pictures.MAX_TITLE


@pytest.mark.parametrize("data", [b"", b"hello", b"\x89PNG\r\n\x1a\n", b"GIF89a", b"<svg/>", bytes(1000)])
def test_odd_files_get_a_sentence(data: bytes) -> None:
    app = upload(open_app(lang="es"), ("foto.jpg", data))
    assert not app.exception
    assert app.error[0].value.startswith("**foto.jpg** no se añadió: ")


@given(some.text(max_size=80))
def test_titles_are_harmless(name: str) -> None:
    shown = harmless(name)
    assert shown and "\n" not in shown
    assert not set("<>*$[]`\\|&#~") & set(shown)
    assert not re.search(r":[\w/+-]+[:⟦]", shown), "a colon alone is only a colon, and these would be a sign or a colour"


def test_store_is_bounded_and_forgets_the_least_looked_at() -> None:
    store = OwnPictures(max_pictures=2)
    first, second = (store.add("g", f"{i}.png", png(8, 8, i)) for i in range(2))
    assert store.get(first.digest) == first  # looked at: the second goes
    third = store.add("g", "2.png", png(8, 8, 2))
    assert store.get(second.digest) is None
    assert store.gallery("g") == (third, first)


def test_store_is_bounded_in_bytes() -> None:
    store = OwnPictures(max_bytes=2 * 8 * 8 * 3)
    kept = [store.add("g", f"{i}.png", png(8, 8, i)) for i in range(3)]
    assert store.gallery("g") == (kept[2], kept[1])


def test_removed_picture_leaves_the_server_when_nobody_else_has_it() -> None:
    store = OwnPictures()
    mine, theirs = store.add("me", "a.png", png(8, 8)), store.add("them", "a.png", png(8, 8))
    assert mine.digest == theirs.digest
    store.remove("me", [mine.digest])
    assert store.gallery("me") == () and store.get(mine.digest) is not None
    store.remove("them", [mine.digest])
    assert store.get(mine.digest) is None


def test_same_pixels_under_another_name_are_another_picture() -> None:
    store = OwnPictures()
    assert store.add("me", "a.png", png(8, 8)).digest != store.add("them", "b.png", png(8, 8)).digest


def test_large_pictures_are_kept_smaller_and_say_how_large_they_were() -> None:
    kept = OwnPictures().add("g", "a.png", png(30, 2000))
    assert kept.image.shape == (15, 1024, 3) and kept.original_size == (30, 2000)
    assert not kept.image.flags.writeable


def test_a_file_that_is_none_leaves_nothing() -> None:
    store = OwnPictures()
    with pytest.raises(ImageError):
        store.add("g", "a.png", b"no")
    assert store.gallery("g") == ()


@pytest.mark.parametrize("sample", images.SAMPLES.ids())
def test_samples_have_names_in_spanish(sample: str) -> None:
    path = ROOT / "assets" / "locale" / "es" / "LC_MESSAGES" / "images.po"
    assert f'msgid "images.{sample}.title"' in path.read_text("utf-8")


# Data sets that are not here


class FakeFetch:
    """Stands in for the network: tells one report and then waits until it is let go."""

    def __init__(self) -> None:
        self.calls = 0
        self.told = threading.Event()
        self.go = threading.Event()
        self.error: DatasetError | None = None

    def __call__(self, name: str, root: Path, on_progress: object, sources: object, *, should_stop: object) -> None:
        assert callable(on_progress) and callable(should_stop)
        self.calls += 1
        on_progress(Progress("downloading", "f", 17_000_000, 170_000_000, 90.0))
        self.told.set()
        while not self.go.wait(0.01):
            if should_stop():
                raise DatasetError("stopped", code="fetch_cancelled")
        if self.error:
            raise self.error


@pytest.fixture
def fetch(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeFetch]:
    fake = FakeFetch()
    monkeypatch.setattr(datasets, "fetch", fake)
    yield fake
    fake.go.set()


def test_absent_data_set_is_offered_with_its_size() -> None:
    app = open_app(set="cifar10")
    assert app.button("download").label == "Download · 170 MB"
    assert title(app) == "Astronaut"


def test_no_data_at_all_is_said_on_the_first_screen() -> None:
    app = open_app()
    assert any("CIFAR-10" in caption.value for caption in app.caption)


def test_download_is_watched_cancelled_and_shared(fetch: FakeFetch) -> None:
    app = open_app(set="cifar10")
    app.button("download").click().run()
    assert fetch.told.wait(10)
    app.run()
    assert not app.exception
    other = open_app(set="cifar10")  # another session sees the same download, and can stop it
    assert [b.key for b in other.button if b.key in ("download", "cancel")] == ["cancel"]
    other.button("cancel").click().run()
    running = cached.downloads().get("cifar10")
    assert running is not None and running.ended.wait(10)
    app.run()
    assert app.button("download").label == "Download · 170 MB"
    assert not app.error, "cancelling is no error"
    assert fetch.calls == 1


def test_failed_download_is_told_in_a_sentence(fetch: FakeFetch) -> None:
    fetch.error = DatasetError("unreachable", code="no_network", title="MNIST", id="mnist", file="f", details="")
    fetch.go.set()
    app = open_app(set="mnist", lang="es")
    app.button("download").click().run()
    ended = cached.downloads().get("mnist")
    assert ended is not None and ended.ended.wait(10)
    app.run()
    assert len(app.error) == 1 and "MNIST" in app.error[0].value
    assert app.button("download")


def test_two_starts_are_one_download(fetch: FakeFetch) -> None:
    downloads = Downloads()
    first = downloads.start("mnist")
    assert downloads.start("mnist") is first
    fetch.go.set()
    assert first.ended.wait(10)
    downloads.start("mnist").ended.wait(10)
    assert fetch.calls == 2


@pytest.mark.parametrize("path", ["/nowhere/at/all", str(ROOT / "README.md"), str(ROOT / "assets")])
def test_import_of_something_else_says_what_is_wrong(path: str) -> None:
    app = open_app(set="mnist")
    app.text_input("import-path").set_value(path)
    next(button for button in app.button if button.label == "Import").click().run()
    ended = cached.downloads().get("mnist")
    assert ended is not None and ended.ended.wait(20)
    app.run()
    assert len(app.error) == 1


def test_import_of_a_folder_brings_the_data_set(shared_data: Path) -> None:
    app = open_app(set="mnist")
    app.text_input("import-path").set_value(str(shared_data))
    next(button for button in app.button if button.label == "Import").click().run()
    ended = cached.downloads().get("mnist")
    assert ended is not None and ended.ended.wait(60)
    app.run()
    assert not app.error
    assert app.selectbox("class")


def test_damaged_data_set_is_offered_again_and_the_pages_go_on(shared_data: Path) -> None:
    folder = datasets.data_root() / "MNIST" / "raw"
    folder.mkdir(parents=True)
    for file in (shared_data / "MNIST" / "raw").iterdir():
        content = bytearray(file.read_bytes())
        content[5000] ^= 255
        (folder / file.name).write_bytes(content)
    app = open_app(pic="mnist-test-0")
    assert not app.exception
    assert title(app) == "Astronaut"
    assert "checksum" in app.info[0].value
    assert app.button("download").label.startswith("Download")
    assert len(app.error) == 1 and "MNIST" in app.error[0].value
