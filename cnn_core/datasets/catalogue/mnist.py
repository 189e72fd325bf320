"""MNIST. Checksums and names as in torchvision.datasets.MNIST; those of the unpacked files were computed from them."""

from __future__ import annotations

from cnn_core.datasets.row import DATASETS, Archive, DatasetRow, Member

MNIST = DATASETS.add(DatasetRow(
    id="mnist", title="MNIST",
    about="70,000 handwritten digits of 28×28 grey pixels, from forms of the US census bureau and of school pupils.",
    source="LeCun, Cortes & Burges (1998), \"The MNIST database of handwritten digits\"",
    class_names=tuple("0123456789"),
    image_shape=(28, 28, 1), splits={"train": 60_000, "test": 10_000},
    folder="MNIST/raw", layout="idx",
    members=(
        Member("train-images-idx3-ubyte", "6bbc9ace898e44ae57da46a324031adb", 47_040_016, "train"),
        Member("train-labels-idx1-ubyte", "a25bea736e30d166cdddb491f175f624", 60_008, "train"),
        Member("t10k-images-idx3-ubyte", "2646ac647ad5339dbf082846283269ea", 7_840_016, "test"),
        Member("t10k-labels-idx1-ubyte", "27ae3e4e09519cfbb04c329615203637", 10_008, "test"),
    ),
    archives=(
        Archive("train-images-idx3-ubyte.gz", "f68b3c2dcbeaaa9fbdd348bbdeb94873", 9_912_422),
        Archive("train-labels-idx1-ubyte.gz", "d53e105ee54ea40749a09fcbcd1e9432", 28_881),
        Archive("t10k-images-idx3-ubyte.gz", "9fb629c4189551a2d022fa330f9573f3", 1_648_877),
        Archive("t10k-labels-idx1-ubyte.gz", "ec29112dd5afa0611ce80d1b7f02629c", 4_542),
    ),
    mirrors=(
        "https://ossci-datasets.s3.amazonaws.com/mnist/",
        "https://storage.googleapis.com/cvdf-datasets/mnist/",
        "http://yann.lecun.com/exdb/mnist/",
    ),
))
