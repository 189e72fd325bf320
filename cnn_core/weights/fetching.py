"""Downloading torchvision's weights, with the machinery that downloads data sets: resumed, checked, whole or absent."""

from __future__ import annotations

import contextlib
import http.client
import os
import shutil
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from cnn_core import architectures
from cnn_core.datasets.download import TIMEOUT_S, Job
from cnn_core.datasets.files import disk_errors, disk_full, locked
from cnn_core.datasets.progress import Meter, Progress
from cnn_core.datasets.row import Archive
from cnn_core.errors import DatasetError, WeightsError
from cnn_core.weights.offers import published_table, weights_root
from cnn_core.weights.source import WeightSource

ROUNDING = 0.01  # share by which a file may differ from its published size; the checksum decides


@dataclass(frozen=True)
class _File:
    """What is downloaded, for the sentences that are said about it."""

    id: str
    title: str
    archive_bytes: int


def fetch(
    source: WeightSource,
    on_progress: Callable[[Progress], object] | None = None,
    *,
    should_stop: Callable[[], bool] | None = None,
    bases: Sequence[str] = (),
    timeout_s: float = TIMEOUT_S,
    retry_pause_s: float = 1.0,
) -> Path:
    """Download a set of torchvision's weights into ``CONVOLAB_DATA/weights``, unless it is there.

    A second call for the same file, from whatever thread or process, waits for the first. What was downloaded before a break
    is kept, and the next call goes on there. The file appears under its name when its checksum is right, and not before.

    Args:
        on_progress: gets a ``Progress`` at most ten times a second; what it raises stops the fetch and passes through.
        should_stop: asked as often; true ends the fetch with the code ``fetch_cancelled``.
        bases: addresses in place of torchvision's own.

    Raises:
        WeightsError: ``weights_no_network``, ``weights_download_failed``, ``weights_download_corrupt``, ``fetch_cancelled``, ``disk_full``,
            ``disk_too_small``, ``no_permission``, ``weights_nothing_to_fetch``.
    """
    if source.kind != "torchvision" or source.path is None:
        raise WeightsError(
            f"the weights {source.id!r} are not for downloading: only torchvision's are",
            code="weights_nothing_to_fetch", weights=source.id,
        )  # fmt: skip
    if source.path.is_file():
        return source.path
    name = source.path.name
    title = f"{architectures.get(source.architecture).title} {source.title}"
    try:
        return _fetched(source, name, title, Meter(_File(name, title, source.bytes), on_progress, should_stop),
                        bases or (_base(source),), timeout_s, retry_pause_s)  # fmt: skip
    except DatasetError as error:
        raise _as_weights_error(error, title, source.bytes) from error


def partial_bytes(source: WeightSource) -> int:
    """How much of a file an interrupted fetch has left, to be gone on with."""
    with contextlib.suppress(OSError):
        return (_parts() / f"{(source.path or Path()).name}.part").stat().st_size
    return 0


def _base(source: WeightSource) -> str:
    return next(str(row["base"]) for row in published_table()[source.architecture] if row["name"] == source.title)


def _parts() -> Path:
    return weights_root() / ".downloads"


def _fetched(
    source: WeightSource, name: str, title: str, meter: Meter, bases: Sequence[str], timeout_s: float, retry_pause_s: float
) -> Path:
    whole, parts = weights_root() / name, _parts()
    with disk_errors(weights_root()):
        parts.mkdir(parents=True, exist_ok=True)
    with disk_errors(weights_root()), locked(parts / f"{name}.lock", meter.waiting):
        if whole.is_file():  # somebody else has finished while we waited
            return whole
        meter.start("downloading", source.bytes, partial_bytes(source), name)
        mirrors = tuple(base.rstrip("/") + "/" for base in bases)
        size = _size(source, name, mirrors, timeout_s)
        free = shutil.disk_usage(parts).free
        if free < size - partial_bytes(source):
            raise disk_full(weights_root(), size, free)
        archive = Archive(name, "", size, sha256_prefix=source.fingerprint)
        job = Job(_File(name, title, size), parts, mirrors, meter, timeout_s, retry_pause_s)
        os.replace(job.obtain(archive), whole)
        return whole


def _size(source: WeightSource, name: str, mirrors: Sequence[str], timeout_s: float) -> int:
    """The exact size of the file, which torchvision publishes rounded; asked of the first source that answers.

    What goes wrong here goes wrong again in the download, which says it: the published size then stands in.
    """
    for mirror in mirrors:
        request = urllib.request.Request(mirror + name, headers={"User-Agent": "Convolab", "Accept-Encoding": "identity"})
        with contextlib.suppress(OSError, http.client.HTTPException), urllib.request.urlopen(request, timeout=timeout_s) as answer:
            length = answer.headers.get("Content-Length", "")
            if length.isdigit() and abs(int(length) - source.bytes) <= max(ROUNDING * source.bytes, 2_048):
                return int(length)
    return source.bytes


def _as_weights_error(error: DatasetError, title: str, size: int) -> WeightsError:
    """The same in a sentence about weights; what the disk says is said of both alike."""
    megabytes = round(size / 1e6)
    facts = {"title": title, "megabytes": megabytes, "details": error.facts.get("details", "")}
    if error.code == "no_network":
        return WeightsError(
            f"the weights of {title} ({megabytes} MB) cannot be downloaded: there is no connection to where they are. Choose weights that "
            f"are at hand, or connect to the internet",
            code="weights_no_network", **facts,
        )  # fmt: skip
    if error.code == "download_failed":
        return WeightsError(
            f"the weights of {title} could not be downloaded ({facts['details']}): try again, and it goes on where it stopped",
            code="weights_download_failed", **facts,
        )  # fmt: skip
    if error.code == "download_corrupt":
        return WeightsError(
            f"what was downloaded is not the file with the weights of {title} (its checksum is wrong), and was thrown away: try "
            f"again later",
            code="weights_download_corrupt", **facts,
        )  # fmt: skip
    return WeightsError(str(error), code=error.code, **error.facts)
