"""A weight file on the page: how to save one, its tensors, the networks it fits, and refusals that run nothing."""

from __future__ import annotations

import io
import os
import pickle
from collections.abc import Callable
from pathlib import Path

import pytest
import safetensors.torch
import torch
from streamlit.testing.v1 import AppTest

from cnn_core import architectures


def _view() -> None:
    import streamlit as st

    from pages.architectures.file_view import draw_file
    from pages.ui import state

    with state.page("architectures"):
        state.choice("lang", "en")
        draw_file()
    st.caption(f"arch={st.session_state.get('arch')} classes={st.session_state.get('classes')}")


def upload(name: str, data: bytes, lang: str = "en") -> AppTest:
    test = AppTest.from_function(_view, default_timeout=60)
    test.session_state["lang"] = lang
    test.run()
    test.file_uploader("weight_file").set_value((name, data, "application/octet-stream")).run()
    return test


def saved_torch(tensors: dict[str, torch.Tensor]) -> bytes:
    out = io.BytesIO()
    torch.save(tensors, out)
    return out.getvalue()


@pytest.mark.parametrize("lang", ["en", "es"])
def test_before_there_is_a_file_the_page_says_how_to_save_one(lang: str) -> None:
    test = AppTest.from_function(_view, default_timeout=60)
    test.session_state["lang"] = lang
    test.run()
    assert not test.exception
    assert "state_dict" in test.code[0].value


@pytest.mark.parametrize("write", [safetensors.torch.save, saved_torch], ids=["safetensors", "torch"])
@pytest.mark.parametrize("lang", ["en", "es"])
def test_a_file_shows_its_tensors_and_leads_to_its_network(write: Callable[[dict[str, torch.Tensor]], bytes], lang: str) -> None:
    network = architectures.build("resnet20", num_classes=4, seed=1)
    test = upload("weights", write(network.state_dict()), lang)
    assert not test.exception and not test.error
    assert len(test.dataframe[0].value) == len(network.state_dict())
    test.button("fit-resnet20").click().run()
    assert test.caption[-1].value == "arch=resnet20 classes=4"


@pytest.mark.parametrize("lang", ["en", "es"])
def test_a_poisoned_file_is_refused_and_runs_nothing(lang: str, tmp_path: Path) -> None:
    marker = tmp_path / "marker"

    class Poison:
        def __reduce__(self) -> tuple[object, ...]:
            return os.mkdir, (str(marker),)

    test = upload("weights.pt", pickle.dumps({"a": Poison()}), lang)
    assert not test.exception
    assert len(test.error) == 1 and "state_dict" in test.error[0].value
    assert not marker.exists()


def test_an_unknown_network_is_shown_all_the_same() -> None:
    test = upload("weights.safetensors", safetensors.torch.save({"a": torch.ones(3, 4)}))
    assert test.info and len(test.dataframe[0].value) == 1
