"""Your own pictures, listed in a CSV: the columns ``file`` and ``label`` and, where there are training images, ``split``."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np

from overinterp.data.classes import in_order
from overinterp.plan.sentences import listing


def about(settings: dict) -> tuple[list[str], str]:
    """Names of the classes, sorted: the labels that occur; and the origin in words."""
    rows = _rows(settings)
    names = in_order({row["label"] for row in rows})
    if "train_images" in settings:
        taught = {row["label"] for row in rows if row["split"] == "train"}
        lost = [name for name in names if name not in taught]
        if lost:
            raise ValueError(f"{settings['path']}: found no training picture of {listing(lost)}, expected some of every label")
    return names, Path(settings["path"]).name


def files(settings: dict, name: str) -> list[tuple[str, int]]:
    """All pictures of a split, in random order.

    Args:
        settings: The config's ``data`` block; files are relative to the CSV.
        name: 'train' or 'test'. Without the column ``split`` every picture is a test image.

    Returns:
        File and label of each.

    Raises:
        ValueError: A column or a label is missing, a split is unknown, or one file has two labels.
    """
    names, root = about(settings)[0], Path(settings["path"]).parent
    numbers = {label: number for number, label in enumerate(names)}
    found = [(str(root / row["file"]), numbers[row["label"]]) for row in _rows(settings) if (row.get("split") or "test") == name]
    order = np.random.default_rng([settings["seed"], ("train", "test").index(name)]).permutation(len(found))
    return [found[number] for number in order]


def _rows(settings: dict) -> list[dict]:
    path = settings["path"]
    with open(path, newline="", encoding="utf-8-sig") as file:
        reader = csv.DictReader(file)
        wanted = ("file", "label", *(["split"] if "train_images" in settings else []))
        for column in wanted:
            if column not in (reader.fieldnames or []):
                raise ValueError(
                    f"{path}: found columns {', '.join(reader.fieldnames or ['none'])}, expected {column} among them"
                )
        rows = list(reader)
    first = {}
    for number, row in enumerate(rows, 2):
        if not row["file"] or not row["label"]:
            raise ValueError(f"{path}, line {number}: found no file or no label, expected both")
        if row.get("split") not in (None, "", "train", "test"):
            raise ValueError(f"{path}, line {number}: found split {row['split']!r}, expected train or test")
        label, line = first.setdefault(row["file"], (row["label"], number))
        if label != row["label"]:
            raise ValueError(
                f"{path}, line {number}: found {row['file']} as {row['label']!r}, in line {line} as {label!r}, expected one label"
            )
    return rows
