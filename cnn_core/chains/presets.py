"""Chains to start from: the course's own, and the canon's."""

from __future__ import annotations

from dataclasses import dataclass

from cnn_core.chains.chain import Chain
from cnn_core.chains.text import from_text
from cnn_core.registry import Registry


@dataclass(frozen=True)
class Preset:
    """A chain with a name.

    Attributes:
        text: as ``cnn_core.chains.from_text`` reads it.
        params: trainable numbers, as published or worked out by hand.
        field: receptive field of the last map, in pixels.
    """

    id: str
    title: str
    source: str
    text: str
    params: int
    field: int

    @property
    def chain(self) -> Chain:
        return from_text(self.text)


PRESETS: Registry[Preset] = Registry("chain preset")

for _preset in (
    Preset(
        "mnist_cnn",
        "MNIST CNN",
        "the course's first lesson",
        "1x28x28_conv64.p1_relu_max2_conv128.p1_relu_max2_flat_lin10",
        params=137_226,
        field=10,
    ),
    Preset(
        "lenet5",
        "LeNet-5",
        "LeCun et al. (1998), doi:10.1109/5.726791; C3 sees all six maps",
        "1x32x32_conv6.k5_tanh_avg2_conv16.k5_tanh_avg2_conv120.k5_tanh_flat_lin84_relu_lin10",
        params=61_706,
        field=32,
    ),
    Preset(
        "vgg_block",
        "VGG blocks",
        "Simonyan & Zisserman (2014), arXiv:1409.1556",
        "3x224x224_conv64.p1_relu_conv64.p1_relu_max2_conv128.p1_relu_conv128.p1_relu_max2",
        params=260_160,
        field=16,
    ),
    Preset(
        "alexnet",
        "AlexNet",
        "Krizhevsky (2014), arXiv:1404.5997, the one torchvision builds",
        "3x224x224_conv64.k11.s4.p2_relu_max3_conv192.k5.p2_relu_max3_conv384.p1_relu_conv256.p1_relu"
        "_conv256.p1_relu_max3",
        params=2_469_696,
        field=195,
    ),
    Preset(
        "resnet_stem",
        "ResNet stem",
        "He et al. (2016), arXiv:1512.03385",
        "3x224x224_conv64.k7.s2.p3.nobias_bn_relu_max3.p1",
        params=9_536,
        field=11,
    ),
    Preset(
        "separable",
        "Separable",
        "the course's fourth lesson: 72 parameters become 9 + 8",
        "1x28x28_conv1.nobias_conv8.k1.nobias",
        params=17,
        field=3,
    ),
    Preset(
        "dcgan",
        "DCGAN generator",
        "Radford et al. (2015), arXiv:1511.06434",
        "100x1x1_tconv512.k4.s1.nobias_bn_relu_tconv256.k4.p1.nobias_bn_relu_tconv128.k4.p1.nobias_bn_relu"
        "_tconv64.k4.p1.nobias_bn_relu_tconv3.k4.p1.nobias_tanh",
        params=3_576_704,
        field=6,
    ),
):
    PRESETS.add(_preset)
