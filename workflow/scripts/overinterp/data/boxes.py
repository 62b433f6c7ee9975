"""Boxes around objects, in pixels of the upright picture as it is stored.

A CSV with the columns file, x0, y0, x1, y1; or a folder of annotations in PASCAL VOC's XML, as ImageNet's are: a file a picture.
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from xml.etree import ElementTree

import numpy as np

from overinterp.data import geometry as shaping
from overinterp.data import own
from overinterp.data.listing import Listed
from overinterp.data.picture_files import visible_below

Box = tuple[float, float, float, float]  # x0, y0, x1, y1: the columns x0 to x1 and the rows y0 to y1 are inside


def read(path: str | Path) -> dict[str, list[Box]]:
    """The boxes of each picture, by its file as it is named there, with or without folders.

    Of a CSV: a row a box, other columns are passed over. Of a folder: every XML file in it, however deep; its picture is the file
    that ``filename`` names with an ending, else (ImageNet's name none) the XML's own name with the ending .JPEG.

    Raises:
        ValueError: A column is missing, a box is empty or no numbers, or a file is no XML; or a folder has none.
    """
    found: dict[str, list[Box]] = {}
    for name, place, sides in _annotations(Path(path)) if Path(path).is_dir() else _rows(path):
        try:
            box = tuple(float(side) for side in sides)
        except (TypeError, ValueError):
            box = (math.nan,) * 4
        if not (0 <= box[0] <= box[2] and 0 <= box[1] <= box[3]):
            raise ValueError(f"{place}: found box {', '.join(map(str, sides))}, expected 0 <= x0 <= x1 and 0 <= y0 <= y1")
        found.setdefault(name, []).append(box)
    return found


def _rows(path: str | Path) -> Iterator[tuple[str, str, list]]:
    """Of each row of a CSV: the picture's file, where the row stands, and x0, y0, x1, y1 as they stand there."""
    for place, row in own.rows(str(path), ("file", "x0", "y0", "x1", "y1")):
        yield row["file"], place, [row[side] for side in ("x0", "y0", "x1", "y1")]


def _annotations(folder: Path) -> Iterator[tuple[str, str, list]]:
    """Of each box of the XML files in a folder: the picture's name, the file, and x0, y0, x1, y1 as they stand there.

    Where a file counts pixels from 1, as PASCAL VOC's own do, its boxes lie a pixel off.
    """
    files = sorted(Path(file) for file in visible_below(str(folder)) if file.lower().endswith(".xml"))
    if not files:
        raise ValueError(f"{folder}: found no XML file, expected annotations, or a CSV instead of the folder")
    for file in files:
        try:
            tree = ElementTree.parse(file)
        except ElementTree.ParseError as error:
            raise ValueError(f"{file}: found no XML ({error}), expected an annotation in PASCAL VOC's form") from None
        named = Path(tree.findtext("filename") or "")
        name = named.name if named.suffix else f"{file.stem}.JPEG"
        for box in tree.iter("bndbox"):
            yield name, str(file), [box.findtext(side) for side in ("xmin", "ymin", "xmax", "ymax")]


def of_pictures(drawn: dict[str, list[Box]], listed: Sequence[Listed], files: Iterable[str]) -> list[list[Box]]:
    """The boxes of each listed picture: those of its name or, where folders stand before the name, of the end of its path.

    Args:
        drawn: From `read`.
        listed: The pictures.
        files: All files of the split, listed or not.

    Raises:
        ValueError: Two pictures would get the same boxes, a box lies outside of its picture, or all are shares of the sides.
    """
    found: dict[str, list[Box]] = {row.file: [] for row in listed}
    wanted = {os.path.basename(file) for file in found}
    keys: dict[str, list[tuple[str, tuple[str, ...]]]] = {}
    for key in drawn:
        if (name := Path(key).name) in wanted:
            keys.setdefault(name, []).append((key, Path(key).parts))
    others: dict[str, set[str]] = {}
    for file in files:
        for key, parts in keys.get(os.path.basename(file), ()):
            if Path(file).absolute().parts[-len(parts) :] == parts:
                others.setdefault(key, set()).add(file)
    for key, those in others.items():
        if len(those) > 1 and not those.isdisjoint(found):
            first, second = sorted(those)[:2]
            raise ValueError(
                f"data.boxes: found boxes of {key}, which is {first} and {second}, expected names that one picture has, or as "
                "many folders before them as tell pictures apart"
            )
        for file in those & found.keys():
            found[file] += drawn[key]
    for row in listed:
        for box in found[row.file]:
            if box[0] >= row.width or box[1] >= row.height or box[2] > _limit(row.width) or box[3] > _limit(row.height):
                raise ValueError(
                    f"data.boxes: found box {', '.join(f'{side:g}' for side in box)} of {row.file}, expected one inside of its "
                    f"{row.width} columns and {row.height} rows"
                )
    sides = [side for boxes in found.values() for box in boxes for side in box]
    if sides and max(sides) <= 1 and any(side % 1 for side in sides):
        raise ValueError("data.boxes: found boxes of at most 1, shares of the sides it seems, expected pixels of the pictures")
    return [found[row.file] for row in listed]


def _limit(side: int) -> float:
    """Up to where a box may reach: sides are counted from 0 or 1, and drawn by hand; boxes of larger pictures reach farther."""
    return 1.02 * side + 1


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
