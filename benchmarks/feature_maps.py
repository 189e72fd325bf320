"""Looking into networks: the server's time from a picture to its maps against the bare forward pass, another layer, memory, copies.

Everything is measured in one run, in turn, so that both sides meet the same machine. A server's answer is the page's own function
``cached.activations``, with preprocessing, capture of every layer that fits, and the prediction.
"""

from __future__ import annotations

import asyncio
import logging
import statistics
import subprocess
import sys
import threading
import time
import warnings
from collections.abc import Callable
from functools import partial
from typing import Any

from benchmarks.sessions import Server, Session, one, serve

TABLE = "Feature maps"
TURNS = 15
LOOKED_AT = ("layer1.0.conv1", "layer2.0.conv1", "layer3.1.bn2", "layer4.0.conv2", "layer1.1.relu", "layer2.1.conv2")

COPIES = """
import json, logging, sys, threading, warnings
logging.disable(logging.CRITICAL); warnings.simplefilter("ignore")
from benchmarks.feature_maps import memory, samples_and
cached, source, pictures = samples_and("vgg16")
before = memory()
network = cached.network(source)
loaded = memory()
found = [None] * 10
def look(n):
    found[n] = cached.network(source)
    cached.activations(source, f"picture {n}", pictures[n], ["features.28"])
threads = [threading.Thread(target=look, args=(n,)) for n in range(10)]
[thread.start() for thread in threads]; [thread.join() for thread in threads]
one = all(each is network for each in found)
ten = memory()
del network, found
cached.kept_networks().clear(); cached.kept_activations().clear()
print(json.dumps([before, loaded, ten, memory(), one]))
"""

LOOKING = """
import json, logging, warnings
logging.disable(logging.CRITICAL); warnings.simplefilter("ignore")
from benchmarks.feature_maps import Peak, memory, samples_and
from cnn_core import inspection
cached, source, pictures = samples_and("vgg16")
network = cached.network(source)
layers = [inspection.address(layer) for layer in cached.traced(source.architecture, source.input_shape, **source.options).trace.layers]
loaded = memory()
with Peak() as peak:
    for n in range(2):
        for layer in layers:
            cached.activations(source, f"picture {n}", pictures[n], [layer])
print(json.dumps([loaded, peak.bytes, len(layers)]))
"""


def run() -> list[dict[str, Any]]:
    logging.disable(logging.CRITICAL)  # streamlit's, about a cache outside a session
    warnings.simplefilter("ignore")
    return [*_server_time(), _whole_page(), *_capture(), *_memory()]


def memory() -> int:
    """What this process holds now, in bytes."""
    import psutil

    return int(psutil.Process().memory_info().rss)


class Peak:
    """The most memory this process held inside the block, looked at a hundred times a second."""

    def __enter__(self) -> Peak:
        self.bytes, self._over = memory(), threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()
        return self

    def _watch(self) -> None:
        while not self._over.wait(0.01):
            self.bytes = max(self.bytes, memory())

    def __exit__(self, *args: object) -> None:
        self._over.set()
        self._thread.join()


def samples_and(arch_id: str) -> tuple[Any, Any, list[Any]]:
    """The page's cached functions, random weights of a network, and pictures that differ."""
    import numpy as np

    from cnn_core import images, weights
    from pages.ui import cached

    cached.wait_for_torch()
    coffee = images.samples()["coffee"]
    return cached, weights.get_source(arch_id, "random:0"), [np.roll(coffee, 7 * n, axis=1) for n in range(TURNS + 5)]


def _server_time() -> list[dict[str, Any]]:
    import torch

    from cnn_core import inspection

    cached, source, pictures = samples_and("resnet18")
    network = cached.network(source)
    batch = source.preprocessing.apply(pictures[0]).tensor
    layers = [inspection.address(layer) for layer in cached.traced(source.architecture, source.input_shape, **source.options).trace.layers]

    def bare() -> None:
        with torch.no_grad():
            network(batch)

    turns = iter(range(1_000))

    def served() -> None:
        n = next(turns)
        cached.activations(source, f"picture {n}", pictures[n % len(pictures)], ["layer1.0.conv1"])

    bare_s, served_s = _in_turn(bare, served)
    last = next(turns) - 1
    others = [_timed(partial(cached.activations, source, f"picture {last}", pictures[0], [layer])) for layer in layers]
    return [
        _row("ResNet-18 at 224×224: a new picture to its maps, warm; median", served_s,
             "1.3 × bare forward pass + 50 ms", 1.3 * bare_s + 0.050, "≥ 1"),
        _row(f"another layer of the same picture, the slowest of {len(layers)}, no second pass", max(others), target="≤ 40 ms"),
    ]


def _whole_page() -> dict[str, Any]:
    """Another layer of the same picture, with all that the page draws anew and Streamlit delivers, in a server of its own."""
    with serve() as server:
        seconds, cpu_s = asyncio.run(_layers(server))
    what = f"the same on the page, until all of its answer is there; median of {len(seconds)}, {1000 * cpu_s:.0f} ms of processor time"
    return _row(what, statistics.median(seconds), target="≤ 40 ms")


async def _layers(server: Server) -> tuple[list[float], float]:
    """Seconds of each choice, and the server's processor time for one."""
    await one(server, [])  # a server learns of its pages from the first visit
    query = "net=resnet18&weights=random:0&pic=sample-coffee"
    async with Session.open(server, query, "feature_maps") as session:
        async def look() -> list[float]:
            return [await session.trigger("map-layer-table", "pick", layer) for layer in LOOKED_AT]

        await look()
        server.rest()
        before = server.cpu_s
        seconds = [spent for _ in range(5) for spent in await look()]
        return seconds, (server.cpu_s - before) / len(seconds)


def _capture() -> list[dict[str, Any]]:
    import torch

    from cnn_core import architectures, inspection
    from cnn_core.inspection import address, capture, twin

    network = architectures.build("resnet18", seed=0)
    batch = torch.randn(1, 3, 224, 224)
    layers = [address(layer) for layer in inspection.trace(network, (3, 224, 224)).layers]

    def bare() -> None:
        with torch.no_grad():
            network(batch)

    every_s, bare_s = _in_turn(lambda: capture(network, batch, layers), bare)
    modules = [name for name in layers if ":" not in name]
    modules_s, _ = _in_turn(lambda: capture(network, batch, modules), bare)
    first_s, _ = _in_turn(lambda: capture(network, batch, ["conv1"]), bare)
    extractor = _extractor(network, modules)
    extractor_s, _ = _in_turn(lambda: extractor(batch), bare)
    return [
        _row(f"ResNet-18: all {len(layers)} layers, each a copy", every_s, "bare forward pass", bare_s),
        _row(f"its {len(modules)} modules alone", modules_s, "create_feature_extractor, warm", extractor_s),
        _row("its first layer, with an early stop", first_s, "bare forward pass", bare_s),
        _row("a twin to put hooks on", _timed(lambda: twin(network))),
    ]


def _extractor(network: Any, modules: list[str]) -> Callable[[Any], Any]:
    import torch
    from torchvision.models.feature_extraction import create_feature_extractor

    made = create_feature_extractor(network, return_nodes=[name for name in modules if "@" not in name]).eval()

    def run(batch: Any) -> Any:
        with torch.no_grad():
            return made(batch)

    return run


def _memory() -> list[dict[str, Any]]:
    before, loaded, ten, after, one = _output(COPIES)
    start, peak, layers = _output(LOOKING)
    return [
        _row(f"VGG-16: looking through all {layers} layers of two pictures, peak above the loaded network [MB]", None,
             ratio=(peak - start) / 1e6, target="< 400"),
        _row("VGG-16: ten sessions on ten pictures at once, above the one copy of the weights [MB]", None,
             ratio=(ten - loaded) / 1e6 if one else float("nan"), target="one copy"),
        _row(f"the network dropped: of its {(loaded - before) / 1e6:.0f} MB there remain [MB]", None, ratio=(after - before) / 1e6),
    ]


def _output(code: str) -> list[Any]:
    import json

    done = subprocess.run([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=True)
    result: list[Any] = json.loads(done.stdout.splitlines()[-1])
    return result


def _in_turn(first: Callable[[], object], second: Callable[[], object]) -> tuple[float, float]:
    """Medians of both, one call of each after the other, the first of them not counted."""
    first(), second()
    spent = [(_timed(first), _timed(second)) for _ in range(TURNS)]
    return statistics.median(a for a, _ in spent), statistics.median(b for _, b in spent)


def _timed(action: Callable[[], object]) -> float:
    started = time.perf_counter()
    action()
    return time.perf_counter() - started


def _row(what: str, ours_s: float | None, peer: str = "", peer_s: float | None = None, target: str = "",
         ratio: float | None = None) -> dict[str, Any]:
    if ratio is None and ours_s and peer_s:
        ratio = peer_s / ours_s
    return {"table": TABLE, "what": what, "ours_s": ours_s, "peer": peer, "peer_s": peer_s, "ratio": ratio, "target": target}
