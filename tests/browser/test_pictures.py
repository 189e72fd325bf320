"""The pictures page in a real browser: choosing, one's own pictures, cropping, data sets, downloads, phone width."""

from __future__ import annotations

import io
import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import OpenPage, serve, settle

pytestmark = pytest.mark.browser


def png(name: str, height: int, width: int) -> dict[str, object]:
    pixels = np.random.default_rng(height).integers(0, 256, (height, width, 3), dtype=np.uint8)
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return {"name": name, "mimeType": "image/png", "buffer": file.getvalue()}


def pictures(open_page: OpenPage, url: str, query: str = "", **how: object) -> Page:
    page = open_page(url, **how)  # a fresh server's first request is not this test's matter
    page.goto(f"{url}/pictures{query}")
    settle(page)
    return page


def upload(page: Page, *files: dict[str, object]) -> None:
    page.locator("input[type=file]").set_input_files(files)  # type: ignore[arg-type]


def shown(page: Page) -> Locator:
    """The heading over the picture of the session."""
    return page.locator(".st-key-pictures-main h3").last


def top_and_height(element: Locator) -> tuple[float, float]:
    box = element.bounding_box()
    assert box
    return box["y"], box["height"]


def fits(page: Page) -> bool:
    return page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_upload_crop_take_to_the_kernel_lab_and_refresh(open_page: OpenPage, app_url: str) -> None:
    page = pictures(open_page, app_url)
    broken = png("broken.png", 50, 60)
    broken["buffer"] = broken["buffer"][:400]  # type: ignore[index]
    upload(page, png("beach.png", 80, 120), broken, png("dog.png", 70, 70))
    expect(shown(page)).to_have_text("beach")
    expect(page.get_by_test_id("stAlert")).to_contain_text("broken.png was not added")
    own = page.get_by_role("listbox", name="Your own")
    expect(own.get_by_role("option")).to_have_count(2)

    page.get_by_text("Square crop").click()
    page.get_by_role("radio", name="32", exact=True).click()
    expect(page.get_by_text("used: 32 × 32 px")).to_be_visible()
    page.get_by_role("button", name="Open in the kernel lab").click()
    expect(page).to_have_title("Kernel lab · Convolab")
    expect(page.locator(".st-key-picture-chooser")).to_contain_text("beach")
    expect(page).to_have_url(re.compile(r"pic=own-[0-9a-f]{20}.*side=32|side=32.*pic=own-"))

    page.reload()
    settle(page)
    expect(page.locator(".st-key-picture-chooser")).to_contain_text("beach")
    page.get_by_role("link", name="Pictures").click()
    expect(shown(page)).to_have_text("beach")
    expect(page.get_by_role("listbox", name="Your own").get_by_role("option")).to_have_count(2)


def test_dragging_the_crop_moves_it(open_page: OpenPage, app_url: str) -> None:
    page = pictures(open_page, app_url, "?pic=sample-coffee&crop=1&side=64")
    box = page.locator(".frame").bounding_box()
    assert box
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] / 2 + 300, box["y"] + box["height"] / 2, steps=5)
    page.mouse.up()
    expect(page).to_have_url(re.compile("at=100"))


def test_names_are_text_and_nothing_else(open_page: OpenPage, app_url: str) -> None:
    page = pictures(open_page, app_url)
    upload(page, png("<img src=x onerror=alert(1)> **bold** [x](y).png", 20, 20))
    expect(shown(page)).to_contain_text("img src=x")
    assert shown(page).locator("img, strong, a").count() == 0


def test_grid_is_walked_with_the_arrow_keys(open_page: OpenPage, app_url: str) -> None:
    page = pictures(open_page, app_url)
    samples = page.get_by_role("listbox", name="Samples")
    samples.get_by_role("option", name="Astronaut").click()
    expect(page).to_have_url(re.compile(r"/pictures\?pic=sample-astronaut$"))
    page.keyboard.press("ArrowRight")
    expect(shown(page)).to_have_text("Cup of coffee")
    expect(samples.get_by_role("option", name="Cup of coffee")).to_be_focused()
    page.keyboard.press("ArrowRight")
    expect(shown(page)).to_have_text("Chelsea the cat")


@pytest.mark.parametrize(
    ("locale", "sentence"), [("en-US", "which is not on this machine yet"), ("es-MX", "que aún no está en este equipo")]
)
def test_link_to_a_data_set_that_is_not_here(open_page: OpenPage, app_url: str, locale: str, sentence: str) -> None:
    page = pictures(open_page, app_url, "?pic=cifar10-test-0", locale=locale)
    expect(page.get_by_test_id("stAlert")).to_contain_text(sentence)
    expect(page.get_by_role("button", name=re.compile("170 MB"))).to_be_visible()
    expect(shown(page)).to_contain_text("Astrona")


def test_link_to_an_image_of_a_data_set(open_page: OpenPage, data_app_url: str) -> None:
    page = pictures(open_page, data_app_url, "?pic=cifar10-test-0")
    expect(shown(page)).to_have_text("cat · CIFAR-10, test 0")
    grid = page.get_by_role("listbox", name="Images of CIFAR-10, Test")
    expect(grid.get_by_role("option")).to_have_count(96)
    first = grid.get_by_role("option").first
    name = first.get_attribute("title")
    first.click()
    expect(shown(page)).to_have_text(name or "")
    page.get_by_role("button", name="Draw again").click()
    expect(page).to_have_url(re.compile(r"seed=\d+"))
    expect(grid.get_by_role("option").first).not_to_have_attribute("title", name or "")


def test_its_numbers_can_be_read(open_page: OpenPage, data_app_url: str) -> None:
    page = pictures(open_page, data_app_url, "?pic=cifar10-test-0&numbers=1")
    table = page.get_by_role("img", name=re.compile("The values of cat"))
    table.scroll_into_view_if_needed()
    table.hover(position={"x": 60, "y": 40})
    # The first pixel of CIFAR-10's first test image.
    expect(page.get_by_text("row 0 · column 0 · R 158")).to_be_visible()


def test_chooser_changes_the_picture_where_one_is(open_page: OpenPage, data_app_url: str) -> None:
    page = open_page(data_app_url)
    chooser = page.locator(".st-key-picture-chooser")
    expect(chooser).to_contain_text("frog · CIFAR-10, test 29")
    page.wait_for_function("document.querySelector('.st-key-picture-chooser').getBoundingClientRect().height <= 90")  # once fonts are here
    chooser.locator(".st-key-picture-others button").click()
    page.get_by_role("radio", name="Photographs").click()
    page.get_by_role("listbox", name="Other pictures").get_by_role("option", name="Cup of coffee").click()
    expect(chooser).to_contain_text("Cup of coffee")
    expect(page).to_have_url(re.compile("pic=sample-coffee"))


@pytest.mark.parametrize("query", ["", "?set=cifar10", "?pic=sample-coffee&crop=1&numbers=1"])
def test_phone_has_no_sideways_scrolling(open_page: OpenPage, app_url: str, query: str) -> None:
    page = pictures(open_page, app_url, query, width=390, height=844, locale="es-MX")
    expect(shown(page)).to_be_visible()
    assert fits(page)


def test_phone_shows_the_browser_of_a_data_set(open_page: OpenPage, data_app_url: str) -> None:
    page = pictures(open_page, data_app_url, "?pic=cifar10-test-0&numbers=1", width=390, height=844)
    grid = page.get_by_role("listbox", name="Images of CIFAR-10, Test")
    expect(grid).to_be_visible()
    assert top_and_height(shown(page))[0] < top_and_height(grid)[0]
    assert fits(page)


class Trickle(BaseHTTPRequestHandler):
    """Offers CIFAR-10's archive, a little at a time and never all of it; knows nothing else."""

    stop = threading.Event()

    def do_GET(self) -> None:
        if not self.path.endswith("/cifar-10-python.tar.gz"):
            self.send_error(404)
            return
        self.send_response(200)
        self.send_header("Content-Length", "170498071")
        self.end_headers()
        try:
            while not self.stop.wait(0.02):
                self.wfile.write(bytes(100_000))
        except OSError:
            pass  # who asked went away, as the test wants

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def trickling_url(tmp_path: Path) -> Iterator[str]:
    """The address of an app with no data, whose data sets come from a slow server of this test's."""
    Trickle.stop.clear()
    source = ThreadingHTTPServer(("127.0.0.1", 0), Trickle)
    threading.Thread(target=source.serve_forever, daemon=True).start()
    address = f"http://127.0.0.1:{source.server_port}/"
    with serve(CONVOLAB_DATA=str(tmp_path / "data"), XDG_CACHE_HOME=str(tmp_path / "cache"), CONVOLAB_SOURCE=address) as url:
        yield url
    Trickle.stop.set()
    source.shutdown()
    source.server_close()


def test_download_shows_its_progress_goes_on_elsewhere_and_can_be_cancelled(
    open_page: OpenPage, trickling_url: str
) -> None:
    page = pictures(open_page, trickling_url, "?set=cifar10")
    page.get_by_role("button", name="Download · 170 MB").click()
    expect(page.get_by_text(re.compile(r"Downloading · [\d.]+ MB of 170 MB · \d+ \w+.* left"))).to_be_visible()
    page.get_by_role("link", name="Kernel lab").click()
    expect(page).to_have_title("Kernel lab · Convolab")
    page.get_by_role("link", name="Pictures").click()
    expect(page.get_by_text(re.compile("Downloading"))).to_be_visible()
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("button", name=re.compile(r"Go on downloading · 1\d\d MB left"))).to_be_visible()

    page.get_by_role("radio", name="MNIST", exact=True).or_(page.get_by_role("radio", name=re.compile("download MNIST"))).click()
    page.get_by_role("button", name=re.compile("^Download")).click()
    expect(page.get_by_test_id("stAlert")).to_contain_text("MNIST could not be downloaded")
