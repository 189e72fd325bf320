"""Attribution on networks whose answer can be worked out by hand, and against a second way of computing it."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

from cnn_core import architectures
from cnn_core.errors import InspectionError
from cnn_core.inspection import (
    build_meta,
    default_grad_cam_layer,
    grad_cam,
    grad_cam_layers,
    integrated_gradients,
    occlusion,
    saliency,
    trace,
)
from tests.cnn_core.inspection.networks import lenet


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    """The networks are tiny: more threads only wait for each other."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def averaging() -> nn.Sequential:
    """Two 1×1 filters (×2 and ×−1), ReLU, the mean of each map, and two classes: 3a − b and b."""
    network = nn.Sequential(nn.Conv2d(1, 2, 1, bias=False), nn.ReLU(inplace=True), nn.AdaptiveAvgPool2d(1), nn.Flatten(),
                            nn.Linear(2, 2, bias=False))  # fmt: skip
    with torch.no_grad():
        network[0].weight.copy_(torch.tensor([2.0, -1.0]).reshape(2, 1, 1, 1))
        network[4].weight.copy_(torch.tensor([[3.0, -1.0], [0.0, 1.0]]))
    return network


PICTURE = torch.tensor([[[[1.0, -2.0], [0.0, 4.0]]]])


def test_grad_cam_by_hand() -> None:
    # Maps after ReLU: 2·x⁺ and x⁻; the gradient of class 0 at each place is 3/4 and −1/4, of class 1 it is 0 and 1/4.
    found = grad_cam(averaging(), PICTURE, 0)
    assert found.path == "1"
    assert found.own_map is not None
    np.testing.assert_allclose(found.own_map, [[1.5, 0.0], [0.0, 6.0]])
    np.testing.assert_allclose(found.map, found.own_map)  # of the picture's size already
    assert (found.target, found.logit, found.signed) == (0, 7.0, False)
    signed = grad_cam(averaging(), PICTURE, 0, relu=False)
    assert signed.own_map is not None
    np.testing.assert_allclose(signed.own_map, [[1.5, -0.5], [0.0, 6.0]])
    np.testing.assert_allclose(grad_cam(averaging(), PICTURE, 1).map, [[0.0, 0.5], [0.0, 0.0]])
    assert grad_cam(averaging(), PICTURE).target == 0  # the most likely


def test_saliency_by_hand() -> None:
    # 3·2·x⁺/4 − x⁻/4: the gradient is 3/2 where x > 0, +1/4 where x < 0, and 0 at the zero.
    np.testing.assert_allclose(saliency(averaging(), PICTURE, 0).map, [[1.5, 0.25], [0.0, 1.5]])


def test_integrated_gradients_by_hand() -> None:
    # Each pixel alone from 0 to its value: 3/2·x for x > 0, and x/4 for x < 0.
    found = integrated_gradients(averaging(), PICTURE, 0, steps=16)
    np.testing.assert_allclose(found.map, [[1.5, -0.5], [0.0, 6.0]], atol=1e-5)
    assert found.gap == pytest.approx(0.0, abs=1e-5)
    assert found.complete and found.signed


def test_occlusion_by_hand() -> None:
    # A pixel at a time set to 0: the score falls by what it contributed.
    seen: list[tuple[int, int]] = []
    found = occlusion(averaging(), PICTURE, 0, patch=1, stride=1, on_progress=lambda done, total: seen.append((done, total)))
    np.testing.assert_allclose(found.map, [[1.5, -0.5], [0.0, 6.0]], atol=1e-6)
    assert found.own_map is not None
    np.testing.assert_allclose(found.own_map, found.map, atol=1e-6)
    assert seen[-1] == (4, 4)
    share = occlusion(averaging(), PICTURE, 0, patch=2, score="probability")
    before = torch.tensor([7.0, 0.5]).softmax(0)[0]
    np.testing.assert_allclose(share.map, float(before) - 0.5, atol=1e-6)


class Tangled(nn.Module):
    """A residual block with in-place ReLUs and an in-place addition, and a classifier."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 6, 3, stride=2, padding=1)
        self.bn = nn.BatchNorm2d(6)
        self.relu = nn.ReLU(inplace=True)
        self.conv = nn.Conv2d(6, 6, 3, padding=1)
        self.fc = nn.Linear(6, 4)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.relu(self.bn(self.stem(x)))
        y = self.conv(x)
        y += x
        return self.fc(F.relu(y, inplace=True).mean((2, 3)))


def tangled() -> tuple[Tangled, torch.Tensor]:
    torch.manual_seed(5)
    network = Tangled().eval()
    network.bn.running_mean.normal_()
    return network, torch.randn(1, 3, 17, 14)


def without_in_place(network: Tangled, x: torch.Tensor) -> dict[str, torch.Tensor]:
    found = {"stem": network.stem(x)}
    found["bn"] = network.bn(found["stem"])
    found["relu"] = F.relu(found["bn"])
    found["conv"] = network.conv(found["relu"])
    found[":add"] = found["conv"] + found["relu"]
    found[":relu"] = F.relu(found[":add"])
    found["logits"] = network.fc(found[":relu"].mean((2, 3)))
    return found


@pytest.mark.parametrize("path", ["stem", "bn", "relu", "conv", ":add", ":relu"])
def test_grad_cam_against_a_few_lines_of_its_own(path: str) -> None:
    network, x = tangled()
    values = without_in_place(network, x)
    gradient = torch.autograd.grad(values["logits"][0, 2], values[path])[0]
    expected = (gradient.mean((2, 3), keepdim=True) * values[path]).sum(1)[0].clamp_min(0).detach().numpy()
    found = grad_cam(network, x, 2, path)
    assert found.own_map is not None
    np.testing.assert_allclose(found.own_map, expected, atol=1e-6)
    assert found.map.shape == (17, 14)


def test_the_others_against_a_few_lines_of_their_own() -> None:
    network, x = tangled()
    x = x.requires_grad_()
    gradient = torch.autograd.grad(without_in_place(network, x)["logits"][0, 1], x)[0]
    np.testing.assert_allclose(saliency(network, x, 1).map, gradient[0].abs().amax(0), atol=1e-6)
    points = (torch.arange(400) + 0.5) / 400
    way = (points[:, None, None, None] * x.detach()).requires_grad_()
    sums = torch.autograd.grad(without_in_place(network, way)["logits"][:, 1].sum(), way)[0].mean(0)
    found = integrated_gradients(network, x, 1, steps=200)
    np.testing.assert_allclose(found.map, (sums * x.detach()[0]).sum(0), atol=2e-3)
    covered = occlusion(network, x, 1, patch=5, stride=4)
    total, count = np.zeros((17, 14)), np.zeros((17, 14))
    with torch.no_grad():
        whole = network(x)[0, 1]
        rows, columns = range(0, 13, 4), range(0, 13, 4)
        own = np.zeros((len(rows), len(columns)))
        for i, top in enumerate(rows):
            for j, left in enumerate(columns):
                other = x.clone()
                other[:, :, top : top + 5, left : left + 5] = 0
                own[i, j] = whole - network(other)[0, 1]
                total[top : top + 5, left : left + 5] += own[i, j]
                count[top : top + 5, left : left + 5] += 1
    assert covered.own_map is not None
    np.testing.assert_allclose(covered.own_map, own, atol=1e-5)
    np.testing.assert_allclose(covered.map, total / np.maximum(count, 1), atol=1e-5)


def test_the_model_is_left_as_it_was_also_after_an_error() -> None:
    network, x = tangled()
    network.train()
    weights = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    for method in (grad_cam, saliency, integrated_gradients, occlusion):
        method(network, x, 0)
        with pytest.raises(InspectionError):
            method(network, x, 4)
    with pytest.raises(ZeroDivisionError):
        occlusion(network, x, 0, on_progress=lambda done, total: 1 // 0)
    assert all(bool((tensor == weights[name]).all()) for name, tensor in network.state_dict().items())
    assert all(module.training for module in network.modules()) and network.relu.inplace
    assert all(p.grad is None and p.requires_grad for p in network.parameters())
    assert not any(module._forward_hooks or module._forward_pre_hooks for module in network.modules())


def test_threads_on_one_model_do_not_see_each_other() -> None:
    network, _ = tangled()
    pictures = [torch.randn((1, 3, 16, 16), generator=torch.Generator().manual_seed(seed)) for seed in range(4)]
    alone = [grad_cam(network, picture, 1, "relu").map for picture in pictures]
    together: dict[tuple[int, int], np.ndarray] = {}

    def work(at: int) -> None:
        for turn in range(5):
            together[at, turn] = grad_cam(network, pictures[at], 1, "relu").map

    threads = [threading.Thread(target=work, args=(at,)) for at in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(together) == 20
    assert all(bool((found == alone[at]).all()) for (at, _), found in together.items())


def test_a_run_cut_short_says_so() -> None:
    network, x = tangled()
    stopped = occlusion(network, x, 0, patch=2, stride=1, batch_size=4, stop=iter([False, True] + [True] * 99).__next__)
    assert not stopped.complete
    assert stopped.own_map is not None
    assert np.count_nonzero(stopped.own_map) == 4
    assert not occlusion(network, x, 0, patch=2, stride=1, seconds=0.0).complete
    short = integrated_gradients(network, x, 0, steps=64, seconds=0.0)
    assert not short.complete and short.gap is not None


@pytest.mark.parametrize(("batch", "path", "code"), [
    (torch.zeros(3, 16, 16), None, "not_a_batch"), (torch.zeros(1, 3, 16, 16, dtype=torch.uint8), None, "not_a_batch"),
    (torch.zeros(1, 3, 16, 16), "nowhere", "no_such_layer"), (torch.zeros(1, 3, 16, 16), ":nothing", "no_such_layer"),
    (torch.zeros(1, 3, 16, 16), "fc", "no_maps"), (torch.zeros(1, 3, 16, 16), "relu@2", "layer_not_run"),
])  # fmt: skip
def test_refusals(batch: torch.Tensor, path: str | None, code: str) -> None:
    with pytest.raises(InspectionError) as caught:
        grad_cam(tangled()[0], batch, 0, path)
    assert caught.value.code == code


# Grad-CAM's layer --------------------------------------------------------------------------------------------------------

WANTED = {
    "lenet5": "tanh3", "lenet5_1998": "squash4:mul#2", "alexnet": "features.11", "vgg16": "features.29", "nin": "6.5", "all_cnn": "9.2.1",
    "resnet18": "layer4.1.relu@2", "resnet50": "layer4.2.relu@3", "googlenet": "inception5b:cat", "densenet121": ":relu",
    "mini_inception": ":cat", "mini_resnet": "block.relu@2", "mobilenet_v2": "features.18.2", "convnext_tiny": "features.7.2:add",
    "tf_efficientnet_lite0": "bn2.act", "squeezenet1_1": "classifier.2", "vit_b_32": "encoder.layers.encoder_layer_11.ln_1",
    "swin_t": "permute", "maxvit_t": "blocks.3.layers.1.layers.grid_attention.departition_op",
}  # fmt: skip


@pytest.mark.parametrize("arch_id", architectures.ids())
def test_every_architecture_has_a_layer_to_look_at(arch_id: str) -> None:
    """The last one with rows and columns: nothing after it has any but what pools, drops out, or gathers it."""
    traced = trace(build_meta(architectures.build, arch_id), architectures.get(arch_id).input_shape)
    path = default_grad_cam_layer(traced)
    assert path in grad_cam_layers(traced)
    if arch_id in WANTED:
        assert path == WANTED[arch_id]
    name, _, call = path.partition("@")
    chosen = next(record for record in traced.layers if (record.path, record.call) == (name, int(call or 1)))
    later = {r.kind for r in traced.layers[chosen.index + 1 :] if len(r.output_shape) == 4 and min(r.output_shape[2:]) > 1}
    if len(chosen.output_shape) == 4:
        assert later <= {"pool", "dropout", "flatten"}
        assert max(chosen.output_shape[2:]) > 1


@pytest.mark.parametrize("arch_id", ["mini_inception", "resnet20", "nin", "separable_cnn"])
def test_grad_cam_runs_where_it_looks_by_default(arch_id: str) -> None:
    spec = architectures.get(arch_id)
    network = architectures.build(arch_id, seed=3)
    x = torch.randn((1, *spec.input_shape), generator=torch.Generator().manual_seed(1))
    found = grad_cam(network, x)
    assert found.map.shape == spec.input_shape[1:]
    assert found.own_map is not None and np.isfinite(found.map).all() and found.map.min() >= 0
    if arch_id == "nin":  # the class's own map: its mean is the score
        assert found.own_map.sum() == pytest.approx(found.logit, rel=1e-4)


def test_a_network_without_maps_has_no_layer() -> None:
    with pytest.raises(InspectionError) as caught:
        default_grad_cam_layer(nn.Sequential(nn.Flatten(), nn.Linear(4, 2)), (1, 2, 2))
    assert caught.value.code == "no_grad_cam_layer"
    assert default_grad_cam_layer(lenet(), (1, 32, 32)) == "4"
