"""What an edit on the design page costs the server: the network worked out anew, and the whole script of the page with it.

Each edit is a design that was never seen before (a filter more in one convolution). The peer is what the same figures would take if
the network were built on the processor and run once on a picture, as a program with hooks does it.
"""

from __future__ import annotations

import logging
import os
import re
import statistics
import time
from collections.abc import Callable
from typing import Any

TARGET_S = 0.1
STARTS = ("mnist_cnn", "mini_inception", "vgg19_cifar")  # 8, 12 and 57 layers
EDITS = 12
TABLE = "Design page: one edit, until its figures and graph are there"


def run() -> list[dict[str, Any]]:
    logging.disable(logging.CRITICAL)  # streamlit's warnings about running without a browser
    os.environ.setdefault("CONVOLAB_WARM_UP", "0")
    import torch

    from cnn_core import designs
    from pages.ui import cached

    torch.set_num_threads(1)
    rows = []
    for arch_id in STARTS:
        text = cached.design_start(arch_id)
        layers = designs.check(designs.from_text(text)).layers
        texts = [_edited(text, n) for n in range(2 * EDITS)]
        ours, peer = _median(texts[:EDITS], _worked_out), _median(texts[:3], _run_on_a_picture)
        page, cpu = _page(texts[EDITS:])
        rows += [
            {"what": f"{arch_id}, {layers} layers: shapes, costs, fields, graph", "ours_s": ours, "peer": "built and run once on a picture",
             "peer_s": peer, "ratio": peer / ours},
            {"what": f"{arch_id}: the whole script of the page", "ours_s": page, "peer": f"{1000 * cpu:.0f} ms of it processor time",
             "target": f"< {TARGET_S} s"},
        ]  # fmt: skip
    return [{"table": TABLE, "peer_s": None, "ratio": None, "target": "", **row} for row in rows]


def _edited(text: str, n: int) -> str:
    """The same network with other filters in its first convolution; its linear layer takes what comes."""
    head, _, tail = re.sub(r" in \d+", "", text).partition("conv ")
    filters, _, rest = tail.partition(" ")
    return f"{head}conv {int(filters) + 1 + n} {rest}"


def _median(texts: list[str], work: Callable[[str], Any]) -> float:
    times = []
    for text in texts:
        start = time.perf_counter()
        work(text)
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def _worked_out(text: str) -> Any:
    from cnn_core import designs
    from pages.ui import cached
    from pages.ui.components.layer_graph.drawing import drawing
    from pages.ui.graph_view import all_blocks

    found = cached.designed(designs.from_text(text))
    return drawing(found.trace, found.graph, all_blocks(found.graph))


def _run_on_a_picture(text: str) -> Any:
    import torch

    from cnn_core import designs

    with torch.no_grad():
        return designs.build(text)(torch.zeros(1, *designs.from_text(text).input_shape))


def _page(texts: list[str]) -> tuple[float, float]:
    """Median seconds of a run of the page after an edit, and of processor time; each text is new to the caches."""
    from streamlit.testing.v1 import AppTest

    from pages.ui.topics import PAGES

    test = AppTest.from_file(str(PAGES.parent / "app.py"), default_timeout=120).run()
    test = test.switch_page("pages/design/page.py").run()
    walls, cpus = [], []
    for text in texts:
        test.session_state["net"] = text
        cpu, wall = time.process_time(), time.perf_counter()
        test.run()
        walls.append(time.perf_counter() - wall)
        cpus.append(time.process_time() - cpu)
    return statistics.median(walls), statistics.median(cpus)
