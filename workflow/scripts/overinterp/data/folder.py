"""Your own small images: a folder a class, ``train/<class>/*`` and ``test/<class>/*``."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image, UnidentifiedImageError
from torchvision.datasets.folder import IMG_EXTENSIONS

from overinterp.artifacts.images import Images


def load(path: str | Path, train_images: int, test_images: int, seed: int) -> tuple[Images, Images, list[str]]:
    """Read a random sample of both splits.

    Args:
        path: Folder with ``train`` and ``test``; each class a folder with images in it, all of one size, RGB (grey ones are
            taken as RGB).
        train_images: Training images to take.
        test_images: Test images to take.
        seed: Of the sample.

    Returns:
        Training and test images, uint8 (N, H, W, 3), and one name a class, sorted.

    Raises:
        ValueError: A folder or image is missing, unreadable or of another size than the first.
    """
    root = Path(path)
    for split in ("train", "test"):
        if not (root / split).is_dir():
            raise ValueError(f"{root}: found no folder {split}, expected {split}/<class>/<images>")
    names = sorted(entry.name for entry in (root / "train").iterdir() if entry.is_dir())
    strangers = sorted({entry.name for entry in (root / "test").iterdir() if entry.is_dir()} - set(names))
    if strangers:
        raise ValueError(f"{root}/test: found class {strangers[0]!r}, expected one of train's: {', '.join(names[:12])}")
    if len(names) < 2:
        raise ValueError(f"{root}/train: found {len(names)} class folders, expected at least 2")
    train = _split(root / "train", names, train_images, np.random.default_rng([seed, 0]), None)
    test = _split(root / "test", names, test_images, np.random.default_rng([seed, 1]), train.images.shape[1:3])
    return train, test, names


def _split(folder: Path, names: list[str], count: int, rng: np.random.Generator, shape) -> Images:
    files = [
        (file, label)
        for label, name in enumerate(names)
        for file in sorted((folder / name).glob("*"))
        if file.suffix.lower() in IMG_EXTENSIONS
    ]
    if len(files) < count:
        raise ValueError(f"{folder}: found {len(files)} images, expected the config's {count}")
    chosen = [files[number] for number in rng.permutation(len(files))[:count]]
    images = [_read(chosen[0][0], shape)]
    images += [_read(file, images[0].shape[:2]) for file, _ in chosen[1:]]
    return Images(np.stack(images), np.array([label for _, label in chosen], np.int64))


def _read(file: Path, shape) -> np.ndarray:
    try:
        with Image.open(file) as image:
            pixels = np.asarray(image.convert("RGB"))
    except (UnidentifiedImageError, OSError) as error:
        raise ValueError(f"{file}: cannot be read as an image ({error})") from error
    if shape is not None and pixels.shape[:2] != tuple(shape):
        found, expected = ("x".join(map(str, size)) for size in (pixels.shape[:2], shape))
        raise ValueError(f"{file}: found {found} pixels, expected {expected} as the other images have")
    return pixels
