"""Downloads of weights, from a server of our own that breaks off, lies and is not there."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from cnn_core import weights
from cnn_core.datasets.progress import Progress
from cnn_core.errors import WeightsError
from cnn_core.weights import WeightSource, fetch, partial_bytes

CONTENT = bytes(range(256)) * 4_000  # a megabyte
NOWHERE = "http://127.0.0.1:9"


@dataclass
class Server:
    """Answers each request by the next word of ``script``, then properly; the first is asked for the size."""

    script: list[str] = field(default_factory=list)
    content: bytes = CONTENT
    ranges: list[str | None] = field(default_factory=list)
    address: str = ""

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        self.ranges.append(request.headers["Range"])
        word = self.script.pop(0) if self.script else "ok"
        start = int((request.headers["Range"] or "bytes=0-").removeprefix("bytes=").rstrip("-"))
        request.send_response(404 if word == "404" else 206 if start else 200)
        if start:
            request.send_header("Content-Range", f"bytes {start}-{len(self.content) - 1}/{len(self.content)}")
        body = b"" if word == "404" else self.content[start:]
        request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        try:
            request.wfile.write(body[: len(body) // 2] if word == "break" else body)
        except OSError:
            return  # whoever only asked for the size has gone


@pytest.fixture
def server() -> Iterator[Server]:
    state = Server()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            state.answer(self)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    state.address = f"http://127.0.0.1:{http.server_port}/models"
    threading.Thread(target=http.serve_forever, daemon=True).start()
    yield state
    http.shutdown()
    http.server_close()


@pytest.fixture
def source() -> WeightSource:
    real = weights.get_source("resnet18", "torchvision:IMAGENET1K_V1")
    digest = hashlib.sha256(CONTENT).hexdigest()[:8]
    assert real.path is not None
    return replace(real, bytes=len(CONTENT) - 300, fingerprint=digest, path=real.path.with_name(f"small-{digest}.pth"))


def get(source: WeightSource, base: str, **more: Any) -> Path:
    return fetch(source, bases=(base,), timeout_s=5, retry_pause_s=0, **more)


def test_a_file_arrives_whole_with_progress(source: WeightSource, server: Server) -> None:
    reports: list[Progress] = []
    path = get(source, server.address, on_progress=reports.append)
    assert path == source.path and path.read_bytes() == CONTENT
    assert {report.stage for report in reports} == {"downloading", "checking"} and reports[-1].fraction == 1.0
    assert partial_bytes(source) == 0
    asked = len(server.ranges)
    assert get(source, server.address) == path and len(server.ranges) == asked  # it is there


def test_a_break_is_gone_on_from(source: WeightSource, server: Server) -> None:
    server.script = ["ok", "break"]
    get(source, server.address)
    assert server.ranges == [None, None, f"bytes={len(CONTENT) // 2}-"]


def test_a_stop_keeps_what_is_here_and_shows_no_file(source: WeightSource, server: Server) -> None:
    seen: list[Progress] = []
    with pytest.raises(WeightsError) as caught:
        get(source, server.address, on_progress=seen.append, should_stop=lambda: bool(seen and seen[-1].bytes_done > 200_000))
    assert caught.value.code == "fetch_cancelled"
    assert source.path is not None and not source.path.exists()
    assert 0 < partial_bytes(source) <= len(CONTENT)
    assert get(source, server.address).read_bytes() == CONTENT


def test_a_wrong_file_is_thrown_away(source: WeightSource, server: Server) -> None:
    server.content = bytes(len(CONTENT))
    with pytest.raises(WeightsError) as caught:
        get(source, server.address)
    assert caught.value.code == "weights_download_corrupt"
    assert source.path is not None and not source.path.exists() and partial_bytes(source) == 0


def test_without_a_network_one_sentence_says_so(source: WeightSource) -> None:
    with pytest.raises(WeightsError) as caught:
        get(source, NOWHERE)
    assert caught.value.code == "weights_no_network"
    assert "ResNet-18 IMAGENET1K_V1" in str(caught.value) and "at hand" in str(caught.value)


def test_a_file_that_is_gone_there(source: WeightSource, server: Server) -> None:
    server.script = ["404"] * 9
    with pytest.raises(WeightsError) as caught:
        get(source, server.address)
    assert caught.value.code == "weights_download_failed"


def test_two_who_want_the_same_share_one_download(source: WeightSource, server: Server) -> None:
    paths: list[Path] = []
    threads = [threading.Thread(target=lambda: paths.append(get(source, server.address))) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(paths) == 3 and len(server.ranges) == 2  # its size, and itself


@pytest.mark.parametrize("source_id", ["random:0", "embedded"])
def test_only_torchvisions_are_for_downloading(source_id: str) -> None:
    with pytest.raises(WeightsError) as caught:
        fetch(weights.get_source("tf_efficientnet_lite0", source_id))
    assert caught.value.code == "weights_nothing_to_fetch"


def test_addresses_are_those_of_torchvision() -> None:
    from torchvision import models

    from cnn_core.weights.fetching import _base

    for arch_id in ("resnet50", "vit_b_16", "regnet_y_128gf"):
        for source in weights.sources(arch_id):
            if source.kind == "torchvision" and source.path:
                entry = models.get_model_weights(arch_id)[source.title]
                assert f"{_base(source)}/{source.path.name}" == entry.url
