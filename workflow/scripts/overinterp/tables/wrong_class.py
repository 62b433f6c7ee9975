"""Will any class do? Searches towards classes that the image is not given, against the search towards the predicted class."""

from __future__ import annotations

import numpy as np
import pandas as pd

from overinterp import sis
from overinterp.inputs import Inputs, Table
from overinterp.statistics import interval, named, ratio_within, share_interval
from overinterp.tables.rows import described, headed, square

CAPTION = (
    "Subsets that make a classifier sure of a class that is neither the image's nor the one it gives the full image. size_ratio: "
    "such a subset's size over that of the predicted class, geometric mean over images where both are found, with 95 % interval; "
    "same_class_ratio: over that of images predicted to be of the very same class."
)
SAME = ["same_class_ratio", "same_class_ratio_low", "same_class_ratio_high"]
COUNTS = ["found_share", "found_share_low", "found_share_high", "empty_share"]


def make(inputs: Inputs) -> Table:
    """One row a group of classifiers and search towards another class.

    Settings: search, towards the predicted class; threshold.
    """
    threshold, usual = inputs.settings["threshold"], inputs.settings["search"]
    parts = [read(searched, threshold) for searched in inputs.searches]
    own = {part.model.iloc[0]: part for part in parts if part.search.iloc[0] == usual}
    others = pd.concat([part for part in parts if part.search.iloc[0] != usual], ignore_index=True)
    rows = []
    for _, group in others.groupby(["group", "search"], sort=False):
        strange = group[group.target_class != group.label]  # towards its own class a wrong answer's search is no wrong one
        paired = strange.merge(
            pd.concat([own[model] for model in group.model.unique()]), on=["model", "index"], suffixes=("", "_own")
        )
        if not len(paired):
            continue
        found, usable = paired.status == sis.FOUND, (paired.status_own == sis.FOUND) & paired.full_at_threshold_own
        paired["found"] = found.astype(float)
        ratio = np.log((paired.size_pixels / paired.size_pixels_own).where(found & usable))
        share, ratios = share_interval(square(paired, "found")), interval(square(paired.assign(ratio=ratio), "ratio"))
        row = {"models": paired.model.nunique(), "images": paired["index"].nunique(), "threshold": threshold}
        row |= {
            **named("found_share", share),
            "empty_share": (paired.status == sis.EMPTY).mean(),
            "both_found": int((found & usable).sum()),
        }
        row |= named("size_ratio", np.exp(ratios))
        sizes = [
            square(paired.assign(size=paired[size].where(of)), "size")
            for size, of in (("size_pixels", found), ("size_pixels_own", usable))
        ]
        row |= named("same_class_ratio", ratio_within(*sizes, square(paired, "target_class"), square(paired, "target_class_own")))
        rows.append({**described(group), **row})
    shown = [
        "group",
        "search",
        "target",
        "models",
        "images",
        *COUNTS,
        "both_found",
        "size_ratio",
        "size_ratio_low",
        "size_ratio_high",
        *SAME,
    ]
    table = headed(rows, shown)
    return Table(table, table[shown], CAPTION)


def read(searched, threshold: float) -> pd.DataFrame:
    """One row an image: index, label, target_class, status, size_pixels, full_at_threshold, and what describes the search."""
    parts = []
    for ordering in searched.shards():
        subsets = sis.find_sis(ordering, threshold)
        found = {"index": ordering.index, "label": ordering.label, "target_class": ordering.target}
        found |= {"status": subsets.status, "size_pixels": subsets.size}
        parts.append(pd.DataFrame({**found, "full_at_threshold": subsets.full_at_threshold}))
    return pd.concat(parts, ignore_index=True).assign(**searched.row)
