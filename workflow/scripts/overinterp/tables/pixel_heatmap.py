"""Where in the image the kept pixels lie: the share of images that keep each cell."""

from __future__ import annotations

import numpy as np
import pandas as pd

from overinterp.artifacts.tables import read_table
from overinterp.inputs import Inputs, Searched, Table
from overinterp.search.kept import Kept
from overinterp.search.ordering import kept_pixels
from overinterp.tables.rows import DESCRIBING

MOST_CELLS = 32  # a side; the pixels of larger images are counted together
CAPTION = "Share of images that keep a pixel: of each group the largest, the mean, and the confidence in the kept pixels alone."


def make(inputs: Inputs) -> Table:
    """One row a group, search and cell.

    Settings: fraction, that is kept. Confidence is that on exactly these pixels: as evaluated in the parts of the table accuracy,
    of the search that chooses what classifiers are tested on; of another one as it recorded it, if its steps end there.
    """
    accuracy = pd.concat([read_table(path) for path in inputs.parts], ignore_index=True)
    groups: dict[tuple[str, str], list[Searched]] = {}
    order = list(dict.fromkeys(searched.row["group"] for searched in inputs.searches))
    for searched in sorted(inputs.searches, key=lambda searched: order.index(searched.row["group"])):
        groups.setdefault((searched.row["group"], searched.row["search"]), []).append(searched)
    fraction, parts = inputs.settings["fraction"], []
    for members in groups.values():
        cells = shares(members, fraction)
        row = {key: members[0].row[key] for key in DESCRIBING}
        confidence = np.mean([own_confidence(accuracy, member.row, fraction) for member in members])
        if np.isnan(confidence):
            confidence = np.mean([recorded_confidence(member, fraction) for member in members])
        parts.append(cells.assign(**row, networks=len(members), mean_confidence=confidence))
    rows = pd.concat(parts, ignore_index=True)
    summary = rows.groupby(["group", "search"], sort=False).agg(
        networks=("networks", "first"), images=("images", "first"), largest=("share", "max"), mean=("share", "mean"),
        mean_confidence=("mean_confidence", "first"),
    )  # fmt: skip
    return Table(rows, summary.reset_index(), CAPTION)


def shares(searches: list[Searched], fraction: float) -> pd.DataFrame:
    """Share of images, over all searches, whose subset holds a pixel; mean over the pixels of a cell.

    Returns:
        row and column of the cell, cell_rows and cell_columns (pixels), share, images, fewest_images and most_images (of a
        search), pixels and kept_pixels (of an image).
    """
    total, counts = None, []
    for searched in searches:
        count = 0
        for ordering in searched.shards():
            kept = ordering.kept_fraction(fraction).sum(0)
            total = kept if total is None else total + kept
            count += len(ordering)
        counts.append(count)
    share = total / sum(counts)
    height, width = share.shape
    tall, wide = -(-height // MOST_CELLS), -(-width // MOST_CELLS)
    rows, columns = np.arange(height) // tall, np.arange(width) // wide
    frame = pd.DataFrame({"row": np.repeat(rows, width), "column": np.tile(columns, height), "share": share.ravel()})
    cells = frame.groupby(["row", "column"], sort=True).share.mean().reset_index()
    return cells.assign(
        cell_rows=tall,
        cell_columns=wide,
        images=sum(counts),
        fewest_images=min(counts),
        most_images=max(counts),
        pixels=share.size,
        kept_pixels=kept_pixels(share.size, fraction),
    )


def own_confidence(accuracy: pd.DataFrame, searched: dict, fraction: float) -> float:
    """Mean confidence of a classifier in its own predictions on the pixels that its own search keeps."""
    chosen = (accuracy.masks_model == searched["model"]) & (accuracy.masks_search == searched["search"])
    own = accuracy[chosen & (accuracy.model == searched["model"]) & (accuracy.split == "test")]
    shown = own[(own.test_mask == "kept") & (own.test_paint == "values") & np.isclose(own.test_fraction, fraction)]
    return float(shown.chooser_confidence.iloc[0]) if len(shown) else np.nan


def recorded_confidence(searched: Searched, fraction: float) -> float:
    """Mean confidence that a search recorded with a share of the pixels left; missing where it did not stop there."""
    log_odds = np.concatenate([Kept.of(ordering, [fraction]).log_odds[:, 0] for ordering in searched.shards()])
    return float((1 / (1 + np.exp(-log_odds.astype(np.float64)))).mean())
