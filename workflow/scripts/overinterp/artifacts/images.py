"""Images on disk: ``data/<split>.npz`` and ``data/data.json``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from overinterp.artifacts.files import read_json, replacing, sha256, write_json


@dataclass(frozen=True)
class Images:
    """Images of one split.

    Attributes:
        images: uint8 (N, H, W, C).
        labels: int64 (N,).
        truth: bool (H, W), the planted pixels, or None where nothing is planted.
    """

    images: np.ndarray
    labels: np.ndarray
    truth: np.ndarray | None = None


def save_data(folder: str | Path, train: Images, test: Images, class_names: list[str], origin: str, blank) -> None:
    """Write both splits and ``data.json``.

    Args:
        folder: The study's ``data`` folder.
        train: Training images; their mean and standard deviation a channel, in [0, 1], are recorded.
        test: Test images.
        class_names: One name a label.
        origin: Where the images come from, in words.
        blank: ``"mean"`` or one value in [0, 1] a channel; recorded resolved, as ``blank``.

    Raises:
        ValueError: ``blank`` has another number of channels than the images.
    """
    folder = Path(folder)
    pixels = train.images.reshape(-1, train.images.shape[-1]) / 255.0
    mean, std = pixels.mean(0), pixels.std(0)
    fill = mean.tolist() if blank == "mean" else list(blank)
    if len(fill) != len(mean):
        raise ValueError(f"data.blank: found {len(fill)} values, expected {len(mean)}, one a channel of the images")
    for name, split in (("train", train), ("test", test)):
        save_images(folder / f"{name}.npz", split)
    write_json(
        folder / "data.json",
        {
            "origin": origin,
            "class_names": class_names,
            "shape": list(train.images.shape[1:]),
            "train_images": len(train.images),
            "test_images": len(test.images),
            "mean": mean.tolist(),
            "std": np.maximum(std, 1e-6).tolist(),
            "blank": fill,
            "sha256": {name: sha256(folder / f"{name}.npz") for name in ("train", "test")},
        },
    )


def save_images(path: str | Path, split: Images) -> None:
    """Write one split."""
    arrays = {"images": split.images, "labels": split.labels}
    if split.truth is not None:
        arrays["truth"] = split.truth
    with replacing(path) as temporary:
        np.savez_compressed(temporary, **arrays)


def load_images(path: str | Path) -> Images:
    """Read one split."""
    with np.load(path, allow_pickle=False) as file:
        return Images(file["images"], file["labels"], file.get("truth"))


def load_data_info(path: str | Path) -> dict:
    """Read ``data.json``: class_names, shape (H, W, C), mean, std, blank (each in [0, 1]), origin, sha256."""
    return read_json(path)
