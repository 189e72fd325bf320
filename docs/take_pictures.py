"""Takes the README's pictures of the running app: ``make pictures``. Only photographs that ship with the app are shown."""

from __future__ import annotations

import io
import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

from tests.browser.conftest import FLAGS, serve, settle
from tests.browser.require_chromium import find_chromium

HERE = Path(__file__).parent
PICTURES = {
    "kernels": "/?pic=sample-astronaut",
    "steps": "/?pic=sample-astronaut&view=steps&side=64",
    "pictures": "/pictures",
    "arithmetic": "/arithmetic?p=1&s=2",
    "architectures": "/architectures?arch=resnet18",
    "graph": "/architectures?arch=googlenet&arch_view=graph",
}
DRAWING_MS = 2_500  # canvases draw after the page has come to rest


def main() -> None:
    with tempfile.TemporaryDirectory() as empty, serve(CONVOLAB_DATA=empty) as url, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=FLAGS)
        page = browser.new_page(viewport={"width": 1366, "height": 768}, locale="en-US")
        page.set_default_timeout(120_000)  # the first network waits for torch
        for name, path in PICTURES.items():
            page.goto(url + path)
            settle(page)
            page.wait_for_timeout(DRAWING_MS)
            picture = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
            picture.save(HERE / f"{name}.png", optimize=True)
        browser.close()


if __name__ == "__main__":
    main()
