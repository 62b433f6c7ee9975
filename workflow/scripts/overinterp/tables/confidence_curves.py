"""Confidence while pixels are removed: quantiles over images."""

from __future__ import annotations

import numpy as np
import pandas as pd

from overinterp.inputs import Inputs, Table
from overinterp.tables.rows import DESCRIBING

POINTS = 300  # at most so many places
QUANTILES = (0.1, 0.5, 0.9)
CAPTION = "Confidence in the predicted class with so many pixels left: median, and the range of 10 to 90 % of the images."


def make(inputs: Inputs) -> Table:
    """One row a group and number of pixels left."""
    groups: dict[str, list] = {}
    for searched in inputs.searches:
        groups.setdefault(searched.row["group"], []).append(searched)
    parts = []
    for members in groups.values():
        found, counts, remaining = [], [], None
        for member in members:
            part = []
            for ordering in member.shards():
                if remaining is None:
                    pixels = ordering.pixels
                    remaining = np.unique(np.geomspace(1, pixels, POINTS).round().astype(int))[::-1]
                part.append(ordering.confidence_after(ordering.pixels - remaining).astype(np.float32))
            counts.append(sum(map(len, part)))
            found += part
        low, median, high = np.quantile(np.concatenate(found), QUANTILES, axis=0)
        row = {key: members[0].row[key] for key in DESCRIBING}
        values = {"pixels": pixels, "pixels_left": remaining, "low": low, "median": median, "high": high}
        seen = {"networks": len(members), "fewest_images": min(counts), "most_images": max(counts)}
        parts.append(pd.DataFrame(values).assign(**row, **seen))
    rows = pd.concat(parts, ignore_index=True)
    shown = rows.pixels_left.isin(_few(rows.pixels_left))
    return Table(rows, rows[shown][["group", "pixels_left", "low", "median", "high"]], CAPTION)


def _few(places: pd.Series) -> np.ndarray:
    values = np.unique(places)
    return values[np.unique(np.linspace(0, len(values) - 1, 8).round().astype(int))]
