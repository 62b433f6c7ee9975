"""How much of the sufficient input subsets lies on planted pixels, against subsets of as many uniformly random pixels."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.stats import hypergeom

from overinterp import sis
from overinterp.data.planted import pattern_mask
from overinterp.inputs import Inputs, Table
from overinterp.search.ordering import Ordering
from overinterp.statistics import named, ratio_interval, share_of

CAPTION = "Planted pixels in sufficient input subsets, against as many uniformly random pixels."
HIDDEN = ["kind", "group", "architecture", "condition", "seed", "source", "train_mask", "train_paint", "train_fraction"]
HIDDEN += ["keep_probability", "adversarial", "labels", "teacher", "control"]


def make(inputs: Inputs) -> Table:
    """One row a search.

    Settings: planted (the config's block), threshold.
    """
    planted = inputs.settings["planted"]
    truth = pattern_mask(planted)
    rows = pd.DataFrame(
        [
            {
                **searched.row,
                "strength": planted["strength"],
                **planted_recovery(searched.load(), truth, inputs.settings["threshold"]),
            }
            for searched in inputs.searches
        ]
    )
    return Table(rows, rows.drop(columns=HIDDEN), CAPTION)


def planted_recovery(ordering: Ordering, truth: np.ndarray, threshold: float) -> dict:
    """How much of the subsets lies on planted pixels, against subsets of as many uniformly random pixels.

    Args:
        ordering: Orderings of N images.
        truth: bool (H, W), the planted pixels.
        threshold: Confidence in (0, 1).

    Returns:
        Counts of found, none and empty subsets; over the found ones: precision (planted share of all their pixels
        pooled) with a 95 % bootstrap interval over images, touch_share (subsets with at least one planted pixel) with
        Wilson's, and what both would be for uniformly random pixels.
    """
    subsets = sis.find_sis(ordering, threshold)
    found = subsets.status == sis.FOUND
    size = subsets.size[found]
    planted = (sis.masks(ordering, subsets)[found] & truth).sum((1, 2))
    return {
        "threshold": threshold,
        "images": len(ordering),
        "found": int(found.sum()),
        "none": int((subsets.status == sis.NONE).sum()),
        "empty": int((subsets.status == sis.EMPTY).sum()),
        "sis_pixels": int(size.sum()),
        "planted_pixels_in_sis": int(planted.sum()),
        **named("precision", ratio_interval(planted, size)),
        "uniform_precision": truth.mean(),
        "touched_images": int((planted > 0).sum()),
        **named("touch_share", share_of(int((planted > 0).sum()), len(size))),
        "uniform_touch_share": _touch_by_chance(size, truth).mean() if len(size) else np.nan,
    }


def _touch_by_chance(size: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """Probability that a uniformly random subset of each size holds a planted pixel (hypergeometric)."""
    return hypergeom.sf(0, truth.size, int(truth.sum()), size)
