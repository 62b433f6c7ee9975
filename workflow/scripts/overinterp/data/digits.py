"""scikit-learn's digits: 1,797 real handwritten digits of 8x8 pixels, embedded in the package."""

from __future__ import annotations

import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

CLASS_NAMES = [str(digit) for digit in range(10)]
ORIGIN = "scikit-learn load_digits: optical recognition of handwritten digits, UCI, test part"


def about(settings: dict) -> tuple[list[str], str]:
    """Names of the classes, and the origin in words."""
    return CLASS_NAMES, ORIGIN


def split(settings: dict, name: str) -> tuple[np.ndarray, np.ndarray]:
    """One part of a stratified split.

    Args:
        settings: The config's ``data`` block; both parts together have at most 1,797 images.
        name: 'train' or 'test'.

    Returns:
        uint8 (N, 8, 8, 1), the original 17 grey levels spread over 0 to 255, and int64 (N,) labels.
    """
    pixels, labels = load_digits(return_X_y=True)
    images = np.round(pixels * (255 / 16)).astype(np.uint8).reshape(-1, 8, 8, 1)
    rows = train_test_split(
        np.arange(len(images)),
        train_size=settings.get("train_images"),
        test_size=settings["test_images"],
        random_state=settings["seed"],
        stratify=labels,
    )[name == "test"]
    return images[rows], labels[rows].astype(np.int64)
