"""The registry of building blocks: what each is called, its idea in two sentences, and the paper that brought it."""

from __future__ import annotations

from dataclasses import dataclass

from cnn_core.registry import Registry


@dataclass(frozen=True)
class Card:
    """One building block.

    Attributes:
        id: lower case; the block's name in links, and of its module in the page.
        title: short, as on a button.
        idea: two sentences.
        paper: authors (year), title, and where to find it.
    """

    id: str
    title: str
    idea: str
    paper: str


CARDS: Registry[Card] = Registry("building block")

for _card in (
    Card(
        "batch_norm", "Batch norm",
        "Each channel is shifted and scaled to mean 0 and deviation 1 over the whole batch, so that not only the input of a "
        "network is normalised but the input of every layer. Two learned numbers a channel, γ and β, may then choose another "
        "scale and another mean.",
        "Ioffe & Szegedy (2015), “Batch normalization”, ICML, arXiv:1502.03167",
    ),
    Card(
        "dropout", "Dropout",
        "In training, values are set to zero at random and the rest are scaled by 1/(1 − p), so that no unit can rely on another "
        "one. In maps neighbouring pixels tell the same story, and one missing pixel hides nothing: Dropout2d drops whole maps.",
        "Srivastava et al. (2014), “Dropout”, JMLR 15; for whole maps Tompson et al. (2015), CVPR, arXiv:1411.4280",
    ),
    Card(
        "separable", "Separable",
        "A convolution looks at space and mixes channels in one step; a separable one first looks at space, with one kernel a "
        "channel, and then mixes the channels with a 1×1. It makes maps of the same size with a fraction of the weights.",
        "Sifre (2014), “Rigid-motion scattering for image classification”, thesis; Chollet (2017), CVPR, arXiv:1610.02357",
    ),
    Card(
        "residual", "Residual",
        "What came in is added to what the layers computed, so that they only have to learn the difference. With weights of zero "
        "the block hands on its input, and the gradient finds a way back through any number of blocks.",
        "He et al. (2016), “Deep residual learning for image recognition”, CVPR, arXiv:1512.03385",
    ),
    Card(
        "se_gate", "SE gate",
        "Each map is squeezed to its mean, and two small layers turn the means into one weight between 0 and 1 for every map. So "
        "the network decides for each picture which of its channels count.",
        "Hu et al. (2018), “Squeeze-and-excitation networks”, CVPR, arXiv:1709.01507",
    ),
    Card(
        "inception", "Inception",
        "Windows of several sizes look at the same maps in parallel, and the next layer gets all of their answers. A 1×1 "
        "convolution in front of the large windows thins the channels, which pays for the whole block.",
        "Szegedy et al. (2015), “Going deeper with convolutions”, CVPR, arXiv:1409.4842",
    ),
    Card(
        "downsampling", "Pooling and stride",
        "Maps are made smaller by taking the largest or the mean value of each window, or by a convolution with stride 2, which is "
        "a pooling that is learned. At the end, one mean for each map can stand in for the whole fully connected head.",
        "Springenberg et al. (2014), “Striving for simplicity”, arXiv:1412.6806; Lin et al. (2013), arXiv:1312.4400",
    ),
    Card(
        "dense_conv", "Dense = convolution",
        "A fully connected layer is a convolution whose window is as large as its input, and over single pixels it is a 1×1 "
        "convolution. Written so, the same weights run on any larger picture, and answer at every place of it.",
        "Long et al. (2015), “Fully convolutional networks for semantic segmentation”, CVPR, arXiv:1411.4038",
    ),
    Card(
        "activation", "Activation",
        "Where an activation is flat its gradient is nearly zero, and a layer behind it hardly learns: that is why ReLU took over "
        "from tanh. How large the first random weights must be follows from the activation, so that signals neither fade nor blow up.",
        "Glorot & Bengio (2010), AISTATS; He et al. (2015), “Delving deep into rectifiers”, ICCV, arXiv:1502.01852",
    ),
):  # fmt: skip
    CARDS.add(_card)
