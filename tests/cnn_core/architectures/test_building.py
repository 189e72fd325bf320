"""Every network built: its parameters and output as the catalogue says, with other classes, channels and sizes."""

from __future__ import annotations

import functools

import pytest
import torch
from torch import nn

from cnn_core import architectures
from cnn_core.errors import ArchitectureError, WeightsError
from cnn_core.inspection import build_meta

IDS = architectures.ids()
SMALL_SIZES = (32, 28)


def built(id: str, **options: float) -> nn.Module:
    return build_meta(architectures.build, id, **options)


def params(network: nn.Module) -> int:
    return sum(parameter.numel() for parameter in network.parameters())


def output_shape(network: nn.Module, *shape: int) -> tuple[int, ...]:
    with torch.no_grad():
        return tuple(network(torch.empty(2, *shape, device="meta")).shape)


@pytest.mark.parametrize("id", IDS)
def test_a_network_is_what_its_row_says(id: str) -> None:
    row = architectures.get(id)
    network = built(id)
    assert not network.training
    assert params(network) == row.params
    assert all(parameter.requires_grad for parameter in network.parameters())
    assert output_shape(network, *row.input_shape) == (2, row.num_classes)


@pytest.mark.parametrize("id", IDS)
def test_small_pictures_of_any_channels_and_classes_fit_the_network_or_its_small_form(id: str) -> None:
    """32×32 and 28×28 run, or the form for small pictures does. Vision transformers are bound to their patches."""
    row = architectures.get(id)
    if row.family.id in {"vit", "maxvit"}:
        assert row.small == ""
        assert output_shape(built(id, num_classes=7, in_channels=5), 5, *row.input_shape[1:]) == (2, 7)
        return
    sizes = {size for size in SMALL_SIZES if runs(id, size)}
    assert all(size in sizes or runs(row.small, size) for size in SMALL_SIZES)


@functools.cache
def runs(id: str, size: int) -> bool:
    """Whether pictures of five channels are sorted into seven classes; False where torch says that no pixels are left."""
    options = architectures.get(id).options_for((5, size, size))
    try:
        return output_shape(cached(id, num_classes=7, **options), 5, size, size) == (2, 7)
    except RuntimeError as error:
        if "too small" in str(error) or "greater than actual input size" in str(error):
            return False
        raise


@functools.lru_cache(maxsize=4)
def cached(id: str, **options: float) -> nn.Module:
    return built(id, **options)


def smallest_of_each_family() -> list[str]:
    """Of the networks that can be made wider: one a family, since a family shares its code."""
    wide = [architectures.get(id) for id in IDS if architectures.get(id).has_option("width")]
    return sorted({row.family.id: row.id for row in sorted(wide, key=lambda row: -row.params)}.values())


@pytest.mark.parametrize("id", [*smallest_of_each_family(), "alexnet_2012", "lenet5", "nin_imagenet", "seresnet50", "vgg_c"])
def test_width_changes_every_layer(id: str) -> None:
    """Half is near a quarter of the parameters, twice near four times, but for first and last layers; and everything runs."""
    row = architectures.get(id)
    narrow, wide = built(id, width=0.5), built(id, width=2.0)
    assert output_shape(narrow, *row.input_shape) == output_shape(wide, *row.input_shape) == (2, row.num_classes)
    assert params(narrow) < 0.65 * row.params
    assert params(wide) > 1.7 * row.params
    assert output_shape(built(id, width=0.05), *row.input_shape) == (2, row.num_classes)


@pytest.mark.parametrize("options", [
    {"num_classes": 0}, {"num_classes": -3}, {"in_channels": 0}, {"width": 1e6}, {"width": 0.0}, {"image_size": 0},
])
def test_absurd_options_are_refused_before_anything_is_built(options: dict[str, float]) -> None:
    with pytest.raises(ArchitectureError) as caught:
        architectures.build("mini_inception", **options)  # type: ignore[arg-type]
    assert caught.value.code == "option_out_of_range"


def test_none_stands_for_the_default() -> None:
    assert params(built("mini_inception", num_classes=None, width=None)) == 896_522  # type: ignore[arg-type]


# Weights and seeds -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("id", ["lenet5", "lenet5_1998", "resnet20", "squeezenet1_1"])
def test_a_seed_makes_the_same_network_and_leaves_the_generator_alone(id: str) -> None:
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    first, again, other = (architectures.build(id, seed=seed).state_dict() for seed in (1, 1, 2))
    assert torch.equal(torch.rand(3), expected)
    assert all(torch.equal(first[name], again[name]) for name in first)
    assert any(not torch.equal(first[name], other[name]) for name in first)


def test_weights_come_back_as_they_were() -> None:
    source = architectures.build("resnet20", seed=3)
    copy = architectures.build("resnet20", weights=source.state_dict(), seed=4)
    picture = torch.rand(2, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    assert torch.equal(source(picture), copy(picture))


def test_weights_of_before_batches_were_counted_are_taken() -> None:
    weights = {name: t for name, t in architectures.build("resnet20", seed=3).state_dict().items() if "num_batches" not in name}
    assert torch.equal(architectures.build("resnet20", weights=weights).state_dict()["conv.weight"], weights["conv.weight"])


def test_weights_of_another_network_name_the_first_tensor() -> None:
    weights = architectures.build("lenet5", seed=0).state_dict()
    with pytest.raises(WeightsError, match=r"'c1.weight' has the shape \(6, 1, 5, 5\), and lenet5 .* \(6, 3, 5, 5\)") as caught:
        architectures.build("lenet5", in_channels=3, weights=weights)
    assert caught.value.code == "weights_wrong_shape"

    missing = {name: tensor for name, tensor in weights.items() if name != "c3.bias"}
    with pytest.raises(WeightsError, match=r"no tensor 'c3.bias'") as caught:
        architectures.build("lenet5", weights=missing)
    assert caught.value.code == "weights_missing_tensor"

    with pytest.raises(WeightsError, match=r"a tensor 'extra'") as caught:
        architectures.build("lenet5", weights={**weights, "extra": torch.zeros(1)})
    assert caught.value.code == "weights_unknown_tensor"

    with pytest.raises(WeightsError) as caught:
        architectures.build("lenet5", weights="lenet5.pth")  # type: ignore[arg-type]
    assert caught.value.code == "weights_not_a_mapping"
