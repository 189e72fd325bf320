"""What the server keeps: bounded in bytes, made once, let go; networks and activations shared by all sessions."""

from __future__ import annotations

import gc
import threading
import weakref
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from cnn_core import inspection, weights
from cnn_core.errors import InspectionError, WeightsError
from pages.ui import cached
from pages.ui.cached import passes as passes_module
from pages.ui.keeping import Keep


@pytest.fixture(autouse=True)
def _empty() -> Iterator[None]:
    cached.kept_networks().clear()
    cached.kept_activations().clear()
    yield
    cached.kept_networks().clear()
    cached.kept_activations().clear()


def picture(seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (40, 50, 3), dtype=np.uint8)


@pytest.fixture
def passes(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """What each forward pass was asked for."""
    asked: list[list[str]] = []
    real = inspection.stream

    def counted(model: Any, batch: Any, paths: Any, on_layer: Any) -> Any:
        asked.append(list(paths))
        return real(model, batch, paths, on_layer)

    monkeypatch.setattr(inspection, "stream", counted, raising=False)
    return asked


# Keep -------------------------------------------------------------------------------------------------------------------


def test_the_least_recently_used_goes_first() -> None:
    keep: Keep[str] = Keep(10)
    for name in "abc":
        keep.put(name, name.upper(), 4)
        assert keep.get("a") == "A"
    assert [keep.get(name) for name in "abc"] == ["A", None, "C"] and keep.bytes == 8


def test_one_that_is_larger_than_all_stays_alone() -> None:
    keep: Keep[str] = Keep(10)
    keep.put("a", "A", 4)
    keep.put("b", "B", 100)
    assert (keep.get("a"), keep.get("b"), len(keep)) == (None, "B", 1)
    keep.put("c", "C", 1)
    assert (keep.get("b"), keep.get("c")) == (None, "C")


def test_the_same_key_twice_counts_once() -> None:
    keep: Keep[str] = Keep(10)
    keep.put("a", "A", 4)
    keep.put("a", "B", 6)
    assert (keep.get("a"), keep.bytes) == ("B", 6)


def test_however_many_ask_it_is_made_once() -> None:
    keep: Keep[object] = Keep(10)
    made: list[int] = []
    start, found = threading.Barrier(8), []

    def make() -> tuple[object, int]:
        made.append(1)
        return object(), 1

    def ask() -> None:
        start.wait()
        found.append(keep.get_or_make("a", make))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 1 and len(set(map(id, found))) == 1


def test_a_failure_is_not_kept() -> None:
    keep: Keep[int] = Keep(10)
    with pytest.raises(ZeroDivisionError):
        keep.get_or_make("a", lambda: (1 // 0, 1))
    assert keep.get_or_make("a", lambda: (5, 1)) == 5


def test_what_nobody_uses_is_let_go() -> None:
    dropped: list[int] = []
    keep: Keep[str] = Keep(10, idle_s=0, on_drop=lambda: dropped.append(1))
    keep.put("a", "A", 1)
    keep.sweep()
    assert len(keep) == 0 and dropped == [1]
    used: Keep[str] = Keep(10, idle_s=1_000)
    used.put("a", "A", 1)
    used.sweep()
    assert used.get("a") == "A"


# Networks ---------------------------------------------------------------------------------------------------------------


def test_all_sessions_share_one_copy() -> None:
    source = weights.get_source("lenet5", "random:0")
    assert cached.network(source) is cached.network(weights.get_source("lenet5", "random:0"))
    assert cached.network(source) is not cached.network(weights.get_source("lenet5", "random:1"))
    assert cached.network(source) is not cached.network(replace(source, fingerprint="newer"))


def test_networks_leave_when_others_need_the_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cached.kept_networks(), "most_bytes", 300_000)  # one LeNet-5
    first = weakref.ref(cached.network(weights.get_source("lenet5", "random:0")))
    cached.network(weights.get_source("lenet5", "random:1"))
    gc.collect()
    assert first() is None and len(cached.kept_networks()) == 1


def test_weights_that_are_not_here_are_refused_each_time() -> None:
    source = weights.get_source("resnet18", "torchvision:IMAGENET1K_V1")
    for _ in range(2):
        with pytest.raises(WeightsError):
            cached.network(source)


# Activations ------------------------------------------------------------------------------------------------------------


def test_the_same_as_capture_and_read_only() -> None:
    source, image = weights.get_source("resnet18_cifar", "random:0"), picture()
    found = cached.activations(source, "p", image, ["layer1.0:add", "conv1", "layer2"])
    expected = inspection.capture(cached.network(source), found.prepared.tensor, ["layer1.0:add", "conv1", "layer2", ""])
    assert list(found.maps) == ["layer1.0:add", "conv1", "layer2"]
    for path, array in found.maps.items():
        assert np.array_equal(array, expected[path][0].numpy()) and array.dtype == np.float32 and not array.flags.writeable
    assert np.array_equal(found.logits, expected[""][0].numpy())


def test_another_layer_needs_no_second_pass(passes: list[list[str]]) -> None:
    source, image = weights.get_source("resnet18_cifar", "random:0"), picture()
    layers = [inspection.address(layer) for layer in cached.trace("resnet18_cifar").layers]
    for layer in layers:
        assert list(cached.activations(source, "p", image, [layer]).maps) == [layer]
    assert len(passes) == 1
    cached.activations(source, "other picture", picture(1), ["conv1"])
    cached.activations(source, "p", image, ["conv1"], replace(source.preprocessing, invert=True))
    assert len(passes) == 3


def test_only_so_much_is_kept(passes: list[list[str]], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passes_module, "PASS_BYTES", 600_000)
    monkeypatch.setattr(cached.kept_activations(), "most_bytes", 1_500_000)
    source = weights.get_source("resnet18_cifar", "random:0")
    layers = [inspection.address(layer) for layer in cached.trace("resnet18_cifar").layers]
    for n in range(3):
        for layer in (layers[0], layers[20], layers[-1]):
            found = cached.activations(source, f"p{n}", picture(n), [layer])
            assert np.array_equal(found.maps[layer], cached.activations(source, f"p{n}", picture(n), [layer]).maps[layer])
            assert cached.kept_activations().bytes <= 1_500_000
    assert all(len(asked) < len(layers) for asked in passes)


def test_many_sessions_and_pictures_do_not_mix() -> None:
    source = weights.get_source("resnet18_cifar", "random:0")
    expected = {n: cached.activations(source, f"p{n}", picture(n), ["layer1.0.conv1"]) for n in range(4)}
    cached.kept_activations().clear()
    wrong: list[int] = []

    def look(n: int) -> None:
        for _ in range(3):
            found = cached.activations(source, f"p{n}", picture(n), ["layer1.0.conv1"])
            same = np.array_equal(found.maps["layer1.0.conv1"], expected[n].maps["layer1.0.conv1"])
            wrong.extend([n] if not same or not np.array_equal(found.logits, expected[n].logits) else [])

    threads = [threading.Thread(target=look, args=(n % 4,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_a_layer_that_does_not_exist_spoils_nothing(passes: list[list[str]]) -> None:
    source, image = weights.get_source("lenet5", "random:0"), picture()
    with pytest.raises(InspectionError):
        cached.activations(source, "p", image, ["nowhere"])
    assert cached.activations(source, "p", image, [""]).logits.shape == (10,)
