"""A layer's channels on the feature-map page: switched off, driven by training pictures, excited; and work that takes its time."""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from cnn_core import datasets, inspection
from pages.feature_maps import channel_drive, tiles, works
from pages.ui.keeping import Keep
from tests.pages.test_feature_maps import open_page, scene


def open_part(part: str, **query: str) -> AppTest:
    return open_page(net="lenet5", weights="random:0", map_view="channels", channel_part=part, **query)


def finished(test: AppTest) -> AppTest:
    """After the session's work is over, and the page has noticed."""
    test.session_state["_fm_work"].thread.join(timeout=120)
    return test.run()


@pytest.mark.parametrize("lang", ["en", "es"])
@pytest.mark.parametrize("part", ["off", "drive", "excite"])
def test_every_part_is_drawn(part: str, lang: str) -> None:
    test = open_part(part, lang=lang)
    assert not test.exception and not test.error


def test_channels_of_a_link_are_off() -> None:
    test = open_part("off", off="1,4")
    assert test.multiselect("off").value == [1, 4]
    test.multiselect("off").set_value([2]).run()
    assert not test.exception and test.query_params["off"] in ("2", ["2"])


@pytest.mark.parametrize("query", [{"off": "77"}, {"off": "x"}, {"channel": "9999"}, {"channel_part": "?"}, {"drive_set": "own:../x"},
                                   {"excite_steps": "100000"}, {"channels_page": "0"}], ids=str)  # fmt: skip
def test_absurd_links_are_answered_with_a_page(query: dict[str, str]) -> None:
    test = open_page(**{"net": "lenet5", "weights": "random:0", "map_view": "channels", "channel_part": "excite", **query})
    assert not test.exception and not test.error


def test_importance_is_measured_when_asked_for_and_shared() -> None:
    test = open_part("off")
    test.button("fc-importance").click().run()
    test = finished(test)
    assert not test.exception and not test.error
    assert "fc-importance" not in [button.key for button in test.main.button]
    again = open_part("off")
    assert "fc-importance" not in [button.key for button in again.main.button]
    again.button("fc-switch").click().run()
    assert not again.exception and 1 <= len(again.multiselect("off").value) <= 5


def test_an_image_is_made_from_the_start_that_was_shown() -> None:
    test = open_part("excite", excite_steps="32", excite_start="grey")
    test.button("fc-excite").click().run()
    test = finished(test)
    assert not test.exception and not test.error
    images = test.session_state["_fm_work"].latest
    assert images[0].step == 0 and (images[0].image == 128).all() and images[-1].step == 32
    assert images[-1].activation > images[0].activation


def test_pictures_that_drive_a_channel_are_found_in_the_data_set_at_hand(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("CONVOLAB_DATA", str(tmp_path))
    test = open_part("drive", drive_set="digits")
    assert test.selectbox("drive_set").value == "digits"
    test.button("fc-drive").click().run()
    test = finished(test)
    assert not test.exception and not test.error
    found = test.session_state["_fm_work"].latest
    strengths = [hit.activation for hit in found.hits]
    assert len(strengths) == 9 and strengths == sorted(strengths, reverse=True) and found.scanned == 500
    said = " ".join(element.value for element in test.main.caption)
    total = f"{datasets.describe('digits').splits['train']:,}"
    assert f"Looked at: the first 500 of the {total} training pictures" in said
    assert f"Of the first 500 of the {total} training pictures" in said
    test.selectbox("drive_count").set_value(60_000).run()
    assert any(f"Of all {total} training pictures" in element.value for element in test.main.caption)


def test_the_frame_stands_around_what_the_value_sees() -> None:
    picture = np.zeros((32, 32, 3), np.uint8)
    picture[8:16, 4:12] = 200
    tile = channel_drive.framed(picture, ((8, 15), (4, 11)))
    side = channel_drive.SIDE
    frame = (tile[:, :side] == channel_drive.FRAME).all(axis=2)
    rows, columns = np.flatnonzero(frame.any(axis=1)), np.flatnonzero(frame.any(axis=0))
    assert (rows[0], rows[-1]) == (24, 47) and (columns[0], columns[-1]) == (12, 35)
    assert (tile[:, -side:] == 200).all()
    edge = channel_drive.framed(picture, ((0, 3), (0, 0)))  # a window cut at the border keeps its shape
    assert edge.shape == tile.shape and (edge[0, -side:][:10] == tiles.GAP).all()


def test_a_training_picture_is_shown_as_the_network_takes_it(tmp_path: Path) -> None:
    digits, steps = datasets.load("digits", "train", tmp_path), scene("lenet5", "c1").preprocessing
    seen = channel_drive.seen(steps, digits, 3)
    assert seen.shape == (32, 32, 3) and (seen[:, :, 0] == seen[:, :, 2]).all() and seen.max() > 100
    np.testing.assert_allclose(steps.normalise(seen[None, :, :, :1]).numpy(), steps.fit(digits.images[3:4]).numpy(), atol=0.02)


def test_work_can_be_stopped_and_only_whole_results_are_shared() -> None:
    keep: Keep[object] = Keep(1_000)
    going = threading.Event()

    def run(work: works.Work) -> tuple[str, bool, int]:
        work.latest = "part"
        going.set()
        while not work.stopping:
            work.tell(1, 2)
        return "what there was", False, 1

    work = works.Work(("a",), run, keep)
    work.thread.start()
    assert going.wait(30) and not work.over and work.latest == "part"
    work.stop()
    work.thread.join(30)
    assert work.over and work.latest == "what there was" and keep.get(("a",)) is None
    whole = works.Work(("b",), lambda _: ("all", True, 1), keep)
    whole.thread.start()
    whole.thread.join(30)
    assert keep.get(("b",)) == "all"


def test_what_was_cut_short_is_shown_and_can_be_asked_again(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("CONVOLAB_DATA", str(tmp_path))
    monkeypatch.setattr(works, "MOST_S", 0.0)  # the first pictures only
    test = open_part("drive", drive_set="digits", channel="3", drive_count="2000")
    test.button("fc-drive").click().run()
    test = finished(test)
    assert not test.exception and 0 < test.session_state["_fm_work"].latest.scanned < 1_437
    assert "fc-drive" in [button.key for button in test.main.button]


def test_an_error_in_the_work_is_kept_for_the_page() -> None:
    seen = scene("lenet5", "c1")

    def run(work: works.Work) -> tuple[object, bool, int]:
        return inspection.channel_importance(seen.network(), seen.batch(), "nowhere", 0), True, 1

    work = works.Work(("c",), run, Keep(1_000))
    work.thread.start()
    work.thread.join(60)
    assert work.error is not None and work.error.code == "no_such_layer"
