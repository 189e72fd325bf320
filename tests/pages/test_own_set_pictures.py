"""Pictures of somebody's own collection by their links: shown, named harmlessly, told apart from those that replace them."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from cnn_core import datasets
from pages.ui import picture, picture_sources
from pages.ui.plain import plain
from tests.pages.test_feature_maps import open_page
from tests.pages.test_pictures import open_app


def collection(level: int) -> datasets.OwnSet:
    """Two classes of four flat pictures each."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, more in (("a*b*", 0), ("frog", 5)):
            for k in range(4):
                file = io.BytesIO()
                Image.fromarray(np.full((40, 40, 3), level + more + 10 * k, np.uint8)).save(file, "PNG")
                archive.writestr(f"{name}/{k}.png", file.getvalue())
    return datasets.from_zip(out.getvalue(), "my-set", title="My **set**", side=32, replace=True)


@pytest.fixture(autouse=True)
def _folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("CONVOLAB_DATA", str(tmp_path))


def test_a_link_to_a_picture_of_ones_own_collection_shows_it() -> None:
    own = collection(50)
    id_ = picture_sources.dataset_picture_id(own.id, "train", 2)
    assert picture_sources.parse(id_) == picture_sources.Parts(own.id, "train", 2)
    test = open_page(net="resnet20", weights="random:0", pic=id_)
    assert not test.exception and not test.error
    value = test.query_params["pic"]
    assert id_ in (value, value[0])
    source = picture_sources.open_source(id_)
    np.testing.assert_array_equal(source.image, datasets.load(own.id, "train").images[2])
    assert "**" not in source.title and not source.photograph


def test_pictures_that_replace_others_have_other_names_for_caches() -> None:
    own = collection(50)
    id_ = picture_sources.dataset_picture_id(own.id, "test", 0)
    before = picture.framed(picture_sources.open_source(id_))
    collection(120)
    after = picture.framed(picture_sources.open_source(id_))
    assert before.id != after.id and not np.array_equal(before.image, after.image)
    assert picture_sources.parse(after.id) == picture_sources.parse(id_)


@pytest.mark.parametrize("id_", ["own:my-set-train-999", "own:none-train-0", "own:../etc-train-0", "own:My-train-0", "own:my-set-all-0"])
def test_other_links_are_answered_with_a_page(id_: str) -> None:
    collection(50)
    test = open_page(net="resnet20", weights="random:0", pic=id_)
    assert not test.exception and not test.error


def test_the_pictures_page_offers_collections_beside_the_data_sets() -> None:
    own = collection(50)
    test = open_app(set=own.id)
    assert not test.exception
    assert test.session_state["set"] == own.id
    assert test.selectbox("class").options == ["every class", plain("a*b*"), "frog"]
    assert test.number_input("number").max == len(datasets.load(own.id, "test")) - 1


def test_the_compact_chooser_draws_from_a_collection() -> None:
    own = collection(50)
    id_ = picture_sources.dataset_picture_id(own.id, "test", 0)
    test = open_page(net="resnet20", weights="random:0", pic=id_)
    test.session_state["picture-others"] = True
    test.run()
    assert not test.exception
    assert test.session_state["chooser-set"] == own.id
    assert [box.options for box in test.selectbox if box.key == f"chooser-class-{own.id}"] == [["every class", plain("a*b*"), "frog"]]
