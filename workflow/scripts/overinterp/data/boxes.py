"""Boxes around objects: a CSV with the columns file, x0, y0, x1, y1, in pixels of the upright picture as it is stored."""

from __future__ import annotations

import csv
import math
from pathlib import Path

import numpy as np

from overinterp.data import geometry as shaping

Box = tuple[float, float, float, float]  # x0, y0, x1, y1: the columns x0 to x1 and the rows y0 to y1 are inside


def read(path: str | Path) -> dict[str, list[Box]]:
    """The boxes of each picture, by the picture's file name without its folder; a row a box, other columns are passed over.

    Raises:
        ValueError: A column is missing, or a box is empty or no numbers.
    """
    found: dict[str, list[Box]] = {}
    with open(path, newline="", encoding="utf-8-sig") as file:
        reader = csv.DictReader(file)
        for column in ("file", "x0", "y0", "x1", "y1"):
            if column not in (reader.fieldnames or []):
                raise ValueError(
                    f"{path}: found columns {', '.join(reader.fieldnames or ['none'])}, expected {column} among them"
                )
        for number, row in enumerate(reader, 2):
            try:
                box = tuple(float(row[side]) for side in ("x0", "y0", "x1", "y1"))
            except (TypeError, ValueError):
                box = (math.nan,) * 4
            if not (0 <= box[0] <= box[2] and 0 <= box[1] <= box[3]):
                sides = ", ".join(str(row[side]) for side in ("x0", "y0", "x1", "y1"))
                raise ValueError(f"{path}, line {number}: found box {sides}, expected 0 <= x0 <= x1 and 0 <= y0 <= y1")
            found.setdefault(Path(row["file"]).name, []).append(box)
    return found


def inside(boxes: list[Box], size: tuple[int, int], geometry: dict | None) -> np.ndarray:
    """Pixels of the resized and cropped picture whose middle lies in a box.

    Args:
        boxes: At least one.
        size: (H, W) of the upright picture as it is stored.
        geometry: As in `overinterp.data.geometry`, or None for the picture as it is.

    Returns:
        bool, (H, W) of the picture as it is shown.
    """
    (height, width), (top, left) = size, (0, 0)
    shown = size
    if geometry is not None:
        height, width = shaping.resized(size, geometry)
        shown = shaping.size_of(geometry) or (height, width)
        top, left = round((height - shown[0]) / 2), round((width - shown[1]) / 2)
    # middles of the shown pixels, in pixels of the stored picture
    row = (np.arange(shown[0]) + top + 0.5) * size[0] / height
    column = (np.arange(shown[1]) + left + 0.5) * size[1] / width
    found = np.zeros(shown, bool)
    for x0, y0, x1, y1 in boxes:
        found |= ((row >= y0) & (row < y1 + 1))[:, None] & ((column >= x0) & (column < x1 + 1))
    return found
