"""Your own images in one ``.npz`` in MedMNIST's layout."""

from __future__ import annotations

import zipfile

import numpy as np

from overinterp.data import own
from overinterp.plan.sentences import listing


def about(settings: dict) -> tuple[list[str], str]:
    """Names of the classes (their numbers), and the origin in words."""
    path = settings["path"]
    with _open(path) as file:
        labels = {name: _array(path, file, f"{name}_labels") for name in ("train", "test") if f"{name}_images" in settings}
    names = [str(label) for label in range(1 + max(int(part.max()) for part in labels.values()))]
    lost = sorted(set(names) - set(map(str, np.unique(labels.get("train", np.arange(len(names)))).astype(int).tolist())), key=int)
    if lost:
        found = f"no training image of {listing(lost)}, and labels up to {names[-1]}"
        raise ValueError(f"{path}: train_labels: found {found}, expected 0, 1, 2 and on, each on some training image")
    return names, path


def split(settings: dict, name: str) -> tuple[np.ndarray, np.ndarray]:
    """A random sample of one split, in random order: files are often sorted by class.

    Args:
        settings: The config's ``data`` block. Its file holds test_images and test_labels, and likewise for train; images uint8,
            (N, H, W) or (N, H, W, C) with 1 or 3 channels, labels whole numbers, (N,) or (N, 1).
        name: 'train' or 'test'.

    Returns:
        uint8 (n, H, W, C) and int64 (n,) labels.

    Raises:
        ValueError: An array is missing, too short, or of another type or shape.
    """
    path, count = settings["path"], settings[f"{name}_images"]
    with _open(path) as file:
        images, labels = (_array(path, file, f"{name}_{part}") for part in ("images", "labels"))
    labels = labels.reshape(len(labels), -1)
    if images.dtype != np.uint8 or images.ndim not in (3, 4) or (images.ndim == 4 and images.shape[3] not in (1, 3)):
        expected = "uint8 (N,H,W), (N,H,W,1) or (N,H,W,3)"
        raise ValueError(f"{path}: {name}_images: found {images.dtype} {images.shape}, expected {expected}")
    if labels.shape != (len(images), 1) or not np.issubdtype(labels.dtype, np.integer) or labels.min() < 0:
        raise ValueError(f"{path}: {name}_labels: expected one whole number >= 0 for each of {len(images)} images")
    if len(images) < count:
        raise ValueError(f"{path}: {name}_images: found {len(images)} images, expected the config's {count}")
    rows = own.order(settings, name, len(images))[:count]
    images = images[rows] if images.ndim == 4 else images[rows, ..., None]
    return images, labels[rows, 0].astype(np.int64)


def _open(path):
    try:
        return np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
        raise ValueError(f"{path}: cannot be read ({error}), expected an .npz") from error


def _array(path, file, key: str) -> np.ndarray:
    if key not in file:
        raise ValueError(f"{path}: found {sorted(file)}, expected an array {key}")
    return file[key]
