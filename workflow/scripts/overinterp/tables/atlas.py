"""Classifiers side by side: how right, how few pixels, and how much of them on the border."""

from __future__ import annotations

import numpy as np
import pandas as pd

from overinterp.outputs import Inputs, Table
from overinterp.statistics import wilson

CAPTION = (
    "Classifiers side by side: accuracy on full test images (mean over seeds; Wilson's 95 % interval of a single one), mean size "
    "of their sufficient subsets at the threshold, and the share of what each search keeps that lies on the outermost rings "
    "(pixels), over that of evenly spread ones (1: even). 95 % intervals over images where a group has one network."
)
KEYS = ["kind", "group", "architecture", "condition", "source"]


def make(inputs: Inputs) -> Table:
    """One row a group of classifiers that differ in their seed alone and a quantity: accuracy, size, border.

    Settings: threshold, of the sizes. Border has a row for each search.
    """
    accuracy, sizes, rings = (inputs.tables[name] for name in ("accuracy", "sis_size_by_threshold", "pixel_rings"))
    full = accuracy[(accuracy.split == "test") & (accuracy.test_mask == "all")]
    sizes = sizes[
        (sizes.split == "test") & (sizes.target == "predicted") & np.isclose(sizes.threshold, inputs.settings["threshold"])
    ]
    rings = rings[(rings.split == "test") & (rings.target == "predicted") & rings.fraction.notna()]
    rings = rings[rings.rings == rings.rings.min()]
    found = []

    def tell(part, quantity, search, value, low, high, images=None):
        networks = int(part.models.iloc[0]) if "models" in part else len(part)
        rings_counted = int(part.rings.iloc[0]) if "rings" in part else None
        row = {**part.iloc[0][KEYS], "networks": networks, "rings": rings_counted, "quantity": quantity, "search": search}
        found.append(row | {"images": int(images or part.images.max()), "value": value, "low": low, "high": high})

    for group in rings.group.unique():
        part = full[full.group == group]
        low, high = wilson(part.accuracy.iloc[0], part.images.iloc[0]) if len(part) == 1 else (np.nan, np.nan)
        tell(part, "accuracy", "", part.accuracy.mean(), low, high)
        for _, part in sizes[sizes.group == group].groupby("search"):
            reach = part.subsets.iloc[0] / part.models.iloc[0]  # images a network that have a subset
            tell(part, "size", part.search.iloc[0], part["mean"].iloc[0], part.low.iloc[0], part.high.iloc[0], reach)
        for search, part in rings[rings.group == group].groupby("search", sort=False):
            low, high = (part[f"share_{end}"].iloc[0] if len(part) == 1 else np.nan for end in ("low", "high"))
            even = part.uniform_share.iloc[0]
            tell(part, "border", search, part.share.mean() / even, low / even, high / even)
    rows = pd.DataFrame(found, columns=[*KEYS, "networks", "rings", "quantity", "search", "images", "value", "low", "high"])
    return Table(rows, rows[["group", "networks", "quantity", "search", "rings", "images", "value", "low", "high"]], CAPTION)
