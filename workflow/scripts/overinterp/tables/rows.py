"""Rows of tables: which are meant, and what they share."""

from __future__ import annotations

import numpy as np
import pandas as pd

FEWEST_WRONG = 10  # wrong answers below which right and wrong ones are not compared
DESCRIBING = [
    "kind",
    "group",
    "architecture",
    "condition",
    "source",
    "keep_probability",
    "adversarial",
    "labels",
    "search",
    "split",
    "target",
]


def headed(rows: list[dict], columns: list[str]) -> pd.DataFrame:
    """A table of these rows; without any a head of these columns, which can still be read."""
    return pd.DataFrame(rows) if rows else pd.DataFrame(columns=columns)


def used(rows: pd.DataFrame) -> pd.DataFrame:
    """Rows of `sis_size` that enter a mean: a subset was found, and the full image reaches the threshold, as in the paper."""
    return rows[(rows.status == "found") & rows.full_at_threshold]


def square(rows: pd.DataFrame, column: str = "size_pixels") -> np.ndarray:
    """(networks, images) sizes or another column's values, NaN where a network has none for an image."""
    return rows.pivot(index="model", columns="index", values=column).to_numpy(float)


def described(rows: pd.DataFrame) -> dict:
    """The columns that all rows of a group share."""
    return rows.iloc[0][DESCRIBING].to_dict()


def plain(rows: pd.DataFrame) -> pd.Series:
    """Single classifiers trained on full images and their classes, without a remedy, whatever their condition; no nulls."""
    usual = (rows.keep_probability == 1) & ~rows.adversarial.astype(bool) & (rows.labels == "given")
    return (rows.train_mask == "all") & usual
