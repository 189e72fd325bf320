"""The architectures taken from torchvision and timm: a row each, under torchvision's or timm's own name. No code of theirs is here.

A new one is one new row in ``ZOO``, under its family.
"""

from __future__ import annotations

from dataclasses import dataclass

from cnn_core.architectures.catalogue import Architecture, Family, Source, option
from cnn_core.architectures.zoo_families import FAMILIES as FAMILIES


@dataclass(frozen=True)
class Net:
    """One row of the zoo.

    Attributes:
        size: side of the picture it was made for.
        patch: side of the patches of a vision transformer, which is built for one picture size, a multiple of it.
        width: whether the width of all layers can be chosen.
        arguments: fixed ones for torchvision's builder.
        timm: whether it is timm's.
    """

    id: str
    title: str
    params: int
    size: int = 224
    small: str = ""
    differs: str = ""
    patch: int = 0
    width: bool = False
    arguments: tuple[tuple[str, bool], ...] = ()
    timm: bool = False

    def row(self, family: Family) -> Architecture:
        options = [option("num_classes", 1000), option("in_channels", 3)]
        if self.width:
            options.append(option("width", 1.0))
        if self.patch:
            options.append(option("image_size", self.size, multiple_of=self.patch))
        source: Source = "timm" if self.timm else "torchvision"
        recipe = {"name": self.id} if self.timm else {"name": self.id, "arguments": dict(self.arguments)}
        return Architecture(
            id=self.id, title=self.title, family=family, input_shape=(3, self.size, self.size), params=self.params,
            source=source, builder=f"zoo_build:{source}", options=tuple(options),
            differs=self.differs, small=self.small, recipe=recipe,
        )


STRIDE_3X3 = (
    "The stride of a bottleneck stands on its 3×3 convolution (known as v1.5), in the paper on the 1×1 before it."
)

ZOO: dict[str, tuple[Net, ...]] = {
    "alexnet_owt": (
        Net("alexnet", "AlexNet (torchvision, 2014)", 61_100_840, small="alexnet_cifar",
            differs="The fourth convolution has 256 filters, where the paper has 384, and an adaptive average pool "
            "lets pictures of other sizes through."),
    ),
    "vgg": (
        Net("vgg11", "VGG-11", 132_863_336, small="vgg11_cifar"),
        Net("vgg13", "VGG-13", 133_047_848, small="vgg13_cifar"),
        Net("vgg16", "VGG-16", 138_357_544, small="vgg16_cifar"),
        Net("vgg19", "VGG-19", 143_667_240, small="vgg19_cifar"),
        Net("vgg11_bn", "VGG-11 with batch norm", 132_868_840, small="vgg11_cifar"),
        Net("vgg13_bn", "VGG-13 with batch norm", 133_053_736, small="vgg13_cifar"),
        Net("vgg16_bn", "VGG-16 with batch norm", 138_365_992, small="vgg16_cifar"),
        Net("vgg19_bn", "VGG-19 with batch norm", 143_678_248, small="vgg19_cifar"),
    ),
    "googlenet": (
        Net("googlenet", "GoogLeNet (torchvision)", 6_624_904, small="googlenet_cifar",
            arguments=(("aux_logits", False), ("init_weights", True)),
            differs="The 5×5 branch of every module is really 3×3, each convolution has batch normalisation, and the "
            "auxiliary classifiers are left out."),
    ),
    "inception_v3": (
        Net("inception_v3", "Inception v3", 27_161_264, 299, small="inception_v3_cifar", arguments=(("init_weights", True),),
            differs="3,326,696 of the parameters are the auxiliary classifier, which is used in training only."),
    ),
    "resnet": (
        Net("resnet18", "ResNet-18", 11_689_512, small="resnet18_cifar"),
        Net("resnet34", "ResNet-34", 21_797_672, small="resnet34_cifar"),
        Net("resnet50", "ResNet-50", 25_557_032, small="resnet50_cifar", differs=STRIDE_3X3),
        Net("resnet101", "ResNet-101", 44_549_160, small="resnet50_cifar", differs=STRIDE_3X3),
        Net("resnet152", "ResNet-152", 60_192_808, small="resnet50_cifar", differs=STRIDE_3X3),
    ),
    "squeezenet": (
        Net("squeezenet1_0", "SqueezeNet 1.0", 1_248_424, small="squeezenet1_1_cifar"),
        Net("squeezenet1_1", "SqueezeNet 1.1", 1_235_496, small="squeezenet1_1_cifar",
            differs="The authors' later form, with a smaller first convolution and earlier pooling: the same accuracy "
            "at less than half the cost."),
    ),
    "wide_resnet": (
        Net("wide_resnet50_2", "Wide ResNet-50-2", 68_883_240, small="wide_resnet50_2_cifar"),
        Net("wide_resnet101_2", "Wide ResNet-101-2", 126_886_696, small="wide_resnet50_2_cifar"),
    ),
    "densenet": (
        Net("densenet121", "DenseNet-121", 7_978_856, small="densenet121_cifar"),
        Net("densenet169", "DenseNet-169", 14_149_480, small="densenet121_cifar"),
        Net("densenet201", "DenseNet-201", 20_013_928, small="densenet121_cifar"),
        Net("densenet161", "DenseNet-161", 28_681_000, small="densenet121_cifar"),
    ),
    "resnext": (
        Net("resnext50_32x4d", "ResNeXt-50 32×4d", 25_028_904, small="resnext50_32x4d_cifar"),
        Net("resnext101_32x8d", "ResNeXt-101 32×8d", 88_791_336, small="resnext50_32x4d_cifar"),
        Net("resnext101_64x4d", "ResNeXt-101 64×4d", 83_455_272, small="resnext50_32x4d_cifar"),
    ),
    "xception": (
        Net("legacy_xception", "Xception (timm)", 22_855_952, 299, timm=True),
    ),
    "senet": (
        Net("seresnext50_32x4d", "SE-ResNeXt-50 32×4d", 27_559_896, small="seresnet50_cifar", timm=True),
        Net("seresnext101_32x4d", "SE-ResNeXt-101 32×4d", 48_955_416, small="seresnet50_cifar", timm=True),
        Net("legacy_senet154", "SENet-154", 115_088_984, small="seresnet50_cifar", timm=True),
    ),
    "aligned_xception": (
        Net("xception41", "Aligned Xception-41", 26_969_560, 299, timm=True),
        Net("xception65", "Aligned Xception-65", 39_916_312, 299, timm=True),
        Net("xception71", "Aligned Xception-71", 42_338_736, 299, timm=True),
    ),
    "mobilenet_v2": (
        Net("mobilenet_v2", "MobileNet v2", 3_504_872, small="mobilenet_v2_cifar", width=True),
    ),
    "shufflenet_v2": (
        Net("shufflenet_v2_x0_5", "ShuffleNet v2 ×0.5", 1_366_792, small="shufflenet_v2_x1_0_cifar"),
        Net("shufflenet_v2_x1_0", "ShuffleNet v2 ×1", 2_278_604, small="shufflenet_v2_x1_0_cifar"),
        Net("shufflenet_v2_x1_5", "ShuffleNet v2 ×1.5", 3_503_624, small="shufflenet_v2_x1_0_cifar"),
        Net("shufflenet_v2_x2_0", "ShuffleNet v2 ×2", 7_393_996, small="shufflenet_v2_x1_0_cifar"),
    ),
    "mnasnet": (
        Net("mnasnet0_5", "MNASNet ×0.5", 2_218_512, small="mnasnet1_0_cifar"),
        Net("mnasnet0_75", "MNASNet ×0.75", 3_170_208, small="mnasnet1_0_cifar"),
        Net("mnasnet1_0", "MNASNet ×1", 4_383_312, small="mnasnet1_0_cifar"),
        Net("mnasnet1_3", "MNASNet ×1.3", 6_282_256, small="mnasnet1_0_cifar"),
    ),
    "mobilenet_v3": (
        Net("mobilenet_v3_small", "MobileNet v3 small", 2_542_856, small="mobilenet_v3_small_cifar", width=True),
        Net("mobilenet_v3_large", "MobileNet v3 large", 5_483_032, small="mobilenet_v3_large_cifar", width=True),
    ),
    "efficientnet": (
        Net("efficientnet_b0", "EfficientNet-B0", 5_288_548, 224, small="efficientnet_b0_cifar"),
        Net("efficientnet_b1", "EfficientNet-B1", 7_794_184, 240, small="efficientnet_b0_cifar"),
        Net("efficientnet_b2", "EfficientNet-B2", 9_109_994, 288, small="efficientnet_b0_cifar",
            differs="Its weights are for pictures of 288×288; the paper has 260×260."),
        Net("efficientnet_b3", "EfficientNet-B3", 12_233_232, 300, small="efficientnet_b0_cifar"),
        Net("efficientnet_b4", "EfficientNet-B4", 19_341_616, 380, small="efficientnet_b0_cifar"),
        Net("efficientnet_b5", "EfficientNet-B5", 30_389_784, 456, small="efficientnet_b0_cifar"),
        Net("efficientnet_b6", "EfficientNet-B6", 43_040_704, 528, small="efficientnet_b0_cifar"),
        Net("efficientnet_b7", "EfficientNet-B7", 66_347_960, 600, small="efficientnet_b0_cifar"),
    ),
    "regnet": (
        Net("regnet_x_400mf", "RegNetX-400MF", 5_495_976, small="regnet_y_400mf_cifar"),
        Net("regnet_x_800mf", "RegNetX-800MF", 7_259_656, small="regnet_y_400mf_cifar"),
        Net("regnet_x_1_6gf", "RegNetX-1.6GF", 9_190_136, small="regnet_y_400mf_cifar"),
        Net("regnet_x_3_2gf", "RegNetX-3.2GF", 15_296_552, small="regnet_y_400mf_cifar"),
        Net("regnet_x_8gf", "RegNetX-8GF", 39_572_648, small="regnet_y_400mf_cifar"),
        Net("regnet_x_16gf", "RegNetX-16GF", 54_278_536, small="regnet_y_400mf_cifar"),
        Net("regnet_x_32gf", "RegNetX-32GF", 107_811_560, small="regnet_y_400mf_cifar"),
        Net("regnet_y_400mf", "RegNetY-400MF", 4_344_144, small="regnet_y_400mf_cifar"),
        Net("regnet_y_800mf", "RegNetY-800MF", 6_432_512, small="regnet_y_400mf_cifar"),
        Net("regnet_y_1_6gf", "RegNetY-1.6GF", 11_202_430, small="regnet_y_400mf_cifar"),
        Net("regnet_y_3_2gf", "RegNetY-3.2GF", 19_436_338, small="regnet_y_400mf_cifar"),
        Net("regnet_y_8gf", "RegNetY-8GF", 39_381_472, small="regnet_y_400mf_cifar"),
        Net("regnet_y_16gf", "RegNetY-16GF", 83_590_140, small="regnet_y_400mf_cifar"),
        Net("regnet_y_32gf", "RegNetY-32GF", 145_046_770, small="regnet_y_400mf_cifar"),
        Net("regnet_y_128gf", "RegNetY-128GF", 644_812_894, 384, small="regnet_y_400mf_cifar",
            differs="Not in the paper: Singh et al. (2022), arXiv:2201.08371, trained it on 3.6 billion tagged "
            "pictures."),
    ),
    "efficientnet_lite": (
        Net("tf_efficientnet_lite0", "EfficientNet-Lite0", 4_652_008, 224, timm=True),
        Net("tf_efficientnet_lite1", "EfficientNet-Lite1", 5_416_680, 240, timm=True),
        Net("tf_efficientnet_lite2", "EfficientNet-Lite2", 6_092_072, 260, timm=True),
        Net("tf_efficientnet_lite3", "EfficientNet-Lite3", 8_197_096, 300, timm=True,
            differs="timm's picture size; its author trained it on 280×280."),
        Net("tf_efficientnet_lite4", "EfficientNet-Lite4", 13_006_568, 380, timm=True,
            differs="timm's picture size; its author trained it on 300×300."),
    ),
    "vit": (
        Net("vit_b_16", "ViT-B/16", 86_567_656, patch=16),
        Net("vit_b_32", "ViT-B/32", 88_224_232, patch=32),
        Net("vit_l_16", "ViT-L/16", 304_326_632, patch=16),
        Net("vit_l_32", "ViT-L/32", 306_535_400, patch=32),
        Net("vit_h_14", "ViT-H/14", 632_045_800, patch=14),
    ),
    "efficientnet_v2": (
        Net("efficientnet_v2_s", "EfficientNetV2-S", 21_458_488, 384, small="efficientnet_v2_s_cifar"),
        Net("efficientnet_v2_m", "EfficientNetV2-M", 54_139_356, 480, small="efficientnet_v2_s_cifar"),
        Net("efficientnet_v2_l", "EfficientNetV2-L", 118_515_272, 480, small="efficientnet_v2_s_cifar"),
    ),
    "swin": (
        Net("swin_t", "Swin-T", 28_288_354),
        Net("swin_s", "Swin-S", 49_606_258),
        Net("swin_b", "Swin-B", 87_768_224),
    ),
    "swin_v2": (
        Net("swin_v2_t", "Swin v2-T", 28_351_570, 256),
        Net("swin_v2_s", "Swin v2-S", 49_737_442, 256),
        Net("swin_v2_b", "Swin v2-B", 87_930_848, 256),
    ),
    "convnext": (
        Net("convnext_tiny", "ConvNeXt-T", 28_589_128, small="convnext_tiny_cifar"),
        Net("convnext_small", "ConvNeXt-S", 50_223_688, small="convnext_tiny_cifar"),
        Net("convnext_base", "ConvNeXt-B", 88_591_464, small="convnext_tiny_cifar"),
        Net("convnext_large", "ConvNeXt-L", 197_767_336, small="convnext_tiny_cifar"),
    ),
    "maxvit": (
        Net("maxvit_t", "MaxViT-T", 30_919_624),
    ),
}  # fmt: skip


def rows(families: dict[str, Family]) -> list[Architecture]:
    """The rows of the zoo, each with its family."""
    return [net.row(families[family_id]) for family_id, nets in ZOO.items() for net in nets]
