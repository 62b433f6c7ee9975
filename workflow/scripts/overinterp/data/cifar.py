"""CIFAR-10 and CIFAR-100 (Krizhevsky 2009) in their binary version, which holds bytes and nothing that runs code."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from overinterp.data.official import OFFICIAL, Official

ORIGIN_FILE = "origin.txt"
SIDE, CHANNELS = 32, 3


def about(settings: dict) -> tuple[list[str], str]:
    """Names of the classes, and the origin: from ``origin.txt`` where there is one (copies that are not the official files)."""
    official, folder = _official(settings)
    note = folder / ORIGIN_FILE
    return _names(official, folder), note.read_text().strip() if note.is_file() else official.name


def split(settings: dict, name: str) -> tuple[np.ndarray, np.ndarray]:
    """The first images of a split, in the official order.

    Args:
        settings: The config's ``data`` block: dataset ('cifar10' or 'cifar100'), path (folder that holds the archive's folder),
            and the number of images.
        name: 'train' or 'test'.

    Returns:
        uint8 (N, 32, 32, 3) and int64 (N,) labels.

    Raises:
        ValueError: A file is missing, cut short, or has fewer images than asked for.
    """
    official, folder = _official(settings)
    files = [folder / file for file in official.splits[name]]
    return _split(official, files, settings[f"{name}_images"], len(_names(official, folder)))


def _official(settings: dict) -> tuple[Official, Path]:
    official = OFFICIAL[settings["dataset"]]
    folder = Path(settings["path"]) / official.folder
    for file in (official.names, *(file for files in official.splits.values() for file in files)):
        if not (folder / file).is_file():
            raise ValueError(f"{folder}: found no {file}, expected the binary version of {official.name} ({official.url})")
    return official, folder


def _names(official: Official, folder: Path) -> list[str]:
    return [name for name in (folder / official.names).read_text().split() if name]


def _split(official: Official, files: list[Path], count: int, classes: int) -> tuple[np.ndarray, np.ndarray]:
    record = official.label_bytes + CHANNELS * SIDE * SIDE
    parts = []
    for file in files:
        content = np.fromfile(file, np.uint8)
        if len(content) % record or not len(content):
            raise ValueError(
                f"{file}: found {len(content)} bytes, expected a multiple of {record}; delete its folder and run again"
            )
        parts.append(content.reshape(-1, record))
    rows = np.concatenate(parts)
    if len(rows) < count:
        raise ValueError(f"{files[0].parent}: found {len(rows)} images, expected the config's {count}")
    rows = rows[:count]
    labels = rows[:, official.label_bytes - 1].astype(np.int64)
    if labels.max() >= classes:
        raise ValueError(
            f"{files[0].parent}: found label {labels.max()}, expected less than {classes}, the number of class names"
        )
    images = rows[:, official.label_bytes :].reshape(-1, CHANNELS, SIDE, SIDE).transpose(0, 2, 3, 1)
    return np.ascontiguousarray(images), labels


def save(dataset: str, path: str | Path, train, test, names: list[str], origin: str) -> None:
    """Write images in the data set's own format, with a note of where they come from.

    Args:
        dataset: 'cifar10' or 'cifar100'.
        path: Folder in which the archive's folder appears.
        train: Training images uint8 (N, 32, 32, 3) and labels.
        test: Test images and labels.
        names: One name a class.
        origin: Where the images come from, in words; stands in every caption.
    """
    official, folder = OFFICIAL[dataset], Path(path) / OFFICIAL[dataset].folder
    folder.mkdir(parents=True, exist_ok=True)
    for split, (images, labels) in (("train", train), ("test", test)):
        pixels = images.transpose(0, 3, 1, 2).reshape(len(labels), -1)
        labels = np.repeat(labels.astype(np.uint8)[:, None], official.label_bytes, axis=1)
        files = official.splits[split]
        for file, rows in zip(files, np.array_split(np.hstack([labels, pixels]), len(files)), strict=True):
            rows.tofile(folder / file)
    (folder / official.names).write_text("\n".join(names) + "\n")
    (folder / ORIGIN_FILE).write_text(origin + "\n")
