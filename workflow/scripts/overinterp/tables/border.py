"""Do the border's pixels suffice? Accuracy against the share of pixels shown: border, center, random ones, kept ones."""

from __future__ import annotations

import numpy as np
import pandas as pd

from overinterp.inputs import Inputs, Table
from overinterp.statistics import wilson
from overinterp.tables.rows import plain

MASKS = ["border", "center", "random", "kept"]
CAPTION = (
    "Accuracy on so much of each image, means over networks that differ in their seed alone. Trained on full: networks and "
    "brought classifiers that know whole images; trained on same: networks trained on the very view that they are tested on "
    "(position: on where a teacher's kept pixels lie, and nothing else); "
    "trained on another: on as many pixels chosen otherwise, or tested on whole images."
)


def make(inputs: Inputs) -> Table:
    """One row a classifier, split, mask and fraction, from the table `accuracy`; chance is one in the number of its outputs."""
    accuracy = inputs.tables["accuracy"]
    rows = accuracy[(accuracy.kind != "ensemble") & accuracy.test_paint.isin(["values", "position"])]
    rows = rows[rows.control.fillna("").isin(["", "kept", "random", "position"])]
    values = rows.test_paint == "values"
    own = rows.masks_model.fillna("") == rows.model
    taught = rows.masks_model.fillna("") == rows.teacher.fillna("")
    full = plain(rows) & values & (rows.test_mask.isin(["all", *MASKS])) & (own | (rows.test_mask != "kept"))
    same = (
        (rows.train_mask == rows.test_mask)
        & (rows.train_paint == rows.test_paint)
        & (rows.train_fraction == rows.test_fraction)
        & rows.test_mask.isin(MASKS)
        & (taught | (rows.test_mask != "kept"))
    )
    another = (
        rows.train_mask.isin(MASKS)
        & (rows.train_paint == "values")
        & values
        & ~same
        & ((rows.test_mask == "all") | (rows.test_mask.isin(MASKS) & (rows.train_fraction == rows.test_fraction)))
        & (taught | (rows.test_mask != "kept"))
    )
    parts = {"full": full, "same": same, "another": another}
    found = pd.concat([rows[chosen].assign(trained=name) for name, chosen in parts.items()], ignore_index=True)
    found["test_mask"] = found.test_mask.where(found.test_paint == "values", "position")
    columns = [
        "split",
        "trained",
        "train_mask",
        "model",
        "group",
        "kind",
        "architecture",
        "condition",
        "seed",
        "source",
        "teacher",
        "test_mask",
    ]
    found = found[[*columns, "test_fraction", "images", "classes", "accuracy"]].rename(columns={"test_fraction": "fraction"})
    intervals = [wilson(row.accuracy, row.images) for row in found.itertuples()]
    found["accuracy_low"], found["accuracy_high"] = np.array(intervals).reshape(-1, 2).T
    found["chance"] = 1 / found.classes
    groups = found.groupby(["split", "trained", "group", "test_mask", "fraction"], sort=False)
    summary = groups.agg(networks=("model", "nunique"), images=("images", "first"), accuracy=("accuracy", "mean"))
    return Table(found.drop(columns="classes"), summary.reset_index(), CAPTION)
