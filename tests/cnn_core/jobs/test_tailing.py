"""Reading events as they grow."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnn_core.jobs.tailing import CHUNK_BYTES, FILES_KEPT, EventFile, EventFiles, thin


class Growing:
    """A file in memory, and a clock that stands wherever each look is a fresh one."""

    def __init__(self) -> None:
        self.content = b""
        self.reads = 0
        self.now = 0.0
        self.file = EventFile(self.read, self.clock)

    def clock(self) -> float:
        self.now += 1
        return self.now

    def read(self, start: int, limit: int) -> bytes:
        self.reads += 1
        return self.content[start : start + limit]

    def add(self, *steps: int, kind: str = "progress", **more: Any) -> None:
        self.content += b"".join(line(step, kind, **more) for step in steps)


def line(step: int, kind: str = "progress", **more: Any) -> bytes:
    return json.dumps({"kind": kind, "step": step, **more}).encode() + b"\n"


def steps(events: list[Any]) -> list[int]:
    return [event["step"] for event in events]


def test_each_event_is_told_once_and_a_torn_line_when_it_is_whole() -> None:
    growing = Growing()
    growing.add(1, 2)
    growing.content += line(3)[:9]
    events, mark = growing.file.since(0)
    assert steps(events) == [1, 2]
    assert growing.file.since(mark) == ([], mark)
    growing.content += line(3)[9:]
    events, mark = growing.file.since(mark)
    assert steps(events) == [3]
    assert steps(growing.file.since(0)[0]) == [1, 2, 3], "who comes later gets everything"


def test_a_line_that_a_killed_writer_left_is_passed_over() -> None:
    growing = Growing()
    growing.add(1)
    growing.content += b'{"kind": "progr' + line(2) + b"[1, 2]\n\xff\xfe\n" + line(3)
    assert steps(growing.file.since(0)[0]) == [1, 3]


def test_events_that_were_taken_back_are_told_anew() -> None:
    """A resumed run cuts its events; by the time anybody looks, the file may be longer than before."""
    growing = Growing()
    growing.add(1, 2, 3, 4, 5, time=100.25)
    _, mark = growing.file.since(0)
    growing.content = growing.content[: len(line(1, time=100.25)) * 2]
    growing.add(3, 4, 5, 6, 7, time=200.75)
    events, mark = growing.file.since(mark)
    assert events[0] == {"kind": "reset"} and steps(events[1:]) == [1, 2, 3, 4, 5, 6, 7]
    assert growing.file.since(mark) == ([], mark)
    assert steps(growing.file.since(0)[0]) == [1, 2, 3, 4, 5, 6, 7], "who never saw the old ones is not told to forget them"


def test_a_file_that_was_emptied_is_noticed() -> None:
    growing = Growing()
    growing.add(1, 2)
    _, mark = growing.file.since(0)
    growing.content = b""
    assert growing.file.since(mark)[0] == [{"kind": "reset"}]


def test_thirty_viewers_cost_one_read_of_what_is_new() -> None:
    growing = Growing()
    growing.file = EventFile(growing.read, lambda: 1.0)
    growing.add(*range(100))
    for _ in range(30):
        assert len(growing.file.since(0)[0]) == 100
        growing.file.summary()
    assert growing.reads == 1


def test_a_long_file_is_read_in_pieces() -> None:
    growing = Growing()
    growing.add(*range(6), filling="x" * (CHUNK_BYTES // 2 - 100))
    assert steps(growing.file.since(0)[0]) == list(range(6))


@given(st.lists(st.integers(1, 200), max_size=12), st.data())
def test_whatever_pieces_it_grows_in_every_event_comes_once(sizes: list[int], data: st.DataObject) -> None:
    growing = Growing()
    whole = b"".join(line(step) for step in range(30))
    told: list[int] = []
    mark = 0
    for size in sizes:
        growing.content = whole[: len(growing.content) + size]
        if data.draw(st.booleans()):
            events, mark = growing.file.since(mark)
            told += steps(events)
    growing.content = whole
    told += steps(growing.file.since(mark)[0])
    assert told == list(range(30))


def test_the_summary_holds_what_was_told_last() -> None:
    growing = Growing()
    assert growing.file.summary().loss is None
    growing.add(5, epoch=0.5, loss=2.0, accuracy=0.3, left_s=9.0, images_per_s=100.0)
    growing.add(10, kind="epoch", epoch=1.0, validation_accuracy=0.9, validation_loss=0.4)
    growing.add(20, kind="epoch", epoch=2.0, validation_accuracy=0.8, validation_loss=None)
    summary = growing.file.summary()
    assert (summary.step, summary.epoch, summary.loss, summary.accuracy) == (20, 2.0, 2.0, 0.3)
    assert (summary.validation_accuracy, summary.validation_loss, summary.best_validation_accuracy) == (0.8, 0.4, 0.9)
    growing.add(20, kind="end", test_accuracy=0.85, left_s=None)
    assert (growing.file.summary().test_accuracy, growing.file.summary().left_s) == (0.85, None)


def test_the_rate_of_a_run_is_that_of_all_its_epochs() -> None:
    growing = Growing()
    growing.add(5, images=50, images_per_s=900.0)
    assert growing.file.summary().mean_images_per_s is None
    growing.add(10, kind="epoch", images=100, seconds=2.0, train_loss=1.5)
    growing.add(15, images=150, images_per_s=7.0)
    growing.add(20, kind="epoch", images=200, seconds=3.0, train_loss=1.25)
    summary = growing.file.summary()
    assert (summary.mean_images_per_s, summary.images_per_s, summary.train_loss) == (200 / 5, 7.0, 1.25)


def test_the_curve_is_kept_until_there_is_more() -> None:
    growing = Growing()
    growing.add(*range(1, 1001), loss=1.5)
    growing.add(1000, kind="epoch", done=1, validation_accuracy=0.5)
    curve = growing.file.curve(100)
    assert growing.file.curve(100) is curve
    assert len(curve.progress["step"]) <= 100 and curve.progress["step"][0] == 1 and curve.progress["step"][-1] == 1000
    assert len(set(map(len, curve.progress.values()))) == 1
    assert curve.progress["lr"][0] is None
    assert curve.epochs["done"] == (1,) and curve.epochs["validation_accuracy"] == (0.5,)
    growing.add(1001, loss=1.0)
    assert growing.file.curve(100).version > curve.version


@given(st.integers(0, 700), st.integers(2, 60))
def test_thinning_keeps_the_ends_and_never_moves_a_point(count: int, points: int) -> None:
    events = [{"step": step} for step in range(count)]
    kept = steps(thin(events, points))
    assert len(kept) <= points and kept == sorted(set(kept))
    if count:
        assert kept[0] == 0 and kept[-1] == count - 1
    if 2 * len(kept) < points:
        assert len(kept) == count
    before = set(steps(thin(events[:-1], points))[:-1])
    stays = set(kept) & before
    assert stays == before or len(kept) <= len(before) // 2 + 2, "points stay, or every other one goes"


def test_only_the_files_asked_for_last_are_kept() -> None:
    files = EventFiles()
    first = files.get("first", lambda start, limit: b"")
    assert files.get("first", lambda start, limit: b"") is first
    for number in range(FILES_KEPT):
        files.get(str(number), lambda start, limit: b"")
    assert files.get("first", lambda start, limit: b"") is not first


@pytest.mark.parametrize("value", ["1", True, None, [1], {"x": 1}])
def test_what_is_no_number_is_none(value: object) -> None:
    growing = Growing()
    growing.content = json.dumps({"kind": "progress", "step": 1, "loss": value}).encode() + b"\n"
    assert growing.file.summary().loss is None and growing.file.curve().progress["loss"] == (None,)


def test_no_events_yet(tmp_path: Path) -> None:
    growing = Growing()
    assert growing.file.since(0) == ([], 0)
    assert growing.file.curve().progress["step"] == ()
