"""The photographs that ship inside scikit-image: always here, with no network and no data set."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cnn_core.images.decode import load_image
from cnn_core.registry import Registry


@dataclass(frozen=True)
class Sample:
    """A photograph that comes with scikit-image, under the name of its function in ``skimage.data``."""

    id: str
    title: str
    file: str
    credit: str


SAMPLES: Registry[Sample] = Registry("sample photograph")
for _sample in (
    Sample("astronaut", "Astronaut", "astronaut.png", "Eileen Collins; NASA, public domain"),
    Sample("coffee", "Cup of coffee", "coffee.png", "Rachel Michetti, CC0"),
    Sample("chelsea", "Chelsea the cat", "chelsea.png", "Stefan van der Walt, CC0"),
    Sample("rocket", "Rocket launch", "rocket.jpg", "SpaceX, public domain"),
    Sample("motorcycle", "Motorcycle", "motorcycle_left.png", "Scharstein et al. (2014), Middlebury stereo data set"),
    Sample("hubble_deep_field", "Hubble deep field", "hubble_deep_field.jpg", "NASA, public domain"),
    Sample("retina", "Retina", "retina.jpg", "Häggström (2014), CC0"),
    Sample("immunohistochemistry", "Stained tissue", "ihc.png", "Center for Microscopy and Molecular Imaging"),
    Sample("camera", "Man with a camera", "camera.png", "Lav Varshney, CC0"),
    Sample("coins", "Greek coins", "coins.png", "Brooklyn Museum"),
    Sample("page", "Printed page", "page.png", "scikit-image"),
    Sample("text", "Handwritten formula", "text.png", "Wikipedia, public domain"),
    Sample("brick", "Brick wall", "brick.png", "CC0 Textures, CC0"),
    Sample("grass", "Grass", "grass.png", "DeclanRussell (Linear Filter), CC0"),
    Sample("gravel", "Gravel", "gravel.png", "CC0 Textures, CC0"),
    Sample("moon", "Surface of the Moon", "moon.png", "scikit-image"),
    Sample("cell", "Cell", "cell.png", "Pan et al. (2017), CC0"),
    Sample("clock", "Clock, blurred by motion", "clock_motion.png", "Stefan van der Walt, public domain"),
):
    SAMPLES.add(_sample)


class _Samples(Mapping[str, NDArray[np.uint8]]):
    """The photographs that are there, read from disk when they are asked for."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._ids = tuple(row.id for row in SAMPLES.values() if (folder / row.file).is_file())

    def __getitem__(self, sample_id: str) -> NDArray[np.uint8]:
        return _read_sample(str(self._folder / SAMPLES[sample_id].file))

    def __iter__(self) -> Iterator[str]:
        return iter(self._ids)

    def __len__(self) -> int:
        return len(self._ids)

    def __contains__(self, sample_id: object) -> bool:
        return sample_id in self._ids


@cache
def _read_sample(path: str) -> NDArray[np.uint8]:
    image = load_image(Path(path).read_bytes())
    image.flags.writeable = False  # every session gets the same array
    return image


@cache
def samples() -> Mapping[str, NDArray[np.uint8]]:
    """The photographs that ship inside scikit-image, by id; colour ones first, nothing fetched from the network.

    Read-only arrays, each decoded at its first use.
    """
    spec = importlib.util.find_spec("skimage")  # finds the folder without importing anything
    places = spec.submodule_search_locations if spec else None
    return _Samples(Path(next(iter(places or ()), "")) / "data")
