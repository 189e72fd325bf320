"""CIFAR-sized forms of torchvision's networks: the same network behind a stem that does not halve small pictures three times.

A new one is one new row in ``SMALL``: its torchvision name, and which layers of the stem change.
"""

from __future__ import annotations

from dataclasses import dataclass

from cnn_core.architectures.catalogue import Architecture, Family, option


@dataclass(frozen=True)
class SmallNet:
    """One row.

    Attributes:
        of: torchvision's name of the network.
        whole: paths of the convolutions that keep the size: stride 1, and 3×3 where they were larger.
        dropped: paths of the poolings that are left out.
        differs: what that means, in words.
    """

    id: str
    title: str
    family: str
    of: str
    params: int
    whole: tuple[str, ...]
    dropped: tuple[str, ...] = ()
    arguments: tuple[tuple[str, bool], ...] = ()
    differs: str = ""

    def row(self, family: Family) -> Architecture:
        return Architecture(
            id=self.id, title=self.title, family=family, input_shape=(3, 32, 32), params=self.params, source="torchvision",
            builder="zoo_build:small", options=(option("num_classes", 10), option("in_channels", 3)), differs=self.differs,
            recipe={"name": self.of, "arguments": dict(self.arguments), "whole": self.whole, "dropped": self.dropped},
        )


STEM = "Reduced to 32×32: the first convolution is 3×3 with stride 1, and the first pooling is left out."
POOLS = (
    "Reduced to 32×32: the first convolution is 3×3 with stride 1, and the first two poolings are left out; there is no "
    "auxiliary classifier."
)
STRIDES = "Reduced to 32×32: the first two strides of 2 are 1."
PATCHES = "Reduced to 32×32: a 3×3 convolution with stride 1 takes the place of the 4×4 patches."

SMALL: tuple[SmallNet, ...] = (
    SmallNet("resnet18_cifar", "ResNet-18 for CIFAR", "resnet", "resnet18", 11_173_962, ("conv1",), ("maxpool",), differs=STEM),
    SmallNet("resnet34_cifar", "ResNet-34 for CIFAR", "resnet", "resnet34", 21_282_122, ("conv1",), ("maxpool",), differs=STEM),
    SmallNet("resnet50_cifar", "ResNet-50 for CIFAR", "resnet", "resnet50", 23_520_842, ("conv1",), ("maxpool",), differs=STEM),
    SmallNet("wide_resnet50_2_cifar", "Wide ResNet-50-2 for CIFAR", "wide_resnet", "wide_resnet50_2", 66_847_050,
             ("conv1",), ("maxpool",), differs=STEM),
    SmallNet("resnext50_32x4d_cifar", "ResNeXt-50 32×4d for CIFAR", "resnext", "resnext50_32x4d", 22_992_714,
             ("conv1",), ("maxpool",), differs=STEM),
    SmallNet("densenet121_cifar", "DenseNet-121 for CIFAR", "densenet", "densenet121", 6_956_426,
             ("features.conv0",), ("features.pool0",), differs=STEM),
    SmallNet("squeezenet1_1_cifar", "SqueezeNet 1.1 for CIFAR", "squeezenet", "squeezenet1_1", 727_626,
             ("features.0",), ("features.2",), differs=STEM),
    SmallNet("shufflenet_v2_x1_0_cifar", "ShuffleNet v2 ×1 for CIFAR", "shufflenet_v2", "shufflenet_v2_x1_0", 1_263_854,
             ("conv1.0",), ("maxpool",), differs=STEM),
    SmallNet("googlenet_cifar", "GoogLeNet for CIFAR", "googlenet", "googlenet", 5_602_474, ("conv1.conv",), ("maxpool1", "maxpool2"),
             (("aux_logits", False), ("init_weights", True)), differs=POOLS),
    SmallNet("inception_v3_cifar", "Inception v3 for CIFAR", "inception_v3", "inception_v3", 21_806_058,
             ("Conv2d_1a_3x3.conv",), ("maxpool1", "maxpool2"),
             (("aux_logits", False), ("init_weights", True)), differs=POOLS),
    SmallNet("mobilenet_v2_cifar", "MobileNet v2 for CIFAR", "mobilenet_v2", "mobilenet_v2", 2_236_682,
             ("features.0.0", "features.2.conv.1.0"), differs=STRIDES),
    SmallNet("mnasnet1_0_cifar", "MNASNet ×1 for CIFAR", "mnasnet", "mnasnet1_0", 3_115_122,
             ("layers.0", "layers.8.0.layers.3"), differs=STRIDES),
    SmallNet("mobilenet_v3_small_cifar", "MobileNet v3 small for CIFAR", "mobilenet_v3", "mobilenet_v3_small", 1_528_106,
             ("features.0.0", "features.1.block.0.0"), differs=STRIDES),
    SmallNet("mobilenet_v3_large_cifar", "MobileNet v3 large for CIFAR", "mobilenet_v3", "mobilenet_v3_large", 4_214_842,
             ("features.0.0", "features.2.block.1.0"), differs=STRIDES),
    SmallNet("efficientnet_b0_cifar", "EfficientNet-B0 for CIFAR", "efficientnet", "efficientnet_b0", 4_020_358,
             ("features.0.0", "features.2.0.block.1.0"), differs=STRIDES),
    SmallNet("regnet_y_400mf_cifar", "RegNetY-400MF for CIFAR", "regnet", "regnet_y_400mf", 3_907_554,
             ("stem.0", "trunk_output.block1.block1-0.proj.0", "trunk_output.block1.block1-0.f.b.0"), differs=STRIDES),
    SmallNet("efficientnet_v2_s_cifar", "EfficientNetV2-S for CIFAR", "efficientnet_v2", "efficientnet_v2_s", 20_190_298,
             ("features.0.0", "features.2.0.block.0.0"), differs=STRIDES),
    SmallNet("convnext_tiny_cifar", "ConvNeXt-T for CIFAR", "convnext", "convnext_tiny", 27_825_802, ("features.0.0",), differs=PATCHES),
)  # fmt: skip


def rows(families: dict[str, Family]) -> list[Architecture]:
    """The rows, each with its family."""
    return [net.row(families[net.family]) for net in SMALL]
