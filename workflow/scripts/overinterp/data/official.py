"""Data sets that are downloaded: addresses, checksums and files. Standard library only: Snakemake reads this while it plans."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Official:
    """A data set as its authors publish it.

    Attributes:
        name: As written in tables and captions.
        url: Of the archive.
        md5: Of the archive, published beside it.
        folder: That the archive unpacks to.
        names: File in the folder that is there when the data set is; for CIFAR the class names.
        splits: CIFAR: binary files of each split.
        label_bytes: CIFAR: label bytes in front of each image; the last is the class.
    """

    name: str
    url: str
    md5: str
    folder: str
    names: str
    splits: dict[str, list[str]] = field(default_factory=dict)
    label_bytes: int = 1


OFFICIAL = {
    "cifar10": Official(
        "CIFAR-10",
        "https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz",
        "c32a1d4ab5d03f1284b67883e8d87530",
        "cifar-10-batches-bin",
        "batches.meta.txt",
        {"train": [f"data_batch_{number}.bin" for number in range(1, 6)], "test": ["test_batch.bin"]},
    ),
    "cifar100": Official(
        "CIFAR-100",
        "https://www.cs.toronto.edu/~kriz/cifar-100-binary.tar.gz",
        "03b5dce01913d631647c71ecec9e9cb8",
        "cifar-100-binary",
        "fine_label_names.txt",
        {"train": ["train.bin"], "test": ["test.bin"]},
        label_bytes=2,
    ),
    "cifar10c": Official(
        "CIFAR-10-C",
        "https://zenodo.org/records/2535967/files/CIFAR-10-C.tar",
        "56bf5dcef84df0e2308c6dcbcbbd8499",
        "CIFAR-10-C",
        "labels.npy",
    ),
}
