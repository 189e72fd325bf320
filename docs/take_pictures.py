"""Takes the README's pictures of the running app: ``make pictures``. Only photographs that ship with the app are shown."""

from __future__ import annotations

import io
import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

from cnn_core.training import RECIPES, train
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
    "feature_maps": "/feature_maps?pic=sample-chelsea",
    "training": "/training?train_view=compare&runs=with-batch-norm,without",
    "blocks": "/blocks?card=residual",
    "design": "/design",
}
RUNS = {"with-batch-norm": "lesson_norm_with", "without": "lesson_norm_without"}  # what the picture of training compares
DRAWING_MS = 2_500  # canvases draw after the page has come to rest


def train_runs(root: Path) -> None:
    """A lesson's pair on the drawn data set, for everybody has that."""
    for name, recipe in RUNS.items():
        train(RECIPES[recipe].recipe.replace(dataset="shapes", train_images=4_000, epochs=6), root / name)


def main() -> None:
    with (
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as home,
        serve(CONVOLAB_DATA=f"{home}/data", CONVOLAB_RUNS=f"{home}/runs", CONVOLAB_DESIGNS=f"{home}/designs") as url,
        sync_playwright() as playwright,
    ):
        train_runs(Path(home) / "runs")
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=FLAGS)
        page = browser.new_page(viewport={"width": 1366, "height": 768}, locale="en-US")
        page.set_default_timeout(120_000)  # the first network waits for torch
        for name, path in PICTURES.items():
            page.goto(url + path)
            settle(page)
            page.wait_for_timeout(DRAWING_MS)
            picture = Image.open(io.BytesIO(page.screenshot())).convert("RGB").quantize(256)  # a third of the size
            picture.save(HERE / f"{name}.png", optimize=True)
        browser.close()


if __name__ == "__main__":
    main()
