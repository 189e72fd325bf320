"""The ready recipes: the course's own, good modern ones, one-minute versions, lessons in pairs. Importing this needs no torch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from cnn_core.registry import Registry
from cnn_core.training.fields import Augmentation
from cnn_core.training.recipe import Recipe

Group = Literal["course", "modern", "minute", "lesson", "transfer"]


@dataclass(frozen=True)
class RecipeRow:
    """A recipe with what a person should know before starting it.

    Attributes:
        idea: what it shows, in English; other languages: ``recipes.<id>.idea``.
        printed: figures that the course or paper printed, by name: "test_accuracy", "validation_accuracy" (one an epoch).
        pair: for a lesson, the row it is compared with.
    """

    id: str
    title: str
    group: Group
    idea: str
    recipe: Recipe
    printed: Mapping[str, Any] = field(default_factory=dict, hash=False)
    pair: str = ""


RECIPES: Registry[RecipeRow] = Registry("recipe")


def _row(id: str, title: str, group: Group, idea: str, recipe: Recipe, *, pair: str = "", **printed: Any) -> Recipe:
    RECIPES.add(RecipeRow(id, title, group, idea, recipe.replace(name=title), printed, pair))
    return recipe


# --- the courses, under their own settings (see each row's printed figures) --------------------------------------------------

_KERAS = Recipe(
    "lenet5_keras", "mnist", initialisation="glorot", validation_images=10_000, normalisation="unit", optimiser="sgd", lr=0.1,
    momentum=0.0, batch=256, epochs=5,
)
_row(
    "lenet_course", "LeNet on MNIST, as in the course", "course",
    "Plain gradient descent with a rate of 0.1, and tanh. After five epochs it still gains.",
    _KERAS, test_accuracy=0.9676, validation_accuracy=(0.9033, 0.9298, 0.9449, 0.9581, 0.9677),
)
_row(
    "mini_inception_course", "mini-Inception on MNIST, as in the course", "course",
    "Four branches see the same picture through windows of different size. Most parameters are in the last layer.",
    _KERAS.replace(architecture="mini_inception"),
    test_accuracy=0.9814, validation_accuracy=(0.954, 0.973, 0.979, 0.981, 0.981),
)
_row(
    "mini_resnet_course", "mini-ResNet on MNIST, as in the course", "course",
    "One residual block. The second epoch is worse than the first: a large rate without momentum or schedule does that.",
    _KERAS.replace(architecture="mini_resnet"),
    test_accuracy=0.9731, validation_accuracy=(0.9618, 0.9213, 0.9679, 0.9684, 0.9723),
)
_row(
    "mnist_cnn_course", "MNIST CNN with Adam, as in the course", "course",
    "Two convolutions and Adam: nearly 99 % after one epoch. Towards the end it over-fits.",
    Recipe("mnist_cnn", "mnist", validation_images=0, optimiser="adam", lr=1e-3, batch=64, epochs=5),
    validation_accuracy=(0.98537, 0.98726, 0.99074, 0.98955, 0.98935), train_loss=(0.11302, 0.03915, 0.02777, 0.01893, 0.01598),
)

# --- good modern ones ---------------------------------------------------------------------------------------------------------

_MNIST = Recipe(
    "lenet5", "mnist", input_size=32, validation_images=5_000, augmentation=Augmentation(translate=2), optimiser="adam", lr=3e-3,
    schedule="one_cycle", warmup=0.2, batch=128, epochs=12,
)
_CIFAR = Recipe(
    "resnet20", "cifar10", initialisation="he", validation_images=1_000, augmentation=Augmentation(flip=True, translate=2),
    lr=0.2, momentum=0.9, nesterov=True, weight_decay=5e-4, schedule="one_cycle", warmup=0.2, averaging=0.998, batch=128,
    epochs=26,
)
_row(
    "lenet5_mnist", "LeNet-5 on MNIST", "modern",
    "The network of 1998 with today's optimiser, a rate that rises and falls, and pictures shifted by up to two pixels.",
    _MNIST,
)
_row(
    "mnist_cnn_mnist", "MNIST CNN", "modern", "The course's network with a schedule and shifted pictures: the last half per cent.",
    _MNIST.replace(architecture="mnist_cnn", input_size=0, epochs=4, lr=2e-3),
)
_row(
    "mini_inception_mnist", "mini-Inception on MNIST", "modern", "The course's network with Adam, a schedule and shifted pictures.",
    _MNIST.replace(architecture="mini_inception", input_size=0, epochs=5, lr=2e-3),
)
_row(
    "mini_resnet_mnist", "mini-ResNet on MNIST", "modern", "The course's residual block with Adam, a schedule and shifted pictures.",
    _MNIST.replace(architecture="mini_resnet", input_size=0, epochs=5, lr=2e-3),
)
_row(
    "lenet5_cifar10", "LeNet-5 on CIFAR-10", "modern",
    "What the network for digits makes of colour photographs: tanh and 60,000 parameters reach their limit.",
    _CIFAR.replace(architecture="lenet5", initialisation="glorot", optimiser="adam", lr=3e-3, weight_decay=0.0, epochs=15),
)
_row(
    "resnet20_cifar10", "ResNet-20 on CIFAR-10", "modern",
    "270,000 parameters and nineteen convolutions: the classic of small residual networks, at about 90 %.", _CIFAR,
)
_row(
    "vgg_cifar10", "VGG with batch norm, half as wide", "modern",
    "VGG-A at half its channels, for pictures of 32×32: 3×3 convolutions, twice as many filters after each pooling.",
    _CIFAR.replace(architecture="vgg11_cifar", options={"width": 0.5}, initialisation="torch", lr=0.1, epochs=6, averaging=0.99),
)
_row(
    "all_cnn_cifar10", "All-CNN, narrow", "modern",
    "No pooling and no linear layer: strides shrink the maps, and the last ones are averaged into the classes.",
    _CIFAR.replace(
        architecture="all_cnn", options={"width": 0.375}, optimiser="adam", lr=2e-3, weight_decay=0.0, epochs=12, averaging=0.99,
    ),
)
_row(
    "nin_cifar10", "Network in Network, half as wide", "modern",
    "Small networks of 1×1 convolutions after each large one, and global average pooling, where it was introduced.",
    _CIFAR.replace(
        architecture="nin", options={"width": 0.5}, optimiser="adam", lr=2e-3, weight_decay=0.0, epochs=5, averaging=0.99,
    ),
)
_row(
    "fast_cifar10", "The fast network on CIFAR-10", "modern",
    "Made for speed: its first layer whitens the picture and does not learn, three short groups follow.",
    _CIFAR.replace(
        architecture="airbench_small", first_filters="whitening", initialisation="torch", lr=0.6, label_smoothing=0.2,
        translate=2, batch=512, epochs=10, weight_decay=1e-3, averaging=0.99,
    ),
)
_GPU = _CIFAR.replace(initialisation="torch", batch=512, lr=0.6, label_smoothing=0.1, averaging=0.99, validation_images=0)
_row(
    "airbench94_cifar10", "airbench94 on CIFAR-10 (GPU)", "modern",
    "The record's own width and schedule in our loop: made for a GPU, where it is a matter of seconds.",
    _GPU.replace(architecture="airbench94", first_filters="whitening", batch=1_024, lr=1.2, label_smoothing=0.2, epochs=12),
)
_row(
    "resnet9_cifar10", "ResNet-9 on CIFAR-10 (GPU)", "modern",
    "Two short cuts and wide layers: the network that made training speed a race.",
    _GPU.replace(architecture="resnet9", translate=4, cutout=8, epochs=18),
)
_row(
    "resnet18_cifar10", "ResNet-18 with a stem for small pictures (GPU)", "modern",
    "Eleven million parameters: the usual strong network of papers on CIFAR-10.",
    _GPU.replace(architecture="resnet18_cifar", lr=0.4, translate=4, epochs=16),
)
_row(
    "mobilenet_cifar10", "MobileNet on CIFAR-10 (GPU)", "modern",
    "Depthwise and pointwise convolutions in turn: a fraction of the arithmetic, at some cost in accuracy.",
    _GPU.replace(architecture="mobilenet_v1_cifar", lr=0.4, translate=4, epochs=20),
)

# --- one minute on a laptop: the schedule is stretched over the budget --------------------------------------------------------

_MINUTE = {"budget_s": 60.0, "averaging": 0.98, "validation_images": 1_000}
_MINUTES = (
    ("lenet5_mnist", "LeNet-5 on MNIST in a minute", "Over 98 % before the coffee is ready."),
    ("mnist_cnn_mnist", "MNIST CNN in a minute", "About one pass over the digits is enough for 98 %."),
    ("lenet5_cifar10", "LeNet-5 on CIFAR-10 in a minute", "Fast, and soon at its limit: compare it with the others of a minute."),
    ("fast_cifar10", "The fast network in a minute", "The most that a minute without a GPU gives on CIFAR-10."),
    ("resnet20_cifar10", "ResNet-20 in a minute", "Cut off long before its best: depth costs time."),
    ("vgg_cifar10", "VGG in a minute", "Wide layers learn fast, image by image; but a minute holds few of them."),
    ("all_cnn_cifar10", "All-CNN in a minute", "Heavy convolutions on large maps: few steps fit into a minute."),
    ("nin_cifar10", "Network in Network in a minute", "1×1 convolutions are cheap, those before them are not."),
    ("resnet18_cifar10", "ResNet-18 in a minute", "Half a million multiplications a pixel: without a GPU hardly a start."),
    ("mobilenet_cifar10", "MobileNet in a minute",
     "Little arithmetic, and yet a processor is not much faster with it: compare images a second."),
    ("resnet9_cifar10", "ResNet-9 in a minute", "Made for a GPU: see how far a processor gets."),
)
# the batches at which two cores are fastest, with rates found by trying (``python -m benchmarks training``)
_QUICK: dict[str, dict[str, Any]] = {"lenet5_mnist": {"batch": 256, "lr": 1e-2}, "mnist_cnn_mnist": {"lr": 1e-2}}
for _id, _title, _idea in _MINUTES:
    _base = RECIPES[_id].recipe
    _small: dict[str, Any] = {"batch": 128, "lr": _base.lr * 128 / _base.batch} if _base.batch > 128 else _QUICK.get(_id, {})
    if "width" not in _base.options and _base.architecture in ("resnet9", "mobilenet_v1_cifar"):
        _small["options"] = {"width": 0.25}
    _new = _id.replace("_mnist", "_mnist_minute").replace("_cifar10", "_minute")
    _row(_new, _title, "minute", _idea, _base.replace(**_MINUTE, **_small))

# --- lessons: two runs that differ in one thing -------------------------------------------------------------------------------

_LESSON = _CIFAR.replace(
    architecture="lesson", initialisation="torch", lr=0.1, averaging=0.0, train_images=20_000, validation_images=2_000, epochs=3,
)


def _pair(name: str, first: tuple[str, str, dict[str, Any]], second: tuple[str, str, dict[str, Any]], base: Recipe = _LESSON) -> None:
    """Two rows, ``lesson_<name>_with`` and ``lesson_<name>_without``, each with its title, its idea and its changes."""
    ids = f"lesson_{name}_with", f"lesson_{name}_without"
    for id, other, (title, idea, changes) in zip(ids, reversed(ids), (first, second), strict=True):
        _row(id, title, "lesson", idea, base.replace(**changes), pair=other)


_pair(
    "norm",
    ("With batch norm", "Normalised layers take a large rate, and learn from the first step.", {}),
    ("Without batch norm", "The same network and rate without normalisation: slower, and sometimes it does not start at all.",
     {"architecture": "lesson_no_norm"}),
)
_pair(
    "skip",
    ("Deep, with skip connections", "Twenty-five layers with shortcuts: the gradient reaches the first one undiminished.",
     {"architecture": "lesson_deep_skip"}),
    ("Deep, without skip connections", "The same layers without shortcuts: more depth, and yet worse on the training images too.",
     {"architecture": "lesson_deep_plain"}),
)
_pair(
    "dropout2d",
    ("With dropout of whole maps", "Slower on the training images; what it is for shows in the gap to the validation images.",
     {"architecture": "lesson_dropout2d", "train_images": 4_000, "epochs": 12, "flip": False, "translate": 0}),
    ("Without dropout", "Few images and many passes: it learns them by heart, and validation falls behind.",
     {"train_images": 4_000, "epochs": 12, "flip": False, "translate": 0}),
)
_pair(
    "separable",
    ("With separable convolutions", "Less than half of the parameters and of the arithmetic. How much accuracy does it cost?",
     {"architecture": "lesson_separable"}),
    ("With standard convolutions", "Every filter looks at every map.", {}),
)
_pair(
    "strided",
    ("Strides for max-pooling", "The network learns how to shrink its maps, and computes a quarter in those layers.",
     {"architecture": "lesson_strided"}),
    ("Max-pooling", "The largest of four values goes on, wherever it was.", {}),
)
_pair(
    "head",
    ("Global average pooling", "Each map becomes one number: few parameters, and any picture size.", {}),
    ("Fully connected head", "Every position has its own weights: more parameters than a whole stage of convolutions.",
     {"architecture": "lesson_flat"}),
)
_pair(
    "activation",
    ("With ReLU", "It does not saturate: the gradient passes wherever the unit is on.", {"architecture": "lesson_no_norm", "lr": 0.05}),
    ("With tanh", "It saturates: large inputs pass next to no gradient.", {"architecture": "lesson_tanh", "lr": 0.05}),
)
_pair(
    "filters",
    ("First filters learned", "They start at random and become what the task needs.", {}),
    ("First filters made by hand, and fixed", "Edges, blurs and corners of the kernel lab as a first layer that never changes.",
     {"first_filters": "hand_made_fixed"}),
)
_row(
    "lesson_filters_start", "First filters made by hand, to start from", "lesson",
    "They begin as kernels of the table, and may change: see how far they go.", _LESSON.replace(first_filters="hand_made"),
    pair="lesson_filters_with",
)

# --- transfer: from weights that have learned something to a few pictures of one's own ----------------------------------------
# Karpathy et al. (2014), UCF-101, three-fold accuracy in per cent: what the course shows beside these.

KARPATHY = {"scratch": 41.3, "last": 64.1, "last_blocks": 65.4, "all": 62.2}
_TRANSFER = Recipe(
    "tf_efficientnet_lite0", "shapes", weights="embedded", tuned="last", train_images=400, validation_images=200, input_size=224,
    normalisation="imagenet", augmentation=Augmentation(flip=True, zoom=0.2), optimiser="adam", lr=3e-3, schedule="cosine",
    warmup=0.1, batch=32, epochs=5,
)
_row(
    "transfer_last", "Transfer: train the last layer", "transfer",
    "The features of a million photographs stay as they are; only what is made of them is learned.", _TRANSFER,
    ucf101=KARPATHY["last"],
)
_row(
    "transfer_blocks", "Transfer: train the last blocks", "transfer",
    "The later layers, which are about the task, adapt; the early ones, edges and colours, stay.",
    _TRANSFER.replace(tuned="last_blocks", lr=1e-3), ucf101=KARPATHY["last_blocks"],
)
_row(
    "transfer_all", "Transfer: fine-tune all layers", "transfer",
    "Everything may change, at a small rate. With few pictures it may forget more than it learns.",
    _TRANSFER.replace(tuned="all", lr=5e-4), ucf101=KARPATHY["all"],
)
_row(
    "transfer_scratch", "The same network from scratch", "transfer",
    "Without what it had learned before: a few dozen pictures are not enough.",
    _TRANSFER.replace(tuned="all", weights="", lr=2e-3), ucf101=KARPATHY["scratch"],
)

# --- with no data at hand: the drawn shapes, and scikit-learn's handwritten digits --------------------------------------------

_row(
    "shapes_lesson", "Drawn shapes, from nothing", "minute",
    "Ten kinds of stripes, edges and figures that this project draws: the kernels of the table are their natural detectors.",
    _LESSON.replace(dataset="shapes", train_images=0, validation_images=1_000, epochs=3),
)
_row(
    "digits_lenet", "LeNet on scikit-learn's digits", "minute",
    "1,437 real digits, small and few: a network in a few seconds.",
    _MNIST.replace(architecture="lenet5_keras", dataset="digits", input_size=28, validation_images=200, epochs=20, batch=64),
)
