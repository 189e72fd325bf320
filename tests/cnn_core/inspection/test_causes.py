"""Channels off, images that excite, pictures that drive, filters like kernels, the best guesses: by hand and one at a time."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

from cnn_core import architectures, kernels
from cnn_core.errors import InspectionError
from cnn_core.inspection import (
    channel_importance,
    driving_images,
    excite,
    filter_images,
    filter_norms,
    filter_slices,
    first_convolution,
    likeness,
    top_k,
    trace,
    twin,
    with_channels_off,
    with_filter_replaced,
)
from cnn_core.kernels import KERNELS
from tests.cnn_core.inspection.networks import Branches, Residual, lenet


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    """The networks are tiny: more threads only wait for each other."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def network() -> nn.Sequential:
    torch.manual_seed(4)
    return nn.Sequential(nn.Conv2d(3, 4, 3, padding=1), nn.ReLU(inplace=True), Residual(4), Branches(4, 2), nn.AdaptiveAvgPool2d(1),
                         nn.Flatten(), nn.Linear(6, 5)).eval()  # fmt: skip


X = torch.randn((2, 3, 8, 8), generator=torch.Generator().manual_seed(9))


# Channels off ------------------------------------------------------------------------------------------------------------


def test_channels_off_are_zero_behind_their_layer() -> None:
    model = network()
    with torch.no_grad():
        maps = F.relu(model[0](X))
        maps[:, [1, 3]] = 0
        expected = model[3:](model[2](maps))
        torch.testing.assert_close(with_channels_off(model, X, {"1": (1, 3)}), expected)
        torch.testing.assert_close(with_channels_off(model, X, {"1": (1,), "1@1": (), "0": (3,)}), expected)
        torch.testing.assert_close(with_channels_off(model, X, {}), model(X))
        assert with_channels_off(model, X, {"2:add": range(4)}).std(0).max() < 1e-6  # nothing of the picture is left


@pytest.mark.parametrize("path", ["0", "2.conv1", "2:add", "3.one", "5", ""])
def test_importance_is_the_change_of_one_channel_at_a_time(path: str) -> None:
    """Also where later layers join the changed maps with others, of which there is one picture only."""
    model = network()
    found = channel_importance(model, X, path, 2, batch_size=3)
    base = model(X[:1]).softmax(1)[0, 2].item()
    assert found.complete and found.base == pytest.approx(base)
    for channel, change in zip(found.channels, found.change, strict=True):
        alone = with_channels_off(model, X[:1], {path: (int(channel),)}).softmax(1)[0, 2].item()
        assert change == pytest.approx(alone - base, abs=1e-6)


@pytest.mark.parametrize(("arch_id", "path"), [("resnet20", "stage2.0.bn1"), ("shufflenet_v2_x1_0_cifar", "stage2.1.branch2.0")])
def test_importance_in_real_networks(arch_id: str, path: str) -> None:
    model = architectures.build(arch_id, seed=1)
    x = torch.randn((1, *architectures.get(arch_id).input_shape), generator=torch.Generator().manual_seed(2))
    found = channel_importance(model, x, path, 0, channels=(1, 5), score="logit")
    for channel, change in zip(found.channels, found.change, strict=True):
        alone = with_channels_off(model, x, {path: (int(channel),)})[0, 0].item()
        assert change == pytest.approx(alone - found.base, abs=1e-4)


def test_importance_cut_short_says_what_it_does_not_know() -> None:
    found = channel_importance(network(), X, "1", batch_size=1, stop=iter([False, True]).__next__)
    assert not found.complete
    assert np.isnan(found.change).tolist() == [False, True, True, True]


@pytest.mark.parametrize(("off", "code"), [
    ({"8": (0,)}, "no_such_layer"), ({"1": (4,)}, "no_such_channel"), ({"1@2": (0,)}, "layer_not_run"),
])  # fmt: skip
def test_channels_that_are_not_there(off: dict[str, tuple[int, ...]], code: str) -> None:
    with pytest.raises(InspectionError) as caught:
        with_channels_off(network(), X, off)
    assert caught.value.code == code


# Images that excite ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("path", "channel", "unit"), [("1", 2, None), ("2:add", 0, (3, 4)), ("", 3, None), ("6", 1, None)])
def test_the_activation_grows_from_the_start_that_is_shown(path: str, channel: int, unit: tuple[int, int] | None) -> None:
    seen = list(excite(network(), path, channel, input_shape=(3, 8, 8), unit=unit, steps=24, jitter=1))
    assert [one.step for one in seen] == [0, 8, 16, 24]
    assert seen[-1].activation > seen[0].activation
    assert all(one.image.shape == (8, 8, 3) and one.image.dtype == np.uint8 for one in seen)
    again = list(excite(network(), path, channel, input_shape=(3, 8, 8), unit=unit, steps=24, jitter=1))
    assert all((one.image == other.image).all() for one, other in zip(seen, again, strict=True))


def test_a_brightness_detector_wants_white_and_starts_where_it_is_told() -> None:
    model = nn.Sequential(nn.Conv2d(1, 1, 1, bias=False))
    nn.init.ones_(model[0].weight)
    start = np.full((6, 6), 40, np.uint8)
    seen = list(excite(model, "0", 0, input_shape=(1, 6, 6), start=start, steps=60, every=60, mean=0.0, std=1.0))
    assert (seen[0].image[..., 0] == start).all()
    assert seen[0].activation == pytest.approx(40 / 255)
    assert (seen[-1].image == 255).all() and seen[-1].activation == 1.0


def test_excitement_can_be_stopped_and_refused() -> None:
    stopped = list(excite(network(), "1", 0, input_shape=(3, 8, 8), stop=lambda: True))
    assert [one.step for one in stopped] == [0, 1]
    for path, channel, unit, start, code in (
        ("1", 4, None, None, "no_such_channel"), ("7", 0, None, None, "no_such_layer"), ("1", 0, (8, 0), None, "value_position"),
        ("1", 0, None, np.zeros((4, 4, 3), np.uint8), "start_size"),
    ):  # fmt: skip
        with pytest.raises(InspectionError) as caught:
            excite(network(), path, channel, input_shape=(3, 8, 8), unit=unit, start=start)
        assert caught.value.code == code


# Pictures that drive -----------------------------------------------------------------------------------------------------


def test_the_pictures_with_the_brightest_spot_and_the_patch_around_it() -> None:
    images = np.zeros((10, 8, 8, 1), np.uint8)
    for index, (value, row, column) in {3: (200, 2, 5), 7: (250, 0, 0), 8: (100, 6, 6)}.items():
        images[index, row, column] = value
    model = nn.Sequential(nn.Conv2d(1, 2, 3, stride=2, padding=1, bias=False), nn.ReLU())
    with torch.no_grad():
        model[0].weight.zero_()
        model[0].weight[1] = 1.0
    seen: list[tuple[int, int]] = []
    found = driving_images(model, images, lambda part: torch.from_numpy(part.transpose(0, 3, 1, 2) / 255).float(), "1", 1, k=2,
                           batch_size=4, on_progress=lambda done, total: seen.append((done, total)))  # fmt: skip
    assert [hit.index for hit in found.hits] == [7, 3]
    best, second = found.hits
    assert best.activation == pytest.approx(250 / 255)
    assert (best.position, best.window) == ((0, 0), ((0, 1), (0, 1)))
    assert best.patch.shape == (2, 2, 1) and best.patch.max() == 250
    assert (second.position, second.window) == ((1, 2), ((1, 3), (3, 5)))
    assert second.patch[1, 2, 0] == 200
    assert found.complete and seen == [(4, 10), (8, 10), (10, 10)]
    early = driving_images(model, images, lambda part: torch.from_numpy(part.transpose(0, 3, 1, 2) / 255).float(), "1", 1, batch_size=4,
                           stop=lambda: True)  # fmt: skip
    assert (early.scanned, early.complete, early.hits[0].index) == (4, False, 3)


# Filters -----------------------------------------------------------------------------------------------------------------


def test_filters_as_pictures() -> None:
    weights = torch.tensor([[[[2.0]], [[0.0]], [[-1.0]]], [[[0.5]], [[0.0]], [[0.0]]]])
    assert filter_images(weights).tolist() == [[[[255, 128, 64]]], [[[255, 128, 128]]]]
    assert filter_images(weights, per="layer")[1].tolist() == [[[160, 128, 128]]]
    np.testing.assert_allclose(filter_norms(weights), [[2.0, 0.0, 1.0], [0.5, 0.0, 0.0]])
    assert filter_slices(weights, 1).shape == (3, 1, 1)
    with pytest.raises(InspectionError):
        filter_images(np.zeros((2, 4, 3, 3)))


@pytest.mark.parametrize("arch_id", ["lenet5", "lenet5_1998", "resnet20", "googlenet_cifar", "mobilenet_v3_small_cifar", "all_cnn"])
def test_the_first_convolution_is_the_one_that_sees_the_picture(arch_id: str) -> None:
    model = architectures.build(arch_id)
    first = next(record for record in trace(model, architectures.get(arch_id).input_shape).layers if record.kind == "conv")
    assert first_convolution(model) == first.path


def test_every_kernel_is_most_like_itself() -> None:
    for row in KERNELS.values():
        kernel = row.weights
        learned = -3 * kernel[::-1, ::-1][None, None]
        found = likeness(learned, {row.id: kernel}).match(0, row.id)
        assert found.cosine == pytest.approx(-1.0)


def test_a_kernel_is_found_in_any_corner_and_channel_of_a_larger_filter() -> None:
    weights = np.zeros((2, 3, 5, 5))
    weights[0, 2, 1:4, 2:5] = KERNELS["laplacian"].weights
    weights[1] = np.random.default_rng(1).normal(size=(3, 5, 5))
    found = likeness(weights, {"laplacian": KERNELS["laplacian"].weights, "box": np.ones((3, 3))})
    best = found.of_filter(0)[0]
    assert (best.kernel, best.shift, best.channel) == ("laplacian", (1, 2), 2)
    assert best.cosine == pytest.approx(1.0)
    assert [match.filter for match in found.of_kernel("laplacian")] == [0, 1]


def test_all_channels_alike_beat_one_channel() -> None:
    grey = np.repeat(KERNELS["horizontal"].weights[::-1, ::-1][None, None], 3, axis=1)
    best = likeness(grey, {"horizontal": KERNELS["horizontal"].weights}).of_filter(0)[0]
    assert best.cosine == pytest.approx(1.0)
    rng = np.random.default_rng(2)
    noisy = likeness(grey + rng.normal(0, 0.6, grey.shape), {"horizontal": KERNELS["horizontal"].weights}).of_filter(0)[0]
    assert noisy.channel is None


def test_the_middle_of_a_larger_kernel_gets_its_share_and_the_mean_counts_unless_told() -> None:
    kernel = np.zeros((5, 5))
    kernel[1:4, 1:4], kernel[0, 0] = 1.0, 4.0  # 9 of 25 of the squares
    assert likeness(np.ones((1, 1, 3, 3)), {"k": kernel}).of_filter(0)[0].cosine == pytest.approx(np.sqrt(9 / 25))
    bright = KERNELS["vertical"].weights[None, None] + 1.0  # nine squares of the mean beside six of the pattern
    plain = likeness(bright, {"vertical": KERNELS["vertical"].weights}).of_filter(0)[0]
    assert abs(plain.cosine) == pytest.approx(np.sqrt(6 / 15))
    assert abs(likeness(bright, {"vertical": KERNELS["vertical"].weights}, centred=True).of_filter(0)[0].cosine) == pytest.approx(1.0)


def test_likeness_against_the_definition() -> None:
    rng = np.random.default_rng(3)
    weights = rng.normal(size=(4, 3, 3, 3))
    found = likeness(weights)
    for column, row in enumerate(KERNELS.values()):
        if row.weights.shape == (3, 3):
            turned = row.weights[::-1, ::-1].ravel()
            candidates = [*weights.reshape(4, 3, 9).transpose(1, 0, 2), weights.reshape(4, 27)]
            turneds = [turned] * 3 + [np.tile(turned, 3)]
            whole = np.linalg.norm(weights.reshape(4, 27), axis=1)
            cosines = np.array([c @ t / whole / np.linalg.norm(t) for c, t in zip(candidates, turneds, strict=True)])
            np.testing.assert_allclose(np.abs(found.table[:, column]), np.abs(cosines).max(0))


def test_a_replaced_filter_answers_like_the_kernel_lab() -> None:
    model = lenet()
    before = model[0].weight.detach().clone()
    kernel = KERNELS["horizontal"].weights
    copy = with_filter_replaced(model, "0", 2, kernel, keep_bias=False)
    x = torch.rand(1, 1, 32, 32)
    with torch.no_grad():
        mine, old = copy[0](x)[0], model[0](x)[0]
    expected = kernels.apply(x[0, 0].numpy().astype(np.float64), np.pad(kernel, 1), padding="valid")
    strength = float(before[2].norm()) / np.linalg.norm(kernel)
    np.testing.assert_allclose(mine[2].numpy(), strength * expected, atol=1e-5)
    assert torch.equal(mine[[0, 1, 3, 4, 5]], old[[0, 1, 3, 4, 5]])
    assert torch.equal(model[0].weight, before) and model[0].weight.requires_grad
    assert copy[3].weight.data_ptr() == model[3].weight.data_ptr()  # all else is shared
    one = with_filter_replaced(network(), "0", 0, np.ones((7, 7)), channel=1)[0].weight[0]
    assert one[[0, 2]].abs().max() == 0 and one[1].std() < 1e-6
    assert abs(float(with_filter_replaced(network(), "0", 0, KERNELS["log"].weights)[0].weight[0].sum())) < 1e-5
    for path, out, channel, code in (
        ("1", 0, None, "not_a_filter_layer"), ("0", 9, None, "no_such_filter"), ("0", 0, 3, "no_such_channel"),
    ):  # fmt: skip
        with pytest.raises(InspectionError) as caught:
            with_filter_replaced(network(), path, out, kernel, channel=channel)
        assert caught.value.code == code


# Twins and guesses -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("arch_id", ["lenet5_1998", "googlenet_cifar", "mobilenet_v3_small_cifar", "shufflenet_v2_x1_0_cifar"])
def test_a_twin_computes_the_same_and_shares_every_weight(arch_id: str) -> None:
    model = architectures.build(arch_id, seed=2)
    copy = twin(model)
    x = torch.randn(1, *architectures.get(arch_id).input_shape)
    with torch.no_grad():
        assert torch.equal(copy(x), model(x))
    ours, theirs = copy.state_dict(), model.state_dict()
    assert {name: t.data_ptr() for name, t in ours.items()} == {name: t.data_ptr() for name, t in theirs.items()}
    assert not {id(m) for m in copy.modules()} & {id(m) for m in model.modules()}


def test_tied_weights_stay_tied_in_a_twin() -> None:
    model = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2))
    model[1].weight = model[0].weight
    copy = twin(model.train())
    assert copy[0].weight is copy[1].weight and model.training and not copy.training


def test_the_best_guesses() -> None:
    best = top_k(torch.log(torch.tensor([[0.1, 0.6, 0.3]])), ("cat", "dog", "ship"), k=9)
    assert [guess.name for guess in best] == ["dog", "ship", "cat"]
    assert [guess.probability for guess in best] == pytest.approx([0.6, 0.3, 0.1])
    assert top_k([1e4, 0.0], k=1)[0].probability == 1.0
    for logits, names, code in ((np.zeros((2, 3)), (), "no_class_scores"), (np.zeros(3), ("a",), "class_names_differ")):
        with pytest.raises(InspectionError) as caught:
            top_k(logits, names)
        assert caught.value.code == code
