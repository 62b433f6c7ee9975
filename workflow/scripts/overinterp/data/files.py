"""Your own pictures, listed in a CSV: the columns ``file`` and ``label`` and, where there are training images, ``split``."""

from __future__ import annotations

from pathlib import Path

from overinterp.data import own
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
    return [found[number] for number in own.order(settings, name, len(found))]


def _rows(settings: dict) -> list[dict]:
    path = settings["path"]
    rows, first = [], {}
    for place, row in own.rows(path, ("file", "label", *(["split"] if "train_images" in settings else []))):
        if not row["file"] or not row["label"]:
            raise ValueError(f"{place}: found no file or no label, expected both")
        if row["label"] != row["label"].strip():
            raise ValueError(
                f"{place}: found label {row['label']!r}, expected no blanks around it: they would make a class of its own"
            )
        if row.get("split") not in (None, "", "train", "test"):
            raise ValueError(f"{place}: found split {row['split']!r}, expected train or test")
        label, before = first.setdefault(row["file"], (row["label"], place))
        if label != row["label"]:
            line = before.removeprefix(f"{path}, ")
            raise ValueError(f"{place}: found {row['file']} as {row['label']!r}, in {line} as {label!r}, expected one label")
        rows.append(row)
    return rows
