"""What a change of one control on the kernel page costs the server: for one session, and for a class of thirty.

The picture is the 512×512 sample photograph. The peer is Streamlit itself: a page with one number input and one line of text.
"""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.sessions import Server, many, one, percentile, serve

_QUERY = "pic=sample-astronaut"
_ROUND: list[tuple[str, float | str]] = [
    ("kernel", "Sobel, x · Edges (gradients)"), ("stride", 2), ("op", "correlation"), ("dilation", 3), ("padding", "same"),
    ("show", "magnitude"), ("border", "reflect"), ("stride", 1), ("kernel", "Laplacian · The course's three"), ("show", "signed"),
    ("op", "convolution"), ("dilation", 1), ("padding", "valid"), ("kernel", "Gaussian blur · Blur"), ("show", "picture"),
]  # fmt: skip
_BARE = "import streamlit as st\nst.write(st.number_input('n', 1, 1000, key='n'))\n"


def run() -> list[dict[str, Any]]:
    with serve() as server:
        alone, alone_cpu_s = _alone(server, _ROUND * 3)
        class_ = asyncio.run(many(server, _ROUND, sessions=30, seconds=20, every_s=2, query=_QUERY))
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "bare.py"
        script.write_text(_BARE)
        with serve(script) as server:
            bare, _ = _alone(server, [("n", float(n)) for n in range(2, 42)], query="")
    median, peer = percentile(alone, 0.5), percentile(bare, 0.5)
    table = "Kernel page: one change of one control, 512×512, until all of the answer has arrived"
    what = f"one session, median of {len(alone)} changes ({1000 * alone_cpu_s / len(alone):.0f} ms of processor time each)"
    rows: list[dict[str, Any]] = [{
        "what": what, "ours_s": median, "peer": "a Streamlit page of one input", "peer_s": peer, "ratio": peer / median,
        "target": "≤ 0.06 s",
    }]  # fmt: skip
    for share, target in ((0.5, ""), (0.95, "< 0.5 s")):
        what = f"thirty sessions, a change every 2 s each: p{100 * share:.0f} of {len(class_)}"
        rows.append({"what": what, "ours_s": percentile(class_, share), "peer": "", "peer_s": None, "ratio": None, "target": target})
    return [{"table": table} | row for row in rows]


def _alone(server: Server, changes: list[tuple[str, float | str]], query: str = _QUERY) -> tuple[list[float], float]:
    """Timings after a warm-up of one round, and the processor time all of them took."""
    asyncio.run(one(server, changes[:15], query))
    server.rest()
    before = server.cpu_s
    timings = asyncio.run(one(server, changes, query))
    return timings, server.cpu_s - before
