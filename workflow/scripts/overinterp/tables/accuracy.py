"""Accuracy of every classifier on full images and on views of them: one row a classifier, split and view."""

from __future__ import annotations

import pandas as pd

from overinterp.artifacts.tables import read_table
from overinterp.inputs import Inputs, Table

GROUPS = ["split", "group", "test_mask", "test_paint", "test_fraction", "test_threshold", "masks_of", "masks_search"]
CAPTION = "Accuracy: mean over networks that differ in their seed alone, and its spread (standard deviation)."


def make(inputs: Inputs) -> Table:
    """Put the parts together; the summary is the mean over the networks of a group."""
    rows = pd.concat([read_table(path) for path in inputs.parts], ignore_index=True)
    masks_of = rows.masks_model.where(rows.masks_model != rows.model, "its own")
    groups = rows.assign(masks_of=masks_of).groupby(GROUPS, sort=False, dropna=False)
    summary = groups.agg(
        networks=("model", "nunique"), images=("images", "first"), accuracy=("accuracy", "mean"), spread=("accuracy", "std")
    )
    summary = summary.reset_index()
    return Table(rows, summary.drop(columns=[] if summary.test_threshold.notna().any() else "test_threshold"), CAPTION)
