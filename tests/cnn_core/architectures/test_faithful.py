"""The figures of the papers and of the course, worked out apart from the code."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from cnn_core import architectures
from cnn_core.architectures.lenet import C3_SOURCES, DIGITS, RBFOutput, Subsampling, digit_code
from cnn_core.architectures.senet import SqueezeExcite
from cnn_core.architectures.zoo_build import like
from cnn_core.inspection import build_meta, trace


def params(network: nn.Module) -> int:
    return sum(parameter.numel() for parameter in network.parameters())


def child(network: nn.Module, path: str) -> int:
    return params(network.get_submodule(path))


def picture(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.rand(*shape, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("id", ["lenet5", "lenet5_keras"])
def test_both_lenets_of_the_course_have_61706_parameters(id: str) -> None:
    network = architectures.build(id, seed=0)
    layers = {"c1": 156, "c3": 2_416, "c5": 48_120, "f6": 10_164, "output": 850}
    assert {name: child(network, name) for name in layers} == layers
    assert params(network) == sum(layers.values()) == 61_706
    assert network(picture(64, *architectures.get(id).input_shape)).shape == (64, 10)


def test_lenet_of_1998_has_the_papers_counts() -> None:
    """LeCun et al. (1998), section II.B, gives each of them, and 60,000 in all."""
    network = architectures.build("lenet5_1998", seed=0)
    layers = {"c1": 156, "s2": 12, "c3": 1_516, "s4": 32, "c5": 48_120, "f6": 10_164, "output": 0}
    assert {name: child(network, name) for name in layers} == layers
    assert params(network) == 60_000


def test_c3_is_the_papers_table() -> None:
    """Six maps see 3 neighbours, six see 4 neighbours, three see 4 others, one sees all; each of S2 feeds ten maps."""
    assert [len(seen) for seen in C3_SOURCES] == [3] * 6 + [4] * 9 + [6]
    assert [sum(source in seen for seen in C3_SOURCES) for source in range(6)] == [10] * 6
    assert len(set(C3_SOURCES)) == 16


def test_subsampling_adds_multiplies_and_shifts() -> None:
    layer = Subsampling(1)
    layer.coefficient.data.fill_(2.0)
    layer.bias.data.fill_(5.0)
    assert layer(torch.tensor([[[[1.0, 2.0], [3.0, 4.0]]]])).item() == 2 * 10 + 5


def test_the_nearest_code_wins() -> None:
    output = RBFOutput(12)
    for label in range(12):
        scores = output(output.codes[label][None])
        assert scores.argmax().item() == label
        assert scores.max().item() == 0
    assert len({tuple(digit_code(digit)) for digit in DIGITS}) == 10
    assert {len(digit_code(digit)) for digit in DIGITS} == {84}


def test_mini_inception_has_the_courses_branches() -> None:
    network = architectures.build("mini_inception", seed=0)
    layers = {"stem": 416, "branch1x1": 544, "branch5x5": 12_832, "branch3x3": 4_640, "linear": 878_090}
    assert {name: child(network, name) for name in layers} == layers
    assert params(network) == 896_522


def test_mnist_cnn_prints_the_courses_shapes() -> None:
    network = architectures.build("mnist_cnn", seed=0)
    x = network.get_submodule("block1")(picture(64, 1, 28, 28))
    assert x.shape == (64, 64, 14, 14)
    x = network.get_submodule("block2")(x)
    assert x.shape == (64, 128, 7, 7)
    linear = network.get_submodule("linear")
    assert isinstance(linear, nn.Linear)
    assert (linear.in_features, linear.out_features) == (6272, 10)


def test_mini_resnet_is_the_identity_with_zero_weights() -> None:
    """The course: with zero weights and bias the block passes what a ReLU let through."""
    block = architectures.build("mini_resnet", seed=0).get_submodule("block")
    for parameter in block.parameters():
        parameter.data.zero_()
    x = picture(1, 32, 5, 5)
    assert torch.equal(block(x), x)


@pytest.mark.parametrize(("id", "millions"), [
    ("vgg_a", 133), ("vgg_a_lrn", 133), ("vgg_b", 133), ("vgg_c", 134), ("vgg_d", 138), ("vgg_e", 144),
])
def test_vgg_has_the_millions_of_the_papers_table_2(id: str, millions: int) -> None:
    assert round(architectures.get(id).params / 1e6) == millions


@pytest.mark.parametrize(("id", "layers"), [("vgg_a", 11), ("vgg_b", 13), ("vgg_c", 16), ("vgg_d", 16), ("vgg_e", 19)])
def test_vgg_has_the_weight_layers_of_the_papers_table_1(id: str, layers: int) -> None:
    modules = list(build_meta(architectures.build, id).modules())
    weighted = [layer for layer in modules if isinstance(layer, nn.Conv2d | nn.Linear)]
    assert len(weighted) == layers
    kernels = [layer.kernel_size for layer in modules if isinstance(layer, nn.Conv2d)]
    assert kernels.count((1, 1)) == (3 if id == "vgg_c" else 0)
    assert sum(isinstance(layer, nn.MaxPool2d) for layer in modules) == 5


@pytest.mark.parametrize(("own", "theirs"), [("vgg_a", "vgg11"), ("vgg_b", "vgg13"), ("vgg_d", "vgg16"), ("vgg_e", "vgg19")])
def test_vgg_has_the_shapes_of_torchvisions(own: str, theirs: str) -> None:
    mine, other = (build_meta(architectures.build, id).state_dict().values() for id in (own, theirs))
    assert [tensor.shape for tensor in mine] == [tensor.shape for tensor in other]


@pytest.mark.parametrize(("id", "millions"), [
    ("resnet20", 0.27), ("resnet32", 0.46), ("resnet44", 0.66), ("resnet56", 0.85), ("resnet110", 1.7),
])
def test_resnets_for_cifar_have_the_papers_millions(id: str, millions: float) -> None:
    """He et al. (2016), table 6."""
    assert round(architectures.get(id).params / 1e6, 1 if id == "resnet110" else 2) == millions
    depth = sum(isinstance(m, nn.Conv2d | nn.Linear) for m in build_meta(architectures.build, id).modules())
    assert depth == int(id.removeprefix("resnet"))


def test_option_a_pads_with_zeros_on_both_sides() -> None:
    block = architectures.build("resnet20", seed=0).get_submodule("stage2.0")
    x = picture(1, 16, 4, 4)
    shortcut = block.shortcut(x)
    assert shortcut.shape == (1, 32, 2, 2)
    assert torch.equal(shortcut[:, 8:24], x[:, :, ::2, ::2])
    assert shortcut[:, :8].abs().sum() == shortcut[:, 24:].abs().sum() == 0


@pytest.mark.parametrize(("id", "published"), [
    ("alexnet_2012", 60_965_224),  # 96·(3·11² + 1) + 256·(48·5² + 1) + 384·(256·3² + 1) + 384·(192·3² + 1) + 256·(192·3² + 1) + …
    ("nin", 966_986), ("nin_imagenet", 7_595_176),  # the authors' Caffe configurations
    ("googlenet_2014", 6_998_552),  # Caffe's bvlc_googlenet without its auxiliary classifiers
    ("all_cnn", 1_369_738), ("all_cnn_convpool", 1_369_738),  # the paper's table 4: about 1.4 M
    ("xception", 22_855_952),  # the paper's table 3: 22,855,952
    ("mobilenet_v1", 4_231_976),  # the paper: 4.2 M
    ("seresnet50", 28_088_024),
    ("resnet9", 6_573_120),
    ("resnet18_cifar", 11_173_962),
])
def test_published_counts(id: str, published: int) -> None:
    assert architectures.get(id).params == published


@pytest.mark.parametrize(("id", "millions"), [
    ("alexnet_2012", 724), ("googlenet_2014", 1_583), ("bn_inception", 2_033), ("mobilenet_v1", 569), ("vgg_d", 15_470),
    ("resnet20", 41), ("resnet110", 253), ("seresnet50", 4_092),
])
def test_published_millions_of_multiplications(id: str, millions: int) -> None:
    """MobileNet's paper says 569, SENet's 2,030 for BN-Inception; Caffe's AlexNet and GoogLeNet 724 and 1,583."""
    row = architectures.get(id)
    assert round(trace(build_meta(architectures.build, id), row.input_shape).macs / 1e6) == millions


def test_bn_inception_has_the_published_count_with_biases() -> None:
    """11,295,240 is known of the Caffe form, whose convolutions have biases beside the normalisation's."""
    network = build_meta(architectures.build, "bn_inception")
    biases = sum(layer.out_channels for layer in network.modules() if isinstance(layer, nn.Conv2d))
    assert params(network) + biases == 11_295_240


@pytest.mark.parametrize(("width", "millions"), [(0.75, 2.6), (0.5, 1.3), (0.25, 0.5)])
def test_mobilenet_shrinks_as_the_paper_says(width: float, millions: float) -> None:
    """Howard et al. (2017), table 6."""
    assert round(params(build_meta(architectures.build, "mobilenet_v1", width=width)) / 1e6, 1) == millions


def test_xception_has_timms_tensors() -> None:
    mine, theirs = (build_meta(architectures.build, id).state_dict().values() for id in ("xception", "legacy_xception"))
    assert sorted(tuple(tensor.shape) for tensor in mine) == sorted(tuple(tensor.shape) for tensor in theirs)


def test_seresnet_weighs_channels_and_nothing_else() -> None:
    plain, weighed = architectures.get("resnet50").params, architectures.get("seresnet50").params
    blocks = [SqueezeExcite(channels) for channels, count in ((256, 3), (512, 4), (1024, 6), (2048, 3)) for _ in range(count)]
    assert weighed - plain == sum(params(block) for block in blocks) == 2_530_992
    block, x = SqueezeExcite(32), picture(2, 32, 4, 4)
    ratio = block(x) / x
    assert torch.allclose(ratio, ratio[:, :, :1, :1].expand_as(ratio), atol=1e-6)
    assert ratio.min() > 0
    assert ratio.max() < 1


def test_se_inception_is_bn_inception_and_ten_blocks() -> None:
    plain, weighed = (build_meta(architectures.build, id) for id in ("bn_inception", "se_inception"))
    blocks = [module for module in weighed.modules() if isinstance(module, SqueezeExcite)]
    assert len(blocks) == 10
    assert params(weighed) - params(plain) == sum(params(block) for block in blocks)


def test_a_separable_convolution_has_nine_and_eight_weights_for_72() -> None:
    standard, separable = (architectures.build(id, seed=0).get_submodule("blocks.0.0") for id in ("standard_cnn", "separable_cnn"))
    assert params(standard) == 72
    assert [parameter.numel() for parameter in separable.parameters()] == [9, 8]


@pytest.mark.parametrize(("id", "stem"), [("resnet18_cifar", 32), ("all_cnn", 32), ("densenet121_cifar", 32), ("lenet5", 28)])
def test_small_forms_keep_the_pixels_of_the_stem(id: str, stem: int) -> None:
    row = architectures.get(id)
    network = architectures.build(id, seed=0)
    first = next(layer for layer in network.modules() if isinstance(layer, nn.Conv2d))
    sizes: list[int] = []
    handle = first.register_forward_hook(lambda module, inputs, output: sizes.append(output.shape[-1]))
    network(picture(1, *row.input_shape))
    handle.remove()
    assert sizes == [stem]


def test_a_convolution_like_another_keeps_its_settings() -> None:
    conv = nn.Conv2d(4, 8, 5, stride=2, padding=2, groups=2, bias=False)
    copy = like(conv, in_channels=6)
    assert (copy.in_channels, copy.out_channels, copy.kernel_size, copy.stride, copy.padding, copy.groups, copy.bias) == (
        6, 8, (5, 5), (2, 2), (2, 2), 2, None,
    )


@pytest.mark.parametrize("id", [
    "lenet5_1998", "nin", "all_cnn_base", "resnet20", "mini_resnet", "separable_cnn", "vgg11_cifar", "mobilenet_v1_cifar",
])
def test_small_networks_compute_and_learn(id: str) -> None:
    """Finite outputs that differ from picture to picture, and a gradient at every parameter: nothing is wired past."""
    row = architectures.get(id)
    network = architectures.build(id, seed=0)
    out = network(picture(4, *row.input_shape))
    assert torch.isfinite(out).all()
    assert not torch.allclose(out[0], out[1])
    out.square().sum().backward()
    silent = [name for name, parameter in network.named_parameters() if parameter.grad is None]
    assert silent == []


# Published figures -----------------------------------------------------------------------------------------------------


def test_published_figures_are_torchvisions() -> None:
    found = {entry.weights: entry for entry in architectures.published("resnet50")}
    assert list(found) == ["IMAGENET1K_V1", "IMAGENET1K_V2"]
    assert (found["IMAGENET1K_V1"].top1, found["IMAGENET1K_V1"].macs) == (76.13, 4_089_000_000)
    assert found["IMAGENET1K_V2"].source.startswith("https://")
    assert architectures.published("lenet5") == architectures.published("seresnext50_32x4d") == ()
    assert architectures.published("resnet18_cifar") == ()


@pytest.mark.parametrize("id", [id for id in architectures.ids() if architectures.get(id).builder == "zoo_build:torchvision"])
def test_the_zoo_agrees_with_what_torchvision_publishes(id: str) -> None:
    row = architectures.get(id)
    entries = architectures.published(id)
    assert entries
    assert any((entry.params, entry.input_size) == (row.params, row.input_shape[1]) for entry in entries)
    assert all(50 < entry.top1 < entry.top5 < 100 and entry.macs > 10**7 for entry in entries)
