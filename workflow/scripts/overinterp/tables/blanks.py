"""Blanks: subsets found with one colour of removed pixels, tested with others."""

from __future__ import annotations

import numpy as np

from overinterp.inputs import Inputs, Table
from overinterp.statistics import interval, named, share_interval
from overinterp.tables.perturbed import of_groups
from overinterp.tables.rows import headed

CAPTION = (
    "Subsets found on the search's own blank, with something else in the place of removed pixels: mean confidence and share that "
    "still suffice. all: share that suffice under every fill, and how many times as large subsets that do would be."
)


def make(inputs: Inputs) -> Table:
    """One row a group of classifiers and fill, 'search' the search's own, 'all' every one.

    Settings: threshold.
    """
    threshold, rows = inputs.settings["threshold"], []
    edges = {group["group"]: confidence["sis"] for group, confidence, _ in of_groups(inputs.parts, "edges")}
    for group, confidence, pixels in of_groups(inputs.parts, "fill"):
        own, fills = edges[group["group"]], [name for name in confidence if name != "all"]
        for fill, values in {"search": own, **{name: confidence[name] for name in fills}}.items():
            enough = np.where(np.isnan(values), np.nan, values >= threshold)
            confidence_of, suffices = named("confidence", interval(values)), named("sufficient_share", share_interval(enough))
            rows.append({**group, "fill": fill, **confidence_of, **suffices})
        every = np.all([own >= threshold, *(confidence[name] >= threshold for name in fills)], axis=0)
        ratio = np.log(pixels["all"] / pixels[fills[0]])
        suffices = named("sufficient_share", share_interval(np.where(np.isnan(own), np.nan, every)))
        rows.append({**group, "fill": "all", **suffices, **named("size_ratio", np.exp(interval(ratio)))})
    columns = [
        "group",
        "models",
        "images",
        "fill",
        "confidence",
        "sufficient_share",
        "sufficient_share_low",
        "sufficient_share_high",
        "size_ratio",
    ]
    table = headed(rows, columns)
    return Table(table, table[columns], CAPTION)
