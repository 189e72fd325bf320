"""Fashion-MNIST. Checksums of the packed files as in torchvision.datasets.FashionMNIST and its authors' page."""

from __future__ import annotations

from cnn_core.datasets.row import DATASETS, Archive, DatasetRow, Member

FASHION_MNIST = DATASETS.add(DatasetRow(
    id="fashion_mnist", title="Fashion-MNIST",
    about="70,000 pieces of clothing of 28×28 grey pixels, from the catalogue of Zalando; made to be harder than MNIST.",
    source="Xiao, Rasul & Vollgraf (2017), arXiv:1708.07747",
    class_names=("T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"),
    image_shape=(28, 28, 1), splits={"train": 60_000, "test": 10_000},
    folder="FashionMNIST/raw", layout="idx",
    members=(
        Member("train-images-idx3-ubyte", "f4a8712d7a061bf5bd6d2ca38dc4d50a", 47_040_016, "train"),
        Member("train-labels-idx1-ubyte", "9018921c3c673c538a1fc5bad174d6f9", 60_008, "train"),
        Member("t10k-images-idx3-ubyte", "8181f5470baa50b63fa0f6fddb340f0a", 7_840_016, "test"),
        Member("t10k-labels-idx1-ubyte", "15d484375f8d13e6eb1aabb0c3f46965", 10_008, "test"),
    ),
    archives=(
        Archive("train-images-idx3-ubyte.gz", "8d4fb7e6c68d591d4c3dfef9ec88bf0d", 26_421_880),
        Archive("train-labels-idx1-ubyte.gz", "25c81989df183df01b3e8a0aad5dffbe", 29_515),
        Archive("t10k-images-idx3-ubyte.gz", "bef4ecab320f06d8554ea6380940ec79", 4_422_102),
        Archive("t10k-labels-idx1-ubyte.gz", "bb300cfdad3c16e7a12a480ee83cd310", 5_148),
    ),
    mirrors=(
        "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
        "https://github.com/zalandoresearch/fashion-mnist/raw/master/data/fashion/",
        "https://storage.googleapis.com/tensorflow/tf-keras-datasets/",
    ),
))
