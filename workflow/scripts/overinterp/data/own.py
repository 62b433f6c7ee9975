"""What data sets of a user's own have in common: CSV files, and the random order in which a split is taken."""

from __future__ import annotations

import csv
from collections.abc import Iterator

import numpy as np


def rows(path: str, columns: tuple[str, ...]) -> Iterator[tuple[str, dict]]:
    """Where each row of a CSV stands, in words, and the row.

    Args:
        path: The file, in UTF-8, with a head.
        columns: That must be among its.

    Raises:
        ValueError: A column is missing, or the file is no such text.
    """
    with open(path, newline="", encoding="utf-8-sig") as file:
        reader = csv.DictReader(file)
        try:
            for column in columns:
                if column not in (reader.fieldnames or []):
                    found = ", ".join(reader.fieldnames or ["none"])
                    raise ValueError(f"{path}: found columns {found}, expected {column} among them")
            for number, row in enumerate(reader, 2):
                yield f"{path}, line {number}", row
        except (UnicodeDecodeError, csv.Error) as error:
            raise ValueError(f"{path}: expected CSV in UTF-8, found damage ({error})") from None


def order(settings: dict, split: str, count: int) -> np.ndarray:
    """(count,) places in a split, in random order: a function of the config's ``data.seed`` and whether it is train or test."""
    return np.random.default_rng([settings["seed"], ("train", "test").index(split)]).permutation(count)
