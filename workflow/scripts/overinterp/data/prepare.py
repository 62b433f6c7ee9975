"""Data sets by name: each gives training images, test images, class names and an origin."""

from __future__ import annotations

from overinterp.artifacts.images import Images
from overinterp.data import cifar, digits, folder, npz, planted


def load(settings: dict) -> tuple[Images, Images, list[str], str]:
    """Load the data set that a study's ``data`` block names.

    Args:
        settings: The block, with defaults filled in (config/README.md).

    Returns:
        Training images, test images, one name a class, and the origin in words.

    Raises:
        ValueError: The data are not as the settings say.
    """
    counts = settings["train_images"], settings["test_images"]
    match settings["dataset"]:
        case "digits":
            return *digits.load(*counts, settings["seed"]), digits.CLASS_NAMES, digits.ORIGIN
        case "planted":
            pattern = settings["planted"]
            origin = f"{planted.ORIGIN} ({pattern['kind']}, strength {pattern['strength']:g})"
            return *planted.load(*counts, settings["seed"], pattern), planted.CLASS_NAMES, origin
        case "npz":
            train, test = npz.load(settings["path"], *counts)
            names = [str(label) for label in range(1 + max(train.labels.max(), test.labels.max()))]
            return train, test, names, settings["path"]
        case "folder":
            return *folder.load(settings["path"], *counts, settings["seed"]), settings["path"]
        case "cifar10" | "cifar100":
            return cifar.load(settings["dataset"], settings["path"], *counts)
    raise ValueError(f"data.dataset: found {settings['dataset']!r}, expected a data set of config/README.md")
