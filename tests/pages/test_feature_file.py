"""A weight file of one's own on the feature-map page: brought, named by the URL, refused with the first tensor that does not fit."""

from __future__ import annotations

import io
import os
import pickle
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import safetensors.torch
import torch
from streamlit.testing.v1 import AppTest

from cnn_core import architectures, weights
from cnn_core.errors import WeightsError
from cnn_core.training import saving
from pages.feature_maps import own_file
from pages.ui import cached
from pages.ui.own_weights import OwnWeightFiles
from tests.pages.test_feature_maps import headline, open_page


def saved_torch(value: Any) -> bytes:
    out = io.BytesIO()
    torch.save(value, out)
    return out.getvalue()


def tensors(arch_id: str, **options: Any) -> dict[str, torch.Tensor]:
    return architectures.build(arch_id, seed=7, **options).state_dict()


@pytest.fixture(autouse=True)
def _own_store() -> Iterator[None]:
    cached.own_weights.clear()
    yield
    cached.own_weights.clear()


def bring(name: str, data: bytes, net: str = "lenet5", **query: str) -> AppTest:
    test = open_page(net=net, weights="file", **query)
    assert not test.exception and not test.error
    uploader = next(element for element in test.file_uploader if element.key.startswith("fm-file-"))
    return uploader.set_value((name, data, "application/octet-stream")).run()


def address(test: AppTest, name: str) -> str:
    value = test.query_params[name]
    return value if isinstance(value, str) else value[0]


@pytest.mark.parametrize("write, name", [
    (safetensors.torch.save, "mine.safetensors"), (saved_torch, "mine.pt"),
    (lambda state: saved_torch({"state_dict": {f"module.{name}": tensor for name, tensor in state.items()}}), "nested.pth"),
], ids=["safetensors", "torch", "nested"])  # fmt: skip
@pytest.mark.parametrize("lang", ["en", "es"])
def test_a_file_becomes_the_weights_and_the_url_names_it(write: Callable[[Any], bytes], name: str, lang: str) -> None:
    test = bring(name, write(tensors("lenet5")), lang=lang)
    assert not test.exception and not test.error
    assert address(test, "weights").startswith("file:") and "class='random'" not in headline(test)
    assert name in test.selectbox("weights").options
    chosen = address(test, "weights")
    link = open_page(net="lenet5", weights=chosen)
    assert not link.exception and not link.error
    assert link.selectbox("weights").value == chosen and headline(link).count("guess") == 3
    source = own_file.kept(chosen)
    assert source is not None
    lender = weights.lenders("lenet5", {})[0]
    mine = weights.from_file("lenet5", source.path, lender, id=chosen, title=name, options={})
    picture = torch.rand(1, 1, 32, 32)
    assert torch.equal(weights.network(mine)(picture), architectures.build("lenet5", seed=7)(picture))


def test_another_networks_file_is_refused_by_its_first_tensor_and_leads_to_its_own() -> None:
    test = bring("wrong.safetensors", safetensors.torch.save(tensors("mini_resnet")))
    assert not test.exception
    first = next(iter(architectures.build("lenet5").state_dict()))
    assert len(test.error) == 1 and first in test.error[0].value
    test.button("fm-fit-mini_resnet").click().run()
    assert not test.exception and not test.error
    assert test.selectbox("net").value == "mini_resnet" and address(test, "weights").startswith("file:")
    test.selectbox("net").set_value("lenet5").run()  # another network: the file is hardly one of it
    assert not test.error and not test.selectbox("weights").value.startswith("file")


@pytest.mark.parametrize("lang", ["en", "es"])
def test_the_first_tensor_of_another_shape_is_named(lang: str) -> None:
    state = tensors("lenet5")
    names = list(state)
    state[names[2]] = state[names[2]][..., :-1].contiguous()
    test = bring("shape.pt", saved_torch(state), lang=lang)
    assert not test.exception
    assert len(test.error) == 1 and names[2] in test.error[0].value


def test_a_poisoned_file_is_refused_and_nothing_is_executed(tmp_path: Path) -> None:
    marker = tmp_path / "ran"

    class Poison:
        def __reduce__(self) -> tuple[Any, ...]:
            return os.mkdir, (str(marker),)

    for data in (pickle.dumps({"c1.weight": Poison()}), saved_torch({**tensors("lenet5"), "x": Poison()})):
        test = bring("poison.pt", data)
        assert not test.exception and not marker.exists()
        assert len(test.error) == 1 and "poison.pt" in test.error[0].value and "nothing in it was run" in test.error[0].value
        assert test.selectbox("weights").value == "file" and not any(option == "poison.pt" for option in test.selectbox("weights").options)
    test.selectbox("weights").set_value("random:0").run()
    assert not test.error and not test.exception


@pytest.mark.parametrize("data", [b"", b"not weights at all", bytes(9)], ids=["empty", "text", "zeros"])
def test_what_is_no_weight_file_is_refused_in_a_sentence(data: bytes) -> None:
    test = bring("a.pt", data)
    assert not test.exception and len(test.error) == 1


def test_values_that_are_no_numbers_are_refused() -> None:
    state = tensors("lenet5")
    name = next(iter(state))
    state[name] = torch.full_like(state[name], float("nan"))
    test = bring("nan.safetensors", safetensors.torch.save(state))
    assert not test.exception and len(test.error) == 1 and name in test.error[0].value


@pytest.mark.parametrize("lang", ["en", "es"])
def test_the_file_a_run_is_resumed_from_is_called_that(lang: str, tmp_path: Path) -> None:
    groups = {
        "network": tensors("lenet5"), "meter": {"sums": torch.tensor([float("inf"), 1.0])},
        "random": saving.random_tensors(torch.Generator()),
    }  # fmt: skip
    saving.save_state(tmp_path, groups, {})
    test = bring("resume.safetensors", (tmp_path / saving.STATE).read_bytes(), lang=lang)
    assert not test.exception and len(test.error) == 1
    assert "weights/best.safetensors" in test.error[0].value and "meter/sums" not in test.error[0].value
    assert not any(option == "resume.safetensors" for option in test.selectbox("weights").options)


@pytest.mark.parametrize("id_", ["file:0123456789abcdef0123", "file"])
def test_a_link_to_a_file_that_is_gone_asks_for_it(id_: str) -> None:
    test = open_page(net="lenet5", weights=id_)
    assert not test.exception and not test.error
    assert bool(test.info) == (id_ != "file") and [element.key for element in test.file_uploader] == ["fm-file-0"]


@pytest.mark.parametrize("id_", ["file:", "file:../../etc", "file:XYZ"])
def test_absurd_links_are_answered_with_a_page(id_: str) -> None:
    test = open_page(net="lenet5", weights=id_)
    assert not test.exception and not test.error and not test.file_uploader


def test_other_numbers_of_classes_and_channels_are_taken_from_the_file() -> None:
    test = bring("four.safetensors", safetensors.torch.save(tensors("resnet20", num_classes=4, in_channels=1)), net="resnet20")
    assert not test.exception and not test.error
    assert headline(test).count("class='guess'") == 3


def test_a_file_is_prepared_like_the_weights_that_are_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    test = bring("mine.safetensors", safetensors.torch.save(tensors("lenet5")))
    chosen = address(test, "weights")
    assert address(test, "prepared_like") == weights.sources("lenet5")[0].id
    other = open_page(net="lenet5", weights=chosen, prepared_like="random:0")
    assert not other.exception and address(other, "prepared_like") == "random:0"
    assert headline(other) != headline(test)


# The core ---------------------------------------------------------------------------------------------------------------


def test_lenders_see_as_many_channels_and_trained_ones_come_first() -> None:
    assert weights.lenders("lenet5", None)[-1].kind == "random"
    grey = weights.lenders("resnet20", {"in_channels": 1, "num_classes": 4})
    assert [lender.id for lender in grey] == ["random:0"]
    assert grey[0].input_shape == (1, 32, 32) and grey[0].preprocessing.channels == 1
    with pytest.raises(WeightsError) as caught:
        weights.lenders("resnet20", {"in_channels": 2})
    assert caught.value.code == "weights_file_channels"


def test_names_of_classes_are_lent_where_they_are_as_many(tmp_path: Path) -> None:
    path = tmp_path / "w"
    path.write_bytes(safetensors.torch.save(tensors("resnet18", num_classes=3)))
    lender = weights.lenders("resnet18", {"num_classes": 3})[0]
    assert lender.kind == "torchvision" and lender.class_names
    mine = weights.from_file("resnet18", path, lender, id="file:a", title="w", options={"num_classes": 3})
    assert mine.class_names == () and mine.num_classes == 3 and mine.top1 is None and mine.is_here and mine.card is None
    assert weights.network(mine)(torch.rand(1, 3, 64, 64)).shape == (1, 3)


def test_a_width_that_other_weights_have_is_known() -> None:
    from cnn_core import inspection

    half = weights.get_source("nin", "checkpoint")
    shapes = {name: tuple(tensor.shape) for name, tensor in weights.network(half).state_dict().items()}
    assert inspection.options_for("nin", shapes) is None
    found = inspection.options_for("nin", shapes, [half.options])
    assert found is not None and found["width"] == 0.5
    assert inspection.options_for("nin", {"a": (1,)}) is None


def test_the_store_is_bounded_and_forgets_the_least_used() -> None:
    store = OwnWeightFiles(max_files=2)
    first, second = (store.add("g", f"{n}.safetensors", safetensors.torch.save({"a": torch.tensor([n])})) for n in (1.0, 2.0))
    assert store.get(first.digest) and store.gallery("g") == (second, first) and store.gallery("h") == ()
    third = store.add("g", "3.safetensors", safetensors.torch.save({"a": torch.tensor([3.0])}))
    assert store.get(second.digest) is None and not second.path.exists() and store.gallery("g") == (third, first)
    again = store.add("h", "3.safetensors", third.path.read_bytes())
    assert again.id == third.id and store.gallery("h") == (third,)
    assert store.add("h", "<b>.safetensors", third.path.read_bytes()).title == "‹b›.safetensors"
