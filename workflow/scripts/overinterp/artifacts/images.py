"""Images on disk: a manifest ``data/<split>.csv``, for stored data sets ``data/<split>.npy`` beside it, and ``data/data.json``.

The manifest has a row an image: ``label`` and, where images are files, ``file``, ``digest``, ``height`` and ``width`` of the
upright picture. Where the config names boxes, those of the test images are in ``data/boxes.csv``.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np

from overinterp.artifacts.files import read_json, replacing, reserve
from overinterp.data.boxes import Box, inside
from overinterp.data.listing import Listed
from overinterp.data.source import ArraySource, FileSource, Source


def save_array(path: str | Path, images: Iterable[np.ndarray], count: int, labels: np.ndarray) -> None:
    """Write a split that is stored: the array, then its manifest.

    Args:
        path: ``data/<split>.csv``; the array goes beside it.
        images: Parts of the split, uint8 (n, H, W, C), one after the other.
        count: N, images in all.
        labels: int64 (N,).
    """
    path = Path(path)
    with replacing(path.with_suffix(".npy")) as temporary:
        stored, first = None, 0
        for part in images:
            if stored is None:
                stored = np.lib.format.open_memmap(temporary, "w+", np.uint8, (count, *part.shape[1:]))
                reserve(temporary)
            stored[first : first + len(part)] = part[: max(count - first, 0)]
            first += len(part)
        if first != count:
            raise ValueError(f"{path}: found {first} images, expected {count}")
        stored.flush()
        del stored
    _write(path, ("label",), ((label,) for label in labels.tolist()))


def save_files(path: str | Path, rows: list[Listed]) -> None:
    """Write the manifest of a split whose images are files: what is known of each."""
    _write(Path(path), Listed._fields, rows)


def load_files(path: str | Path) -> list[Listed]:
    """Read the manifest of a split whose images are files."""
    rows = read_manifest(path)
    return [Listed(row["file"], int(row["label"]), row["digest"], int(row["height"]), int(row["width"])) for row in rows]


def save_boxes(path: str | Path, rows: list[Listed], boxes: list[list[Box]]) -> None:
    """Write the boxes of a split, a row a box, with the number of its image and that one's size.

    Args:
        path: ``data/boxes.csv``.
        rows: Of the split's manifest.
        boxes: Those of each.
    """
    lines = (
        (number, row.height, row.width, *(f"{side:.15g}" for side in box))
        for number, (row, drawn) in enumerate(zip(rows, boxes, strict=True))
        for box in drawn
    )
    _write(Path(path), ("index", "height", "width", "x0", "y0", "x1", "y1"), lines)


class Objects(Mapping):
    """Where the objects are: by image number bool (H, W), True inside a box, drawn when asked for.

    Args:
        boxes: By image number its boxes and its size (height, width), before it was cut to the classifier's.
        geometry: What was done to the images.
    """

    def __init__(self, boxes: dict[int, tuple[list, tuple[int, int]]], geometry: dict):
        self.boxes, self.geometry = boxes, geometry

    def __getitem__(self, number: int) -> np.ndarray:
        return inside(*self.boxes[number], self.geometry)

    def __contains__(self, number) -> bool:
        return number in self.boxes

    def __iter__(self):
        return iter(self.boxes)

    def __len__(self) -> int:
        return len(self.boxes)


def load_objects(path: str | Path, info: dict) -> Objects:
    """Where the objects are, of the images that have boxes.

    Args:
        path: ``data/boxes.csv``.
        info: ``data.json``.
    """
    found = {}
    for row in read_manifest(path):
        drawn, _ = found.setdefault(int(row["index"]), ([], (int(row["height"]), int(row["width"]))))
        drawn.append(tuple(float(row[side]) for side in ("x0", "y0", "x1", "y1")))
    return Objects(found, info["geometry"])


def save_skipped(path: str | Path, rows: list[tuple[str, str]]) -> None:
    """Write which files were passed over, and why."""
    _write(Path(path), ("file", "reason"), rows)


def _write(path: Path, head: tuple[str, ...], rows) -> None:
    with replacing(path) as temporary, open(temporary, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(head)
        writer.writerows(rows)


def read_manifest(path: str | Path) -> list[dict]:
    """Rows of a manifest, of a list of skipped files or of boxes."""
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def open_split(path: str | Path, info: dict | None = None) -> Source:
    """A split, to be read by image numbers.

    Args:
        path: ``data/<split>.csv``.
        info: ``data.json``; None gives a stored array as it is.

    Raises:
        ValueError: The array is missing or damaged.
    """
    path, geometry = Path(path), info["geometry"] if info else None
    rows = read_manifest(path)
    labels = np.array([int(row["label"]) for row in rows], np.int64)
    if rows and "file" in rows[0]:
        return FileSource([row["file"] for row in rows], labels, geometry, info["shape"])
    try:
        array = np.load(path.with_suffix(".npy"), mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError) as error:
        raise ValueError(f"{path.with_suffix('.npy')}: cannot be read ({error}); delete {path} and run again") from error
    corrupted = path.stem == "corrupted"  # made of images that have their shape already, or cifar10c's, without geometry
    return ArraySource(array, labels, None if corrupted else geometry)


def load_data_info(path: str | Path) -> dict:
    """Read ``data.json``: class_names, shape (H, W, C), geometry, mean, std, blank (each in [0, 1]), origin, images, sha256."""
    return read_json(path)
