"""scikit-learn's digits: 1,797 real handwritten digits of 8x8 pixels, embedded in the package."""

from __future__ import annotations

import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from overinterp.artifacts.images import Images

CLASS_NAMES = [str(digit) for digit in range(10)]
ORIGIN = "scikit-learn load_digits: optical recognition of handwritten digits, UCI, test part"


def load(train_images: int, test_images: int, seed: int) -> tuple[Images, Images]:
    """Draw a stratified training and test split.

    Args:
        train_images: Training images.
        test_images: Test images; together with the training images at most 1,797.
        seed: Seed of the split.

    Returns:
        Training and test images, uint8 (N, 8, 8, 1); the original 17 grey levels spread over 0 to 255.
    """
    pixels, labels = load_digits(return_X_y=True)
    images = np.round(pixels * (255 / 16)).astype(np.uint8).reshape(-1, 8, 8, 1)
    train, test = train_test_split(
        np.arange(len(images)), train_size=train_images, test_size=test_images, random_state=seed, stratify=labels
    )
    labels = labels.astype(np.int64)
    return Images(images[train], labels[train]), Images(images[test], labels[test])
