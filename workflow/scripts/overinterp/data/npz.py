"""Your own small images: one ``.npz`` in MedMNIST's layout."""

from __future__ import annotations

import numpy as np

from overinterp.artifacts.images import Images


def load(path: str, train_images: int, test_images: int) -> tuple[Images, Images]:
    """Read the first images of both splits.

    Args:
        path: File with train_images, train_labels, test_images, test_labels; images uint8, (N, H, W) or (N, H, W, C),
            labels whole numbers, (N,) or (N, 1).
        train_images: Training images to take.
        test_images: Test images to take.

    Returns:
        Training and test images, uint8 (N, H, W, C).

    Raises:
        ValueError: An array is missing, too short, or of another type or shape.
    """
    with np.load(path, allow_pickle=False) as file:
        splits = [_split(path, file, name, count) for name, count in (("train", train_images), ("test", test_images))]
    if splits[0].images.shape[1:] != splits[1].images.shape[1:]:
        raise ValueError(
            f"{path}: found test images of {splits[1].images.shape[1:]}, expected {splits[0].images.shape[1:]} as in training"
        )
    return splits[0], splits[1]


def _split(path, file, name, count) -> Images:
    for key in (f"{name}_images", f"{name}_labels"):
        if key not in file:
            raise ValueError(f"{path}: found {sorted(file)}, expected an array {key}")
    images, labels = file[f"{name}_images"], file[f"{name}_labels"]
    labels = labels.reshape(len(labels), -1)
    if images.dtype != np.uint8 or images.ndim not in (3, 4):
        raise ValueError(f"{path}: {name}_images: found {images.dtype} {images.shape}, expected uint8 (N,H,W) or (N,H,W,C)")
    if labels.shape != (len(images), 1) or not np.issubdtype(labels.dtype, np.integer) or labels.min() < 0:
        raise ValueError(f"{path}: {name}_labels: expected one whole number >= 0 for each of {len(images)} images")
    if len(images) < count:
        raise ValueError(f"{path}: {name}_images: found {len(images)} images, expected the config's {count}")
    images = images[:count] if images.ndim == 4 else images[:count, ..., None]
    return Images(images, labels[:count, 0].astype(np.int64))
