"""Sizes of subsets of adversarially trained networks against those of ordinary ones, image by image."""

from __future__ import annotations

import numpy as np
import pandas as pd

from overinterp.inputs import Inputs, Table
from overinterp.statistics import interval
from overinterp.tables.rows import plain, used

CAPTION = (
    "Adversarially trained against ordinary networks: geometric mean of the paired ratio of sizes, 95 % interval over images."
)


def make(inputs: Inputs) -> Table:
    """One row an architecture, threshold and image that both kinds of network have a subset of.

    Settings: search, whose sizes are compared.
    """
    table = inputs.tables["sis_size"]
    rows = pairs(table[(table.search == inputs.settings["search"]) & (table.split == "test")])
    shown = ["architecture", "threshold", "images", "ratio", "ratio_low", "ratio_high"]
    return Table(rows, rows[shown].drop_duplicates(), CAPTION)


def pairs(table: pd.DataFrame) -> pd.DataFrame:
    """Mean size over seeds of each image that both have a subset of, and the ratio over images.

    Returns:
        architecture, threshold, index, ordinary and adversarial (pixels), and for each architecture and threshold images, ratio
        (geometric mean), ratio_low and ratio_high.
    """
    rows = used(table[table.kind == "network"])
    attacked = rows.adversarial.astype(bool) & (rows.train_mask == "all")
    kinds = {"ordinary": rows[plain(rows)], "adversarial": rows[attacked]}
    keys = ["architecture", "threshold", "index"]
    sizes = [part.groupby(keys).size_pixels.mean().rename(kind) for kind, part in kinds.items()]
    found = pd.concat(sizes, axis=1).dropna().reset_index()
    parts = []
    for _, part in found.groupby(["architecture", "threshold"]):
        ratio = np.exp(interval(np.log(part.adversarial / part.ordinary).to_numpy()))
        parts.append(part.assign(images=len(part), ratio=ratio[0], ratio_low=ratio[1], ratio_high=ratio[2]))
    columns = [*keys, "ordinary", "adversarial", "images", "ratio", "ratio_low", "ratio_high"]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=columns)
