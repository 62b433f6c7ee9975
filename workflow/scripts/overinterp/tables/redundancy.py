"""Redundancy: how many disjoint subsets each suffice, of images answered rightly and wrongly."""

from __future__ import annotations

import numpy as np
import pandas as pd

from overinterp import sis
from overinterp.artifacts.tables import read_table
from overinterp.inputs import Inputs, Table
from overinterp.statistics import interval, named
from overinterp.tables.rows import described, headed, square

CAPTION = (
    "Disjoint sufficient input subsets an image, counted up to the cap: mean, its 95 % interval over images. accuracy: of the "
    "group's networks on all full test images."
)


def make(inputs: Inputs) -> Table:
    """One row a group of classifiers and answer: all, right, wrong. Images that reach the threshold with a subset are counted.

    Beside them the group's accuracy on full test images, from the table `accuracy`.
    """
    full = inputs.tables["accuracy"]
    full = full[(full.split == "test") & (full.test_mask == "all")]
    accuracy = full.accuracy.groupby(full.group).mean()
    table = pd.concat([read_table(path) for path in inputs.parts], ignore_index=True)
    used = table[(table.status == sis.FOUND) & table.full_at_threshold]
    rows = []
    for name, group in used.groupby("group", sort=False):
        for answer, part in (("all", group), ("right", group[group.correct]), ("wrong", group[~group.correct])):
            if not len(part):
                continue
            row = {"answer": answer, "models": part.model.nunique(), "images": part["index"].nunique()}
            row |= {
                **named("subsets", interval(square(part, "subsets"))),
                "cap": part.cap.iloc[0],
                "capped_share": np.mean(part.subsets >= part.cap),
                "accuracy": accuracy[name],
            }
            rows.append({**described(part), **row, "pixels": part.pixels.mean(), "threshold": part.threshold.iloc[0]})
    shown = ["group", "answer", "models", "images", "subsets", "subsets_low", "subsets_high", "cap", "capped_share", "accuracy"]
    found = headed(rows, shown)
    return Table(found, found[shown], CAPTION)
