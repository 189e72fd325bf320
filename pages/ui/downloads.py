"""Data sets and weights on their way to this machine: in threads of the server, shared by all sessions, outliving every page."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from cnn_core import datasets, weights
from cnn_core.datasets import Progress
from cnn_core.errors import ConvolabError, DatasetError
from cnn_core.weights import WeightSource

SOURCE_VARIABLE = "CONVOLAB_SOURCE"  # an address, ending in "/", to fetch from instead: a class's own server, or a test's


@dataclass
class Download:
    """One data set, or one file of weights, on its way; written by its thread and read by whoever watches.

    ``error`` is what ended it, if anything did; somebody's cancelling is no error.
    """

    name: str
    from_path: str = ""  # imported from there; empty for a download
    progress: Progress | None = None
    error: ConvolabError | None = None
    ended: threading.Event = field(default_factory=threading.Event)
    stop: threading.Event = field(default_factory=threading.Event)


class Downloads:
    """At most one download or import of each thing at a time, whoever asked for it."""

    def __init__(self) -> None:
        self._latest: dict[tuple[str, Path], Download] = {}
        self._lock = threading.Lock()

    def start(self, name: str, from_path: str = "") -> Download:
        """Begin, or join the one that is under way."""
        download, root = Download(name, from_path), datasets.data_root()
        return self._begin(download, root, lambda: _bring(download, root))

    def start_weights(self, source: WeightSource) -> Download:
        """Begin to download a file of weights, or join the one that is under way; its name is ``weights_name(source)``."""
        download = Download(weights_name(source))
        return self._begin(download, datasets.data_root(), lambda: _bring_weights(download, source))

    def _begin(self, download: Download, root: Path, bring: Callable[[], object]) -> Download:
        with self._lock:
            running = self._latest.get((download.name, root))
            if running and not running.ended.is_set():
                return running
            self._latest[download.name, root] = download
        threading.Thread(target=_work, args=(download, bring), name=f"download-{download.name}", daemon=True).start()
        return download

    def get(self, name: str) -> Download | None:
        """The latest download of a data set, under way or ended."""
        with self._lock:
            return self._latest.get((name, datasets.data_root()))

    def forget(self, name: str) -> None:
        """Put away how the latest one ended."""
        with self._lock:
            latest = self._latest.get((name, datasets.data_root()))
            if latest and latest.ended.is_set():
                del self._latest[name, datasets.data_root()]


def weights_name(source: WeightSource) -> str:
    return f"{source.architecture}/{source.id}"


def _bring(download: Download, root: Path) -> None:
    def tell(progress: Progress) -> None:
        download.progress = progress
        if download.stop.is_set():
            raise DatasetError("the import was cancelled", code="fetch_cancelled")

    if download.from_path:
        datasets.import_archive(download.name, download.from_path, root, tell)
    else:
        source = os.environ.get(SOURCE_VARIABLE)
        datasets.fetch(download.name, root, tell, [source] if source else None, should_stop=download.stop.is_set)


def _bring_weights(download: Download, source: WeightSource) -> None:
    def tell(progress: Progress) -> None:
        download.progress = progress

    other = os.environ.get(SOURCE_VARIABLE)
    weights.fetch(source, tell, should_stop=download.stop.is_set, bases=(other,) if other else ())


def _work(download: Download, bring: Callable[[], object]) -> None:
    try:
        bring()
    except ConvolabError as error:
        download.error = None if error.code == "fetch_cancelled" else error
    except Exception as error:
        # Nobody waits for this thread: what it did not foresee must reach the page as well as the log.
        download.error = DatasetError(
            f"{download.name} could not be made ready: {error}", code="download_unforeseen", title=download.name, reason=str(error)
        )
        raise
    finally:
        download.ended.set()
