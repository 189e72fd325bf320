"""What a network on the architectures page costs the server: the first time anybody asks for it, and ever after.

Timed from the message that chooses the network until all of the page has arrived. The peer is the same page with a network
that is already kept: what is left of the time is building and tracing.
"""

from __future__ import annotations

import asyncio
from typing import Any

from benchmarks.sessions import Server, one, percentile, serve
from cnn_core import architectures

PAGE = "architectures"
ROUNDS = 20


def run() -> list[dict[str, Any]]:
    rows = []
    with serve() as server:
        asyncio.run(one(server, []))  # a server learns of its pages from the first visit
        _choose(server, ["lenet5"])  # waits until torch has been imported
        for arch_id, target in (("resnet50", "< 0.5 s first, 30 ms after"), ("densenet201", "")):
            first = _choose(server, [arch_id])[0]
            before = server.cpu_s
            again = _choose(server, [arch_id, "lenet5"] * ROUNDS)[2::2]
            cpu_ms = 1000 * (server.cpu_s - before) / (2 * ROUNDS)
            kept = percentile(again, 0.5)
            rows.append({
                "what": f"{architectures.get(arch_id).title}, first time", "ours_s": first,
                "peer": f"after: median of {len(again)}, {cpu_ms:.0f} ms of processor time each", "peer_s": kept,
                "ratio": first / kept, "target": target,
            })  # fmt: skip
    return [{"table": "Architectures page: one network on the screen, server time until all of it has arrived"} | row for row in rows]


def _choose(server: Server, arch_ids: list[str]) -> list[float]:
    """Seconds for each of these networks, chosen one after the other in a session of its own."""
    labels = [f"{architectures.get(arch_id).title} · {architectures.get(arch_id).year}" for arch_id in arch_ids]
    return asyncio.run(one(server, [("arch", label) for label in labels], page=PAGE))
