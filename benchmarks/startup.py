"""From `make app` to the first page: the server's first answer, and the kernel lab whole in a browser, everything installed.

The peer is Streamlit's own start: the same server with an empty page.
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, sync_playwright

from benchmarks.sessions import percentile, serve
from tests.browser.conftest import FLAGS, find_chromium

_RUNS = 5
_ROWS = (("the server answers HTTP", "≤ 4 s"), ("the first page is whole in Chromium", "torch not waited for"))


def run() -> list[dict[str, Any]]:
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        empty = Path(folder) / "empty.py"
        empty.write_text("import streamlit as st\nst.write('here')\n")
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=FLAGS)
        ours = [_start(browser, None) for _ in range(_RUNS)]
        peer = [_start(browser, empty) for _ in range(_RUNS)]
        browser.close()
    table = f"Start, everything installed, median of {_RUNS}"
    rows = []
    for index, (what, target) in enumerate(_ROWS):
        seconds, theirs = (percentile([each[index] for each in timings], 0.5) for timings in (ours, peer))
        rows.append({
            "table": table, "what": what, "ours_s": seconds, "peer": "Streamlit, an empty page", "peer_s": theirs,
            "ratio": theirs / seconds, "target": target,
        })  # fmt: skip
    return rows


def _start(browser: Browser, script: Path | None) -> tuple[float, float]:
    """Seconds from the start of the process to its first answer, and to a page that shows what it is for."""
    started = time.perf_counter()
    with serve(script) if script else serve() as server:
        page = browser.new_page()
        page.goto(server.url)
        page.get_by_text("here").wait_for() if script else page.locator("canvas.picture").nth(1).wait_for()
        whole_s = time.perf_counter() - started
        page.close()
        return server.healthy_s, whole_s

