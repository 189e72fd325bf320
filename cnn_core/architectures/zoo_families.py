"""The families of the zoo: where the architectures of torchvision and timm come from, and what each brought."""

from __future__ import annotations

from cnn_core.architectures.catalogue import Family

FAMILIES = (
    Family(
        id="alexnet_owt", title="AlexNet in one column", year=2014, authors="Alex Krizhevsky",
        paper="Krizhevsky (2014), \"One weird trick for parallelizing convolutional neural networks\", arXiv:1404.5997",
        brought="Several GPUs share the pictures in the convolutions, which hold the work, and the units in the "
        "linear layers, which hold the parameters. AlexNet itself became one column, without groups and without local "
        "response normalisation.",
    ),
    Family(
        id="resnet", title="ResNet", year=2015, authors="Kaiming He, Xiangyu Zhang, Shaoqing Ren, Jian Sun",
        paper="He et al. (2016), CVPR, arXiv:1512.03385",
        brought="A shortcut adds a block's input to its output, so the block learns only the difference and the "
        "gradient finds a way around it. Networks of 152 layers became trainable, and won ImageNet 2015 with 3.57 % "
        "top-5 error.",
    ),
    Family(
        id="inception_v3", title="Inception v3", year=2015,
        authors="Christian Szegedy, Vincent Vanhoucke, Sergey Ioffe, Jonathon Shlens, Zbigniew Wojna",
        paper="Szegedy et al. (2016), CVPR, arXiv:1512.00567",
        brought="Large kernels are factorised: 5×5 into two 3×3, n×n into 1×n and n×1. Label smoothing and batch "
        "normalisation in the auxiliary classifier came with it.",
    ),
    Family(
        id="squeezenet", title="SqueezeNet", year=2016,
        authors="Forrest N. Iandola, Song Han, Matthew W. Moskewicz, Khalid Ashraf, William J. Dally, Kurt Keutzer",
        paper="Iandola et al. (2016), arXiv:1602.07360",
        brought="Fire modules squeeze the channels with 1×1 convolutions before they expand them with 1×1 and 3×3. "
        "AlexNet's accuracy came with a fiftieth of its parameters.",
    ),
    Family(
        id="wide_resnet", title="Wide ResNet", year=2016, authors="Sergey Zagoruyko, Nikos Komodakis",
        paper="Zagoruyko & Komodakis (2016), BMVC, arXiv:1605.07146",
        brought="Fewer and wider layers do better than very many thin ones, and train several times faster. Width is "
        "as good a way to grow a residual network as depth.",
    ),
    Family(
        id="densenet", title="DenseNet", year=2016,
        authors="Gao Huang, Zhuang Liu, Laurens van der Maaten, Kilian Q. Weinberger",
        paper="Huang et al. (2017), CVPR, arXiv:1608.06993",
        brought="Each layer gets the maps of all layers before it in its block, put side by side and not added. "
        "Features are used again instead of learned again, which saves parameters.",
    ),
    Family(
        id="resnext", title="ResNeXt", year=2016,
        authors="Saining Xie, Ross Girshick, Piotr Dollár, Zhuowen Tu, Kaiming He",
        paper="Xie et al. (2017), CVPR, arXiv:1611.05431",
        brought="The 3×3 convolution of a residual block is split into many equal groups. Their number, the "
        "cardinality, is a third way to grow a network, beside depth and width.",
    ),
    Family(
        id="mobilenet_v2", title="MobileNet v2", year=2018,
        authors="Mark Sandler, Andrew Howard, Menglong Zhu, Andrey Zhmoginov, Liang-Chieh Chen",
        paper="Sandler et al. (2018), CVPR, arXiv:1801.04381",
        brought="Inverted residuals: the shortcut joins the thin layers, and a depthwise convolution works between "
        "them on six times as many channels. The thin layers have no ReLU, which would destroy what they carry.",
    ),
    Family(
        id="shufflenet_v2", title="ShuffleNet v2", year=2018,
        authors="Ningning Ma, Xiangyu Zhang, Hai-Tao Zheng, Jian Sun",
        paper="Ma et al. (2018), ECCV, arXiv:1807.11164",
        brought="It was designed by measured speed, not by counted operations: memory access and parallelism decide "
        "too. Half of the channels pass each block untouched, and a shuffle mixes the halves.",
    ),
    Family(
        id="aligned_xception", title="Aligned Xception", year=2018,
        authors="Liang-Chieh Chen, Yukun Zhu, George Papandreou, Florian Schroff, Hartwig Adam",
        paper="Chen et al. (2018), ECCV, arXiv:1802.02611",
        brought="Xception was made deeper for segmentation, and its max-poolings became separable convolutions with "
        "stride, which can be dilated. It is the encoder of DeepLabv3+.",
    ),
    Family(
        id="mnasnet", title="MnasNet", year=2018,
        authors="Mingxing Tan, Bo Chen, Ruoming Pang, Vijay Vasudevan, Mark Sandler, Andrew Howard, Quoc V. Le",
        paper="Tan et al. (2019), CVPR, arXiv:1807.11626",
        brought="A search found the architecture, rewarded for accuracy and for the time measured on a real phone. "
        "Each stage may have blocks of its own kind.",
        differs="Without squeeze-and-excitation: it is the paper's MnasNet-B1, as torchvision builds it.",
    ),
    Family(
        id="mobilenet_v3", title="MobileNet v3", year=2019,
        authors="Andrew Howard, Mark Sandler, Grace Chu, Liang-Chieh Chen, Bo Chen, Mingxing Tan, Weijun Wang, Yukun "
        "Zhu, Ruoming Pang, Vijay Vasudevan, Quoc V. Le, Hartwig Adam",
        paper="Howard et al. (2019), ICCV, arXiv:1905.02244",
        brought="A search drew the outline and people finished it: a cheaper beginning and end, and "
        "squeeze-and-excitation within. The hard swish is a smooth activation that a phone computes quickly.",
    ),
    Family(
        id="efficientnet", title="EfficientNet", year=2019, authors="Mingxing Tan, Quoc V. Le",
        paper="Tan & Le (2019), ICML, arXiv:1905.11946",
        brought="Depth, width and picture size grow together in a fixed ratio, from one small searched network. B7 "
        "had the best ImageNet accuracy of its time with an eighth of the parameters of the best before it.",
    ),
    Family(
        id="regnet", title="RegNet", year=2020,
        authors="Ilija Radosavovic, Raj Prateek Kosaraju, Ross Girshick, Kaiming He, Piotr Dollár",
        paper="Radosavovic et al. (2020), CVPR, arXiv:2003.13678",
        brought="Instead of one network, a whole space of networks was designed, narrowed step by step to what good "
        "ones have in common. The widths of their stages follow a rounded straight line.",
    ),
    Family(
        id="efficientnet_lite", title="EfficientNet-Lite", year=2020, authors="Renjie Liu",
        paper="Liu (2020), \"Higher accuracy on vision models with EfficientNet-Lite\", TensorFlow blog",
        brought="EfficientNet without squeeze-and-excitation and with ReLU6, so that it survives rounding to 8 bits. "
        "It was made for the processors of phones and small devices.",
    ),
    Family(
        id="vit", title="Vision Transformer", year=2020,
        authors="Alexey Dosovitskiy, Lucas Beyer, Alexander Kolesnikov, Dirk Weissenborn, Xiaohua Zhai, Thomas "
        "Unterthiner, Mostafa Dehghani, Matthias Minderer, Georg Heigold, Sylvain Gelly, Jakob Uszkoreit, Neil "
        "Houlsby",
        paper="Dosovitskiy et al. (2021), ICLR, arXiv:2010.11929",
        brought="A picture is cut into patches that a transformer reads like words; beyond the patches there is no "
        "convolution. With enough pictures to train on, attention learned what convolutions are given.",
    ),
    Family(
        id="swin", title="Swin Transformer", year=2021,
        authors="Ze Liu, Yutong Lin, Yue Cao, Han Hu, Yixuan Wei, Zheng Zhang, Stephen Lin, Baining Guo",
        paper="Liu et al. (2021), ICCV, arXiv:2103.14030",
        brought="Attention stays within small windows, which are shifted from layer to layer so that neighbours meet. "
        "Maps shrink in stages as in a convolutional network, so it can replace one anywhere.",
    ),
    Family(
        id="efficientnet_v2", title="EfficientNetV2", year=2021, authors="Mingxing Tan, Quoc V. Le",
        paper="Tan & Le (2021), ICML, arXiv:2104.00298",
        brought="The early blocks use one ordinary convolution instead of a depthwise and a 1×1 one, because that is "
        "faster on real hardware. Training starts on small pictures and raises size and regularisation together.",
    ),
    Family(
        id="swin_v2", title="Swin Transformer v2", year=2021,
        authors="Ze Liu, Han Hu, Yutong Lin, Zhuliang Yao, Zhenda Xie, Yixuan Wei, Jia Ning, Yue Cao, Zheng Zhang, Li "
        "Dong, Furu Wei, Baining Guo",
        paper="Liu et al. (2022), CVPR, arXiv:2111.09883",
        brought="Normalising after each block and attention by cosine keep training stable up to three billion "
        "parameters. Positions are learned on a logarithmic scale, so that windows of another size can be used later.",
    ),
    Family(
        id="convnext", title="ConvNeXt", year=2022,
        authors="Zhuang Liu, Hanzi Mao, Chao-Yuan Wu, Christoph Feichtenhofer, Trevor Darrell, Saining Xie",
        paper="Liu et al. (2022), CVPR, arXiv:2201.03545",
        brought="A ResNet took over, one by one, the choices of the vision transformers: patches, large depthwise "
        "kernels, layer normalisation, GELU. It reached their accuracy with nothing but convolutions.",
    ),
    Family(
        id="maxvit", title="MaxViT", year=2022,
        authors="Zhengzhong Tu, Hossein Talebi, Han Zhang, Feng Yang, Peyman Milanfar, Alan Bovik, Yinxiao Li",
        paper="Tu et al. (2022), ECCV, arXiv:2204.01697",
        brought="Every block has a convolution, attention within windows, and attention over a wide grid of pixels. "
        "Local and global are both seen at every stage, at a cost that grows only linearly with the picture.",
    ),
)  # fmt: skip
