"""Names: of networks, of weights and where they come from, of classes."""

from __future__ import annotations

import functools

from cnn_core import architectures
from cnn_core.datasets import DATASETS
from cnn_core.weights import WeightSource
from pages.ui import cached
from pages.ui.i18n import compact_bytes, language, number, row_text, t
from pages.ui.picture_sources import class_label
from pages.ui.plain import plain

IMAGENET = "imagenet"


def network_title(arch_id: str) -> str:
    """"ResNet-18"; the title of somebody's own design is made harmless."""
    return plain(row_text("catalogue", architectures.get(arch_id), "title"))


def network_label(arch_id: str) -> str:
    """"ResNet-18 · 2015"."""
    row = architectures.get(arch_id)
    title = network_title(arch_id)
    return title if str(row.year) in title else f"{title} · {row.year}"


def network_labels() -> dict[str, str]:
    """Every network that can be chosen, with its label: saved designs first, then the catalogue."""
    return {id_: network_label(id_) for id_ in architectures.designed()} | _catalogue_labels(language())


@functools.cache
def _catalogue_labels(lang: str) -> dict[str, str]:
    return {id_: network_label(id_) for id_ in architectures.ids()}


def dataset_title(dataset: str) -> str:
    if dataset in DATASETS:
        return row_text("datasets", DATASETS[dataset], "title")
    return "ImageNet" if dataset == IMAGENET else plain(dataset)


def weights_label(source: WeightSource) -> str:
    """What the select says of a source: what the weights learned from, whose they are, and what is still to be fetched."""
    name = source.id.split(":", 1)[-1]
    if source.kind == "random":
        return t("feature_maps.weights.random", seed=name)
    if source.kind == "file":
        return source.title
    if source.kind == "run":
        label = t("feature_maps.weights.run", name=_run_name(name), dataset=dataset_title(source.dataset), run=plain(name))
    else:
        label = t(f"feature_maps.weights.{source.kind}", dataset=dataset_title(source.dataset), name=plain(name))
    if source.is_here:
        return label
    return t("feature_maps.weights.to_fetch", label=label, size=compact_bytes(source.bytes))


def _run_name(run: str) -> str:
    """What its owner called it, as the queue knows it; the id where it has no name."""
    job = next((job for job in cached.jobs().list() if job.id == run.partition("@")[0]), None)
    return plain(job.name if job is not None and job.name else run)


def class_name(source: WeightSource, index: int) -> str:
    """A class in the session's language, where the catalogue has it; ImageNet's names are English."""
    if index >= len(source.class_names):
        return t("feature_maps.class", number=number(index))
    name = source.class_names[index]
    return name if source.dataset == IMAGENET else class_label(name)
