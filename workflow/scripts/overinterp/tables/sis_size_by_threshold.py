"""Mean size of sufficient input subsets against the confidence threshold, with intervals over images."""

from __future__ import annotations

import numpy as np
import pandas as pd

from overinterp.inputs import Inputs, Table
from overinterp.statistics import FEWEST_IMAGES, interval, named, share_between
from overinterp.tables.rows import DESCRIBING, described, square, used

CAPTION = (
    "Mean SIS size in pixels with its 95 % interval over images (and networks, from five on); least and most: the means of the "
    "networks that need the fewest and the most pixels. Seeds can differ by more than the interval says. Above_tried: "
    "subsets larger than the `tried` pixels from which on down the search tries every one; their sizes may be the search's "
    "rather than the network's. Matched: the mean over the images that all these classifiers have right with a subset at the "
    "threshold; classifiers and comparisons of fewer than eight, of shuffled labels, and untrained ones are left out. "
    "Class_share: of the variance of log sizes, what lies between the classes that subsets are of."
)
RANGE = ["least", "most"]
BEYOND = ["tried", "above_tried"]
MATCHED = ["matched_images", "matched_mean"]
CLASSES = ["class_share", "class_share_low", "class_share_high"]
NUMBERS = ["models", "images", "threshold", "subsets", "mean", "low", "high", *RANGE, *BEYOND, *MATCHED, *CLASSES]


def make(inputs: Inputs) -> Table:
    """One row a split, group and threshold at which some subset enters.

    Settings: search, whose sizes are shown.
    """
    rows = means(inputs.tables["sis_size"], inputs.settings["search"])
    return Table(rows, rows[["split", "group", *NUMBERS]], CAPTION)


def means(table: pd.DataFrame, search: str) -> pd.DataFrame:
    """Of each split and group: models, images of each, threshold, subsets (how many enter), mean with low and high, and more.

    Least and most are the smallest and the largest mean of a single network among several; missing of one. Tried: pixels from
    which on down the search tries every one; above_tried: how many of the subsets are larger. Matched_mean: over the
    matched_images, those that all classifiers of the split have right with a subset at the threshold; missing of fewer than
    eight, of a single group. Left out are classifiers with fewer than eight of their own there, of shuffled labels, and
    untrained ones. Class_share: of the variance of log sizes, what lies between the classes that subsets are of, see
    `overinterp.statistics.share_between`.
    """
    found, table = [], table[table.search == search]
    right = table[(table.labels == "given") & table.correct].pipe(used)
    shared = {key: _shared(part) for key, part in right.groupby(["split", "threshold"])}
    for (split, _), group in table.groupby(["split", "group"], sort=False):
        models, images = group.model.nunique(), group["index"].nunique()
        for threshold, part in used(group).groupby("threshold"):
            mean, low, high = interval(square(part))
            row = {"models": models, "images": images, "threshold": threshold, "subsets": len(part)}
            single = part.groupby("model").size_pixels.mean()
            least, most = (single.min(), single.max()) if models > 1 else (np.nan, np.nan)
            row |= {"mean": mean, "low": low, "high": high, "least": least, "most": most}
            logs = square(part.assign(size_pixels=np.log(part.size_pixels)))
            row |= named("class_share", share_between(logs, square(part, "target_class")))
            row |= {"tried": part.tried.max(), "above_tried": (part.size_pixels > part.tried).sum()}
            matched = part[part.index.isin(shared.get((split, threshold), []))]
            if matched["index"].nunique() >= FEWEST_IMAGES:
                row |= {"matched_images": matched["index"].nunique(), "matched_mean": matched.size_pixels.mean()}
            found.append({**described(group), **row})
    return pd.DataFrame(found, columns=[*DESCRIBING, *NUMBERS])


def _shared(rows: pd.DataFrame) -> pd.Index:
    """Rows of images that every classifier has, of several groups; classifiers of fewer than eight images are left out."""
    rows = rows[rows.groupby("model")["index"].transform("nunique") >= FEWEST_IMAGES]
    everyone = rows.groupby("index").model.transform("nunique") == rows.model.nunique()
    return rows.index[everyone & (rows.group.nunique() > 1)]
