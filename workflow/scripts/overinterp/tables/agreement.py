"""Searches of the same classifiers against the one taken as right, image by image."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd

from overinterp import sis
from overinterp.inputs import Inputs, Table
from overinterp.search.ordering import Ordering

CAPTION = "Searches against {reference}: sufficient input subsets at confidence {threshold}."
MEASURES = ["reference_size_pixels", "candidate_size_pixels", "size_ratio", "jaccard", "rank_correlation"]
OVER, SUMMED_UP = "over images where both are found", ["mean", "median", "min", "max"]


def make(inputs: Inputs) -> Table:
    """One row a network, a candidate and an image that it shares with the reference, which is the first search of each network.

    Settings: threshold.
    """
    parts, summaries = [], []
    for model, searches in itertools.groupby(inputs.searches, key=lambda searched: searched.row["model"]):
        reference, *candidates = searches
        right = reference.load()
        for candidate in candidates:
            part = agreement(right, candidate.load(), inputs.settings["threshold"])
            named = {"model": model, "reference": reference.row["search"], "candidate": candidate.row["search"]}
            parts.append(part.assign(**named)[[*named, *part.columns]])
            found = part[part.size_ratio.notna()]
            summary = found[MEASURES].agg(SUMMED_UP).T.rename_axis(OVER).reset_index().assign(**named, images=len(found))
            summaries.append(summary[["model", "candidate", OVER, "images", *SUMMED_UP]])
    return Table(pd.concat(parts), pd.concat(summaries), CAPTION.format(reference=parts[0].reference.iloc[0], **inputs.settings))


def agreement(reference: Ordering, candidate: Ordering, threshold: float) -> pd.DataFrame:
    """Two searches of one classifier, compared on the images that both hold.

    Returns:
        One row an image: status and size_pixels of both subsets, size_ratio (candidate over reference), jaccard of
        the two subsets (both NaN unless both are found), and rank_correlation (Spearman) of the whole orders.

    Raises:
        ValueError: No image in common, or other target classes.
    """
    common = np.intersect1d(reference.index, candidate.index)
    if not len(common):
        raise ValueError("agreement: found no image that both searches hold")
    reference, candidate = reference.select(common), candidate.select(common)
    if (reference.target != candidate.target).any():
        raise ValueError("agreement: found searches towards different classes, expected the same")
    a, b = sis.find_sis(reference, threshold), sis.find_sis(candidate, threshold)
    mask_a, mask_b = sis.masks(reference, a), sis.masks(candidate, b)
    both = (a.status == sis.FOUND) & (b.status == sis.FOUND)
    union = (mask_a | mask_b).sum((1, 2))
    ranks = np.stack([reference.ranks(), candidate.ranks()]).astype(np.float64)
    ranks -= ranks.mean(2, keepdims=True)
    correlation = (ranks[0] * ranks[1]).sum(1) / np.sqrt((ranks[0] ** 2).sum(1) * (ranks[1] ** 2).sum(1))
    return pd.DataFrame(
        {
            "index": common,
            "threshold": threshold,
            "reference_status": a.status,
            "candidate_status": b.status,
            "reference_size_pixels": a.size,
            "candidate_size_pixels": b.size,
            "size_ratio": np.where(both, b.size / np.where(both, a.size, 1), np.nan),
            "jaccard": np.where(both, (mask_a & mask_b).sum((1, 2)) / np.where(both, union, 1), np.nan),
            "rank_correlation": correlation,
        }
    )
